"""Plugins that log and trace, over sockets: what their servers are sent is Kong 3.4's (kong/plugins/*, kong/pdk/log.lua)."""
import contextlib
import http.client
import http.server
import json
import socket
import socketserver
import ssl
import subprocess
import threading
import time

import pytest
import requests

from apache_kafka import free_ports
from gateway import make_certificate
from plugin_gateway import Collector, Datagrams, serve, serve_drops, serve_lines
from tests.support.wait import eventually


def test_every_log_plugin_tells_of_a_request(with_plugins, tmp_path):
    web, lines = serve(Collector), serve_lines()
    udp, stats, dog, loggly = Datagrams(), Datagrams(), Datagrams(), Datagrams()
    base = f"http://127.0.0.1:{web.server_port}"
    gateway = with_plugins([
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
    # K:kong/plugins/statsd/log.lua:232; nothing is kept in the dictionary.
    node = "kong.node." + socket.gethostname().replace(".", "_") + ".shdict.kong_db_cache"
    assert f"{node}.capacity:{64 << 20}|g" in stats.received and f"{node}.free_space:{64 << 20}|g" in stats.received
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


def test_zipkin_tells_where_the_client_is(with_plugins):
    """Its own port: kong.client.get_forwarded_port() is nginx's $remote_port (K:kong/pdk/client.lua)."""
    with serve(Collector) as web:
        gateway = with_plugins([{"name": "zipkin", "config": {"http_endpoint": f"http://127.0.0.1:{web.server_port}/spans",
                                                              "sample_ratio": 1}}])
        client = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
        client.request("GET", "/")
        port = client.sock.getsockname()[1]
        assert client.getresponse().read()
        (server,) = eventually(lambda: [s for _, _, body in web.received for s in json.loads(body) if s["kind"] == "SERVER"])
        assert server["remoteEndpoint"] == {"ipv4": "127.0.0.1", "port": port}
        client.close()


def test_records_tell_what_each_try_has_come_to(with_plugins, tmp_path):
    """As nginx's $upstream_status, which a plugin does not change; `code` beside `state` as Kong's (kong/init.lua)."""
    log = tmp_path / "requests.log"

    def answers(text):
        class Answers(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.recv(65536)
                self.request.sendall(text)
        return serve(Answers, socketserver.ThreadingTCPServer).server_address[1]

    (nobody,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as silent, serve(Collector) as services:
        services.refusals = 1
        ports = {"/terminated": services.server_port, "/away": nobody, "/silent": silent.getsockname()[1],
                 "/junk": answers(b"no HTTP\r\n\r\n"), "/short": answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")}
        gateway = with_plugins([{"name": "file-log", "config": {"path": str(log)}}], services=[
            {"name": path[1:], "url": f"http://127.0.0.1:{port}", "retries": 1 if path == "/away" else 0, "read_timeout": 200,
             "routes": [{"name": path[1:], "paths": [path]}]} for path, port in ports.items()] + [
            {"name": "limited", "url": f"http://127.0.0.1:{answers(LIMITED)}",
             "routes": [{"name": "limited", "paths": ["/limited"]}],
             "plugins": [{"name": "response-ratelimiting", "config": {"limits": {"video": {"year": 1}}}}]}])

        def record(path, method="GET"):
            before = len(log.read_bytes().splitlines()) if log.exists() else 0
            with contextlib.suppress(requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
                requests.request(method, gateway.url + path, timeout=10)
            one = json.loads(eventually(lambda: log.exists() and log.read_bytes().splitlines()[before:])[0])
            return one["response"]["status"], one["upstream_status"], [(t.get("state"), t.get("code")) for t in one.get("tries", [])]

        assert record("/limited") == (200, "200", [(None, None)])
        assert record("/limited") == (429, "200", [(None, None)])
        assert record("/away") == (502, "502, 502", [("failed", 502)] * 2)
        assert record("/silent") == (504, "504", [("failed", 504)])
        assert record("/junk") == (502, "502", [("failed", 502)])
        assert record("/short") == (200, "200", [(None, None)])
        assert record("/terminated", "POST") == (503, "503", [("failed", 503)])  # its last try, as K:kong/runloop/handler.lua
        assert record("/terminated", "POST") == (200, "200", [(None, None)])
        assert record("/nowhere") == (404, "", [])


LIMITED = b"HTTP/1.1 200 OK\r\nX-Kong-Limit: video=1\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("reopen", [False, True])
def test_a_record_behind_one_that_was_cut_off_has_a_line_of_its_own(with_plugins, tmp_path, reopen):
    """A full disk leaves a part of a line, and so does the end of a process."""
    log = tmp_path / "requests.log"
    log.write_bytes(b'{"whole": 1}\n{"cut": "o')
    gateway = with_plugins([{"name": "file-log", "config": {"path": str(log), "reopen": reopen}}])
    for path in ("/1", "/2"):
        assert requests.get(gateway.url + path, timeout=10).status_code == 200
    lines = eventually(lambda: len(log.read_bytes().splitlines()) >= 4 and log.read_bytes().splitlines())
    assert lines[:2] == [b'{"whole": 1}', b'{"cut": "o']
    assert [json.loads(line)["request"]["uri"] for line in lines[2:]] == ["/1", "/2"]


def test_bytes_of_clients_that_are_no_utf8_spoil_no_batch(with_plugins):
    """RFC 8259, section 8.1. A server of Zipkin refuses all that comes with such a span."""
    web = serve(Collector)
    queue = {"queue": {"max_coalescing_delay": 0.05}}
    gateway = with_plugins([{"name": "zipkin", "config": {"http_endpoint": f"http://127.0.0.1:{web.server_port}/spans", "sample_ratio": 1, **queue}},
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


def test_a_log_server_that_is_away_costs_no_request_and_gets_all_later(with_plugins):
    web = serve(Collector)
    web.refusals = 3
    gateway = with_plugins([{"name": "http-log", "config": {
        "http_endpoint": f"http://127.0.0.1:{web.server_port}/log",
        "queue": {"max_batch_size": 5, "max_coalescing_delay": 0.05, "initial_retry_delay": 0.01}}}])
    for i in range(10):
        assert requests.get(f"{gateway.url}/{i}", timeout=10).status_code == 200
    uris = eventually(lambda: (found := [r["request"]["uri"] for _, _, b in web.received for r in json.loads(b)])
                      and len(found) == 10 and found)
    assert sorted(uris) == [f"/{i}" for i in range(10)]  # two loops log in either order
    assert gateway.metric("mes_gateway_log_send_failures_total") == 3
    assert gateway.metric("mes_gateway_log_entries_dropped_total") == 0


def test_what_a_log_queue_cannot_hold_is_counted(with_plugins):
    gateway = with_plugins([{"name": "http-log", "config": {
        "http_endpoint": "http://127.0.0.1:1/nobody", "queue": {"max_entries": 5, "max_retry_time": 600,
                                                                "initial_retry_delay": 5}}}])
    for _ in range(20):
        assert requests.get(gateway.url, timeout=10).status_code == 200
    assert eventually(lambda: gateway.metric("mes_gateway_log_entries_dropped_total")) == 15


def test_collectors_over_tls_get_large_records_too(with_plugins, tmp_path):
    make_certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    web, lines = serve(Collector), serve_lines()
    for server in (web, lines):
        server.socket = context.wrap_socket(server.socket, server_side=True)
    gateway = with_plugins([
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


def test_a_collector_that_answers_in_drops_holds_up_no_stop(with_plugins):
    drops = serve_drops(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    gateway = with_plugins([{"name": "http-log", "config": {"http_endpoint": f"http://127.0.0.1:{drops.server_port}/"}}])
    assert requests.get(gateway.url, timeout=10).status_code == 200
    eventually(lambda: drops.received)
    gateway.stop()


def test_a_record_too_long_for_a_datagram_takes_no_other_with_it(with_plugins):
    udp = Datagrams()
    gateway = with_plugins([{"name": "udp-log", "config": {"host": "127.0.0.1", "port": udp.port}},
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


def test_a_collector_may_be_an_address_of_ipv6(with_plugins):
    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6
    try:
        web = serve(Collector, Server, "::1")
    except OSError:
        pytest.skip("no IPv6 here")
    gateway = with_plugins([{"name": "http-log", "config": {"http_endpoint": f"http://[::1]:{web.server_port}/log"}}])
    assert requests.get(gateway.url, timeout=10).status_code == 200
    (_, headers, _), = eventually(lambda: web.received)
    assert headers["Host"] == f"[::1]:{web.server_port}"  # RFC 3986, section 3.2.2
