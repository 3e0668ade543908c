"""gRPC-Web through the gateway: what the plugin of Kong 3.4 answers (kong/plugins/grpc-web, whose
spec/03-plugins/32-grpc-web/01-proxy_spec.lua has the bytes of HELLO), and what gRPC's PROTOCOL-WEB.md asks of a proxy."""
import base64
import http.client
import struct
import subprocess

import grpc
import pytest
import requests

from gateway import MES
from grpc_service import GrpcService

HELLO_TEXT = "AAAAAAYKBGhleWE="  # a frame with the message {1: "heya"}
HELLO_ANSWER_TEXT = "AAAAAAwKCmhlbGxvIGhleWE=" + "gAAAAB5ncnBjLXN0YXR1czowDQpncnBjLW1lc3NhZ2U6DQo="
HELLO, HELLO_ANSWER = base64.b64decode(HELLO_TEXT), b"".join(base64.b64decode(HELLO_ANSWER_TEXT[i:j]) for i, j in ((0, 24), (24, None)))
BINARY, TEXT = "application/grpc-web+proto", "application/grpc-web-text"
TYPES = [BINARY, "application/grpc-web", TEXT, "application/grpc-web-text+proto"]


class Behind(GrpcService):
    def __init__(self):
        super().__init__()
        say_hello = grpc.unary_unary_rpc_method_handler(lambda r, _: b"\x0a" + bytes([r[1] + 6]) + b"hello " + r[2:])
        seen = grpc.unary_unary_rpc_method_handler(lambda r, context: str(dict(context.invocation_metadata())).encode())
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("hello.HelloService", {"SayHello": say_hello}),
                                              grpc.method_handlers_generic_handler("test.Seen", {"Metadata": seen})))


@pytest.fixture(scope="module")
def configuration(service):
    return f"""
_format_version: "3.0"
services:
- name: grpc
  url: grpc://127.0.0.1:{service.port}
  routes:
  - {{name: all, paths: [/], plugins: [{{name: grpc-web}}]}}
  - {{name: method, paths: [/hello.HelloService/SayHello], plugins: [{{name: grpc-web}}]}}
  - {{name: stripped, paths: [/prefix], plugins: [{{name: grpc-web, config: {{pass_stripped_path: true}}}}]}}
  - {{name: unstripped, paths: [/whole], plugins: [{{name: grpc-web, config: {{allow_origin_header: "https://shop.example"}}}}]}}
  - {{name: keyed, paths: [/keyed], plugins: [{{name: grpc-web, config: {{pass_stripped_path: true}}}}, {{name: key-auth}}]}}
- name: gone
  url: grpc://127.0.0.1:1
  retries: 0
  routes: [{{name: gone, paths: [/gone.Greeter], plugins: [{{name: grpc-web}}]}}]
- name: wrong
  url: http://127.0.0.1:{service.port}
  routes: [{{name: plain-grpc, paths: [/test.Greeter/Say], headers: {{x-plain: ["1"]}}}}]
"""


def frame(message, kind=0):
    return struct.pack(">BI", kind, len(message)) + message


def frames(body):
    """(kind, content) of each."""
    found = []
    while body:
        kind, size = struct.unpack(">BI", body[:5])
        assert len(body) >= 5 + size
        found.append((kind, body[5:5 + size]))
        body = body[5 + size:]
    return found


def decoded(text):
    """Texts one after the other, each with padding of its own."""
    assert len(text) % 4 == 0
    return b"".join(base64.b64decode(text[i:i + 4], validate=True) for i in range(0, len(text), 4))


def trailers(content):
    return dict(line.split(":", 1) for line in content.decode().split("\r\n") if line)


def call(base, path, message, kind=BINARY, **options):
    """The messages, and the trailers of the last frame."""
    body = frame(message)
    headers = {"Content-Type": kind, **options.pop("headers", {})}
    answer = requests.post(base + path, base64.b64encode(body) if "text" in kind else body, headers=headers, timeout=20, verify=False,
                           **options)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind), answer.text
    content = frames(decoded(answer.content) if "text" in kind else answer.content)
    assert [k for k, _ in content] == [0] * (len(content) - 1) + [0x80]
    return [m for _, m in content[:-1]], trailers(content[-1][1])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_kongs_own_cases_to_the_byte(gateway, scheme):
    base = gateway.url if scheme == "http" else gateway.tls_url
    for kind, sent, expected in ((TEXT, HELLO_TEXT, HELLO_ANSWER_TEXT.encode()), (BINARY, HELLO, HELLO_ANSWER)):
        answer = requests.post(f"{base}/hello.HelloService/SayHello", sent, headers={"Content-Type": kind}, timeout=20, verify=False)
        assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, expected, kind)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2-prior-knowledge"])
def test_over_every_http(gateway, version):
    done = subprocess.run(["curl", "-sS", version, "--max-time", "20", "--data-binary", "@-", "-H", f"Content-Type: {BINARY}",
                           f"{gateway.url}/hello.HelloService/SayHello"], input=HELLO, capture_output=True, timeout=60, check=True)
    assert done.stdout == HELLO_ANSWER


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_and_the_service_sees_grpc(gateway, kind):
    assert call(gateway.url, "/test.Greeter/Say", bytes(range(256)), kind) == (
        [b"hello " + bytes(range(256))], {"grpc-status": "0", "grpc-message": ""})
    (seen,), _ = call(gateway.url, "/test.Seen/Metadata", b"", kind, headers={"My-Field": "mine", "X-Grpc-Web": "1"})
    assert "'my-field': 'mine'" in seen.decode() and "'x-grpc-web': '1'" in seen.decode()


def test_texts_in_the_pieces_that_clients_make(gateway):
    for sizes in ((1, 2, 3, 4), (7,), (5, 4)):
        body, text, at = frame(b"a longer message"), "", 0
        for size in (*sizes, len(body)):
            text += base64.b64encode(body[at:at + size]).decode()
            at += size
        answer = requests.post(f"{gateway.url}/test.Greeter/Say", text, headers={"Content-Type": TEXT}, timeout=20)
        assert frames(decoded(answer.content))[0] == (0, b"hello a longer message")


@pytest.mark.parametrize("kind", [BINARY, TEXT])
def test_a_stream_of_messages_and_one_that_fails_late(gateway, kind):
    assert call(gateway.url, "/test.Greeter/List", b"m", kind) == (
        [b"m0", b"m1", b"m2", b"m3", b"m4"], {"grpc-status": "0", "grpc-message": ""})
    assert call(gateway.url, "/test.Greeter/FailLate", b"", kind) == (
        [b"first", b"second"], {"grpc-status": "15", "grpc-message": "the rest is lost"})
    big = bytes(range(256)) * 8_000
    assert call(gateway.url, "/test.Greeter/Say", big, kind)[0] == [b"hello " + big]


@pytest.mark.parametrize("kind", [BINARY, TEXT])
def test_a_failure_has_its_status_words_and_metadata(gateway, kind):
    """The service's answer is over with its head, or has trailers alone; the words are percent-encoded as gRPC's."""
    assert call(gateway.url, "/test.Greeter/Fail", b"5", kind) == (
        [], {"grpc-status": "5", "grpc-message": "code 5: not now, gr%C3%B6%C3%9Fer"})
    answer = requests.post(f"{gateway.url}/test.Greeter/Fail", frame(b"5"), headers={"Content-Type": BINARY}, timeout=20)
    assert answer.headers["X-More"] == "of it"  # metadata of an answer that is over with its head
    _, found = call(gateway.url, "/no.Such/Method", b"", kind)
    assert found["grpc-status"] == "12"


def test_metadata_of_the_service_comes_as_fields_and_in_the_last_frame(gateway):
    answer = requests.post(f"{gateway.url}/test.Greeter/Meta", frame(b"body"), timeout=20,
                           headers={"Content-Type": BINARY, "My-Text": "a b", "My-Data-Bin": "AAEC"})
    assert answer.headers["Initial-My-Text"] == "a b"
    found = trailers(frames(answer.content)[-1][1])
    assert found["trailing-my-text"] == "a b" and found["trailing-my-data-bin"].rstrip("=") == "AAEC"


def test_messages_come_while_the_stream_is_open_and_its_end_reaches_the_service(gateway, service):
    service.cancelled.clear()
    for kind, size in ((BINARY, 11), (TEXT, 16)):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
        sent = frame(b"") if kind == BINARY else base64.b64encode(frame(b""))
        connection.request("POST", "/test.Greeter/Forever", sent, {"Content-Type": kind})
        answer = connection.getresponse()
        first = answer.read(size)  # and no end yet
        assert (first if kind == BINARY else decoded(first)).startswith(frame(b"and on"))
        connection.close()
        answer.close()
        assert service.cancelled.wait(20)
        service.cancelled.clear()


def test_the_path_is_the_routes_own_unless_it_is_to_be_stripped(gateway):
    assert call(gateway.url, "/prefix/hello.HelloService/SayHello", HELLO[5:])[0] == [HELLO_ANSWER[5:17]]
    assert call(gateway.url, "/hello.HelloService/SayHello", HELLO[5:])[0] == [HELLO_ANSWER[5:17]]  # strip_path is on, as is usual
    assert call(gateway.url, "/whole/hello.HelloService/SayHello", HELLO[5:])[1]["grpc-status"] == "12"


def test_preflight(gateway):
    answer = requests.options(f"{gateway.url}/whole/x", timeout=20)
    assert (answer.status_code, answer.text) == (200, "OK")
    expected = {"Content-Type": "application/grpc-web-text+proto", "Access-Control-Allow-Origin": "https://shop.example",
                "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type,x-grpc-web,x-user-agent"}
    assert {k: answer.headers.get(k) for k in expected} == expected


@pytest.mark.parametrize("kind", ["application/json", "application/grpc-web+json", "application/grpc-web-text+json", "text/plain", None])
def test_what_would_have_to_be_transcoded_is_refused(gateway, kind):
    answer = requests.post(f"{gateway.url}/hello.HelloService/SayHello", b"{}", headers={"Content-Type": kind}, timeout=20)
    assert (answer.status_code, answer.text) == (400, "transcoding requests require a .proto file defining the service")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("text", ["AAAA*AAA", "AAA", "AA=A", "====", "AAAAAAYKBGhleWE"])
def test_what_is_no_base64_is_refused(gateway, text):
    answer = requests.post(f"{gateway.url}/hello.HelloService/SayHello", text, headers={"Content-Type": TEXT}, timeout=20)
    assert answer.status_code == 400 and "base64" in answer.text


def test_the_gateways_own_answers_stay_what_they_are(gateway):
    gone = requests.post(f"{gateway.url}/gone.Greeter/Say", frame(b""), headers={"Content-Type": BINARY}, timeout=20)
    assert gone.status_code == 502 and gone.headers["Access-Control-Allow-Origin"] == "*"
    assert "An invalid response was received from the upstream server" in gone.text
    keyless = requests.post(f"{gateway.url}/keyed/test.Greeter/Say", frame(b""), headers={"Content-Type": BINARY}, timeout=20)
    assert (keyless.status_code, keyless.json()) == (401, {"message": "No API key found in request"})


def test_json_by_a_proto_file_is_refused_with_its_place(tmp_path):
    file = tmp_path / "kong.yml"
    file.write_text('_format_version: "3.0"\nplugins:\n- name: grpc-web\n  config:\n    proto: hello.proto\n')
    done = subprocess.run([MES, "check", file], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and f"{file}:5:5: error:" in done.stdout + done.stderr and "JSON" in done.stdout + done.stderr
