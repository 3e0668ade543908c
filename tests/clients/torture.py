"""Producers and consumers that go on while the bus is killed, and what they were promised. Written against the client's
acknowledgements alone: nothing here asks the bus what it thinks it has.

Four kinds of producers, each with a topic of its own: plain (acks=all, one request in flight, retries), idempotent,
transactional (some transactions are aborted on purpose), and one of few keys whose topic is compacted all the time. A
consumer is attached to each but the last; the one of the idempotent topic is a group member that commits and comes back
from what it committed.
"""
import collections
import random
import threading
import time

import confluent_kafka as kafka

PARTITIONS = 3
QUICK = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20, "retry.backoff.max.ms": 100,
         "topic.metadata.refresh.fast.interval.ms": 50, "log_level": 0}
RECORDS_A_SECOND = 1500  # of each kind
LARGE = 300_000  # bytes of blanks behind some values: such a batch takes another way to the log


def with_large(number, text):
    return text + " " * LARGE if number % 151 == 0 else text


def text_of(message):
    value = message.value().decode()
    text = value.rstrip()
    assert len(value) - len(text) in (0, LARGE), f"a value of {len(value)} bytes: {text[:40]}"
    return text


class Worker:
    """A thread; what it raises is raised again by stop()."""

    def __init__(self, name, address):
        self.address, self.stopping, self.fault = address, threading.Event(), None
        self.thread = threading.Thread(target=self._run, name=name)

    def _run(self):
        try:
            self.work()
        except BaseException as fault:  # told by check()
            self.fault = fault

    def start(self):
        self.thread.start()
        return self

    def check(self):
        if self.fault:
            raise self.fault

    def stop(self):
        self.stopping.set()
        self.thread.join(120)
        assert not self.thread.is_alive(), f"{self.thread.name} does not end"
        self.check()


class Producer(Worker):
    """Numbers from 0 on, each partition in order. `acknowledged`: partition -> offset -> number."""

    def __init__(self, address, topic, **settings):
        super().__init__(topic, address)
        self.topic, self.settings = topic, settings
        self.acknowledged = [{} for _ in range(PARTITIONS)]
        self.refused = []

    def work(self):
        producer = kafka.Producer({"bootstrap.servers": self.address, "linger.ms": 1, "acks": "all",
                                   "message.timeout.ms": 120_000, **QUICK, **self.settings})
        number = 0
        while not self.stopping.is_set():
            for _ in range(RECORDS_A_SECOND // 100):
                producer.produce(self.topic, with_large(number, str(number)), self.key_of(number), number % PARTITIONS, self.delivered)
                number += 1
            producer.poll(0.01)
        assert producer.flush(100) == 0

    @staticmethod
    def key_of(number):
        return None

    def delivered(self, error, message):
        if error:
            self.refused.append(error)
        else:
            self.acknowledged[message.partition()][message.offset()] = int(text_of(message))

    def count(self):
        return sum(map(len, self.acknowledged))


class Latest(Producer):
    """Numbers under a few keys, each in one partition. Of a compacted topic."""
    KEYS = 10 * PARTITIONS

    @classmethod
    def key_of(cls, number):
        return str(number % cls.KEYS)


class Transactions(Worker):
    """Transactions of a few records "transaction/record"; a fifth are aborted. `outcomes`: number -> what the client was
    told: "committed", "aborted", or "unknown", when it was told that it cannot know."""

    def __init__(self, address, topic, seed):
        super().__init__(topic, address)
        self.topic, self.random = topic, random.Random(seed)
        self.outcomes, self.sizes, self.acknowledged = {}, {}, [{} for _ in range(PARTITIONS)]

    def work(self):
        producer = None
        number = 0
        while not self.stopping.is_set():
            try:
                if not producer:
                    producer = kafka.Producer({"bootstrap.servers": self.address, "transactional.id": "torture", "linger.ms": 1,
                                               "transaction.timeout.ms": 60_000, **QUICK})
                    producer.init_transactions(60)
                self.one(producer, number)
            except kafka.KafkaException as refused:
                if refused.args[0].txn_requires_abort():
                    self.abort(producer, number)
                else:
                    self.outcomes.setdefault(number, "unknown")
                    producer = None  # the next one fences it
            number += 1

    def one(self, producer, number):
        producer.begin_transaction()
        size = self.sizes[number] = self.random.randint(1, 30)
        for n in range(size):
            producer.produce(self.topic, with_large(number + n, f"{number}/{n}"), partition=(number + n) % PARTITIONS, on_delivery=self.delivered)
        if self.random.random() < 0.2:
            producer.flush(30)
            self.abort(producer, number)
        else:
            self.again(lambda: producer.commit_transaction(60))
            self.outcomes[number] = "committed"
        producer.poll(size / RECORDS_A_SECOND)

    def abort(self, producer, number):
        self.again(lambda: producer.abort_transaction(60))
        self.outcomes[number] = "aborted"

    @staticmethod
    def again(call):
        deadline = time.monotonic() + 60
        while True:
            try:
                return call()
            except kafka.KafkaException as refused:
                if not refused.args[0].retriable() or time.monotonic() > deadline:
                    raise

    def delivered(self, error, message):
        if not error:
            self.acknowledged[message.partition()][message.offset()] = text_of(message)

    def count(self):
        return sum(1 for outcome in self.outcomes.copy().values() if outcome == "committed")


class Reader(Worker):
    """Attached all the time, in no group. `seen`: partition -> [(offset, value)] as it came."""

    def __init__(self, address, topic, **settings):
        super().__init__(f"reader of {topic}", address)
        self.topic, self.settings = topic, settings
        self.seen = [[] for _ in range(PARTITIONS)]

    def work(self):
        consumer = kafka.Consumer({"bootstrap.servers": self.address, "group.id": f"alone-{self.topic}", "enable.auto.commit": False,
                                   "auto.offset.reset": "error", "fetch.wait.max.ms": 50, "check.crcs": True, **QUICK, **self.settings})
        consumer.assign([kafka.TopicPartition(self.topic, p, 0) for p in range(PARTITIONS)])
        while not self.stopping.is_set():
            for message in consumer.consume(1000, 0.1):
                if message.error():
                    assert message.error().retriable() or message.error().code() < 0, message.error()
                else:
                    self.seen[message.partition()].append((message.offset(), text_of(message)))
        consumer.close()


class Member(Worker):
    """A group's member that commits now and then and is started anew each time. No record may be passed over."""

    def __init__(self, address, topic):
        super().__init__(f"member of {topic}", address)
        self.topic = topic
        self.next = collections.defaultdict(int)  # partition -> every offset below was handled
        self.committed = collections.defaultdict(int)
        self.commits = 0

    def work(self):
        while not self.stopping.is_set():
            consumer = kafka.Consumer({"bootstrap.servers": self.address, "group.id": "torture", "auto.offset.reset": "earliest",
                                       "enable.auto.commit": False, "session.timeout.ms": 6000, "fetch.wait.max.ms": 50, **QUICK})
            consumer.subscribe([self.topic])
            life_end = time.monotonic() + 3
            fresh = {}
            while not self.stopping.is_set() and time.monotonic() < life_end:
                for message in consumer.consume(1000, 0.1):
                    if not message.error():
                        self.handle(message.partition(), message.offset(), fresh)
                self.commit(consumer)
            consumer.close()

    def handle(self, partition, offset, fresh):
        if partition not in fresh:  # where it comes back: nothing that was committed comes again, nothing is left out
            assert self.committed[partition] <= offset <= self.next[partition], (partition, offset, self.committed, self.next)
            fresh[partition] = offset
        # Not further than one on; after a rebalance it goes back to what was committed.
        assert self.committed[partition] <= offset <= self.next[partition], (partition, offset, self.committed, self.next)
        self.next[partition] = max(self.next[partition], offset + 1)

    def commit(self, consumer):
        positions = [p for p in consumer.position(consumer.assignment()) if p.offset >= 0]
        if not positions:
            return
        try:
            for done in consumer.commit(offsets=positions, asynchronous=False):
                if not done.error:
                    self.committed[done.partition] = max(self.committed[done.partition], done.offset)
                    self.commits += 1
        except kafka.KafkaException:
            pass  # the bus is away, or there is a rebalance: it comes back from the commit before


def read_all(address, topic, **settings):
    """Partition -> [(offset, value)] of everything, by a fresh consumer."""
    consumer = kafka.Consumer({"bootstrap.servers": address, "group.id": "verifier", "enable.partition.eof": True, "check.crcs": True,
                               "enable.auto.commit": False, "auto.offset.reset": "error", **settings})
    consumer.assign([kafka.TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
    seen, at_end = [[] for _ in range(PARTITIONS)], set()
    while len(at_end) < PARTITIONS:
        for message in consumer.consume(10_000, 1):
            if not message.error():
                seen[message.partition()].append((message.offset(), text_of(message)))
            elif message.error().code() == kafka.KafkaError._PARTITION_EOF:
                at_end.add(message.partition())
            else:
                raise kafka.KafkaException(message.error())
    consumer.close()
    return seen


def firsts(values):
    """Without repetitions."""
    return list(dict.fromkeys(values))


class Verdict(dict):
    """Counts, all of which but the totals must be 0."""

    def faults(self):
        return {what: count for what, count in self.items() if count and not what.startswith(("total", "repeated"))}


def verify_producer(producer, seen, read_live, may_repeat):
    """Against what was acknowledged: `seen` by a fresh consumer, `read_live` by the one that was attached."""
    verdict = Verdict(total=producer.count(), refused=len(producer.refused), lost=0, moved=0, twice=0, disorder=0, live_differs=0)
    verdict["repeated, as plain producers may"] = 0
    for partition in range(PARTITIONS):
        stored = {offset: int(value) for offset, value in seen[partition]}
        numbers = [int(value) for _, value in seen[partition]]
        verdict["lost"] += len(set(producer.acknowledged[partition].values()) - set(numbers))
        verdict["moved"] += sum(1 for offset, number in producer.acknowledged[partition].items() if stored.get(offset) != number)
        repeated = len(numbers) - len(set(numbers))
        verdict["repeated, as plain producers may" if may_repeat else "twice"] += repeated
        verdict["disorder"] += firsts(numbers) != sorted(set(numbers))
        verdict["live_differs"] += read_live[partition] != seen[partition][:len(read_live[partition])]
    return verdict


def verify_latest(producer, seen):
    """The newest of each key that was acknowledged, or one that came after it, is there, at the offset that was told."""
    verdict = Verdict(total=producer.count(), refused=len(producer.refused), lost=0, moved=0, disorder=0)
    for partition in range(PARTITIONS):
        acknowledged = producer.acknowledged[partition]
        newest = {number % Latest.KEYS: number for number in sorted(acknowledged.values())}
        numbers = [int(value) for _, value in seen[partition]]
        found = {number % Latest.KEYS: number for number in numbers}
        verdict["lost"] += sum(found.get(key, -1) < number for key, number in newest.items())
        verdict["moved"] += sum(acknowledged.get(offset, int(value)) != int(value) for offset, value in seen[partition])
        verdict["disorder"] += numbers != sorted(set(numbers))
    return verdict


def verify_transactions(transactions, seen, read_live):
    outcomes = collections.Counter(transactions.outcomes.values())
    verdict = Verdict({f"total {outcome}": count for outcome, count in outcomes.items()}, lost=0, aborted_seen=0, torn=0, twice=0, disorder=0,
                      moved=0, live_differs=0)
    parts = collections.defaultdict(list)
    for partition in range(PARTITIONS):
        stored = dict(seen[partition])
        order = []
        for _, value in seen[partition]:
            number, n = map(int, value.split("/"))
            parts[number].append(n)
            order.append((number, n))
        verdict["disorder"] += order != sorted(order)
        verdict["moved"] += sum(1 for offset, value in transactions.acknowledged[partition].items()
                                if transactions.outcomes.get(int(value.split("/")[0])) == "committed" and stored.get(offset) != value)
        verdict["live_differs"] += read_live[partition] != seen[partition][:len(read_live[partition])]
    for number, outcome in transactions.outcomes.items():
        size = transactions.sizes.get(number, 0)
        found = sorted(parts.get(number, []))
        verdict["twice"] += len(found) != len(set(found))
        verdict["lost"] += outcome == "committed" and set(found) != set(range(size))
        verdict["aborted_seen"] += outcome == "aborted" and bool(found)
        verdict["torn"] += bool(found) and set(found) != set(range(size))
    return verdict
