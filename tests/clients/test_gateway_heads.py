"""Heads of requests: how large they may be, how many fields they may have, and whose they are (Host, :authority)."""
import http.client
import json
import socket

import pytest

from gateway import Gateway, Service
from http2_frames import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GET, HEADERS, PREFACE, RST_STREAM, SETTINGS, frame, literal)
from tests.support.http_service import QuietHandler
from tests.support.process_memory import has_sanitizer, rss_kib

FIELDS_MAX = 1000  # with Host; nginx' max_headers
HEAD_BYTES_MAX = 32 << 10  # header_max
FIELD_OVERHEAD = 32  # of a field list's size in HTTP/2 (RFC 9113, section 6.5.2)
TOO_LARGE = 400


class TellHost(QuietHandler):
    def do_GET(self):
        self.tell(json.dumps([self.path, self.headers.get_all("Host"), self.headers.get_all("X-Forwarded-Host")]).encode())


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    """Two, of which the second takes larger heads. What answers /here is the gateway itself: no service's limit is in the way."""
    service = Service(TellHost)
    document = f"""
_format_version: "3.0"
services:
- name: s
  url: http://127.0.0.1:{service.port}
  routes:
  - {{name: here, paths: [/here], plugins: [{{name: request-termination, config: {{status_code: 200, message: here}}}}]}}
  - {{name: all, paths: [/]}}
  - {{name: kept, hosts: [a.test, b.test], preserve_host: true}}
"""
    running = [Gateway(tmp_path_factory.mktemp("gateway"), document, **settings) for settings in ({}, {"header_max": "128K"})]
    yield running
    for gateway in running:
        gateway.stop()
    service.shutdown()


@pytest.fixture
def gateway(gateways):
    return gateways[0]


def ask(gateway, head):
    """Status and body."""
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as connection:
        connection.sendall(head)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


PATH_HERE = b"\x04\x05/here"
GET_HERE = b"\x82" + PATH_HERE + b"\x86\x41\x01a"  # GET /here http, :authority a
LIST_BYTES_HERE = len(":methodGET:path/here:schemehttp:authoritya") + 4 * FIELD_OVERHEAD
STATUS = {0x88: 200, 0x8c: 400, 0x8d: 404}  # whole fields of the static table (RFC 7541, appendix A)


def status_of(block):
    """By its first field, which is an entry of the table or its name (8) with three digits, plain or in Huffman's code."""
    if block[0] in STATUS:
        return STATUS[block[0]]
    assert block[0] & 0x0f == 8 and block[0] < 0x60, block
    if block[1] & 0x80 == 0:
        return int(block[2:5])
    bits, digits, at = "".join(f"{b:08b}" for b in block[2:2 + (block[1] & 0x7f)]), "", 0
    codes = {"00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5", "011100": "6", "011101": "7",
             "011110": "8", "011111": "9"}  # RFC 7541, appendix B
    while len(digits) < 3:
        size = 5 if bits[at:at + 5] in codes else 6
        digits, at = digits + codes[bits[at:at + size]], at + size
    return int(digits)


def ask_http2(gateway, block):
    """Status and body of a request whose block is that, in frames as large as they may be; a reset's code in the status' place."""
    pieces = [block[i:i + 16384] for i in range(0, len(block), 16384)]
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        for i, piece in enumerate(pieces):
            kind, last = CONTINUATION if i else HEADERS, END_HEADERS if i == len(pieces) - 1 else 0
            connection.sendall(frame(kind, last | (0 if i else END_STREAM), 1, piece))
        answers, status, body = connection.makefile("rb"), None, b""
        while True:
            header = answers.read(9)
            payload = answers.read(int.from_bytes(header[:3], "big"))
            if header[3] == HEADERS:
                status = status_of(payload)
            if header[3] == DATA:
                body += payload
            if header[3] == RST_STREAM:
                return f"reset {int.from_bytes(payload, 'big')}", body
            if header[3] in (HEADERS, DATA) and header[4] & END_STREAM:
                return status, body


@pytest.mark.parametrize("more, status", [(0, 200), (1, TOO_LARGE)])
def test_the_number_of_fields_is_bounded(gateway, more, status):
    count = FIELDS_MAX - 1 + more
    assert ask(gateway, b"GET /here HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * count + b"\r\n")[0] == status


@pytest.mark.parametrize("more, status", [(0, 200), (1, TOO_LARGE)])
def test_the_number_of_fields_is_bounded_over_http2(gateways, more, status):
    """By the overhead of a field in HTTP/2, they come to the default of header_max before."""
    count = FIELDS_MAX - 1 + more
    assert ask_http2(gateways[1], GET_HERE + b"\x40\x01x\x00" + b"\xbe" * (count - 1))[0] == status


@pytest.mark.parametrize("more, status", [(0, 200), (1, TOO_LARGE)])
@pytest.mark.parametrize("fields", [1, 7])
def test_the_bytes_of_a_head_are_bounded(gateway, fields, more, status):
    start, end = b"GET /here HTTP/1.1\r\nHost: a\r\n", b"\r\n"
    line = b"X: " + b"y" * (HEAD_BYTES_MAX // fields - 20) + b"\r\n"
    head = start + line * (fields - 1)
    rest = HEAD_BYTES_MAX + more - len(head) - len(end) - len(b"X: \r\n")
    head += b"X: " + b"y" * rest + b"\r\n" + end
    assert len(head) == HEAD_BYTES_MAX + more
    assert ask(gateway, head)[0] == status


def test_a_first_line_that_is_too_long_is_414(gateway):
    """RFC 9112, section 3, and nginx."""
    assert ask(gateway, b"GET /here?" + b"x" * HEAD_BYTES_MAX + b" HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 414


@pytest.mark.parametrize("more, status", [(0, 200), (1, TOO_LARGE)])
def test_the_bytes_of_a_head_are_bounded_over_http2(gateway, more, status):
    count = (HEAD_BYTES_MAX - LIST_BYTES_HERE) // (1 + 100 + FIELD_OVERHEAD) - 1
    last = HEAD_BYTES_MAX + more - LIST_BYTES_HERE - count * (1 + 100 + FIELD_OVERHEAD) - 1 - FIELD_OVERHEAD
    assert ask_http2(gateway, GET_HERE + literal(b"x", b"y" * 100) * count + literal(b"x", b"y" * last))[0] == status


def test_a_small_block_that_unpacks_to_a_large_head_is_refused(gateway):
    """HPACK's bomb: a field of 4,000 bytes is in the table, and is named with a byte 16,000 times: 64 MB."""
    before = rss_kib(gateway.process.pid)
    value = b"y" * 4000
    block = GET_HERE + b"\x40\x01x\x7f" + bytes([(4000 - 127) & 0x7f | 0x80, (4000 - 127) >> 7]) + value + b"\xbe" * 16_000
    for _ in range(5):
        status, _ = ask_http2(gateway, block)
        assert status == TOO_LARGE or str(status).startswith("reset"), status
    if not has_sanitizer(gateway.process.pid):
        assert rss_kib(gateway.process.pid) - before < 16_000
    assert ask(gateway, b"GET /here HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200


# What is wrong with them is in RFC 9110 (section 7.2), RFC 9112 (section 3.2) and RFC 3986 (section 3.2).
NO_HOSTS = {"a user": b"root@a", "a user and a password": b"root:x@a", "a blank": b"a b", "a tab": b"a\tb", "a list": b"a, b",
            "a path": b"a/x", "a query": b"a?x", "a fragment": b"a#x", "a backslash": b"a\\b", "a byte beyond ASCII": b"a\xff",
            "UTF-8": "größe.test".encode(), "a control character": b"a\x01", "DEL": b"a\x7f"}


@pytest.mark.parametrize("host", NO_HOSTS.values(), ids=NO_HOSTS)
def test_what_is_no_host_is_refused(gateway, host):
    assert ask(gateway, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")[0] == 400
    assert ask(gateway, b"GET http://a/ HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")[0] == 400


@pytest.mark.parametrize("host", NO_HOSTS.values(), ids=NO_HOSTS)
def test_what_is_no_host_is_refused_over_http2(gateway, host):
    for block in (b"\x82\x84\x86\x01" + bytes([len(host)]) + host, b"\x82\x84\x86" + literal(b"host", host)):
        status, _ = ask_http2(gateway, block)
        assert status == 400 or status == "reset 1", (block, status)  # PROTOCOL_ERROR


# nginx 1.22's answers to Host, and to :authority and host over HTTP/2; and to "GET http://HOST/x".
TAKEN = ["a", "a.", "a.:80", ".a", "-a", "A.B", "1.2.3.4", "a:", "a:99999", "[::1]", "[::1]:80", "[]", "[.]"]
TAKEN_AS_FIELDS = ["a_b", "~a", "*", "a,b", "a;b", "a'b", "a%20b", "a%2e.b", "a:x", "a:1.2", "a:80:81", "a:.", "[::1]x", "[::1].",
                   "[::1]:x", "[", "[::1", "]", "a[b]", ".["]
REFUSED = ["", ".", "..", ":", ":80", ".:80", "a..b", "a..", "..a", "a:1..2", "a:..", "a.:..", "[1..2]", "[::1].."]
HOSTS = ([(host, 200, 200) for host in TAKEN] + [(host, 200, 400) for host in TAKEN_AS_FIELDS]
         + [(host, 400, 400) for host in REFUSED])


@pytest.mark.parametrize("host, status, target_status", HOSTS)
def test_hosts_are_those_of_nginx(gateway, host, status, target_status):
    host = host.encode()
    for version in (b"1.1", b"1.0"):
        assert ask(gateway, b"GET / HTTP/" + version + b"\r\nHost: " + host + b"\r\n\r\n")[0] == status
    assert ask(gateway, b"GET http://" + host + b"/x HTTP/1.1\r\nHost: a\r\n\r\n")[0] == target_status
    assert ask(gateway, b"GET http://a/x HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")[0] == status


@pytest.mark.parametrize("host, status, target_status", HOSTS)
def test_hosts_are_those_of_nginx_over_http2(gateway, host, status, target_status):
    host = host.encode()
    for block in (b"\x82\x84\x86\x01" + bytes([len(host)]) + host, b"\x82\x84\x86" + literal(b"host", host)):
        answer, _ = ask_http2(gateway, block)
        assert answer == status or (status, answer) == (400, "reset 1"), (block, answer)  # PROTOCOL_ERROR


def test_two_hosts_are_refused(gateway):
    for two in (b"Host: a.test\r\nHost: b.test\r\n", b"Host: a.test\r\nHost: a.test\r\n", b"Host: a.test\r\nX: y\r\nhOST: b.test\r\n"):
        assert ask(gateway, b"GET / HTTP/1.1\r\n" + two + b"\r\n")[0] == 400


def test_an_absolute_target_is_the_host_whatever_the_field_says(gateway):
    """RFC 9112, section 3.2.2: for the router, for the service, and for what it is told."""
    status, body = ask(gateway, b"GET http://b.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n")
    path, hosts, forwarded = json.loads(body)
    assert (status, path, hosts, forwarded) == (200, "/x", ["b.test"], ["b.test"])


def test_an_authority_and_a_host_that_differ_are_refused(gateway):
    """RFC 9113, section 8.3.1."""
    authority = b"\x82\x84\x86\x41\x06a.test"
    assert ask_http2(gateway, authority + literal(b"host", b"b.test"))[0] == 400
    for host in (b"a.test", b"A.Test"):
        status, body = ask_http2(gateway, authority + literal(b"host", host))
        assert (status, [h.lower() for h in json.loads(body)[1]]) == (200, ["a.test"])


def test_two_authorities_or_two_hosts_are_refused_over_http2(gateway):
    authority = b"\x41\x06a.test"
    for block in (b"\x82\x84\x86" + authority * 2, b"\x82\x84\x86" + literal(b"host", b"a.test") * 2,
                  b"\x82\x84\x86" + authority + literal(b"host", b"a.test") * 2,
                  b"\x82\x84\x86" + literal(b"host", b"a.test") + literal(b"host", b"b.test")):
        status, _ = ask_http2(gateway, block)
        assert status == 400 or status == "reset 1", (block, status)


def test_a_host_alone_is_the_authority_over_http2(gateway):
    """RFC 9113, section 8.3.1: from what came as HTTP/1.1."""
    status, body = ask_http2(gateway, b"\x82\x84\x86" + literal(b"host", b"b.test"))
    assert (status, json.loads(body)[1]) == (200, ["b.test"])


def test_a_client_of_http_1_0_needs_no_host(gateway):
    """nginx too."""
    for target in (b"/x", b"http://a/x"):
        assert ask(gateway, b"GET " + target + b" HTTP/1.0\r\n\r\n")[0] == 200


def test_no_host_at_all_is_refused(gateway):
    assert ask(gateway, b"GET / HTTP/1.1\r\n\r\n")[0] == 400
    status, _ = ask_http2(gateway, b"\x82\x84\x86")
    assert status == 400 or status == "reset 1", status
