"""Plugins that change or make answers, over sockets: `mes gateway` with a kong.yml alone, in front of an echo service."""
import contextlib
import http.client
import json
import socket
import struct
import subprocess
import threading
import time

import pytest
import requests

from gateway import RawService
from http2_frames import PREFACE, frame
from plugin_gateway import serve
from tests.support.http_service import QuietHandler
from tests.support.process_memory import has_sanitizer, peak_rss_kib, rss_kib
from tests.support.wait import eventually


def test_transformers_change_whole_messages(with_plugins, echo):
    gateway = with_plugins([
        {"name": "request-transformer", "config": {
            "http_method": "PUT", "add": {"headers": ["X-Added: yes"], "querystring": ["q:1"], "body": ["b:2"]},
            "replace": {"uri": "/other/$(headers['x-id'])"}}},
        {"name": "response-transformer", "config": {"remove": {"json": ["headers"]},
                                                    "add": {"json": ["new:1"], "json_types": ["number"],
                                                            "headers": ["X-Out:1"]}}},
    ])

    def pieces():
        yield b'{"a"'
        yield b":1}"

    for body in (b'{"a":1}', pieces()):
        answer = requests.post(f"{gateway.url}/x", data=body, timeout=10,
                               headers={"Content-Type": "application/json", "X-Id": "7"})
        assert answer.headers["X-Out"] == "1"
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        assert answer.json() == {"method": "PUT", "target": "/other/7?q=1", "body": '{"a":1,"b":"2"}', "new": 1}
        assert echo.requests[-1]["headers"]["content-length"] == str(len('{"a":1,"b":"2"}'))
        assert "transfer-encoding" not in echo.requests[-1]["headers"]


def test_a_tracker_names_the_connection_and_which_of_its_requests(with_plugins):
    """K:kong/plugins/correlation-id/handler.lua: server_addr-server_port-pid-connection-connection_requests-now."""
    gateway = with_plugins([{"name": "correlation-id", "config": {"generator": "tracker", "echo_downstream": True}}])
    port, pid = gateway.url.rsplit(":", 1)[1], gateway.process.pid
    seen = []
    for _ in range(2):
        with requests.Session() as session:
            for _ in range(2):
                address, at_port, process, connection, count, made = session.get(
                    gateway.url, timeout=10).headers["Kong-Request-ID"].split("-")
                assert (address, at_port, process) == ("127.0.0.1", port, str(pid))
                assert abs(float(made) - time.time()) < 60 and len(made.split(".")[1]) == 3
                seen.append((connection, count))
    (one, first), (same, second), (other, again), (_, last) = seen
    assert one == same != other and [first, second, again, last] == ["1", "2", "1", "2"]


def test_each_stream_has_its_own_number_whenever_it_is_asked_for(with_plugins, tmp_path):
    """nginx' connection_requests, which over HTTP/2 is that of the stream; a request that upgrades counts once."""
    log = tmp_path / "log"
    gateway = with_plugins([
        {"name": "correlation-id", "config": {"generator": "tracker", "echo_downstream": True}},
        {"name": "file-log", "config": {"path": str(log), "custom_fields_by_lua": {"n": "return ngx.var.connection_requests"}}}])

    def logged():
        return [json.loads(line)["n"] for line in log.read_text().splitlines()] if log.exists() else []

    def numbers(*options):
        before = len(logged())
        said = subprocess.run(["nghttp", "-nv", *options, gateway.url], capture_output=True, text=True, timeout=30).stdout
        made = [line.split()[-1].split("-")[4] for line in said.splitlines() if "kong-request-id: " in line]
        eventually(lambda: len(logged()) == before + len(made))
        return sorted(made, key=int), sorted(logged()[before:], key=int)

    all_of_them = [str(n) for n in range(1, 13)]
    assert numbers("-m", "12") == (all_of_them, all_of_them)
    assert numbers("-u") == (["1"], ["1"])


def test_a_body_that_is_to_be_whole_is_bounded(with_plugins, echo):
    gateway = with_plugins([{"name": "request-size-limiting", "config": {"allowed_payload_size": 10, "size_unit": "bytes"}}])
    answer = requests.post(gateway.url, data=iter([b"x" * 8, b"y" * 8]), timeout=10)
    assert answer.status_code == 413 and answer.json() == {"message": "Request size limit exceeded"}
    assert requests.post(gateway.url, data=iter([b"x" * 8]), timeout=10).json()["body"] == "x" * 8
    assert len(echo.requests) == 1


@pytest.mark.parametrize(("media_type", "begin", "member", "end"), [
    ("application/x-www-form-urlencoded", b"", b"a&", b"a"), ("application/json", b"[", b"0,", b"0]")])
def test_a_body_of_many_members_takes_no_multiple_of_its_size(with_plugins, media_type, begin, member, end):
    gateway = with_plugins([{"name": "key-auth", "config": {"key_in_body": True}}])
    before = peak_rss_kib(gateway.process.pid)
    answer = requests.post(gateway.url, data=begin + member * (4 << 20) + end, headers={"Content-Type": media_type}, timeout=20)
    assert answer.status_code == 401 and answer.json() == {"message": "No API key found in request"}
    assert has_sanitizer(gateway.process.pid) or peak_rss_kib(gateway.process.pid) - before < 64 << 10


def test_a_cached_answer_does_not_reach_the_service(with_plugins, echo):
    gateway = with_plugins([{"name": "proxy-cache", "config": {"strategy": "memory", "content_type": ["application/json"]}}])
    first, second = (requests.get(f"{gateway.url}/c?a=1", timeout=10) for _ in range(2))
    assert (first.headers["X-Cache-Status"], second.headers["X-Cache-Status"]) == ("Miss", "Hit")
    assert first.content == second.content and len(echo.requests) == 1
    assert second.headers["Content-Type"] == "application/json" and "Age" in second.headers
    assert second.headers["Via"] == "kong/3.4.2" and "X-Kong-Upstream-Latency" in second.headers


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_a_cached_answer_to_head_has_the_length_that_the_service_said(with_plugins, version):
    """RFC 9110, section 8.6."""
    with serve(Sized) as sized:
        services = [{"name": "sized", "url": f"http://127.0.0.1:{sized.server_port}", "routes": [{"name": "all", "paths": ["/"]}],
                     "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}}]}]
        gateway = with_plugins([], services=services)

        def head(path):
            out = subprocess.run(["curl", "-sI", version, gateway.url + path], check=True, capture_output=True, timeout=20)
            lines = [line.partition(": ") for line in out.stdout.decode().lower().splitlines()]
            return [value for name, _, value in lines if name in ("x-cache-status", "content-length")]

        for path, lengths in [("/7", ["7"]), ("/0", ["0"]), ("/unsaid/7", [])]:
            assert sorted(head(path)) == [*lengths, "miss"]
            assert sorted(head(path)) == [*lengths, "hit"]
        assert requests.get(f"{gateway.url}/7", timeout=10).content == b"0123456"


class Large(QuietHandler):
    body = b"[" + b"1," * 3_000_000 + b"1]"

    def do_GET(self):
        self.server.requests.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)


class Sized(QuietHandler):
    """Answers with as many bytes as the path says."""

    def do_GET(self):
        count = int(self.path.split("?")[0].rpartition("/")[2])
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        if "unsaid" not in self.path:
            self.send_header("Content-Length", str(count))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write((b"0123456789abcdef" * (count // 16 + 1))[:count])

    do_HEAD = do_GET


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2-prior-knowledge"])
def test_answers_of_the_gateways_own_are_whole_whatever_their_size(with_plugins, tmp_path, version):
    """Hits of the cache, and what request-termination says; and the log tells of them as sent."""
    sized, log = serve(Sized), tmp_path / "log"
    file_log = {"name": "file-log", "config": {"path": str(log)}}
    counts = [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 300_000, 3_000_000]
    gateway = with_plugins([], services=[
        {"name": "sized", "url": f"http://127.0.0.1:{sized.server_port}", "plugins": [file_log], "routes": [
            {"name": "cached", "paths": ["/c"], "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}}]}]},
        {"name": "said", "host": "127.0.0.1", "plugins": [file_log], "routes": [
            {"name": "said", "paths": ["/t"], "plugins": [{"name": "request-termination", "config": {
                "status_code": 200, "content_type": "text/plain", "body": "z" * 100_000}}]}]}])

    def get(path):
        return subprocess.run(["curl", "-sS", "--max-time", "20", version, gateway.url + path], capture_output=True, check=True,
                              timeout=30).stdout

    for count in counts:
        for _ in range(2):  # a miss and a hit
            assert get(f"/c/{count}?q") == (b"0123456789abcdef" * (count // 16 + 1))[:count]
    assert get("/t") == b"z" * 100_000
    records = eventually(lambda: (lines := log.read_text().splitlines()) and len(lines) == 2 * len(counts) + 1 and lines)
    assert {json.loads(r)["response"]["status"] for r in records} == {200}


def test_who_takes_no_hits_of_the_cache_costs_no_memory(with_plugins):
    """A hundred streams of one connection, whose window is shut, ask for one answer of 6 MB."""
    large = serve(Large)
    gateway = with_plugins([], services=[{"name": "large", "url": f"http://127.0.0.1:{large.server_port}", "routes": [
        {"name": "plain", "paths": ["/p"], "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}}]},
        {"name": "changed", "paths": ["/c"], "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}},
                                                         {"name": "response-transformer", "config": {"add": {"json": ["a:b"]}}}]}]}])

    # With a query, so that HTTP/2 asks for the same as HTTP/1.1: else the version is part of Kong's key.
    for path, bound_kib in (("/p?q", 60_000), ("/c?q", 600_000)):  # what is changed is held, up to 256 MB of a loop
        for _ in range(2):
            assert requests.get(gateway.url + path, timeout=20).content == Large.body
        before = rss_kib(gateway.process.pid)
        with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
            # RFC 9113: SETTINGS_INITIAL_WINDOW_SIZE of 0; RFC 7541: GET, http, and texts as they are.
            client.sendall(PREFACE + frame(4, 0, 0, struct.pack(">HI", 4, 0)))
            fields = b"\x82\x86\x04\x04" + path.encode() + b"\x01\x01a"
            client.sendall(b"".join(frame(1, 5, 2 * n + 1, fields) for n in range(100)))
            answers, answered = client.makefile("rb"), 0
            while answered < 100:
                head = answers.read(9)
                answers.read(int.from_bytes(head[:3], "big"))
                answered += head[3] == 1
            assert rss_kib(gateway.process.pid) - before < bound_kib, path
        eventually(lambda path=path: requests.get(gateway.url + path, timeout=20).content == Large.body)
    assert len(large.requests) == 2


def test_answers_on_their_way_into_the_cache_have_a_bound(with_plugins):
    """The gateway's README: 64 MiB in all. Who is slow gets all of an answer, whether it is kept or not."""
    size, clients, go_on = 7 << 20, 40, threading.Event()

    def answer(connection, _):
        while b"\r\n\r\n" in connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % size)
            connection.sendall(b"x" * (size - 1))
            go_on.wait(60)
            connection.sendall(b"y")

    gateway = with_plugins([], services=[{"name": "slow", "url": f"http://127.0.0.1:{RawService(answer).port}", "routes": [
        {"name": "all", "paths": ["/"]}], "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}}]}])
    used = "kong_memory_lua_shared_dict_bytes"
    before = rss_kib(gateway.process.pid)
    with contextlib.ExitStack() as open_ones:
        answers = []
        for n in range(clients):
            client = open_ones.enter_context(socket.create_connection(("127.0.0.1", gateway.port), 20))
            client.sendall(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n)
            answers.append(open_ones.enter_context(client.makefile("rb")))
        for one in answers:
            while one.readline() != b"\r\n":
                pass
            assert len(one.read(size - 1)) == size - 1
        assert has_sanitizer(gateway.process.pid) or rss_kib(gateway.process.pid) - before < 160 << 10  # all: 280 MiB
        assert 0 < gateway.metric(used) <= 64 << 20
        go_on.set()
        assert {one.read(1) for one in answers} == {b"y"}
    asked = [requests.get(f"{gateway.url}/{n}", timeout=20) for n in ("a", "a")]
    assert [one.headers["X-Cache-Status"] for one in asked] == ["Miss", "Hit"] and asked[1].content == b"x" * (size - 1) + b"y"
    assert gateway.metric(used) <= 64 << 20


def test_an_answer_that_costs_too_much_is_taken_back(with_plugins):
    gateway = with_plugins([{"name": "response-ratelimiting", "config": {"limits": {"video": {"year": 3}}}}])
    with requests.Session() as session:  # one connection: an answer is counted before the next request is read
        for expected in (200, 200, 429):
            answer = session.get(gateway.url, headers={"X-Kong-Limit": "video=2"}, timeout=10)
            assert answer.status_code == expected
        assert answer.content == b"" and answer.headers["X-RateLimit-Remaining-video-year"] == "0"
        assert session.get(gateway.url, timeout=10).status_code == 200


def test_an_answer_of_a_window_that_is_over_leaves_the_counts_of_the_next(with_plugins):
    """As in Kong, which counts by the time that a request came."""
    gateway = with_plugins([{"name": "response-ratelimiting", "config": {"limits": {"video": {"second": 3}}}}])
    costs = {"X-Kong-Limit": "video=1"}

    def next_second():
        """Well within, by whichever clock."""
        time.sleep(1.3 - time.time() % 1)
        return int(time.time())

    def in_one_second():
        """The statuses of four requests of a second into which one of the second before ends; nothing if it was over."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)) as held, \
                requests.Session() as session:
            next_second()
            held.putrequest("POST", "/")
            held.putheader("X-Kong-Limit", "video=1")
            held.putheader("Content-Length", "1")
            held.endheaders()
            second = next_second()
            statuses = [session.get(gateway.url, headers=costs, timeout=10).status_code for _ in range(3)]
            session.get(gateway.url, timeout=10)  # behind them on their connection, so that they are counted
            held.send(b"x")
            held.getresponse().read()
            held.request("GET", "/", headers=costs)
            statuses.append(held.getresponse().status)
        return statuses if time.time() < second + 0.8 else None

    seen = next(filter(None, (in_one_second() for _ in range(20))), None)
    assert seen == [200, 200, 200, 429]
