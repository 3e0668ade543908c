"""Kong's own specs over sockets, taken over as facts: tests/golden/kong/specs/ has for each spec of Kong's
configurations, requests and what is expected of the answers, and lists the cases that were left out, or taken over in part,
with the reason.

A step is asked of the proxy, over TLS with `tls`; `at` has it asked of the Admin API (admin) or of a service by its port in
Kong's specs. `times` asks again and again and counts: tally/STATUS is how many were answered so, by/PORT how many by that
service (tests/support/kong_targets.py). `eventually` is for what Kong's specs wait for too.

A row of `expect` is [path, value] or [path, operator, value]. A path leads through the answer: status, headers/NAME,
body, or json/…, where json is the body, which for most services is what the service was asked
(tests/support/kong_upstream.py).
"""
import http.client
import json
import re
import socket
import ssl
import time
from collections import Counter

import pytest
import requests
import yaml

from gateway import ROOT, Gateway
from tests.support.kong_targets import KongTargets
from tests.support.kong_upstream import KongUpstream
from tests.support.wait import eventually

BLACKHOLE = "10.255.255.255"
FILES = sorted((ROOT / "tests/golden/kong/specs").glob("*.yaml"))
LOAD = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def cases():
    for path in FILES:
        document = yaml.load(path.read_text(), LOAD)
        for i, one in enumerate(document["sets"]):
            for case in one["cases"]:
                yield pytest.param((path.stem, i, one), case, id=f"{path.stem}:{case['line']}")


class Kong:
    """Gateways by their settings; each takes one configuration after the other."""

    def __init__(self, folder):
        self.folder, self.upstream, self.targets = folder, KongUpstream(folder), KongTargets()
        self.gateways, self.loaded = {}, None

    def stop(self):
        for gateway in self.gateways.values():
            gateway.stop()
        self.upstream.stop()
        self.targets.stop()

    def with_ports(self, value, gateway):
        """Kong's tests have Kong at the ports 9000 and 9443, their service at 15555 and 15556, and nobody at BLACKHOLE. Services
        that can be made ill are at 20000 and above."""
        if isinstance(value, dict) and value.get("host") == BLACKHOLE:
            value = {**value, "host": "127.0.0.1", "port": self.upstream.silent_port}
        ports = {9000: gateway.port, 9443: gateway.tls_port, 15555: self.upstream.port, 15556: self.upstream.tls_port,
                 **self.targets.ports}
        if isinstance(value, dict):
            return {k: self.with_ports(v, gateway) for k, v in value.items()}
        if isinstance(value, list):
            return [self.with_ports(v, gateway) for v in value]
        if isinstance(value, str):
            return re.sub(r"(^|127\\?\.0\\?\.0\\?\.1|localhost):(9000|9443|1555[56]|2000\d)\b", lambda m: f"{m[1]}:{ports[int(m[2])]}", value)
        return ports.get(value, value) if type(value) is int else value

    def use(self, where):
        name, number, one = where
        settings = one.get("settings", {})
        key = json.dumps(settings)
        if key not in self.gateways:
            folder = self.folder / f"gateway{len(self.gateways)}"
            folder.mkdir()
            self.gateways[key] = Gateway(folder, '_format_version: "3.0"\n', allow_debug_header="true", **settings)
        gateway = self.gateways[key]
        if self.loaded != (name, number):
            document = {"_format_version": "3.0", **self.with_ports(one["config"], gateway)}
            answer = requests.post(f"{gateway.admin}/config", json={"config": json.dumps(document)}, timeout=30)
            assert answer.status_code == 201, answer.text
            self.loaded = (name, number)
        return gateway


@pytest.fixture(scope="module")
def kong(tmp_path_factory):
    running = Kong(tmp_path_factory.mktemp("kong"))
    yield running
    running.stop()


def text_of(body):
    return body["of"] * body["times"] if isinstance(body, dict) and set(body) == {"times", "of"} else body


def connect(gateway, step):
    where = step.get("at")
    if where or "tls" not in step:
        port = gateway.admin_port if where == "admin" else where or gateway.port
        return http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", gateway.tls_port, timeout=20, context=context)
    if step["tls"] is not True:
        plain = socket.create_connection(("127.0.0.1", gateway.tls_port), 20)
        connection.sock = context.wrap_socket(plain, server_hostname=step["tls"])
    return connection


def ask_once(gateway, step):
    """The answer; names of fields in lower case, several fields of a name as a list."""
    method, _, target = step["ask"].partition(" ")
    connection = connect(gateway, step)
    headers = {k: v for k, v in step.get("headers", {}).items()}
    if "json" in step:
        headers["Content-Type"] = "application/json"
    given = {k.lower() for k in headers}
    if step.get("version") == 1.0:
        connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    connection.putrequest(method, target, skip_host="host" in given, skip_accept_encoding=True)
    body = json.dumps(step["json"]) if "json" in step else text_of(step.get("body"))
    body = body.encode("latin-1") if body is not None else None
    if "content-length" not in given and (body is not None or method in ("POST", "PUT", "PATCH")):
        headers["Content-Length"] = str(len(body or b""))
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            connection.putheader(name, one)
    connection.endheaders(body)
    raw = connection.getresponse()
    answer = {"status": raw.status, "headers": {}, "body": raw.read().decode("latin-1").strip()}
    for name, value in raw.getheaders():
        answer["headers"].setdefault(name.lower(), []).append(value)
    connection.close()
    return answer


def ask(gateway, step):
    if "times" not in step:
        return ask_once(gateway, step)
    tally, by, last = Counter(), Counter(), None
    for _ in range(step["times"]):
        last = ask_once(gateway, step)
        tally[str(last["status"])] += 1
        by.update(last["headers"].get("x-server", []))
    return {**last, "tally": tally, "by": by}


def json_of(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def look(answer, path):
    """What is at the path; None if nothing is."""
    first, *rest = path.split("/")
    value = answer.get(first)
    if first == "json":
        value = json_of(answer["body"])
    if first == "headers" and rest:
        found = value.get(rest[0].lower())
        value, rest = (found[0] if found and len(found) == 1 else found), rest[1:]
    for i, key in enumerate(rest):
        if key in ("@json", "@yaml"):
            value = json_of(value) if key == "@json" else yaml.load(value, LOAD)
        elif isinstance(value, dict):
            by_name = {k.lower(): v for k, v in value.items()} if rest[:i + 1][-2:-1] == ["headers"] else value
            value = by_name.get(key.lower() if by_name is not value else key)
        elif isinstance(value, list) and key.startswith("#"):
            value = value[int(key[1:]) - 1] if int(key[1:]) <= len(value) else None
        else:
            return None
    return value


def like(value):
    """For comparing: a number and its text are the same."""
    if isinstance(value, dict):
        return {k: like(v) for k, v in value.items()} or []
    if isinstance(value, list):
        return [like(v) for v in value]
    return value if isinstance(value, bool) or value is None else str(value).strip()


def holds(value, operator, expected):
    if operator == "absent":
        return value is None
    if operator == "present":
        return value is not None
    if operator in ("match", "no match"):
        text = value if isinstance(value, str) else json.dumps(value)
        return (re.search(expected, text, re.S) is not None) == (operator == "match")
    if operator in ("contains", "lacks"):
        return (like(expected) in like(value if isinstance(value, list) else [value])) == (operator == "contains")
    if operator == "not equal":
        return like(value) != like(expected)
    assert operator == "equal", operator
    return like(value) == like(text_of(expected))


def wrong_in(kong, gateway, step):
    """What does not hold of the answer to a step."""
    wrong, answer = [], ask(gateway, kong.with_ports(step, gateway))
    for path, *rest in kong.with_ports(step["expect"], gateway):
        if rest[0] in ("absent", "present") and len(rest) == 1:
            operator, expected = rest[0], None
        else:
            operator, expected = ("equal", rest[0]) if len(rest) == 1 else rest
        if operator == "same as":
            operator, expected = "equal", look(answer, expected)
        value = look(answer, path)
        if not holds(value, operator, expected):
            wrong.append((step["ask"], step.get("headers"), path, operator, expected, "but it is", value, answer["status"], answer["body"][:300]))
    return wrong


def none_of(wrong):
    assert not wrong, wrong
    return True


def run(kong, gateway, case):
    """What does not hold."""
    wrong = []
    for step in case.get("steps") or [case]:
        if step.get("at") == "admin" and not step["ask"].startswith("GET "):
            kong.loaded = None  # the next case has its configuration loaded anew
        if "eventually" in step:
            eventually(lambda step=step: none_of(wrong_in(kong, gateway, step)))
        else:
            wrong += wrong_in(kong, gateway, step)
    return wrong


@pytest.mark.parametrize("where,case", cases())
def test_kong_spec(kong, where, case):
    gateway = kong.use(where)
    minute = time.time() // 60
    wrong = run(kong, gateway, case)
    if wrong and time.time() // 60 != minute:  # a limit's window has ended meanwhile
        wrong = run(kong, gateway, case)
    assert not wrong, wrong
