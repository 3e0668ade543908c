"""Clients of others against the gateway, unmodified: curl, nghttp, h2load, h2spec, gRPC's and websockets' own."""
import asyncio
import os
import shutil
import socket
import ssl
import subprocess

import grpc
import pytest
import websockets

from gateway import ROOT, Gateway, Service, curl, service_of
from grpc_service import GrpcService
from tests.support.http_service import QuietHandler
from websocket_service import WebSocketService


@pytest.fixture(scope="module")
def configuration():
    http, grpc_service, ws = Service(), GrpcService(), WebSocketService()
    yield f"""
_format_version: "3.0"
services:
- name: web
  url: http://127.0.0.1:{http.port}
  routes: [{{name: web, paths: [/]}}]
- name: grpc
  url: grpc://127.0.0.1:{grpc_service.port}
  routes: [{{name: grpc, protocols: [grpc, grpcs], paths: [/test.Greeter/]}}]
- name: guarded
  url: grpc://127.0.0.1:{grpc_service.port}
  routes: [{{name: guarded, protocols: [grpc, grpcs], paths: [/guarded.Greeter/], strip_path: false}}]
  plugins: [{{name: jwt}}]
- name: ws
  url: http://127.0.0.1:{ws.port}
  routes: [{{name: ws, paths: [/ws]}}]
"""
    ws.stop()
    grpc_service.stop()
    http.shutdown()


VERSIONS = [("--http1.0", "http", b"1.1"), ("--http1.1", "http", b"1.1"), ("--http2", "http", b"2"),
            ("--http2-prior-knowledge", "http", b"2"), ("--http1.1", "https", b"1.1"), ("--http2", "https", b"2")]


@pytest.mark.parametrize("option,scheme,version", VERSIONS)
def test_curl_in_every_version(gateway, option, scheme, version):
    base = gateway.url if scheme == "http" else gateway.tls_url
    head = curl(option, "-i", "-b", "a=1; b=2", f"{base}/x?y=z", "-w", "\n%{http_version}")
    assert b"GET /x?y=z " + scheme.encode() in head and b"a=1; b=2" in head
    assert b"via: kong/3.4.2" in head.lower() and head.endswith(b"\n" + version)
    body = bytes(range(256)) * 4096
    assert curl(option, "--data-binary", "@-", f"{base}/post", stdin=body) == body
    assert curl(option, "-I", f"{base}/head").startswith(b"HTTP/")


def test_curl_waits_for_100_continue_and_streams_without_a_length(gateway):
    body = b"x" * 3_000_000
    for option in ("--http1.1", "--http2-prior-knowledge"):
        assert curl(option, "-H", "Expect: 100-continue", "-T", "-", f"{gateway.url}/put", stdin=body) == body


def test_every_chunk_of_an_upload_may_have_its_signature(gateway):
    """As S3's clients sign them, in an extension."""
    chunk = b"64;chunk-signature=0123456789abcdef\r\n" + b"x" * 100 + b"\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as s:
        s.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunk * 1000 + b"0\r\n\r\n")
        answer = s.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"x" * 100_000)


class WithoutLength(QuietHandler):
    """Answers /chunks in two chunks, all else with a body that ends with the connection."""

    def do_GET(self):
        self.protocol_version = "HTTP/1.1"
        self.close_connection = True
        self.send_response(200)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" if self.path == "/chunks" else b"abcde")


@pytest.mark.parametrize("option,scheme,version", VERSIONS)
def test_the_clients_version_frames_a_body_without_a_length(tmp_path, option, scheme, version):
    service, running = service_of(WithoutLength, tmp_path)
    base = running.url if scheme == "http" else running.tls_url
    for path in ("/chunks", "/until-close"):
        assert curl(option, base + path) == b"abcde"
    running.stop()
    service.shutdown()


class CutOff(QuietHandler):
    """Two chunks, and not the last one."""

    def do_GET(self):
        self.protocol_version = "HTTP/1.1"
        self.close_connection = True
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nfirst\r\n")
        self.wfile.write(b"4\r\nlast\r\n")


def test_what_came_of_an_answer_that_is_cut_off_is_passed_on(tmp_path):
    service, running = service_of(CutOff, tmp_path)
    done = subprocess.run(["curl", "-sS", "--max-time", "30", running.url], capture_output=True, timeout=60)
    assert (done.stdout, done.returncode) == (b"firstlast", 18)  # CURLE_PARTIAL_FILE
    # curl 7.88 lets go of what came together with a reset, so the frames are looked at.
    shown = subprocess.run(["nghttp", "-v", "--no-dep", running.url], capture_output=True, text=True, timeout=30).stdout
    data, reset = shown.find("firstlast") if "firstlast" in shown else shown.find("last"), shown.find("recv RST_STREAM")
    assert ":status: 200" in shown and "first" in shown and 0 < data < reset, shown
    running.stop()
    service.shutdown()


class TellName(QuietHandler):
    def do_GET(self):
        self.tell((self.headers["X-Name"] or "").encode())


@pytest.mark.parametrize("option,scheme,version", VERSIONS)
def test_plugins_see_the_host_in_every_version(tmp_path, option, scheme, version):
    service, running = service_of(TellName, tmp_path, """
plugins: [{name: request-transformer, config: {add: {headers: ["X-Name:$(headers.host)"]}}}]""")
    port = running.port if scheme == "http" else running.tls_port
    assert curl(option, "--resolve", f"x.test:{port}:127.0.0.1", f"{scheme}://x.test:{port}/") == f"x.test:{port}".encode()
    running.stop()
    service.shutdown()


def test_what_a_trusted_proxy_says_of_the_scheme_is_for_the_redirect_alone(tmp_path):
    """K:kong/runloop/handler.lua: the router goes by the connection's own scheme."""
    service = Service()
    running = Gateway(tmp_path, f"""
_format_version: "3.0"
services:
- name: s
  url: http://127.0.0.1:{service.port}
  routes:
  - {{name: by-sni, paths: [/sni], snis: [a.test]}}
  - {{name: plain, paths: [/plain], expression: 'http.path == "/plain" && net.protocol == "http"'}}
  - {{name: tls, paths: [/tls], protocols: [https], https_redirect_status_code: 301}}
""".replace("paths: [/plain], expression", "expression"), trusted_ips="127.0.0.0/8")

    def status(path, *headers):
        return curl("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", *sum((["-H", h] for h in headers), []),
                    f"{running.url}{path}").decode().strip()

    for path in ("/sni", "/plain"):
        assert status(path) == status(path, "X-Forwarded-Proto: https") == "200"
    assert status("/tls", "Host: in.test:80") == "301 https://in.test/tls"
    assert status("/tls", "Host: in.test", "X-Forwarded-Host: out.test:444") == "301 https://out.test:444/tls"
    assert status("/tls", "X-Forwarded-Proto: https") == "200"
    running.stop()
    service.shutdown()


def test_an_answer_of_grpc_without_a_body_has_an_end_for_http_1(tmp_path):
    service = GrpcService()
    running = Gateway(tmp_path, f"""
_format_version: "3.0"
services: [{{name: s, url: "grpc://127.0.0.1:{service.port}", routes: [{{name: s, protocols: [http], paths: [/]}}]}}]
""")
    shown = curl("--http1.1", "-i", "-X", "POST", "-H", "Content-Type: application/grpc", "-H", "TE: trailers",
                 f"{running.url}/no.Service/Method")
    assert shown.lower().endswith(b"\r\n\r\n") and b"\r\ncontent-length: 0\r\n" in shown.lower()
    running.stop()
    service.stop()


def test_trailers_reach_those_who_ask(gateway):
    assert curl("--http1.1", "--raw", "-H", "TE: trailers", f"{gateway.url}/stream").endswith(b"0\r\nX-Sum: 15\r\n\r\n")
    assert curl("--http1.1", "--raw", f"{gateway.url}/stream").endswith(b"0\r\n\r\n")
    if shutil.which("nghttp"):
        shown = subprocess.run(["nghttp", "-v", f"{gateway.url}/stream"], capture_output=True, text=True, timeout=30).stdout
        assert "x-sum: 15" in shown and "content-length: 99" not in shown


@pytest.mark.skipif(not shutil.which("nghttp"), reason="nghttp is not installed")
@pytest.mark.parametrize("size, status", [(4_000, 200), (9_000, 400)])
def test_trailers_of_http2_are_bounded_as_those_of_chunks(gateway, tmp_path, size, status):
    body = tmp_path / "body"
    body.write_bytes(b"x" * 100)
    command = ["nghttp", "-nv", f"--trailer=x-sum: {'a' * size}", "-d", body, f"{gateway.url}/post"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout
    assert f":status: {status}" in shown


def test_tls_resumes_and_takes_1_2_and_1_3(gateway):
    context = ssl._create_unverified_context()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context.minimum_version = context.maximum_version = version
        session, reused = None, []
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", gateway.tls_port), 10) as plain:
                with context.wrap_socket(plain, server_hostname="localhost", session=session) as s:
                    s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    assert s.recv(65536).startswith(b"HTTP/1.1 200")
                    session = s.session
                    reused.append(s.session_reused)
        assert reused == [False, True, True]
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", gateway.tls_port), 10) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain)


@pytest.mark.skipif(not shutil.which("h2load"), reason="h2load is not installed")
def test_h2load_loses_nothing(gateway):
    shown = subprocess.run(["h2load", "-n", "1000", "-c", "4", "-m", "32", f"{gateway.url}/load"], capture_output=True,
                           text=True, timeout=120).stdout
    assert "1000 succeeded, 0 failed, 0 errored" in shown, shown


@pytest.mark.parametrize("tls", [False, True])
def test_grpc_calls_of_all_four_kinds(gateway, tls):
    if tls:
        certificate = ssl.get_server_certificate(("127.0.0.1", gateway.tls_port)).encode()
        channel = grpc.secure_channel(f"localhost:{gateway.tls_port}", grpc.ssl_channel_credentials(certificate))
    else:
        channel = grpc.insecure_channel(f"127.0.0.1:{gateway.port}")
    with channel:
        assert channel.unary_unary("/test.Greeter/Say")(b"world", timeout=20) == b"hello world"
        assert list(channel.unary_stream("/test.Greeter/List")(b"n", timeout=20)) == [b"n0", b"n1", b"n2", b"n3", b"n4"]
        assert channel.stream_unary("/test.Greeter/Sum")(iter([b"1", b"2", b"3"]), timeout=20) == b"1+2+3"
        assert list(channel.stream_stream("/test.Greeter/Chat")(iter([b"a", b"b"]), timeout=20)) == [b"to a", b"to b"]
        big = b"x" * 2_000_000
        assert channel.unary_unary("/test.Greeter/Say")(big, timeout=30) == b"hello " + big
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/test.Greeter/Fail")(b"9", timeout=20)
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION and refused.value.details() == "code 9: not now, größer"
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/guarded.Greeter/Say")(b"", timeout=20)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_grpc_routes_refuse_what_is_no_grpc(gateway):
    """K:kong/runloop/handler.lua:1242 and 1250 call response.error, whose texts go by Accept (kong/tools/utils.lua)."""
    say = ("-i", "-X", "POST", f"{gateway.url}/test.Greeter/Say")
    shown = curl("-H", "Content-Type: application/grpc", *say)
    assert b" 426 " in shown and b"\r\nUpgrade: HTTP/2\r\n" in shown
    assert shown.endswith(b'\r\n\r\n{\n  "message":"Please use HTTP2 protocol"\n}')
    shown = curl("--http2-prior-knowledge", *say)
    assert b" 415 " in shown and shown.endswith(b'\r\n\r\n{\n  "message":"Non-gRPC request matched gRPC route"\n}')
    shown = curl("-H", "Accept: text/plain", *say)
    assert b" 415 " in shown and shown.endswith(b"\r\n\r\nNon-gRPC request matched gRPC route\n")


def test_websockets_both_ways(gateway):
    async def talk(url, **options):
        async with websockets.connect(url, max_size=None, **options) as connection:
            for message in ("hello", b"\x00\xff" * 10, "x" * 1_000_000):
                await connection.send(message)
                assert await connection.recv() == message
            await connection.ping()
    asyncio.run(talk(f"ws://127.0.0.1:{gateway.port}/ws"))
    asyncio.run(talk(f"wss://127.0.0.1:{gateway.tls_port}/ws", ssl=ssl._create_unverified_context()))


def h2spec():
    own = ROOT / "build/tools/h2spec"
    found = shutil.which("h2spec") or (str(own) if own.exists() else None)
    if not found and shutil.which("go"):
        subprocess.run(["go", "install", "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible"], timeout=300,
                       env={**os.environ, "GOBIN": str(own.parent)}, capture_output=True)
        found = str(own) if own.exists() else None
    return found


@pytest.mark.parametrize("tls", [False, True])
def test_h2spec(gateway, tls):
    program = h2spec()
    if not program:
        pytest.skip("h2spec is not installed")
    where = ["-t", "-k", "-p", str(gateway.tls_port)] if tls else ["-p", str(gateway.port)]
    done = subprocess.run([program, "-h", "127.0.0.1", "-o", "3", *where], capture_output=True, text=True, timeout=300)
    failed = {line.split(":", 1)[1].strip() for line in done.stdout.split("Failures:")[-1].splitlines() if "×" in line}
    # libnghttp2 passes over GET of a stream that was never opened and lies behind the newest one.
    known = {"Sends stream identifier that is numerically smaller than previous"}
    if not tls:  # the port speaks HTTP/1.1 too, and answers what is no preface with 400
        known.add("Sends invalid connection preface")
    assert failed <= known, done.stdout[-6000:]
    assert "145 tests" in done.stdout, done.stdout[-2000:]


@pytest.mark.parametrize("option,scheme,version", VERSIONS)
def test_much_of_both_ways_in_every_version(gateway, option, scheme, version):
    """More than many turns of a loop have for one client, with a length and without."""
    base, much = gateway.url if scheme == "http" else gateway.tls_url, os.urandom(1 << 20) * 9
    assert curl(option, "--data-binary", "@-", f"{base}/", stdin=much) == much
    if version == b"2":
        assert curl(option, "-T", "-", f"{base}/", stdin=much) == much
