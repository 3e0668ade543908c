"""A client's connection of HTTP/2: what it has of answers in which order of events, what it is refused, what is told of it."""
import contextlib
import json
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from gateway import Gateway, RawService, Service, curl, service_of
from http2_frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GET, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
                          WINDOW_UPDATE, first_frame, frame)
from tests.support.http_service import QuietHandler
from tests.support.process_memory import has_sanitizer, rss_kib
from tests.support.readable import readable
from tests.support.wait import eventually


@pytest.fixture(scope="module")
def configuration():
    service = Service()
    yield f'{{_format_version: "3.0", services: [{{name: s, url: "http://127.0.0.1:{service.port}", routes: [{{name: s, paths: [/]}}]}}]}}'
    service.shutdown()


@pytest.mark.skipif(not shutil.which("h2load"), reason="h2load is not installed")
def test_a_client_of_http2_that_has_all_of_an_answer_costs_no_connection_to_the_service(tmp_path):
    """Whose end may be on its way before the exchange is over: more than a stream holds has to be sent on."""
    class Large(CountsConnections):
        def do_GET(self):
            self.tell(b"x" * 3_000_000)

    service, gateway = service_of(Large, tmp_path)
    shown = subprocess.run(["h2load", "-n", "100", "-c", "1", "-m", "1", "-w", "30", "-W", "30", gateway.url], capture_output=True,
                           text=True, timeout=120).stdout
    gateway.stop()
    service.shutdown()
    assert "100 succeeded, 0 failed, 0 errored" in shown, shown
    assert service.connections == 1


class CountsConnections(QuietHandler):
    def setup(self):
        self.server.connections = getattr(self.server, "connections", 0) + 1
        super().setup()

    def do_GET(self):
        self.tell(b"x" * 300_000)

    def do_POST(self):
        self.tell(b"%d" % len(self.read_body()))


def test_head_of_what_the_service_gives_as_get_costs_no_connection(tmp_path):
    service, gateway = service_of(CountsConnections, tmp_path, "plugins: [{name: request-transformer, config: {http_method: GET}}]")
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        client.sendall(PREFACE + frame(SETTINGS, 0, 0))
        answers = client.makefile("rb")
        for stream in (1, 3, 5, 7, 9):
            client.sendall(frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\x02\x04HEAD\x84\x86\x41\x01a"))
            assert first_frame(answers, HEADERS).startswith(b"\x88")  # :status 200
            time.sleep(0.1)  # until the service has said all of it
    gateway.stop()
    service.shutdown()
    assert service.connections == 1


def test_an_upload_is_whole_with_its_last_byte(tmp_path):
    """Also where END_STREAM comes later, in a frame of its own (RFC 9113, section 6.1)."""
    service, gateway = service_of(CountsConnections, tmp_path, "")
    length = 60_000
    fields = b"\x83\x84\x86\x41\x01a\x0f\x0d\x05%d" % length  # POST / http, :authority, content-length (RFC 7541, appendix A)
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as client:
        client.sendall(PREFACE + frame(SETTINGS, 0, 0))
        answers = client.makefile("rb")
        for stream in (1, 3, 5):
            client.sendall(frame(HEADERS, END_HEADERS, stream, fields) + b"".join(frame(DATA, 0, stream, b"x" * 15_000) for _ in range(4)))
            assert first_frame(answers, DATA) == b"%d" % length
            client.sendall(frame(DATA, END_STREAM, stream))
    gateway.stop()
    service.shutdown()
    assert service.connections == 1


POST, POST_FINE = b"\x83\x84\x86\x41\x01a", b"\x83\x04\x05/fine\x86\x41\x01a"


class Uploads:
    """A client's connection that sends bodies as far as it is given windows for them."""

    def __init__(self, gateway):
        self.socket = socket.create_connection(("127.0.0.1", gateway.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0))
        self.initial, self.windows, self.left, self.answers = 65535, {0: 65535}, {}, {}
        self.widest = 0

    def open(self, stream, size, fields=POST):
        self.socket.sendall(frame(HEADERS, END_HEADERS, stream, fields))
        self.windows[stream], self.left[stream] = self.initial, size

    def send(self):
        """True if there was room for any of it."""
        sent = False
        for stream, left in self.left.items():
            while size := min(left, 16384, self.windows[0], self.windows[stream]):
                left, sent = left - size, True
                self.windows[0], self.windows[stream] = self.windows[0] - size, self.windows[stream] - size
                self.socket.sendall(frame(DATA, 0 if left else END_STREAM, stream, bytes(size)))
            self.left[stream] = left
        return sent

    def receive(self):
        header = self.socket.recv(9, socket.MSG_WAITALL)
        payload = self.socket.recv(int.from_bytes(header[:3], "big"), socket.MSG_WAITALL)
        kind, flags, stream = header[3], header[4], int.from_bytes(header[5:], "big")
        if kind == WINDOW_UPDATE:
            self.windows[stream] += int.from_bytes(payload, "big")
            self.widest = max(self.widest, self.windows[stream] if stream else 0)
        elif kind == DATA:
            self.answers[stream] = self.answers.get(stream, b"") + payload
        elif kind == SETTINGS and not flags & ACK:
            given = dict(struct.iter_unpack(">HI", payload)).get(4, self.initial)
            for known in self.left:
                self.windows[known] += given - self.initial
            self.initial = given
            self.socket.sendall(frame(SETTINGS, ACK, 0))

    def until_answered(self, stream):
        while stream not in self.answers:
            self.send()
            self.receive()
        return self.answers[stream]

    def until_nothing_moves(self):
        while True:
            sent = self.send()
            if readable(self.socket, timeout_s=0 if sent else 1):
                self.receive()
            elif not sent:
                return


FREE = 4 << 20


def test_the_window_of_an_upload_that_is_taken_as_it_comes_becomes_wide(tmp_path):
    """A client far away sends no more than a window a round trip."""
    service, gateway = service_of(CountsConnections, tmp_path)
    client = Uploads(gateway)
    client.open(1, FREE)
    client.open(3, 0)  # and nothing of it comes
    assert client.until_answered(1) == b"%d" % FREE
    assert client.widest > 512 << 10
    assert client.windows[3] == 65536
    client.socket.close()
    gateway.stop()
    service.shutdown()


def test_what_was_under_way_to_a_service_that_refused_it_is_no_flood(tmp_path):
    """A client far away has sent all of its window before it hears that nobody wants it."""
    def refuse(connection, _):
        connection.recv(65536)
        time.sleep(0.01)
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        while connection.recv(65536):
            pass
        connection.close()
    service = RawService(refuse)
    gateway = Gateway(tmp_path, f'{{_format_version: "3.0", services: [{{name: s, url: "http://127.0.0.1:{service.port}", routes: [{{name: s, paths: [/]}}]}}]}}')
    client = Uploads(gateway)
    head = POST + b"\x0f\x0d\x07%d" % (8 << 20)  # content-length: the service is asked at once
    for stream in range(1, 600, 2):
        client.open(stream, 8 << 20, head)
        client.send()
        while stream not in client.answers:
            client.receive()
        client.send()
        del client.left[stream]
    assert client.widest > 512 << 10
    assert "ENHANCE_YOUR_CALM" not in gateway.log()
    client.socket.close()
    gateway.stop()


def test_wide_windows_whose_services_stall_are_bounded_and_take_nothing_from_others(tmp_path):
    def stall(connection, _):
        connection.recv(100)
        threading.Event().wait()
    stalls, fine = RawService(stall), Service(CountsConnections)
    gateway = Gateway(tmp_path, f"""
_format_version: "3.0"
services:
- {{name: stalls, url: "http://127.0.0.1:{stalls.port}", routes: [{{name: stalls, paths: [/]}}]}}
- {{name: fine, url: "http://127.0.0.1:{fine.port}", routes: [{{name: fine, paths: [/fine]}}]}}
""", threads=1)
    before, client = rss_kib(gateway.process.pid), Uploads(gateway)
    for stream in range(1, 241, 2):
        client.open(stream, 14 << 20)
    client.until_nothing_moves()  # what systems keep between gateway and service is full
    grown = rss_kib(gateway.process.pid) - before
    print(f"{len(client.left)} stalled uploads: {grown / 1024:.0f} MiB")
    assert client.widest > 512 << 10
    assert has_sanitizer(gateway.process.pid) or grown < 88 << 10
    client.open(301, FREE, POST_FINE)
    assert client.until_answered(301) == b"%d" % FREE
    client.socket.close()

    def is_wide_again():
        client = Uploads(gateway)
        client.open(1, FREE, POST_FINE)
        return client.until_answered(1) and client.widest > 512 << 10
    eventually(is_wide_again)
    gateway.stop()
    fine.shutdown()


class LargeHead(QuietHandler):
    def do_GET(self):
        self.send_response(200)
        for i in range(8):
            self.send_header("Set-Cookie", f"c{i}=" + "a" * 7400)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")


def with_fields(count, size):
    """Plugins that add so many fields of this size to each answer."""
    fields = ", ".join(f'"X-{i}:{"y" * size}"' for i in range(count))
    return f"plugins: [{{name: response-transformer, config: {{add: {{headers: [{fields}]}}}}}}]"


@pytest.mark.parametrize("option", ["--http1.1", "--http2-prior-knowledge"])
def test_the_largest_heads_of_services_and_what_plugins_add_reach_clients(tmp_path, option):
    service, gateway = service_of(LargeHead, tmp_path, with_fields(6, 7000))
    assert curl(option, "-D", tmp_path / "head", gateway.url) == b"ok"
    assert (tmp_path / "head").stat().st_size > 100_000
    gateway.stop()
    service.shutdown()


def test_a_head_that_is_too_large_for_http2_ends_its_stream_with_an_error_that_is_told(tmp_path):
    service, gateway = service_of(LargeHead, tmp_path, with_fields(20, 60_000), access_log="true")
    failed = subprocess.run(["curl", "-sS", "--max-time", "30", "--http2-prior-knowledge", gateway.url], capture_output=True, text=True,
                            timeout=60)
    assert "INTERNAL_ERROR" in failed.stderr, failed
    eventually(lambda: "the answer's head is too large for HTTP/2" in gateway.log())
    gateway.stop()
    service.shutdown()


def requests_total(gateway):
    lines = curl(f"{gateway.admin}/metrics").decode().splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.startswith("kong_nginx_requests_total"))


LARGE = 1_000_000


class LargeAnswer(QuietHandler):
    def do_GET(self):
        self.tell(b"x" * LARGE)


def test_requests_that_are_reset_before_their_turn_are_told_of(tmp_path):
    """As nginx: status 499."""
    plugins = f"plugins: [{{name: file-log, config: {{path: {tmp_path / 'told'}}}}}, {{name: prometheus}}]"
    service, gateway = service_of(LargeAnswer, tmp_path, plugins, access_log="true")
    before = requests_total(gateway)
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as s:
        asked = [frame(HEADERS, END_HEADERS | END_STREAM, i, GET) + frame(RST_STREAM, 0, i, b"\0\0\0\x08") for i in range(1, 41, 2)]
        s.sendall(PREFACE + frame(SETTINGS, 0, 0) + b"".join(asked))
        eventually(lambda: gateway.log().count('"status":499') == 20)
    eventually(lambda: (tmp_path / "told").read_text().count('"status":499') == 20)
    assert requests_total(gateway) == before + 20
    gateway.stop()
    service.shutdown()


def test_a_request_that_becomes_one_of_http2_counts_once(tmp_path):
    service, gateway = service_of(LargeAnswer, tmp_path, "plugins: [{name: prometheus}]")
    before = requests_total(gateway)
    curl("--http2", gateway.url)
    assert requests_total(gateway) == before + 1
    gateway.stop()
    service.shutdown()


def test_a_large_answer_to_an_upgrade_reaches_curl(tmp_path):
    """curl 7.88 fails if more than 32 KiB come together with the 101."""
    service, gateway = service_of(LargeAnswer, tmp_path)
    for _ in range(20):
        assert len(curl("--http2", gateway.url)) == LARGE
    gateway.stop()
    service.shutdown()


def test_behind_an_upgrade_little_is_sent_before_the_client_speaks_http2(tmp_path):
    service, gateway = service_of(LargeAnswer, tmp_path)
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
        got = 0
        with contextlib.suppress(TimeoutError):
            while True:
                got += len(s.recv(65536))
                s.settimeout(1)
        assert 100 < got <= 32_768
        s.settimeout(20)
        s.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGE))
                  + frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", LARGE)))
        while got < LARGE:
            received = s.recv(65536)
            assert received, got
            got += len(received)
    gateway.stop()
    service.shutdown()


@pytest.mark.parametrize("end", ["the gateway stops", "the client sends GOAWAY"])
def test_a_download_of_http2_ends_whole_when_its_connection_does(tmp_path, end):
    """All of it is on its way when nothing else is left to do; but the client tells what it has taken, as it takes it."""
    service, gateway = service_of(LargeAnswer, tmp_path, access_log="true")
    got, more = 0, struct.pack(">I", 16384)
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as s, s.makefile("rb") as frames:
        s.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, LARGE)) + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGE)))
        s.sendall(frame(HEADERS, END_HEADERS | END_STREAM, 1, GET))
        if end == "the gateway stops":
            eventually(lambda: '"message":"request"' in gateway.log(), every_s=0.01)
            gateway.process.send_signal(signal.SIGTERM)
        else:
            s.sendall(frame(GOAWAY, 0, 0, bytes(8)))
            eventually(lambda: '"message":"request"' in gateway.log(), every_s=0.01)
        time.sleep(0.1)
        flags = 0
        while flags != END_STREAM:
            header = frames.read(9)
            size, kind = int.from_bytes(header[:3], "big"), header[3]
            frames.read(size)
            if kind != DATA:
                continue
            got, flags = got + size, header[4]
            s.sendall(frame(WINDOW_UPDATE, 0, 0, more) + frame(WINDOW_UPDATE, 0, 1, more))
    assert got == LARGE
    if end == "the gateway stops":
        assert gateway.process.wait(30) == 0, gateway.log()
    gateway.stop()
    service.shutdown()


class Events(QuietHandler):
    """Many small ones, one soon after the other."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(OSError):  # until the client is gone
            while True:
                self.wfile.write(b"6\r\nevent\n\r\n")
                time.sleep(0.0002)


def test_a_client_may_ping_as_often_as_something_of_an_answer_comes(tmp_path):
    """As clients of gRPC do to measure their way: with the first bytes after the last PING was answered."""
    service, gateway = service_of(Events, tmp_path)
    endless = struct.pack(">I", (1 << 31) - 1 - 65535)
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as s, s.makefile("rb") as answers:
        s.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 30)) + frame(WINDOW_UPDATE, 0, 0, endless))
        s.sendall(frame(HEADERS, END_HEADERS | END_STREAM, 1, GET))
        for i in range(3000):
            first_frame(answers, DATA)
            s.sendall(frame(PING, 0, 0, struct.pack(">Q", i)))
            assert first_frame(answers, PING) == struct.pack(">Q", i)
    gateway.stop()
    service.shutdown()


class Hangs(QuietHandler):
    def do_GET(self):
        if self.path == "/":
            return self.tell(b"ok")
        self.server.asked = getattr(self.server, "asked", 0) + 1
        self.connection.recv(1)  # until the gateway is gone


def test_calls_that_run_into_their_deadlines_are_no_flood(tmp_path):
    service, gateway = service_of(Hangs, tmp_path)
    hang = b"\x82\x04\x05/hang\x86\x41\x01a"
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as s, s.makefile("rb") as answers:
        s.sendall(PREFACE + frame(SETTINGS, 0, 0))
        for first in range(1, 4000, 200):
            streams = range(first, first + 200, 2)
            s.sendall(b"".join(frame(HEADERS, END_HEADERS | END_STREAM, i, hang) for i in streams))
            eventually(lambda: service.asked == (first + 199) / 2, every_s=0.01)
            time.sleep(0.1)
            s.sendall(b"".join(frame(RST_STREAM, 0, i, b"\0\0\0\x08") for i in streams))
        s.sendall(frame(HEADERS, END_HEADERS | END_STREAM, 5001, GET))
        assert first_frame(answers, DATA) == b"ok"
    gateway.stop()
    service.shutdown()


@pytest.mark.parametrize("flood", [frame(PING, 0, 0, b"12345678") * 2000,
                                   frame(HEADERS, END_HEADERS, 1, b"\x83" + GET[1:]) + frame(DATA, 0, 1) * 2000,
                                   frame(HEADERS, END_HEADERS | END_STREAM, 1, GET) + frame(RST_STREAM, 0, 1, b"\0\0\0\x08") * 15_000],
                         ids=["PING", "DATA", "RST_STREAM"])
def test_client_and_log_are_told_what_was_too_much(configuration, tmp_path, flood):
    gateway = Gateway(tmp_path, configuration)
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as s, s.makefile("rb") as answers:
        s.sendall(PREFACE + frame(SETTINGS, 0, 0) + flood)
        assert first_frame(answers, GOAWAY)[4:] == struct.pack(">I", 11)  # ENHANCE_YOUR_CALM
    told = eventually(lambda: [line for line in gateway.log().splitlines() if "ENHANCE_YOUR_CALM" in line])
    assert len(told) == 1
    assert json.loads(told[0])["error"] in ("it sends too many control frames", "it takes too few answers to SETTINGS and PING",
                                            "it resets too many streams")
    gateway.stop()


def rapid_reset():
    for i in range(2000):
        yield frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, GET) + frame(RST_STREAM, 0, 2 * i + 1, b"\0\0\0\x08")


FLOODS = {
    "rapid reset": rapid_reset,
    "CONTINUATION": lambda: iter([frame(HEADERS, 0, 1, GET)] + [frame(CONTINUATION, 0, 1, b"\0\x01x\x01y" * 100)] * 2000),
    "PING": lambda: iter([frame(PING, 0, 0, b"12345678") * 10] * 1000),
    "SETTINGS": lambda: iter([frame(SETTINGS, 0, 0) * 10] * 1000),
    "WINDOW_UPDATE": lambda: iter([frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1") * 100] * 20_000),
    "WINDOW_UPDATE of a stream": lambda: iter([frame(HEADERS, END_HEADERS, 1, b"\x83" + GET[1:])] + [frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1") * 100] * 20_000),
    "unknown frames": lambda: iter([frame(77, 0, 0) * 100] * 20_000),
    "empty DATA": lambda: iter([frame(HEADERS, END_HEADERS, 1, b"\x83" + GET[1:])] + [frame(DATA, 0, 1) * 10] * 1000),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_floods_end_the_connection_and_nothing_else(gateway, flood):
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as s:
        s.settimeout(20)
        try:
            s.sendall(PREFACE + frame(SETTINGS, 0, 0))
            for piece in FLOODS[flood]():
                s.sendall(piece)
            while s.recv(65536):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert curl("--http2-prior-knowledge", f"{gateway.url}/", "-o", "/dev/null", "-w", "%{http_code}") == b"200"
