"""A client that costs next to nothing, so that the broker is what is measured: requests are made before the clock starts,
answers are looked at for errors alone, and records are not taken apart.

Producers keep `IN_FLIGHT` requests under way each, as Kafka's own clients do at most; consumers ask for the next megabyte
when they have the last.
"""

import concurrent.futures
import random
import socket
import struct
import sys
import time

import support

sys.path.insert(0, str(support.ROOT / "tests" / "clients" / "differential"))
import codec  # noqa: E402
import records  # noqa: E402

IN_FLIGHT = 5
PRODUCE_VERSION, FETCH_VERSION = 7, 10
FETCH_BYTES = 1 << 20
OFFSET_MARK = 0x6F66667365743F3F  # where in a fetch request its offset goes


def batch_of(size, count):
    """`count` records of `size` bytes each."""
    return records.batch([b"x" * size] * count, timestamps=[int(time.time() * 1000)] * count)


def packed_batch_of(size, count):
    """The same in gzip, which takes random hex to about half: a broker looks into a compressed batch, whoever's it is."""
    values = [random.Random(n).randbytes(size // 2).hex().encode() for n in range(count)]
    return records.batch(values, timestamps=[int(time.time() * 1000)] * count, codec=records.GZIP)


def connect(address):
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def produce(address, topic, batch, in_batch, count, connections=4):
    """Records a second into partition 0, until the last of `count` is acknowledged."""
    body = {"transactional_id": None, "acks": -1, "timeout_ms": 30_000,
            "topic_data": [{"name": topic, "partition_data": [{"index": 0, "records": batch}]}]}
    request = codec.request_frame("produce", PRODUCE_VERSION, body)
    requests = count // in_batch // connections
    # correlation, topics, name, partitions, index
    error_at = 4 + 4 + 2 + len(topic) + 4 + 4

    def send_all(_):
        with connect(address) as connection, connection.makefile("rb") as answers:
            for n in range(requests + IN_FLIGHT):
                if n >= IN_FLIGHT:
                    answer = answers.read(int.from_bytes(answers.read(4), "big"))
                    error, = struct.unpack_from(">h", answer, error_at)
                    if error != 0:
                        raise RuntimeError(f"the broker answered a produce request with error {error}")
                if n < requests:
                    connection.sendall(request)

    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(connections) as producers:
        list(producers.map(send_all, range(connections)))
    return requests * connections * in_batch / (time.perf_counter() - begun)


def consume(address, topic, batch, in_batch):
    """Records a second of one consumer that reads partition 0 from its beginning to its end: whatever it begins with, and
    then batches as produce() was given them."""
    buffer = bytearray(FETCH_BYTES * 3)
    view, offset, end = memoryview(buffer), 0, 1
    part = {"partition": 0, "fetch_offset": OFFSET_MARK, "partition_max_bytes": FETCH_BYTES}
    request = bytearray(codec.request_frame("fetch", FETCH_VERSION, {
        "replica_id": -1, "max_wait_ms": 500, "min_bytes": 1, "max_bytes": 50 << 20, "session_epoch": -1,
        "topics": [{"topic": topic, "partitions": [part]}]}))
    offset_at = request.index(struct.pack(">q", OFFSET_MARK))
    with connect(address) as connection:
        begun = time.perf_counter()
        while offset < end:
            struct.pack_into(">q", request, offset_at, offset)
            connection.sendall(request)
            size, have = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big"), 0
            while have < size:
                have += connection.recv_into(view[have:size]) or sys.exit("the broker closed the connection")
            offset, end = _end_of(buffer, size, topic, offset, len(batch), in_batch)
        return offset / (time.perf_counter() - begun)


def _end_of(answer, size, topic, offset, batch_bytes, in_batch):
    """The offset behind the last whole batch of a fetch's answer, and behind the last one of the partition. Goes from batch
    to batch only as far as they are not all of one size."""
    # correlation, throttle, error, session, topics, name, partitions, index
    at = 4 + 4 + 2 + 4 + 4 + 2 + len(topic) + 4 + 4
    error, high_watermark, _, _, aborted = struct.unpack_from(">hqqqi", answer, at)
    if error != 0 or aborted > 0:
        sys.exit(f"the broker answered a fetch with error {error}, {aborted} aborted transactions")
    behind = offset
    for at, its_bytes, base in records.whole_batches(answer, at + 2 + 8 * 3 + 4 + 4, size):
        if base != behind:
            sys.exit(f"a fetch brought offset {base}, not {behind}")
        if its_bytes == batch_bytes:
            behind += (size - at) // batch_bytes * in_batch
            break
        behind += records.last_offset_delta(answer, at) + 1
    return (behind, high_watermark) if behind > offset else sys.exit("a fetch brought nothing")
