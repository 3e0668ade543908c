"""What one request may ask of the log: partitions named twice, answers without end, records that are not committed."""
import contextlib
import http.client
import re
import socket
import struct
import time

import pytest
from confluent_kafka import IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec

from bus import Bus
from differential.records import batch, whole_batches
from raw import FETCH, LIST_OFFSETS, PRODUCE, Raw, data, string

OFFSET_OUT_OF_RANGE, INVALID_REQUEST = 1, 42


@pytest.fixture
def start(tmp_path):
    """A bus with a topic t of two partitions, and its admin."""
    started = []

    def make(*options):
        started.append(Bus(tmp_path, *options).start())
        admin = AdminClient({"bootstrap.servers": started[0].address})
        admin.create_topics([NewTopic("t", 2)])["t"].result(20)
        return started[0], admin
    yield make
    for bus in started:
        bus.stop()


def some_batch(size=1, time_ms=None):
    return batch([b"x" * size], timestamps=[time_ms or int(time.time() * 1000)])


def fetch(raw, topic, parts, bytes_max=1 << 30):
    """Parts are (partition, offset): the base offsets of each one's batches."""
    asked = b"".join(struct.pack(">iqi", partition, offset, bytes_max) for partition, offset in parts)
    answer = raw.request(FETCH, 4, struct.pack(">iiiib", -1, 0, 1, bytes_max, 0) + struct.pack(">i", 1) + string(topic)
                         + struct.pack(">i", len(parts)) + asked)
    answer.take("i")
    assert answer.take("i") == 1 and answer.string() == topic

    def part():
        partition, error = answer.take("i"), answer.take("h")
        answer.take("q"), answer.take("q"), answer.array(lambda: (answer.take("q"), answer.take("q")))
        assert error == 0
        return partition, [base for _, _, base in whole_batches(answer.data())]
    return answer.array(part)


def list_offsets(raw, topic, parts):
    """Parts are (partition, timestamp): (partition, error, offset) of each."""
    asked = b"".join(struct.pack(">iq", partition, timestamp) for partition, timestamp in parts)
    answer = raw.request(LIST_OFFSETS, 2, struct.pack(">ibi", -1, 0, 1) + string(topic) + struct.pack(">i", len(parts)) + asked)
    answer.take("i")
    assert answer.take("i") == 1 and answer.string() == topic

    def part():
        partition, error, _ = answer.take("i"), answer.take("h"), answer.take("q")
        return partition, error, answer.take("q")
    return answer.array(part)


def test_a_fetch_counts_what_all_its_partitions_have_got(start):
    bus, _ = start()
    size = len(some_batch(1000))

    def put(partition):
        with Raw(bus.address) as raw:
            assert raw.produce("t", partition, some_batch(1000)) == 0

    put(0)
    with Raw(bus.address) as raw:
        # Version 4: replica, max wait, min bytes, max bytes, isolation; partitions 0 and 1 from the beginning.
        asked = struct.pack(">iqi", 0, 0, 1 << 20) + struct.pack(">iqi", 1, 0, 1 << 20)
        body = struct.pack(">iiiib", -1, 2**31 - 1, 4 * size, 1 << 20, 0) + struct.pack(">i", 1) + string("t") + struct.pack(">i", 2) + asked
        frame = struct.pack(">hhi", FETCH, 4, 1) + string("c") + body
        raw.socket.sendall(data(frame))
        put(1), put(0)
        raw.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            raw.socket.recv(1)
        raw.socket.settimeout(20)
        put(1)
        (answer,) = struct.unpack(">i", raw.socket.recv(4, socket.MSG_WAITALL))
        assert answer > 4 * size


@pytest.mark.parametrize("name", ["press-7.plant.test", "bus"])
def test_a_web_page_reads_no_records_by_a_name_that_was_made_to_mean_this_machine(start, name):
    """DNS rebinding: to the browser the page is of the same site, and sends nothing else that tells."""
    bus, _ = start("--admin-hosts", "bus,Press-7.Plant.test")

    def ask(host, path):
        connection = http.client.HTTPConnection("127.0.0.1", 9644 + bus.offset, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().status

    port = 9644 + bus.offset
    for path in ("/topics", "/topics/t/records?partition=0&from=0", "/groups"):
        for host in (f"localhost:{port}", "127.0.0.1", f"127.8.9.10:{port}", f"[::1]:{port}", name, name.upper(), socket.gethostname()):
            assert ask(host, path) == 200, host
        for host in ("evil.test", f"evil.test:{port}", "127.0.0.1.evil.test", "192.0.2.1", f"{name}.evil.test"):
            assert ask(host, path) == 403, host
    for path in ("/metrics", "/health/live", "/health/ready"):
        assert ask("bus.mes.svc.cluster.local", path) == 200


def test_an_answer_is_bounded_by_the_broker_too(start):
    bus, admin = start("--fetch-bytes-max", "100000")
    with Raw(bus.address) as raw:
        for size in (40_000, 40_000, 40_000, 200_000):
            assert raw.produce("t", 0, some_batch(size)) == 0
        assert fetch(raw, "t", [(0, 0)]) == [(0, [0, 1])]
        assert fetch(raw, "t", [(0, 0)], bytes_max=50_000) == [(0, [0])]
        assert fetch(raw, "t", [(0, 3)]) == [(0, [3])]
    (shown,) = admin.describe_configs([ConfigResource(ConfigResource.Type.BROKER, "1")]).values()
    config = shown.result(20)["fetch.max.bytes"]
    assert config.value == "100000" and config.is_read_only


def test_a_partition_that_is_named_again_is_fetched_once(start):
    bus, _ = start()
    with Raw(bus.address) as raw:
        for partition in (0, 0, 0, 1):
            assert raw.produce("t", partition, some_batch()) == 0
        assert fetch(raw, "t", [(0, 0), (1, 0), (0, 1), (0, 2)]) == [(0, [2]), (1, [0])]


def test_offsets_of_a_partition_that_is_named_twice_are_not_told(start):
    bus, _ = start()
    latest = -1
    with Raw(bus.address) as raw:
        assert raw.produce("t", 0, some_batch()) == 0
        assert list_offsets(raw, "t", [(0, latest), (1, latest), (0, latest)]) == [(0, INVALID_REQUEST, -1), (1, 0, 0)]
        assert list_offsets(raw, "t", [(0, latest)]) == [(0, 0, 1)]


def crash_within_a_frame(bus):
    bus.kill()
    (segment,) = (bus.data / "bus").glob("*.log")
    used = len(segment.read_bytes().rstrip(b"\0"))
    with open(segment, "r+b") as file:
        file.seek(used + 100)
        file.write(b"torn" * 10)
    bus.start()


# As Kafka answers after the same (DeleteRecords over the end of an epoch), also where the log parts.
def test_epochs_before_the_start_of_the_log_are_forgotten(start):
    bus, admin = start()

    def epoch():
        with Raw(bus.address) as raw:
            return raw.call("metadata", 9, topics=[{"name": "t"}])["topics"][0]["partitions"][0]["leader_epoch"]

    def end_of_epoch(raw, asked):
        parts = [{"partition": 0, "current_leader_epoch": -1, "leader_epoch": asked}]
        (told,) = raw.call("offset_for_leader_epoch", 4, replica_id=-1, topics=[{"topic": "t", "partitions": parts}])["topics"][0]["partitions"]
        return told["error_code"], told["leader_epoch"], told["end_offset"]

    def fetch_after(raw, last_epoch, offset):
        parts = [{"partition": 0, "fetch_offset": offset, "partition_max_bytes": 1000, "current_leader_epoch": -1,
                  "last_fetched_epoch": last_epoch, "log_start_offset": -1}]
        (told,) = raw.call("fetch", 12, max_wait_ms=0, min_bytes=0, max_bytes=1000, isolation_level=0, session_epoch=-1,
                           topics=[{"topic": "t", "partitions": parts}])["responses"][0]["partitions"]
        return told["error_code"], told["diverging_epoch"]["end_offset"]
    with Raw(bus.address) as raw:
        assert [raw.produce("t", 0, some_batch()) for _ in range(2)] == [0, 0]
    crash_within_a_frame(bus)
    between = epoch()  # nothing is written in it
    crash_within_a_frame(bus)
    with Raw(bus.address) as raw:
        assert [raw.produce("t", 0, some_batch()) for _ in range(2)] == [0, 0]
        assert 0 < between < epoch()
        assert end_of_epoch(raw, between) == (0, 0, 2)
        assert fetch_after(raw, between, 1) == (0, 2)
        admin.delete_records([TopicPartition("t", 0, 1)])[TopicPartition("t", 0)].result(20)
        assert fetch_after(raw, between, 0) == (OFFSET_OUT_OF_RANGE, -1)
        assert fetch_after(raw, between, 1) == (0, 2)
        admin.delete_records([TopicPartition("t", 0, 3)])[TopicPartition("t", 0)].result(20)
        assert end_of_epoch(raw, between) == (0, between, 3)
        assert end_of_epoch(raw, 0) == (0, 0, 3)


def test_the_latest_record_is_told_once_it_is_committed(start):
    bus, admin = start()
    now = int(time.time() * 1000)
    producer = Producer({"bootstrap.servers": bus.address, "transactional.id": "a"})
    producer.init_transactions(20)

    def latest(isolation):
        (found,) = admin.list_offsets({TopicPartition("t", 0): OffsetSpec.max_timestamp()}, isolation_level=isolation).values()
        return found.result(20).offset, found.result(20).timestamp
    with Raw(bus.address) as raw:
        assert raw.produce("t", 0, some_batch(time_ms=now)) == 0
    assert latest(IsolationLevel.READ_COMMITTED) == (0, now)
    producer.begin_transaction()
    producer.produce("t", b"y", partition=0, timestamp=now + 100_000)
    assert producer.flush(20) == 0
    assert latest(IsolationLevel.READ_UNCOMMITTED) == (1, now + 100_000)
    assert latest(IsolationLevel.READ_COMMITTED) == (-1, -1)
    producer.commit_transaction(20)
    assert latest(IsolationLevel.READ_COMMITTED) == (1, now + 100_000)


def test_answers_of_many_small_batches_that_nobody_takes_cost_bounded_memory(start):
    bus, _ = start("--fsync", "false")
    batches, clients = 40_000, 2
    produced = string(None) + struct.pack(">hii", 1, 20_000, 1) + string("t") + struct.pack(">ii", 1, 0) + data(some_batch())
    fetched = struct.pack(">iiiibi", -1, 0, 1, 1 << 30, 0, 1) + string("t") + struct.pack(">iiqi", 1, 0, 0, 1 << 30)

    def frames(key, version, body, count):
        request = struct.pack(">hhi", key, version, 1) + string("many") + body
        return (struct.pack(">i", len(request)) + request) * count
    with Raw(bus.address) as raw:
        for _ in range(batches // 1000):
            raw.socket.sendall(frames(PRODUCE, 3, produced, 1000))
            for _ in range(1000):
                raw._read(struct.unpack(">i", raw._read(4))[0])
    with contextlib.ExitStack() as stuck:
        for _ in range(clients):
            raw = stuck.enter_context(Raw(bus.address))
            raw.socket.sendall(frames(FETCH, 4, fetched, 64))
        with Raw(bus.address) as raw:  # its turn comes when those have had theirs
            assert list_offsets(raw, "t", [(0, -1)]) == [(0, 0, batches)]
        held = int(re.search(r"^mes_bus_answer_bytes (\d+)", bus.get("/metrics"), re.M)[1])
        limit = int(re.search(r'^mes_bus_limit\{of="answer_bytes_of_a_connection"\} (\d+)', bus.get("/metrics"), re.M)[1])
        one_answer = batches * 48
        assert limit <= held < clients * (limit + one_answer)
