"""A client that costs next to nothing, so that the broker is what is measured: requests are made before the clock starts,
answers are looked at for errors alone, and records are not taken apart.

Producers keep `IN_FLIGHT` requests under way each, as Kafka's own clients do at most; consumers ask for the next megabyte
when they have the last.
"""

import pathlib
import selectors
import socket
import struct
import sys
import time

import support

sys.path.insert(0, str(support.ROOT / "tests" / "clients"))
sys.path.insert(0, str(support.ROOT / "tests" / "clients" / "differential"))
import codec  # noqa: E402
import records  # noqa: E402

IN_FLIGHT = 5
PRODUCE_VERSION, FETCH_VERSION = 7, 10
FETCH_BYTES = 1 << 20
BATCH_HEAD = struct.Struct(">qi")


def batch_of(size, count):
    """`count` records of `size` bytes each."""
    return records.batch([b"x" * size] * count, timestamps=[int(time.time() * 1000)] * count)


class Producer:
    """One connection that sends the same request again and again."""

    def __init__(self, address, topic, partition, batch, requests):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        body = {"transactional_id": None, "acks": -1, "timeout_ms": 30_000,
                "topic_data": [{"name": topic, "partition_data": [{"index": partition, "records": batch}]}]}
        self.request = memoryview(codec.request_frame("produce", PRODUCE_VERSION, body))
        self.error_at = 4 + 4 + 4 + 2 + len(topic) + 4 + 4  # size, correlation, topics, name, partitions, index
        self.to_send, self.to_hear, self.sent, self.received = requests, requests, 0, bytearray()

    def step(self):
        """What the socket lets be done now. False: all is acknowledged."""
        while self.to_send > 0 and self.to_hear - self.to_send < IN_FLIGHT:
            try:
                self.sent += self.socket.send(self.request[self.sent:])
            except BlockingIOError:
                break
            if self.sent == len(self.request):
                self.sent, self.to_send = 0, self.to_send - 1
        try:
            self.received += self.socket.recv(1 << 16) or sys.exit("the broker closed the connection")
        except BlockingIOError:
            return True
        while len(self.received) >= 4:
            end = 4 + int.from_bytes(self.received[:4], "big")
            if len(self.received) < end:
                break
            error, = struct.unpack_from(">h", self.received, self.error_at)
            if error != 0:
                sys.exit(f"the broker answered a produce request with error {error}")
            del self.received[:end]
            self.to_hear -= 1
        return self.to_hear > 0

    def wants(self):
        writes = self.to_send > 0 and self.to_hear - self.to_send < IN_FLIGHT
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if writes else 0)


def produce(address, topic, batch, in_batch, count, connections=4):
    """Records a second, until the last of `count` is acknowledged."""
    requests = count // in_batch // connections
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            p = Producer(address, topic, 0, batch, requests)
            selector.register(p.socket, p.wants(), p)
        begun = time.perf_counter()
        while selector.get_map():
            for key, _ in selector.select():
                if not key.data.step():
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
                elif key.data.wants() != key.events:
                    selector.modify(key.data.socket, key.data.wants(), key.data)
        return requests * connections * in_batch / (time.perf_counter() - begun)


def consume(address, topic):
    """Records a second of one consumer that reads partition 0 from its beginning to its end."""
    host, port = address.rsplit(":", 1)
    buffer = bytearray(FETCH_BYTES * 3)
    view, offset, end = memoryview(buffer), 0, 1
    with socket.create_connection((host, int(port))) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        while offset < end:
            part = {"partition": 0, "fetch_offset": offset, "partition_max_bytes": FETCH_BYTES}
            s.sendall(codec.request_frame("fetch", FETCH_VERSION, {
                "replica_id": -1, "max_wait_ms": 500, "min_bytes": 1, "max_bytes": 50 << 20, "session_epoch": -1,
                "topics": [{"topic": topic, "partitions": [part]}]}))
            size = 4 + int.from_bytes(s.recv(4, socket.MSG_WAITALL), "big")
            have = 4
            while have < size:
                have += s.recv_into(view[have:size]) or sys.exit("the broker closed the connection")
            offset, end = _end_of(buffer, size, topic)
        return offset / (time.perf_counter() - begun)


def _end_of(buffer, size, topic):
    """The offset behind the last whole batch of a fetch's answer, and behind the last one of the partition."""
    # size, correlation, throttle, error, session, topics, name, partitions, index
    at = 4 + 4 + 4 + 2 + 4 + 4 + 2 + len(topic) + 4 + 4
    error, high_watermark, _, _, aborted = struct.unpack_from(">hqqqi", buffer, at)
    if error != 0 or aborted > 0:
        sys.exit(f"the broker answered a fetch with error {error}, {aborted} aborted transactions")
    at += 2 + 8 * 3 + 4 + 4
    behind = None
    while at + 61 <= size:
        base, length = BATCH_HEAD.unpack_from(buffer, at)
        if at + 12 + length > size:
            break
        behind = base + int.from_bytes(buffer[at + 23:at + 27], "big") + 1
        at += 12 + length
    return (behind, high_watermark) if behind is not None else sys.exit("a fetch brought nothing")
