"""Sends each request to both brokers, one after the other, and keeps what does not agree."""
import itertools
import pathlib
import re

from codec import NO_UUID, REQUESTS
from compare import Difference, differences, read_allowed
from target import Ref

NUMBERS = itertools.count()  # groups, topics and transactional ids of a run have names that none before it had
SHOWN_MAX = 60  # differences in a report
ALLOWED = pathlib.Path(__file__).with_name("differences.txt")


class Both:
    def __init__(self, kafka, bus, rng, trace=None):
        self.kafka, self.bus, self.rng, self.trace = kafka, bus, rng, trace
        self.targets = (kafka, bus)
        self.allowed = read_allowed(ALLOWED)
        self.used = set()      # rows of `allowed` that were needed
        self.found = []        # (Difference, version, request) that no row covers
        self.pending = {}      # client -> the request that waits for its answer
        self.requests = 0
        self.seen = set()      # (api, version) sent

    def version(self, api, low=None, high=None):
        """One at random; those that were not sent yet come first."""
        span = REQUESTS[api].versions
        versions = range(max(span.low, low or 0), min(span.high, span.high if high is None else high) + 1)
        return self.rng.choice([v for v in versions if (api, v) not in self.seen] or versions)

    def call(self, api, version, body, client="a", bind=None, again_on=(), label=None):
        """Kafka's answer, ids replaced by names. `bind`: answer -> {name: id}, of each broker's own. `again_on`: error
        codes that pass by themselves, such as that a transaction's end is still being written. `label`: what stands for
        the API in differences.txt."""
        self.send(api, version, body, client)
        return self.receive(client, bind, again_on, label)

    def send(self, api, version, body, client="a"):
        self.requests += 1
        self.seen.add((api, version))
        self.pending[client] = (api, version, body)
        for target in self.targets:
            try:
                target.send(client, api, version, body)
            except ConnectionError:
                target.close(client)
                target.send(client, api, version, body)

    def receive(self, client="a", bind=None, again_on=(), label=None):
        api, version, body = self.pending.pop(client)
        answers = [target.receive(client) for target in self.targets]
        for number, target in enumerate(self.targets):
            if set(codes(answers[number])) & set(again_on):
                answers[number] = target.until(api, version, body, lambda a: not set(codes(a)) & set(again_on))
        for target, answer in zip(self.targets, answers):
            if bind and isinstance(answer, dict):
                target.ids |= {name: known for name, known in bind(answer).items() if known not in (None, "", -1, NO_UUID)}
        named = [target.symbols(answer) for target, answer in zip(self.targets, answers)]
        self.compare(label or api, version, body, *named)
        return named[0]

    def post(self, api, version, body, client="unanswered"):
        """A request without an answer; the one behind it on its connection shows whether that is still there."""
        self.requests += 1
        self.seen.add((api, version))
        behind = []
        for target in self.targets:
            target.post(client, api, version, body)
            behind.append({"behind it": target.symbols(target.call("find_coordinator", 1, {"key": "g0", "key_type": 0}, client))})
        self.compare(f"unanswered {api}", version, body, *behind)

    def compare(self, api, version, body, kafka, bus):
        if self.trace:
            print(f"{api} {version} {body}\n  kafka {kafka}\n  bus   {bus}", file=self.trace)
        for path, left, right in differences(kafka, bus):
            difference = Difference(api, str(version), path, left, right)
            for number, row in enumerate(self.allowed):
                if row.covers(difference, version):
                    self.used.add(number)
                    break
            else:
                self.found.append((difference, version, body))

    def settle(self, api, version, body, done):
        for target in self.targets:
            target.until(api, version, body, done)

    def report(self):
        """Same differences together, with an example of each."""
        groups = {}
        for difference, version, body in self.found:
            path = re.sub(r"\[\d+\]", "[n]", difference.path)
            groups.setdefault((difference.api, path, difference.kafka[:120], difference.bus[:120]), []).append((version, body))
        lines = []
        for (api, path, kafka, bus), cases in sorted(groups.items())[:SHOWN_MAX]:
            versions = sorted({version for version, _ in cases})
            lines.append(f"{api} {versions} {path}: Kafka {kafka}, the bus {bus} ({len(cases)} times), e.g. {str(cases[0][1])[:400]}")
        return "\n".join(lines)


def codes(answer):
    """Every error code in an answer."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name.endswith("error_code") and value:
                yield value
            else:
                yield from codes(value)
    elif isinstance(answer, list):
        for item in answer:
            yield from codes(item)


def topic(name, **more):
    """A topic in a request: by name or by id, as the version wants it."""
    return {"name": name, "topic": name, "topic_id": Ref(f"topic {name}", NO_UUID), **more}


def only(api, body):
    """The body without what the API's table has not: cases give both the name and the id of a topic."""
    return _only(REQUESTS[api].fields, body)


def _only(fields, value):
    if isinstance(value, list):
        return [_only(fields, item) for item in value]
    if not isinstance(value, dict):
        return value
    by_name = {f.name: f for f in fields}
    return {k: _only(by_name[k].fields, v) if by_name[k].fields else v for k, v in value.items() if k in by_name}
