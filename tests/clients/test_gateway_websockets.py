"""WebSockets through the gateway, by the cases that the Autobahn test suite has for RFC 6455 and RFC 7692: what one
side sends the other gets, frame by frame, and ends are told on with their codes. Client and service are `websockets`'."""
import asyncio
import os
import ssl
import struct

import pytest
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from tests.support.wait import eventually
from websocket_service import WebSocketService


Behind = WebSocketService


@pytest.fixture(scope="module")
def configuration(service):
    return f"""
_format_version: "3.0"
services: [{{name: ws, url: "http://127.0.0.1:{service.port}", routes: [{{name: ws, paths: [/ws]}}]}}]
"""


@pytest.fixture(params=["ws", "wss"])
def talk(request, gateway):
    """Runs a conversation over a connection of its own."""
    secure = request.param == "wss"
    url = f"wss://127.0.0.1:{gateway.tls_port}/ws" if secure else f"ws://127.0.0.1:{gateway.port}/ws"

    def run(conversation, **options):
        if secure:
            options["ssl"] = ssl._create_unverified_context()
        options.setdefault("compression", None)

        async def whole():
            async with websockets.connect(url, max_size=None, ping_interval=None, **options) as connection:
                await asyncio.wait_for(conversation(connection), 30)
        asyncio.run(whole())
    return run


async def echoes(connection, message, expected=None):
    await connection.send(message)
    assert await connection.recv() == (message if expected is None else expected)


def test_messages_of_every_length_of_the_length(talk):
    async def conversation(connection):
        for size in (0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 4_000_000):
            await echoes(connection, "x" * size)
            await echoes(connection, os.urandom(size))
    talk(conversation)


def test_pings_and_pongs_both_ways(talk):
    async def conversation(connection):
        for payload in (b"", b"hello", bytes(range(125))):
            await asyncio.wait_for(await connection.ping(payload), 20)
        await connection.pong(b"nobody asked")
        for i in range(10):
            await connection.ping(str(i).encode())
        await echoes(connection, "ping from-the-service", "pong came")
        await echoes(connection, "still here")
    talk(conversation)


def test_fragments_both_ways_with_control_frames_between(talk):
    async def conversation(connection):
        await echoes(connection, ["one", "", "two", "three"], "onetwothree")
        await echoes(connection, [b"\0\1", b"\2"], b"\0\1\2")
        async def pieces():
            for piece in ("a", "b", "c"):
                yield piece
                await connection.ping(piece.encode())
        await connection.send(pieces())
        assert await connection.recv() == "abc"
        await echoes(connection, "fragments 500", "".join(f"{i}," for i in range(500)))
    talk(conversation)


def test_text_of_every_plane_also_split_within_a_character(talk):
    text = "\u0000 ~\u07ff\uffff\U0001f600\U0010ffff κόσμε"

    async def conversation(connection):
        await echoes(connection, text)
        raw = text.encode()
        for cut in range(1, len(raw)):
            connection.transport.write(frame(0x1, raw[:cut], final=False) + frame(0x0, raw[cut:]))
            assert await connection.recv() == text
    talk(conversation)


def frame(opcode, payload=b"", final=True, reserved=0, masked=True):
    """A client's frame (RFC 6455, section 5.2), for what a well-behaved client would not send."""
    first = (0x80 if final else 0) | reserved << 4 | opcode
    assert len(payload) < 126
    head = bytes([first, (0x80 if masked else 0) | len(payload)])
    key = b"\x12\x34\x56\x78"
    return head + (key + bytes(b ^ key[i % 4] for i, b in enumerate(payload)) if masked else payload)


VIOLATIONS = {
    "reserved bit": (frame(0x1, b"x", reserved=1), 1002),
    "reserved opcode": (frame(0x3, b"x"), 1002),
    "reserved control opcode": (frame(0xB), 1002),
    "fragmented ping": (frame(0x9, b"x", final=False), 1002),
    "continuation of nothing": (frame(0x0, b"x"), 1002),
    "new message within fragments": (frame(0x1, b"x", final=False) + frame(0x1, b"y"), 1002),
    "frame without a mask": (frame(0x1, b"x", masked=False), 1002),
    "no UTF-8": (frame(0x1, b"\xce\xba\xff"), 1007),
    "close with one byte": (frame(0x8, b"\x03"), 1002),
    "close with a code that is not sent": (frame(0x8, struct.pack(">H", 1005)), 1002),
    "close with a reason that is no UTF-8": (frame(0x8, struct.pack(">H", 1000) + b"\xff"), 1007),
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_what_breaks_the_protocol_reaches_the_service_which_says_so(talk, violation):
    sent, code = VIOLATIONS[violation]

    async def conversation(connection):
        connection.transport.write(sent)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await connection.recv()
        assert closed.value.rcvd.code == code
    talk(conversation)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_close_codes_and_reasons_both_ways(talk, service, code):
    async def by_the_service(connection):
        await connection.send(f"close {code} the service's reason ({code})")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await connection.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, f"the service's reason ({code})")
    talk(by_the_service)

    async def by_the_client(connection):
        await connection.close(code, f"the client's reason ({code})")
        assert connection.close_code == code
    talk(by_the_client)
    eventually(lambda: (code, f"the client's reason ({code})") in service.closed)


def test_a_service_that_vanishes_ends_the_connection(talk):
    async def conversation(connection):
        await connection.send("drop")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await connection.recv()
        assert closed.value.rcvd is None
    talk(conversation)


@pytest.mark.parametrize("limits", [{}, {"client_max_window_bits": True}, {"server_max_window_bits": 9},
                                    {"client_no_context_takeover": True, "server_no_context_takeover": True}])
def test_compression_is_negotiated_end_to_end(talk, limits):
    async def conversation(connection):
        assert [e.name for e in connection.extensions] == ["permessage-deflate"]
        await echoes(connection, "extensions", "permessage-deflate")
        for message in ("", "a" * 100_000, os.urandom(100_000), ["comp", "ressed ", "pieces"] * 10):
            await echoes(connection, message, "".join(message) if isinstance(message, list) else message)
    talk(conversation, extensions=[ClientPerMessageDeflateFactory(**limits)])


def test_without_the_clients_wish_there_is_no_compression_and_the_service_chooses_the_subprotocol(talk):
    async def conversation(connection):
        assert not connection.extensions and connection.subprotocol == "b"
        await echoes(connection, "extensions", "")
    talk(conversation, subprotocols=["a", "b"])


def test_many_conversations_at_once(gateway):
    async def one(i):
        async with websockets.connect(f"ws://127.0.0.1:{gateway.port}/ws", ping_interval=None) as connection:
            for k in range(20):
                await echoes(connection, f"{i}:{k}")

    async def all_of_them():
        await asyncio.wait_for(asyncio.gather(*(one(i) for i in range(50))), 60)
    asyncio.run(all_of_them())
