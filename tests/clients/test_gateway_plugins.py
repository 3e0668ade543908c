"""The gateway's plugins over sockets: `mes gateway` with a kong.yml alone, in front of an echo service; log servers and
Redis are started and stopped here. What they are sent is Kong 3.4's (kong/plugins/*, kong/pdk/log.lua)."""
import concurrent.futures
import http.server
import json
import shutil
import socket
import socketserver
import struct
import ssl
import subprocess
import threading
import time

import pytest
import requests
import yaml

from apache_kafka import free_ports
from gateway import Gateway, make_certificate
from tests.support.wait import eventually


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it got, as JSON; counts."""
    protocol_version = "HTTP/1.1"
    requests = []

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        seen = {"method": self.command, "target": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                "body": self.rfile.read(length).decode()}
        self.server.requests.append(seen)
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name in ("x-kong-limit",):
            if name in seen["headers"]:
                self.send_header(name, seen["headers"][name])
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *args):
        pass


class Collector(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted to it; refuses as often as it is told to."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refused = self.server.refusals > 0
        if refused:
            self.server.refusals -= 1
        else:
            self.server.received.append((self.path, dict(self.headers), body))
        self.send_response(503 if refused else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.requests, server.received, server.refusals = [], [], 0
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.connections += 1
        for line in self.rfile:
            self.server.received.append(line.decode())


def serve_lines():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Lines)
    server.daemon_threads, server.received, server.connections = True, [], 0
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class Datagrams:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.received = []
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            try:
                self.received.append(self.socket.recv(65536).decode())
            except OSError:
                return


class PluginGateway(Gateway):
    def metric(self, name):
        """The sum of a metric's rows."""
        rows = requests.get(f"{self.admin}/metrics", timeout=5).text.splitlines()
        return sum(float(row.rsplit(" ", 1)[1]) for row in rows if row.split("{")[0].split(" ")[0] == name)


@pytest.fixture
def echo():
    server = serve(Echo)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def start(tmp_path, echo):
    """Starts a gateway with these plugins on a route to the echo service."""
    running = []

    def run(plugins, **more):
        config = {"services": [{"name": "echo", "url": f"http://127.0.0.1:{echo.server_port}/up",
                                "routes": [{"name": "all", "paths": ["/"]}]}], "plugins": plugins, **more}
        folder = tmp_path / f"gateway-{len(running)}"
        folder.mkdir()
        running.append(PluginGateway(folder, yaml.safe_dump({"_format_version": "3.0", **config})))
        return running[-1]

    yield run
    for gateway in running:
        gateway.stop()


def test_every_log_plugin_tells_of_a_request(start, tmp_path):
    web, lines = serve(Collector), serve_lines()
    udp, stats, dog, loggly = Datagrams(), Datagrams(), Datagrams(), Datagrams()
    base = f"http://127.0.0.1:{web.server_port}"
    gateway = start([
        {"name": "http-log", "config": {"http_endpoint": base + "/log", "headers": {"X-Token": "t"}}},
        {"name": "tcp-log", "config": {"host": "127.0.0.1", "port": lines.server_address[1]}},
        {"name": "udp-log", "config": {"host": "127.0.0.1", "port": udp.port}},
        {"name": "file-log", "config": {"path": str(tmp_path / "requests.log")}},
        {"name": "loggly", "config": {"host": "127.0.0.1", "port": loggly.port, "key": "k123"}},
        {"name": "statsd", "config": {"host": "127.0.0.1", "port": stats.port, "queue": {"max_coalescing_delay": 0}}},
        {"name": "datadog", "config": {"host": "127.0.0.1", "port": dog.port, "queue": {"max_coalescing_delay": 0}}},
        {"name": "zipkin", "config": {"http_endpoint": base + "/zipkin", "sample_ratio": 1,
                                      "queue": {"max_batch_size": 10, "max_coalescing_delay": 0.1}}},
        {"name": "opentelemetry", "config": {"endpoint": base + "/v1/traces", "headers": {"X-Key": "k"},
                                             "queue": {"max_batch_size": 10, "max_coalescing_delay": 0.1}}},
        {"name": "syslog"},
    ])
    answer = requests.get(f"{gateway.url}/a?x=1", headers={"Authorization": "secret"}, timeout=10)
    assert answer.status_code == 200

    def posted(path):
        return [(headers, body) for where, headers, body in web.received if where == path]

    headers, body = eventually(lambda: posted("/log"))[0]
    assert headers["X-Token"] == "t" and headers["Content-Type"] == "application/json"
    record = json.loads(body)
    assert record["request"]["uri"] == "/a?x=1" and record["request"]["querystring"] == {"x": "1"}
    assert record["request"]["headers"]["authorization"] == "REDACTED"
    assert record["response"]["status"] == 200
    assert record["response"]["headers"]["content-type"] == "application/json"
    assert record["response"]["headers"]["via"] == "kong/3.4.2"
    assert record["upstream_uri"] == "/up/a?x=1" and record["upstream_status"] == "200"
    assert record["service"]["name"] == "echo" and record["route"]["name"] == "all"
    assert len(record["tries"]) == 1 and record["tries"][0]["ip"] == "127.0.0.1"
    assert record["client_ip"] == "127.0.0.1" and abs(record["started_at"] / 1000 - time.time()) < 60
    for received in (lambda: lines.received, lambda: udp.received,
                     lambda: (tmp_path / "requests.log").read_text().splitlines()):
        assert json.loads(eventually(received)[0])["request"]["uri"] == "/a?x=1"
    (text,) = eventually(lambda: loggly.received)
    assert text.startswith("<14>1 ") and '[k123@41058 tag="kong"] {' in text
    eventually(lambda: "kong.service.echo.request.count:1|c" in stats.received)
    assert "kong.service.echo.status.200:1|c" in stats.received
    eventually(lambda: "kong.request.count:1|c|#name:echo,status:200,app:kong" in dog.received)

    spans = eventually(lambda: [s for _, b in posted("/zipkin") for s in json.loads(b)])
    assert {(s["kind"], s["name"]) for s in spans} == {
        ("SERVER", "GET"), ("CLIENT", "GET (proxy)"), ("CLIENT", "GET (balancer try 1)")}
    assert len({s["traceId"] for s in spans}) == 1
    server = next(s for s in spans if s["kind"] == "SERVER")
    assert all(s["parentId"] == server["id"] for s in spans if s is not server)
    assert server["tags"]["http.path"] == "/a" and server["tags"]["http.status_code"] == "200"
    headers, body = eventually(lambda: posted("/v1/traces"))[0]
    assert headers["Content-Type"] == "application/x-protobuf" and headers["X-Key"] == "k"
    assert b"kong.balancer" in body and b"service.name" in body and bytes.fromhex(server["traceId"]) in body
    seen = answer.json()["headers"]
    assert seen["x-b3-traceid"] == server["traceId"] and server["traceId"] in seen["traceparent"]
    eventually(lambda: gateway.metric("mes_gateway_log_entries_waiting") == 0)
    assert gateway.metric("mes_gateway_log_entries_dropped_total") == 0


def test_bytes_of_clients_that_are_no_utf8_spoil_no_batch(start):
    """RFC 8259, section 8.1. A server of Zipkin refuses all that comes with such a span."""
    web = serve(Collector)
    queue = {"queue": {"max_coalescing_delay": 0.05}}
    gateway = start([{"name": "zipkin", "config": {"http_endpoint": f"http://127.0.0.1:{web.server_port}/spans", "sample_ratio": 1, **queue}},
                     {"name": "http-log", "config": {"http_endpoint": f"http://127.0.0.1:{web.server_port}/log", **queue}}])
    done = subprocess.run(["curl", "-sS", "--http2-prior-knowledge", "-H", b"X-Name: caf\xe9", f"{gateway.url}/a%ff?b=%fe"],
                          capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout)["method"] == "GET"
    def posted(path):
        bodies = [json.loads(body.decode("utf-8")) for to, _, body in web.received if to == path]
        return [one for body in bodies for one in (body if isinstance(body, list) else [body])]

    server = eventually(lambda: [s for s in posted("/spans") if s["kind"] == "SERVER"])[0]
    assert server["tags"]["http.path"] == "/a\ufffd"
    assert server["tags"]["http.protocol"] == "HTTP/2"  # as Lua writes 2.0
    record = eventually(lambda: posted("/log"))[0]
    assert record["request"]["querystring"] == {"b": "\ufffd"} and record["request"]["headers"]["x-name"] == "caf\ufffd"


def test_a_log_server_that_is_away_costs_no_request_and_gets_all_later(start):
    web = serve(Collector)
    web.refusals = 3
    gateway = start([{"name": "http-log", "config": {
        "http_endpoint": f"http://127.0.0.1:{web.server_port}/log",
        "queue": {"max_batch_size": 5, "max_coalescing_delay": 0.05, "initial_retry_delay": 0.01}}}])
    for i in range(10):
        assert requests.get(f"{gateway.url}/{i}", timeout=10).status_code == 200
    uris = eventually(lambda: (found := [r["request"]["uri"] for _, _, b in web.received for r in json.loads(b)])
                      and len(found) == 10 and found)
    assert sorted(uris) == [f"/{i}" for i in range(10)]  # two loops log in either order
    assert gateway.metric("mes_gateway_log_send_failures_total") == 3
    assert gateway.metric("mes_gateway_log_entries_dropped_total") == 0


def test_what_a_log_queue_cannot_hold_is_counted(start):
    gateway = start([{"name": "http-log", "config": {
        "http_endpoint": "http://127.0.0.1:1/nobody", "queue": {"max_entries": 5, "max_retry_time": 600,
                                                                "initial_retry_delay": 5}}}])
    for _ in range(20):
        assert requests.get(gateway.url, timeout=10).status_code == 200
    assert eventually(lambda: gateway.metric("mes_gateway_log_entries_dropped_total")) == 15


def test_collectors_over_tls_get_large_records_too(start, tmp_path):
    make_certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    web, lines = serve(Collector), serve_lines()
    for server in (web, lines):
        server.socket = context.wrap_socket(server.socket, server_side=True)
    gateway = start([
        {"name": "http-log", "config": {"http_endpoint": f"https://localhost:{web.server_port}/log", "queue": {
            "max_batch_size": 40, "max_coalescing_delay": 5}}},
        {"name": "tcp-log", "config": {"host": "127.0.0.1", "port": lines.server_address[1], "tls": True}}])
    uris = [f"/{i}?{'/' * 5000}" for i in range(40)]
    for uri in uris:
        assert requests.get(gateway.url + uri, timeout=10).status_code == 200
    eventually(lambda: len(lines.received) == 40)
    assert sorted(json.loads(line)["request"]["uri"] for line in lines.received) == sorted(uris)
    posted = eventually(lambda: (found := [r for _, _, body in web.received for r in json.loads(body)]) and
                        len(found) == 40 and found)
    assert sorted(r["request"]["uri"] for r in posted) == sorted(uris)
    assert gateway.metric("mes_gateway_log_entries_dropped_total") == 0
    before = lines.connections
    for i in range(10):  # one after the other: the connection stays, whatever the server's TLS has sent
        assert requests.get(f"{gateway.url}/{i}", timeout=10).status_code == 200
        eventually(lambda i=i: len(lines.received) == 41 + i)
    assert lines.connections <= before + 1


class Drops(socketserver.BaseRequestHandler):
    """Answers a byte at a time, for good."""

    def handle(self):
        self.request.recv(65536)
        self.server.received.append(self.client_address)
        try:
            self.request.sendall(self.server.beginning)
            while True:
                self.request.sendall(b"0")
                time.sleep(0.05)
        except OSError:
            pass


def serve_drops(beginning):
    server = serve(Drops)
    server.beginning = beginning
    return server


def test_a_collector_that_answers_in_drops_holds_up_no_stop(start):
    drops = serve_drops(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    gateway = start([{"name": "http-log", "config": {"http_endpoint": f"http://127.0.0.1:{drops.server_port}/"}}])
    assert requests.get(gateway.url, timeout=10).status_code == 200
    eventually(lambda: drops.received)
    gateway.stop()


def test_a_record_too_long_for_a_datagram_takes_no_other_with_it(start):
    udp = Datagrams()
    gateway = start([{"name": "udp-log", "config": {"host": "127.0.0.1", "port": udp.port}},
                     {"name": "request-termination", "config": {"status_code": 204}}])
    few = b"GET /few HTTP/1.1\r\nHost: x\r\n\r\n" * 20
    # Each quote and each slash is two bytes of the record, and is in it more than once.
    many = (b"GET /many?" + b"/" * 7000 + b" HTTP/1.1\r\nHost: x\r\n" +
            b"".join(b"X-%d: %s\r\n" % (i, b'"' * 5000) for i in range(4)) + b"\r\n")
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        threading.Thread(target=lambda: [None for _ in iter(lambda: connection.recv(65536), b"")], daemon=True).start()
        for _ in range(20):
            connection.sendall(few + many)
        eventually(lambda: gateway.metric("mes_gateway_log_entries_sent_total") +
                   gateway.metric("mes_gateway_log_entries_dropped_total") == 420)
        connection.shutdown(socket.SHUT_RDWR)
    assert gateway.metric("mes_gateway_log_entries_sent_total") == 400
    assert gateway.metric("mes_gateway_log_entries_dropped_total") == 20
    assert "Message too long" in gateway.log()


def test_a_collector_may_be_an_address_of_ipv6(start):
    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6
    try:
        web = Server(("::1", 0), Collector)
    except OSError:
        pytest.skip("no IPv6 here")
    web.daemon_threads, web.received, web.refusals = True, [], 0
    threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
    gateway = start([{"name": "http-log", "config": {"http_endpoint": f"http://[::1]:{web.server_port}/log"}}])
    assert requests.get(gateway.url, timeout=10).status_code == 200
    (_, headers, _), = eventually(lambda: web.received)
    assert headers["Host"] == f"[::1]:{web.server_port}"  # RFC 3986, section 3.2.2


def test_transformers_change_whole_messages(start, echo):
    gateway = start([
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


def test_a_body_that_is_to_be_whole_is_bounded(start, echo):
    gateway = start([{"name": "request-size-limiting", "config": {"allowed_payload_size": 10, "size_unit": "bytes"}}])
    answer = requests.post(gateway.url, data=iter([b"x" * 8, b"y" * 8]), timeout=10)
    assert answer.status_code == 413 and answer.json() == {"message": "Request size limit exceeded"}
    assert requests.post(gateway.url, data=iter([b"x" * 8]), timeout=10).json()["body"] == "x" * 8
    assert len(echo.requests) == 1


def test_a_cached_answer_does_not_reach_the_service(start, echo):
    gateway = start([{"name": "proxy-cache", "config": {"strategy": "memory", "content_type": ["application/json"]}}])
    first, second = (requests.get(f"{gateway.url}/c?a=1", timeout=10) for _ in range(2))
    assert (first.headers["X-Cache-Status"], second.headers["X-Cache-Status"]) == ("Miss", "Hit")
    assert first.content == second.content and len(echo.requests) == 1
    assert second.headers["Content-Type"] == "application/json" and "Age" in second.headers
    assert second.headers["Via"] == "kong/3.4.2" and "X-Kong-Upstream-Latency" in second.headers


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_a_cached_answer_to_head_has_the_length_that_the_service_said(start, version):
    """RFC 9110, section 8.6."""
    with serve(Sized) as sized:
        services = [{"name": "sized", "url": f"http://127.0.0.1:{sized.server_port}", "routes": [{"name": "all", "paths": ["/"]}],
                     "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}}]}]
        gateway = start([], services=services)

        def head(path):
            out = subprocess.run(["curl", "-sI", version, gateway.url + path], check=True, capture_output=True, timeout=20)
            lines = [line.partition(": ") for line in out.stdout.decode().lower().splitlines()]
            return [value for name, _, value in lines if name in ("x-cache-status", "content-length")]

        for path, lengths in [("/7", ["7"]), ("/0", ["0"]), ("/unsaid/7", [])]:
            assert sorted(head(path)) == [*lengths, "miss"]
            assert sorted(head(path)) == [*lengths, "hit"]
        assert requests.get(f"{gateway.url}/7", timeout=10).content == b"0123456"


class Large(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body = b"[" + b"1," * 3_000_000 + b"1]"

    def do_GET(self):
        self.server.requests.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *args):
        pass


class Sized(http.server.BaseHTTPRequestHandler):
    """Answers with as many bytes as the path says."""
    protocol_version = "HTTP/1.1"

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

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2-prior-knowledge"])
def test_answers_of_the_gateways_own_are_whole_whatever_their_size(start, tmp_path, version):
    """Hits of the cache, and what request-termination says; and the log tells of them as sent."""
    sized, log = serve(Sized), tmp_path / "log"
    file_log = {"name": "file-log", "config": {"path": str(log)}}
    counts = [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 300_000, 3_000_000]
    gateway = start([], services=[
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


def http2_frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def test_who_takes_no_hits_of_the_cache_costs_no_memory(start):
    """A hundred streams of one connection, whose window is shut, ask for one answer of 6 MB."""
    large = serve(Large)
    gateway = start([], services=[{"name": "large", "url": f"http://127.0.0.1:{large.server_port}", "routes": [
        {"name": "plain", "paths": ["/p"], "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}}]},
        {"name": "changed", "paths": ["/c"], "plugins": [{"name": "proxy-cache", "config": {"strategy": "memory"}},
                                                         {"name": "response-transformer", "config": {"add": {"json": ["a:b"]}}}]}]}])

    def resident_kib():
        with open(f"/proc/{gateway.process.pid}/status") as status:
            return int(next(line for line in status if line.startswith("VmRSS")).split()[1])

    # With a query, so that HTTP/2 asks for the same as HTTP/1.1: else the version is part of Kong's key.
    for path, bound_kib in (("/p?q", 60_000), ("/c?q", 600_000)):  # what is changed is held, up to 256 MB of a loop
        for _ in range(2):
            assert requests.get(gateway.url + path, timeout=20).content == Large.body
        before = resident_kib()
        with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
            # RFC 9113: SETTINGS_INITIAL_WINDOW_SIZE of 0; RFC 7541: GET, http, and texts as they are.
            client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http2_frame(4, 0, 0, struct.pack(">HI", 4, 0)))
            fields = b"\x82\x86\x04\x04" + path.encode() + b"\x01\x01a"
            client.sendall(b"".join(http2_frame(1, 5, 2 * n + 1, fields) for n in range(100)))
            answers, answered = client.makefile("rb"), 0
            while answered < 100:
                head = answers.read(9)
                answers.read(int.from_bytes(head[:3], "big"))
                answered += head[3] == 1
            assert resident_kib() - before < bound_kib, path
        eventually(lambda path=path: requests.get(gateway.url + path, timeout=20).content == Large.body)
    assert len(large.requests) == 2


def test_an_answer_that_costs_too_much_is_taken_back(start):
    gateway = start([{"name": "response-ratelimiting", "config": {"limits": {"video": {"year": 3}}}}])
    with requests.Session() as session:  # one connection: an answer is counted before the next request is read
        for expected in (200, 200, 429):
            answer = session.get(gateway.url, headers={"X-Kong-Limit": "video=2"}, timeout=10)
            assert answer.status_code == expected
        assert answer.content == b"" and answer.headers["X-RateLimit-Remaining-video-year"] == "0"
        assert session.get(gateway.url, timeout=10).status_code == 200


class Redis:
    def __init__(self, folder):
        self.folder, self.process = folder, None
        self.port, self.cluster_port = free_ports(2)

    def start(self, *more):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder),
             "--requirepass", "pw", *more], stdout=subprocess.DEVNULL)
        eventually(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None)
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def ask(self, *command):
        return subprocess.run(["redis-cli", "-p", str(self.port), "--no-auth-warning", "-a", "pw", *command], check=True,
                              capture_output=True, text=True, timeout=10).stdout.split()

    def counts(self):
        """What rate-limiting keeps there, by key."""
        return [int(self.ask("GET", key)[0]) for key in sorted(self.ask("KEYS", "ratelimit:*"))]


@pytest.fixture
def redis(tmp_path):
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    server = Redis(tmp_path).start()
    yield server
    server.stop()


def limit_by_redis(redis, **more):
    return {"name": "rate-limiting", "config": {
        "year": 50, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": redis.port, "redis_password": "pw",
        "limit_by": "header", "header_name": "X-Who", **more}}


def statuses(urls, who, count):
    """Of `count` requests at once, in turn to each of the gateways."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda i: requests.get(urls[i % len(urls)], headers={"X-Who": who}, timeout=20).status_code,
                             range(count)))


def test_limits_in_redis_are_exact_across_gateways_and_outlive_it(start, redis):
    gateways = [start([limit_by_redis(redis)]) for _ in range(2)]
    urls = [g.url for g in gateways]
    assert sorted(statuses(urls, "a", 90)) == [200] * 50 + [429] * 40
    assert gateways[0].metric("mes_gateway_redis_up") == 1

    redis.stop()
    away = statuses(urls[:1], "a", 60)  # counted in the one gateway alone
    assert sorted(away) == [200] * 50 + [429] * 10
    assert gateways[0].metric("mes_gateway_rate_limit_fallbacks_total") == 60
    assert gateways[0].metric("mes_gateway_redis_up") == 0
    assert "redis is not available" in gateways[0].log()

    redis.start()
    eventually(lambda: statuses(urls[:1], "b", 1) and gateways[0].metric("mes_gateway_redis_up") == 1)
    assert statuses(urls, "c", 70).count(200) == 50


def refused_with_left(url):
    """Of a refused request: what is left of the year."""
    answer = requests.get(url, headers={"X-Who": "a"}, timeout=20)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining-Month"]) == (429, "0")
    return int(answer.headers["X-RateLimit-Remaining-Year"])


def test_what_one_period_refuses_costs_no_other(start, redis):
    urls = [start([limit_by_redis(redis, month=20)]).url for _ in range(2)]
    assert sorted(statuses(urls, "a", 90)) == [200] * 20 + [429] * 70
    assert [refused_with_left(url) for url in urls] == [30, 30]
    assert redis.counts() == [20, 20]


def test_a_redis_in_cluster_mode_counts_all_periods(start, tmp_path):
    """Its keys are in slots of their own; one node has all slots."""
    redis = Redis(tmp_path)
    redis.start("--cluster-enabled", "yes", "--cluster-port", str(redis.cluster_port))
    try:
        redis.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        eventually(lambda: "cluster_state:ok" in redis.ask("CLUSTER", "INFO"), timeout_s=20)
        urls = [start([limit_by_redis(redis, month=20)]).url for _ in range(2)]
        assert sorted(statuses(urls, "a", 90)) == [200] * 20 + [429] * 70
        assert redis.counts() == [20, 20]
    finally:
        redis.stop()


def test_what_one_period_refuses_costs_no_other_when_synchronised(start, redis):
    first, second = (start([limit_by_redis(redis, month=20, sync_rate=0.05)]).url for _ in range(2))
    assert [statuses([first], "a", 1) for _ in range(21)] == [[200]] * 20 + [[429]]
    eventually(lambda: redis.counts() == [20, 20], timeout_s=20)
    assert [refused_with_left(second) for _ in range(5)] == [30] * 5
    assert redis.counts() == [20, 20]


def test_without_fault_tolerance_a_missing_redis_is_an_error(start, redis):
    gateway = start([limit_by_redis(redis, fault_tolerant=False)])
    assert statuses([gateway.url], "a", 1) == [200]
    redis.stop()
    assert statuses([gateway.url], "a", 1) == [500]


def test_counts_that_are_synchronised_reach_redis(start, redis):
    first, second = (start([limit_by_redis(redis, sync_rate=0.05)]) for _ in range(2))
    assert statuses([first.url], "a", 40) == [200] * 40
    eventually(lambda: statuses([second.url], "a", 1) == [429], timeout_s=20, every_s=0.02)


def test_what_is_not_yet_in_redis_outlives_a_reload(start, redis):
    gateway = start([limit_by_redis(redis, sync_rate=2)])

    assert statuses([gateway.url], "a", 40) == [200] * 40
    assert requests.post(f"{gateway.admin}/config", json={"config": "_format_version: '3.0'"}, timeout=20).status_code == 201
    assert sum(redis.counts()) < 40
    eventually(lambda: sum(redis.counts()) == 40, timeout_s=20)


def test_a_redis_that_answers_in_drops_is_away(start):
    drops = serve_drops(b":")
    gateway = start([{"name": "rate-limiting", "config": {
        "year": 2, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": drops.server_port, "redis_timeout": 300}}])
    assert sorted(statuses([gateway.url], "a", 3)) == [200, 200, 429]  # counted in the gateway alone
    assert gateway.metric("mes_gateway_rate_limit_fallbacks_total") == 3
    assert gateway.metric("mes_gateway_redis_failures_total") > 0
    assert "redis is not available" in gateway.log()


class Zeros(socketserver.StreamRequestHandler):
    """Answers whatever comes with one number."""
    def handle(self):
        while self.connection.recv(65536):
            self.connection.sendall(b":0\r\n")


@pytest.mark.parametrize("more", [{}, {"sync_rate": 0.05}])
def test_a_redis_that_answers_something_else_is_away(start, more):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Zeros) as odd:
        odd.daemon_threads = True
        threading.Thread(target=odd.serve_forever, args=(0.05,), daemon=True).start()
        gateway = start([{"name": "rate-limiting", "config": {
            "month": 1, "year": 2, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": odd.server_address[1], **more}}])
        assert sorted(statuses([gateway.url], "a", 3)) == [200, 429, 429]
        assert "it answers something else" in gateway.log()
        gateway.stop()
        odd.shutdown()


def test_redis_has_its_own_time_however_short_that_of_a_head_is(tmp_path, echo):
    drops = serve_drops(b":")
    gateway = PluginGateway(tmp_path, yaml.safe_dump({"_format_version": "3.0", "services": [{
        "name": "echo", "url": f"http://127.0.0.1:{echo.server_port}", "routes": [{"name": "all", "paths": ["/"]}],
        "plugins": [{"name": "rate-limiting", "config": {
            "year": 2, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": drops.server_port,
            "redis_timeout": 2500}}]}]}), header_timeout="500ms")
    try:
        assert statuses([gateway.url], "a", 1) == [200]
    finally:
        gateway.stop()


def test_one_redis_with_two_passwords_is_one_row_of_each_metric(start, redis):
    wrong = limit_by_redis(redis, redis_password="wrong")
    gateway = start([limit_by_redis(redis)], routes=[{"name": "other", "paths": ["/other"], "service": {"name": "echo"},
                                                      "plugins": [wrong]}])
    assert statuses([gateway.url], "a", 1) == statuses([f"{gateway.url}/other"], "a", 1) == [200]
    text = requests.get(f"{gateway.admin}/metrics", timeout=5).text
    assert [row for row in text.splitlines() if row.startswith("mes_gateway_redis_")] == [
        f'mes_gateway_redis_up{{redis="127.0.0.1:{redis.port}/0"}} 0',
        f'mes_gateway_redis_failures_total{{redis="127.0.0.1:{redis.port}/0"}} 1']
