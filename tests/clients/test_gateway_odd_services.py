"""Services that go away, break the protocol or negotiate anew in the middle: what clients see of it, and what others do."""
import contextlib
import http.client
import json
import socket
import ssl
import struct
import subprocess
import threading
import time

import grpc
import pytest

from gateway import Gateway, RawService, Service
from http2_frames import (ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, REFUSED_STREAM, RST_STREAM, SETTINGS, frame,
                          literal)
from tests.support.certificates import Authority
from tests.support.frozen import frozen
from tests.support.ports import free_offset
from tests.support.wait import eventually


def head(stream):
    return frame(HEADERS, END_HEADERS, stream, b"\x88" + literal(b"content-type", b"application/grpc"))


def trailers(stream, status, *more):
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, literal(b"grpc-status", status) + b"".join(more))


def message(stream, text):
    return frame(DATA, 0, stream, b"\0" + len(text).to_bytes(4, "big") + text)


def http2_service(answer):
    """`answer` gives the bytes that a whole request is answered with, by stream and number of the connection."""
    def serve(connection, number):
        reader = connection.makefile("rb")
        assert reader.read(24).startswith(b"PRI")
        connection.sendall(frame(SETTINGS, 0, 0))
        while header := reader.read(9):
            size, kind, flags, stream = int.from_bytes(header[:3], "big"), header[3], header[4], int.from_bytes(header[5:], "big")
            reader.read(size)
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(frame(SETTINGS, ACK, 0))
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                connection.sendall(answer(stream, number))
    return RawService(serve)


@pytest.fixture
def start(tmp_path):
    started = []

    def make(url, path="/", more="", **settings):
        started.append(Gateway(tmp_path, f"""
_format_version: "3.0"
services:
- {{name: odd, url: "{url}", {more} routes: [{{name: odd, protocols: [grpc, http], paths: ["{path}"]}}]}}
- {{name: fine, url: "http://127.0.0.1:{Service().port}", routes: [{{name: fine, paths: [/fine]}}]}}
""".replace("[grpc, http]", "[grpc]" if url.startswith("grpc") else "[http]"), threads=1, **settings))
        return started[-1]
    yield make
    for gateway in started:
        gateway.stop()


def call(gateway, timeout=20):
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        got = []
        try:
            for answer in channel.unary_stream("/odd.Service/Call")(b"asked", timeout=timeout):
                got.append(answer)
            return got, grpc.StatusCode.OK, ""
        except grpc.RpcError as refused:
            return got, refused.code(), refused.details()


def test_a_status_that_comes_with_the_head_and_without_a_message(start):
    service = http2_service(lambda stream, _: head(stream) + trailers(stream, b"5", literal(b"grpc-message", b"nope")))
    gateway = start(f"grpc://127.0.0.1:{service.port}")
    assert call(gateway) == ([], grpc.StatusCode.NOT_FOUND, "nope")


# Without the gateway's noticing it, these would wait for its time-out, which is longer than the client's.
@pytest.mark.parametrize("answer, before", [
    (lambda stream: message(stream, b"early"), []),
    (lambda stream: frame(DATA, 0, 0, b"nobody's"), []),
    (lambda stream: frame(HEADERS, END_HEADERS, stream, b"\xff\xff"), []),
    (lambda stream: head(stream) + message(stream, b"one") + frame(DATA, 0, 0, b"nobody's"), [b"one"]),
], ids=["data before the head", "data of no stream", "no head", "data of no stream, later"])
def test_a_service_that_breaks_the_protocol_is_given_up_at_once(start, answer, before):
    service = http2_service(lambda stream, _: answer(stream))
    gateway = start(f"grpc://127.0.0.1:{service.port}", more="retries: 0, read_timeout: 300000,")
    got, code, why = call(gateway)
    assert code in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL), why
    assert got in ([], before)


@pytest.mark.parametrize("refusal", [lambda stream: frame(RST_STREAM, 0, stream, REFUSED_STREAM.to_bytes(4, "big")),
                                     lambda stream: frame(GOAWAY, 0, 0, bytes(8))], ids=["RST_STREAM", "GOAWAY"])
def test_what_a_service_has_not_looked_at_is_sent_again(start, refusal):
    def answer(stream, number):
        return refusal(stream) if number == 1 else head(stream) + message(stream, b"done") + trailers(stream, b"0")
    service = http2_service(answer)
    assert call(start(f"grpc://127.0.0.1:{service.port}")) == ([b"done"], grpc.StatusCode.OK, "")
    assert len(service.connections) == 2


def test_an_answer_that_comes_before_its_service_hangs_up_counts(start):
    """The gateway still has frames for it, and finds its connection closed when it writes them."""
    def serve(connection, _):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = connection.makefile("rb")
        reader.read(24)
        connection.sendall(frame(SETTINGS, 0, 0))
        while header := reader.read(9):
            reader.read(int.from_bytes(header[:3], "big"))
            if header[3] == HEADERS:
                status = b"\x88" + literal(b"content-type", b"application/grpc") + literal(b"grpc-status", b"16")
                connection.sendall(frame(HEADERS, END_HEADERS | END_STREAM, int.from_bytes(header[5:], "big"), status))
                return connection.close(), reader.close()
    gateway = start(f"grpc://127.0.0.1:{RawService(serve).port}", more="retries: 0,")
    for _ in range(3):
        with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel, pytest.raises(grpc.RpcError) as refused:
            channel.stream_unary("/odd.Service/Call")((b"x" * 50_000 for _ in range(40)), timeout=20)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED, refused.value.details()


def test_a_kept_connection_that_has_just_been_closed_is_not_used_for_a_call(start):
    service = http2_service(lambda stream, _: head(stream) + message(stream, b"done") + trailers(stream, b"0"))
    gateway = start(f"grpc://127.0.0.1:{service.port}", more="retries: 0,")
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        ask = channel.unary_unary("/odd.Service/Call")
        assert ask(b"", timeout=20) == b"done"
        with frozen(gateway.process):
            second = ask.future(b"", timeout=20)  # the gateway hears of this first
            time.sleep(0.1)
            service.connections[0].shutdown(socket.SHUT_RDWR)
            time.sleep(0.1)
        assert second.result() == b"done"
    assert len(service.connections) == 2


def test_deadlines_do_not_end_the_connection(start):
    service = http2_service(lambda stream, _: b"")
    gateway = start(f"grpc://127.0.0.1:{service.port}")
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        codes, patient = [], channel.unary_unary("/odd.Service/Call").future(b"", timeout=60)
        for _ in range(5):
            calls = [channel.unary_unary("/odd.Service/Call").future(b"", timeout=0.3) for _ in range(90)]
            codes += [one.code() for one in calls]
        assert set(codes) == {grpc.StatusCode.DEADLINE_EXCEEDED} and not patient.done()


def request(gateway, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    connection.request("POST" if body else "GET", path, body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def read_head(connection):
    got = b""
    while b"\r\n\r\n" not in got:
        got += (part := connection.recv(65536))
        if not part:
            raise ConnectionError
    return got


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority")).sign("localhost", ["DNS:localhost", "IP:127.0.0.1"])


def tls_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_a_body_until_the_end_of_a_connection_that_tls_does_not_announce(start, certificate):
    def serve(connection, _):
        with tls_context(certificate).wrap_socket(connection, server_side=True) as tls:
            read_head(tls)
            tls.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 20_000)  # closed without close_notify
    gateway = start(f"https://127.0.0.1:{RawService(serve).port}")
    assert request(gateway, "/") == (200, b"x" * 20_000)


def test_a_body_that_tls_may_have_cut_off_is_not_cached(start, certificate):
    """RFC 9112, section 9.8, and RFC 9111, section 3.3. What is reset reaches nobody as whole, as with nginx."""
    begun = threading.Event()

    def serve(connection, _):
        tls = tls_context(certificate).wrap_socket(connection, server_side=True)
        path = read_head(tls).split()[1]
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nx")
        if path == b"/told":
            tls.unwrap()
        if path == b"/reset":
            begun.wait(20)
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        tls.close()
    service = RawService(serve)
    gateway = start(f"https://127.0.0.1:{service.port}", more="plugins: [{name: proxy-cache, config: {strategy: memory}}],")
    for path, asked in (("/told", 1), ("/untold", 2)):
        before = len(service.connections)
        assert [request(gateway, path) for _ in range(2)] == [(200, b"x")] * 2
        assert len(service.connections) - before == asked, path
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)) as client:
        client.request("GET", "/reset")
        answer = client.getresponse()
        assert answer.read(1) == b"x"
        begun.set()
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            answer.read()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_a_kept_connection_that_has_just_been_closed_is_not_used(start, certificate, secure):
    open_ones = []

    def serve(connection, _):
        connection = tls_context(certificate).wrap_socket(connection, server_side=True) if secure else connection
        open_ones.append(connection)
        while True:
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    gateway = start(f"{'https' if secure else 'http'}://127.0.0.1:{RawService(serve).port}", more="retries: 0,")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        asked = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nq"
        client.sendall(asked)
        assert read_head(client).startswith(b"HTTP/1.1 200")
        with frozen(gateway.process):
            client.sendall(asked)  # the gateway hears of this first
            time.sleep(0.1)
            open_ones[0].shutdown(socket.SHUT_RDWR)
            time.sleep(0.1)
        assert read_head(client).startswith(b"HTTP/1.1 200")


def test_the_service_of_a_client_that_has_gone_is_let_go(start):
    ended = threading.Event()

    def serve(connection, _):
        read_head(connection)
        if not connection.recv(1):  # it has no answer yet
            ended.set()
    gateway = start(f"http://127.0.0.1:{RawService(serve).port}")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        assert not ended.is_set()
    assert ended.wait(20)


def test_small_events_of_a_service_that_pads_its_chunks_sizes_have_no_end(start):
    count = 5000

    def serve(connection, _):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3     \r\n:\n\n\r\n" * count + b"0     \r\n\r\n")
        connection.recv(1)
    gateway = start(f"http://127.0.0.1:{RawService(serve).port}")
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)) as client:
        client.request("GET", "/")
        assert client.getresponse().read() == b":\n\n" * count


@pytest.mark.parametrize("count, status", [(100, 200), (101, 502)])
def test_interim_answers_have_an_end(start, count, status):
    def serve(connection, _):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * count + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.recv(1)
    service = RawService(serve)
    gateway = start(f"http://127.0.0.1:{service.port}")
    assert request(gateway, "/")[0] == status
    assert len(service.connections) == 1


@pytest.mark.parametrize("count, code", [(100, grpc.StatusCode.OK), (101, grpc.StatusCode.INTERNAL)])
def test_interim_answers_of_grpc_have_an_end(start, count, code):
    early = literal(b":status", b"103")
    service = http2_service(lambda stream, _: frame(HEADERS, END_HEADERS, stream, early) * count + head(stream) + trailers(stream, b"0"))
    gateway = start(f"grpc://127.0.0.1:{service.port}")
    assert call(gateway)[1] == code


def test_an_answer_of_the_gateways_own_that_is_not_taken_is_told_of(start):
    large = "{name: request-termination, config: {status_code: 200, content_type: text/plain, body: '%s'}}" % ("z" * 8_000_000)
    gateway = start("http://127.0.0.1:1", more=f"plugins: [{large}],", access_log="true", body_timeout="500ms")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        told = eventually(lambda: [line for line in gateway.log().splitlines() if '"path":"/large"' in line])
    assert [json.loads(line)["status"] for line in told] == [200]


def test_last_words_of_a_websocket_reach_a_client_that_talks(start):
    """The gateway finds together: what the service says, its end, and what the client says to it."""
    close, closed = threading.Event(), threading.Event()

    def serve(connection, _):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        close.wait(20)
        connection.sendall(b"BYE" * 1000)
        connection.close()
        closed.set()
    gateway = start(f"http://127.0.0.1:{RawService(serve).port}")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert read_head(client).startswith(b"HTTP/1.1 101")
        client.sendall(b"never read")
        time.sleep(0.1)
        with frozen(gateway.process):
            close.set()
            assert closed.wait(20)
            client.sendall(b"chat")
            time.sleep(0.1)
        assert client.makefile("rb").read() == b"BYE" * 1000


def hangs(connection, _):
    while connection.recv(65536):
        pass


def hangs_up(connection, _):
    connection.recv(65536)
    connection.shutdown(socket.SHUT_RDWR)


def says(text):
    def serve(connection, _):
        connection.recv(65536)
        connection.sendall(text)
        connection.shutdown(socket.SHUT_RDWR)
    return serve


def closed_port(*_):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# Scheme, what the service does (None: nobody is there), more of the service, tries, status, and what is told.
@pytest.mark.parametrize("scheme, serve, more, tries, status, error", [
    ("http", None, "retries: 2,", 3, 502, "connect: Connection refused (111)"),
    ("https", "tls", "tls_verify: true,", 6, 502, "certificate: unable to get local issuer certificate (20)"),
    ("https", says(b"SSH-2.0-OpenSSH_9\r\n\r\n"), "retries: 0,", 1, 502, "TLS handshake: wrong version number"),
    ("https", hangs_up, "retries: 0,", 1, 502, "TLS handshake: connection closed"),
    ("https", hangs, "retries: 0, connect_timeout: 200,", 1, 504, "no end of the TLS handshake within connect_timeout (200 ms)"),
    ("http", says(b"\x15\x03\x01\0\2\2\x0a"), "retries: 0,", 1, 502, "the service speaks TLS, and was asked without"),
    ("http", says(b"SSH-2.0-OpenSSH_9\r\n\r\n"), "", 1, 502, "what the service sends is no answer of HTTP"),
    ("http", hangs_up, "retries: 1,", 2, 502, "the service has hung up before it answered: connection closed"),
    ("http", hangs, "retries: 0, read_timeout: 200,", 1, 504, "no answer within read_timeout (200 ms)"),
    ("http", says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), "", 1, 200,
     "the service has hung up in the middle of its answer: connection closed"),
    ("grpc", None, "retries: 0,", 1, 502, "connect: Connection refused (111)"),
    ("grpc", says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "retries: 0,", 1, 502,
     "what the service sends is no HTTP/2, or breaks its rules"),
    ("grpc", hangs_up, "retries: 0,", 1, 502, "the service has hung up before it answered: connection closed"),
])
def test_the_access_log_says_why_there_is_no_answer(start, certificate, scheme, serve, more, tries, status, error):
    def tls(connection, _):
        with tls_context(certificate).wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
    port = RawService(tls if serve == "tls" else serve).port if serve else closed_port()
    gateway = start(f"{scheme}://127.0.0.1:{port}", more=more, access_log="true")
    if scheme == "grpc":
        call(gateway)
    else:
        try:
            request(gateway, "/")
        except http.client.IncompleteRead:
            assert status == 200
    line = access_line(gateway)
    assert (line["status"], line["tries"], line["error"]) == (status, tries, error)
    assert request(gateway, "/fine")[0] == 200
    fine = access_line(gateway, "/fine")
    assert "error" not in fine and "tries" not in fine


def test_the_access_log_names_the_name_that_is_not_found(start):
    gateway = start("http://nosuch.invalid:80", access_log="true")
    assert request(gateway, "/")[0] == 503
    assert access_line(gateway)["error"] in ("name not found: nosuch.invalid", "no name server has answered for nosuch.invalid")


@pytest.mark.parametrize(("method", "path", "length", "status"), [
    ("TRACE", "/odd/path", 0, 405), ("POST", "/odd/path", 2 << 20, 413), ("GET", "/odd/%zz", 0, 400)])
def test_the_access_log_tells_the_path_of_what_is_refused_before_its_route_is_looked_up(start, method, path, length, status):
    gateway = start("http://127.0.0.1:1", access_log="true", body_max="1M")
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    connection.request(method, path + "?x=1", headers={"Content-Length": str(length)} if length else {})
    assert connection.getresponse().status == status
    told = access_line(gateway)
    assert (told["method"], told["path"], told["status"]) == (method, path, status)


def access_line(gateway, path=None):
    lines = lambda: [line for line in map(json.loads, gateway.log().splitlines())
                     if line["message"] == "request" and path in (None, line["path"])]
    eventually(lines)
    return lines()[-1]


def test_an_upload_that_is_refused_early_is_told_so(start):
    """Clients that write all before they read, as Python's."""
    gateway = start("http://127.0.0.1:1", body_max="1M")
    for megabytes in (2, 6, 12):
        assert request(gateway, "/", b"x" * (megabytes << 20))[0] == 413


def test_a_service_that_negotiates_anew_holds_up_nobody_else(start, certificate, tmp_path):
    """TLS 1.2 alone has that: Apache and IIS ask so for a client's certificate. What the service says is held back for a
    while, so that the gateway has to write before it may."""
    port, printed = free_offset((4433,)) + 4433, tmp_path / "printed"
    with open(printed, "wb") as out:
        service = subprocess.Popen(["openssl", "s_server", "-tls1_2", "-accept", f"127.0.0.1:{port}", "-cert", certificate[0],
                                    "-key", certificate[1]], stdin=subprocess.PIPE, stdout=out, stderr=out)
    anew, held, go_on = threading.Event(), threading.Event(), threading.Event()

    def relay(connection, _):
        behind = socket.create_connection(("127.0.0.1", port))

        def to_service():
            while part := connection.recv(65536):
                behind.sendall(part)
        threading.Thread(target=to_service, daemon=True).start()
        asked = False
        while part := behind.recv(65536):
            if asked:
                held.set()
                go_on.wait(60)
            asked = anew.is_set()
            connection.sendall(part)
    try:
        eventually(lambda: b"ACCEPT" in printed.read_bytes())
        gateway = start(f"https://127.0.0.1:{RawService(relay).port}")
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + b"a" * 1000)
            eventually(lambda: b"a" * 1000 in printed.read_bytes())
            anew.set()
            service.stdin.write(b"R\n")
            service.stdin.flush()
            assert held.wait(20)
            client.sendall(b"b" * 1000)
            time.sleep(0.2)
            assert request(gateway, "/fine")[0] == 200
            go_on.set()
            eventually(lambda: b"b" * 1000 in printed.read_bytes())
    finally:
        go_on.set()
        service.kill()
        service.wait(20)


def silent(connection, _):
    while connection.recv(65536):
        pass


def reads_nothing(connection, _):
    connection.recv(1)
    time.sleep(60)


def drips_a_handshake(connection, _):
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x10\x00\x02\x00\x0f\xfc")
    while True:
        time.sleep(0.1)
        connection.sendall(b"\0")


UPLOAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
PIPELINE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /"


@pytest.mark.parametrize("scheme, serve, begin, more", [
    ("https", silent, UPLOAD, b"x"), ("https", silent, PIPELINE, b"x"), ("http", silent, PIPELINE, b"x"),
    ("http", reads_nothing, UPLOAD, b"x" * 500_000), ("https", drips_a_handshake, PIPELINE, b""),
], ids=["handshake, upload", "handshake, pipeline", "answer, pipeline", "upload", "handshake in drops"])
def test_neither_the_client_nor_drops_put_off_what_a_service_has_for_its_time(start, scheme, serve, begin, more):
    gateway = start(f"{scheme}://127.0.0.1:{RawService(serve).port}",
                    more="retries: 0, connect_timeout: 500, write_timeout: 500, read_timeout: 500,", body_max="100M")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        client.sendall(begin)
        client.setblocking(False)
        answered = b""
        for _ in range(200):  # far beyond the time-outs
            try:
                if more:
                    client.send(more)
            except BlockingIOError:
                pass
            time.sleep(0.1)
            try:
                answered = client.recv(65536)
                break
            except BlockingIOError:
                pass
    assert answered.startswith(b"HTTP/1.1 504 "), answered


def test_what_moves_slowly_is_not_cut_off(start):
    """An upload in drops, then an answer in drops, each far longer than the time-outs."""
    def serve(connection, _):
        got = read_head(connection).split(b"\r\n\r\n", 1)[1]
        while len(got) < 25:
            got += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n")
        for byte in got:
            time.sleep(0.1)
            connection.sendall(bytes([byte]))
    gateway = start(f"http://127.0.0.1:{RawService(serve).port}",
                    more="retries: 0, connect_timeout: 1000, write_timeout: 1000, read_timeout: 1000,")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 25\r\nConnection: close\r\n\r\n")
        for _ in range(25):
            time.sleep(0.1)
            client.sendall(b"x")
        assert b"".join(iter(lambda: client.recv(65536), b"")).endswith(b"x" * 25)


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_a_service_may_be_silent_in_the_middle_as_long_as_its_read_timeout_says(start, version):
    """Longer than clients may take for the next bytes."""
    def serve(connection, _):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
        time.sleep(4)
        connection.sendall(b"two")
    gateway = start(f"http://127.0.0.1:{RawService(serve).port}", more="read_timeout: 30000,", body_timeout="1s")
    got = subprocess.run(["curl", "-sS", version, gateway.url], capture_output=True, timeout=60)
    assert (got.stdout, got.stderr) == (b"onetwo", b"")
