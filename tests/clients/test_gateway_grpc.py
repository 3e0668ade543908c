"""gRPC through the gateway, by grpc's own clients in Python and Go: the four kinds of calls, metadata and trailers,
every status, deadlines, cancelled calls, compression."""
import json
import queue
import ssl

import grpc
import pytest

from conftest import run_program
from gateway import ROOT
from grpc_service import GrpcService

QUIET = [("grpc.http2.bdp_probe", 0)]  # no frames but those of calls: one that the gateway keeps back stays there
# Of HTTP -> of gRPC, as kong/pdk/response.lua has it: a table, and beyond it 4xx as 400, 5xx as 500.
OWN_STATUSES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 405: "INVALID_ARGUMENT", 413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED",
                502: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED", 507: "INTERNAL", 302: "UNKNOWN"}
WORDS = 'say "no" \\ now,\nto 100%: größer'
GO_CLIENT = ROOT / "build/peers/go/grpc"


Behind = GrpcService


@pytest.fixture(scope="module")
def configuration(service):
    return f"""
_format_version: "3.0"
services:
- {{name: grpc, url: "grpc://127.0.0.1:{service.port}", routes: [{{name: grpc, protocols: [grpc, grpcs], paths: [/test.Greeter/]}}]}}
- {{name: gone, url: "grpc://127.0.0.1:1", retries: 0, routes: [{{name: gone, protocols: [grpc, grpcs], paths: [/gone.Greeter/]}}]}}
routes:
""" + "".join(f"- {{name: t{status}, protocols: [grpc, grpcs], paths: [/t{status}/], plugins: [{{name: request-termination, "
              f"config: {{status_code: {status}, message: {json.dumps(WORDS)}}}}}]}}\n" for status in OWN_STATUSES)


@pytest.fixture(params=["plain", "tls"])
def channel(request, gateway):
    if request.param == "tls":
        certificate = ssl.get_server_certificate(("127.0.0.1", gateway.tls_port)).encode()
        made = grpc.secure_channel(f"localhost:{gateway.tls_port}", grpc.ssl_channel_credentials(certificate), QUIET)
    else:
        made = grpc.insecure_channel(f"127.0.0.1:{gateway.port}", QUIET)
    with made:
        yield made


def test_metadata_and_trailers_both_ways(channel):
    given = [("my-text", "a b, c"), ("my-twice", "1"), ("my-twice", "2"), ("my-data-bin", bytes(range(256)))]
    answer, call = channel.unary_unary("/test.Greeter/Meta").with_call(b"body", metadata=given, timeout=20)
    assert answer == b"body"
    for part, name in ((call.initial_metadata(), "initial-"), (call.trailing_metadata(), "trailing-")):
        assert sorted((k, v) for k, v in part if k.startswith(name)) == sorted((name + k, v) for k, v in given)


@pytest.mark.parametrize("code", [c for c in grpc.StatusCode if c is not grpc.StatusCode.OK], ids=lambda c: c.name)
def test_every_status_with_its_words(channel, code):
    with pytest.raises(grpc.RpcError) as failed:
        channel.unary_unary("/test.Greeter/Fail")(str(code.value[0]).encode(), timeout=20)
    assert failed.value.code() == code and failed.value.details() == f"code {code.value[0]}: not now, größer"
    assert ("x-more", "of it") in [tuple(m) for m in failed.value.trailing_metadata()]


def test_a_stream_that_fails_late_has_what_came_before(channel):
    stream, got = channel.unary_stream("/test.Greeter/FailLate")(b"", timeout=20), []
    with pytest.raises(grpc.RpcError) as failed:
        for message in stream:
            got.append(message)
    assert got == [b"first", b"second"]
    assert failed.value.code() == grpc.StatusCode.DATA_LOSS and failed.value.details() == "the rest is lost"


def test_a_deadline_ends_the_call_at_the_service_too(channel, service):
    service.cancelled.clear()
    with pytest.raises(grpc.RpcError) as failed:
        channel.unary_unary("/test.Greeter/Wait")(b"", timeout=0.5)
    assert failed.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert service.cancelled.wait(20)


def test_a_cancelled_stream_ends_at_the_service_too(channel, service):
    service.cancelled.clear()
    stream = channel.unary_stream("/test.Greeter/Forever")(b"", timeout=30)
    assert [next(stream) for _ in range(3)] == [b"and on"] * 3
    stream.cancel()
    assert service.cancelled.wait(20)


def test_messages_come_while_the_stream_is_open(channel):
    """Each message waits for the answer to the one before."""
    turns = queue.Queue()
    call = channel.stream_stream("/test.Greeter/Chat")(iter(turns.get, None), timeout=30)
    for i in range(200):
        turns.put(str(i).encode())
        assert next(call) == b"to " + str(i).encode()
    turns.put(None)
    assert list(call) == []


def test_compressed_and_large_messages(channel):
    big = bytes(range(256)) * 12_000
    say = channel.unary_unary("/test.Greeter/Say")
    assert say(big, timeout=30, compression=grpc.Compression.Gzip) == b"hello " + big
    assert channel.stream_unary("/test.Greeter/Sum")(iter([big[:100_000]] * 20), timeout=30) == b"+".join([big[:100_000]] * 20)


def test_many_calls_at_once_on_one_connection(channel):
    say = channel.unary_unary("/test.Greeter/Say")
    calls = [say.future(str(i).encode(), timeout=30) for i in range(300)]
    assert [c.result() for c in calls] == [b"hello " + str(i).encode() for i in range(300)]


def test_a_service_that_is_not_there_is_what_kong_makes_of_502(channel):
    """In kong/pdk/response.lua 502, which its table does not have, is as 500: INTERNAL."""
    with pytest.raises(grpc.RpcError) as failed:
        channel.unary_unary("/gone.Greeter/Say")(b"", timeout=20)
    assert failed.value.code() == grpc.StatusCode.INTERNAL
    assert failed.value.details() == "An invalid response was received from the upstream server"


@pytest.mark.parametrize("status", OWN_STATUSES)
def test_answers_of_the_gateways_own_have_kongs_status_and_all_of_their_words(channel, status):
    with pytest.raises(grpc.RpcError) as failed:
        channel.unary_unary(f"/t{status}/Say")(b"", timeout=20)
    assert (failed.value.code().name, failed.value.details()) == (OWN_STATUSES[status], WORDS)


@pytest.mark.long
@pytest.mark.skipif(not GO_CLIENT.exists(), reason="the Go clients are not built: ./dev peers does it")
def test_go_client(gateway):
    assert run_program([GO_CLIENT, f"127.0.0.1:{gateway.port}", f"localhost:{gateway.tls_port}"]) == "ok"
