"""Clients that keep the gateway waiting, on purpose or not (Slowloris): each comes to an end, and others are served
meanwhile. The time-outs of a test are short where they are to end it, and longer than the test waits elsewhere."""
import http.client
import socket
import ssl

import pytest

from gateway import Gateway, RawService, Service
from http2_frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, GET, GOAWAY, HEADERS, PREFACE,
                          PROTOCOL_ERROR, SETTINGS, frame, literal)
from tests.support.wait import eventually

DROPS = 400  # more than come before any end
EVERY_S, PATIENCE_S, NEVER = 0.05, 20, "10m"


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Gateways by their settings, in front of one service."""
    service, running = Service(), {}
    document = f'{{_format_version: "3.0", services: [{{name: s, url: "http://127.0.0.1:{service.port}", routes: [{{name: s, paths: [/]}}]}}]}}'

    def start(**settings):
        key = str(settings)
        if key not in running:
            running[key] = Gateway(tmp_path_factory.mktemp("gateway"), document, **settings)
        return running[key]
    yield start
    for gateway in running.values():
        gateway.stop()
    service.shutdown()


@pytest.fixture
def short_heads(started):
    return started(header_timeout="500ms", idle_timeout=NEVER, body_timeout=NEVER)


@pytest.fixture
def short_idleness(started):
    return started(header_timeout=NEVER, idle_timeout="500ms", body_timeout=NEVER)


class Other:
    """A client that is served as if nothing were."""

    def __init__(self, gateway):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE_S)

    def asks(self):
        self.connection.request("GET", "/")
        answer = self.connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"here")


def in_drops(connection, pieces, other):
    """Sends a piece now and then; what came until the end of the connection."""
    connection.settimeout(EVERY_S)
    answer = b""
    for piece in pieces:
        try:
            connection.sendall(piece)
            got = connection.recv(65536)
        except TimeoutError:
            other.asks()
            continue
        except OSError:  # reset, behind what was read already
            return answer
        if not got:
            return answer
        answer += got
    connection.settimeout(PATIENCE_S)
    while got := connection.recv(65536):
        answer += got
    return answer


def frames(answers):
    """(kind, flags, stream, payload) of each."""
    at = 0
    while at + 9 <= len(answers):
        size = int.from_bytes(answers[at:at + 3], "big")
        yield answers[at + 3], answers[at + 4], int.from_bytes(answers[at + 5:at + 9], "big"), answers[at + 9:at + 9 + size]
        at += 9 + size


def went_away(answer):
    """The code of the GOAWAY that is the last of all frames."""
    kind, _, _, payload = answer[-1]
    return int.from_bytes(payload[4:8], "big") if kind == GOAWAY else None


def single(data):
    return [data[i:i + 1] for i in range(len(data))]


LONG_HEAD = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + b"y" * DROPS + b"\r\n\r\n"


@pytest.mark.parametrize("tls", [False, True])
def test_a_head_in_drops_is_answered_408(short_heads, tls):
    other = Other(short_heads)
    with socket.create_connection(("127.0.0.1", short_heads.tls_port if tls else short_heads.port), PATIENCE_S) as connection:
        if tls:
            connection = ssl._create_unverified_context().wrap_socket(connection)
        assert in_drops(connection, single(LONG_HEAD), other).startswith(b"HTTP/1.1 408 ")
    other.asks()


def test_a_second_head_in_drops_is_answered_408_too(short_heads):
    other = Other(short_heads)
    with socket.create_connection(("127.0.0.1", short_heads.port), PATIENCE_S) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        first = connection.makefile("rb", 0)
        while first.readline() != b"\r\n":
            pass
        assert first.read(4) == b"here"
        assert in_drops(connection, single(LONG_HEAD), other).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_stops_is_answered_408(short_heads):
    with socket.create_connection(("127.0.0.1", short_heads.port), PATIENCE_S) as connection:
        connection.sendall(LONG_HEAD[:30])
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_says_nothing_is_closed(short_idleness):
    other = Other(short_idleness)
    other.asks()
    with socket.create_connection(("127.0.0.1", short_idleness.port), PATIENCE_S) as connection:
        assert connection.recv(1) == b""


@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_that_asks_no_more_is_closed(short_idleness, tls):
    with socket.create_connection(("127.0.0.1", short_idleness.tls_port if tls else short_idleness.port), PATIENCE_S) as connection:
        if tls:
            connection = ssl._create_unverified_context().wrap_socket(connection)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\nhere")


def client_hello():
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ssl._create_unverified_context().wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    return out.read()


@pytest.mark.parametrize("sent", [0, 1, 5, 60])
def test_a_tls_handshake_that_stalls_is_ended(short_heads, sent):
    other = Other(short_heads)
    with socket.create_connection(("127.0.0.1", short_heads.tls_port), PATIENCE_S) as connection:
        connection.sendall(client_hello()[:sent])
        other.asks()
        assert connection.makefile("rb").read() == b""


def test_a_tls_handshake_in_drops_is_ended(short_heads):
    hello = client_hello()
    assert len(hello) > 200
    with socket.create_connection(("127.0.0.1", short_heads.tls_port), PATIENCE_S) as connection:
        assert in_drops(connection, single(hello) + [b""] * DROPS, Other(short_heads)) == b""


def test_a_tls_handshake_that_waits_for_its_end_is_ended(short_heads):
    """The whole ClientHello, and then nothing: the server has sent all of its part."""
    with socket.create_connection(("127.0.0.1", short_heads.tls_port), PATIENCE_S) as connection:
        connection.sendall(client_hello())
        answer = connection.makefile("rb").read()
        assert answer[:1] == b"\x16", answer[:20]  # a handshake record, and the end


@pytest.mark.parametrize("asked", [False, True])
def test_a_head_of_http2_that_stops_ends_its_connection(short_heads, asked):
    """RFC 9113, section 4.3: nothing else can be said on the connection before its END_HEADERS."""
    other = Other(short_heads)
    with socket.create_connection(("127.0.0.1", short_heads.port), PATIENCE_S) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        seen = b""
        if asked:
            connection.sendall(frame(HEADERS, END_HEADERS | END_STREAM, 1, GET))
            while b"here" not in seen:
                seen += connection.recv(65536)
        connection.sendall(frame(HEADERS, END_STREAM, 3, GET))
        other.asks()
        answer = list(frames(seen + connection.makefile("rb").read()))
        assert went_away(answer) == PROTOCOL_ERROR and not [f for f in answer if f[0] == HEADERS and f[2] == 3], answer


def test_a_head_of_http2_in_too_many_frames_ends_its_connection(short_heads):
    """RFC 9113, section 5.4.1: the client is told why."""
    with socket.create_connection(("127.0.0.1", short_heads.port), PATIENCE_S) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_STREAM, 1, GET) + 100 * frame(CONTINUATION, 0, 1))
        assert went_away(list(frames(connection.makefile("rb").read()))) == ENHANCE_YOUR_CALM


def test_continuations_in_drops_are_ended(short_heads):
    """However many come, and before they come to an end."""
    drops = [frame(CONTINUATION, 0, 1, piece) for piece in single(literal(b"x", b"y" * 75) * (DROPS // 80))]
    drops[-1] = drops[-1][:4] + bytes([END_HEADERS]) + drops[-1][5:]
    with socket.create_connection(("127.0.0.1", short_heads.port), PATIENCE_S) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_STREAM, 1, GET))
        answer = in_drops(connection, drops, Other(short_heads))
        assert not [f for f in frames(answer) if f[0] == HEADERS], "answered"


@pytest.mark.parametrize("asked", [False, True])
def test_an_http2_connection_without_a_stream_is_closed(short_idleness, asked):
    with socket.create_connection(("127.0.0.1", short_idleness.port), PATIENCE_S) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        if asked:
            connection.sendall(frame(SETTINGS, ACK, 0) + frame(HEADERS, END_HEADERS | END_STREAM, 1, GET))
        answer = list(frames(connection.makefile("rb").read()))
        assert [p for kind, _, stream, p in answer if kind == DATA and p] == ([b"here"] if asked else [])


@pytest.mark.parametrize("http2", [False, True])
def test_who_takes_nothing_of_an_answer_is_cut_off(tmp_path, http2):
    """And its service, which cannot send on, is let go."""
    gone = []

    def serve(connection, _):
        connection.recv(65536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + bytes(100_000_000))
        except OSError:
            gone.append(True)
    service = RawService(serve)
    gateway = Gateway(tmp_path, f'{{_format_version: "3.0", services: [{{name: s, url: "http://127.0.0.1:{service.port}", '
                                'routes: [{name: s, paths: [/]}]}]}', body_timeout="1s", idle_timeout=NEVER, header_timeout=NEVER)
    try:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            connection.settimeout(PATIENCE_S)
            connection.connect(("127.0.0.1", gateway.port))
            connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS | END_STREAM, 1, GET) if http2
                               else b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            eventually(lambda: gone)
    finally:
        gateway.stop()
