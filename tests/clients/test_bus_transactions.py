"""Transactions of the bus by unmodified clients: confluent-kafka and kcat (both librdkafka); admin requests as bytes."""
import shutil
import socket
import struct
import threading
import time

import pytest

from bus import Bus, kcat
from raw import Raw

kafka = pytest.importorskip("confluent_kafka")
kafka_admin = pytest.importorskip("confluent_kafka.admin")
pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")


@pytest.fixture
def bus(tmp_path):
    running = Bus(tmp_path).start()
    yield running
    if running.process.poll() is None:
        running.stop()


def producer(bus, transactional_id="x", **more):
    settings = {"bootstrap.servers": bus.address, "transactional.id": transactional_id, "linger.ms": 1,
                "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20}
    made = kafka.Producer(settings | {key.replace("_", "."): value for key, value in more.items()})
    made.init_transactions(30)
    return made


def consumer(bus, group, **more):
    return kafka.Consumer({"bootstrap.servers": bus.address, "group.id": group, "isolation.level": "read_committed",
                           "enable.auto.commit": False, "auto.offset.reset": "earliest", "reconnect.backoff.ms": 20,
                           "reconnect.backoff.max.ms": 100} | {key.replace("_", "."): value for key, value in more.items()})


def read(bus, topic, level="read_committed", partition="0"):
    return kcat(bus, "-C", "-t", topic, "-p", partition, "-e", "-q", "-X", f"isolation.level={level}").split()


def until(what, seconds=30):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def put(p, topic, *values):
    for value in values:
        p.produce(topic, value, partition=0)
    assert p.flush(10) == 0


def test_commit_and_abort(bus):
    p = producer(bus)
    p.begin_transaction()
    put(p, "t", "a1", "a2")
    assert read(bus, "t") == []
    assert read(bus, "t", "read_uncommitted") == ["a1", "a2"]
    p.commit_transaction(10)
    assert read(bus, "t") == ["a1", "a2"]
    p.begin_transaction()
    put(p, "t", "b1", "b2")
    p.abort_transaction(10)
    p.begin_transaction()
    put(p, "t", "c1")
    p.commit_transaction(10)
    assert read(bus, "t") == ["a1", "a2", "c1"]
    assert read(bus, "t", "read_uncommitted") == ["a1", "a2", "b1", "b2", "c1"]
    # Two records and a marker, two and a marker, one and a marker.
    assert [int(n) for n in kcat(bus, "-C", "-t", "t", "-p", "0", "-e", "-q", "-f", "%o\n").split()] == [0, 1, 6]


def test_an_open_transaction_holds_up_what_comes_after_it(bus):
    p = producer(bus)
    p.begin_transaction()
    put(p, "t", "open")
    kcat(bus, "-P", "-t", "t", "-p", "0", stdin="plain\n")
    assert read(bus, "t") == []
    assert kcat(bus, "-Q", "-t", "t:0:-1", "-X", "isolation.level=read_committed").split()[-1] == "0"
    assert kcat(bus, "-Q", "-t", "t:0:-1", "-X", "isolation.level=read_uncommitted").split()[-1] == "2"
    p.abort_transaction(10)
    assert read(bus, "t") == ["plain"]
    assert kcat(bus, "-Q", "-t", "t:0:-1", "-X", "isolation.level=read_committed").split()[-1] == "3"


def test_many_partitions_are_committed_together_and_after_a_restart(bus):
    p = producer(bus)
    p.begin_transaction()
    for number in range(300):
        p.produce("t", str(number), partition=number % 3)
    p.commit_transaction(10)
    p.begin_transaction()
    for number in range(300, 600):
        p.produce("t", str(number), partition=number % 3)
    assert p.flush(10) == 0
    bus.kill()
    bus.start()
    seen = [read(bus, "t", partition=str(index)) for index in range(3)]
    assert seen == [[str(n) for n in range(600) if n % 3 == index and n < 300] for index in range(3)]
    p.commit_transaction(30)
    seen = [read(bus, "t", partition=str(index)) for index in range(3)]
    assert seen == [[str(n) for n in range(600) if n % 3 == index] for index in range(3)]


def test_a_second_instance_fences_the_first(bus):
    first = producer(bus)
    first.begin_transaction()
    put(first, "t", "zombie")
    second = producer(bus)
    second.begin_transaction()
    put(second, "t", "new")
    with pytest.raises(kafka.KafkaException) as refused:
        first.commit_transaction(10)
    assert refused.value.args[0].fatal()
    assert refused.value.args[0].code() in (kafka.KafkaError._FENCED, kafka.KafkaError.PRODUCER_FENCED,
                                            kafka.KafkaError.INVALID_PRODUCER_EPOCH)
    second.commit_transaction(10)
    assert read(bus, "t") == ["new"]


def test_a_transaction_times_out(bus):
    p = producer(bus, transaction_timeout_ms=1000)
    p.begin_transaction()
    put(p, "t", "late")
    kcat(bus, "-P", "-t", "t", "-p", "0", stdin="plain\n")
    until(lambda: read(bus, "t") == ["plain"])
    with pytest.raises(kafka.KafkaException):
        p.commit_transaction(10)
    assert read(bus, "t") == ["plain"]


def test_the_time_out_is_bounded(bus):
    with pytest.raises(kafka.KafkaException) as refused:
        producer(bus, transaction_timeout_ms=900_001)
    assert refused.value.args[0].code() == kafka.KafkaError.INVALID_TRANSACTION_TIMEOUT


def test_offsets_are_committed_with_the_transaction(bus):
    kcat(bus, "-P", "-t", "in", "-p", "0", stdin="one\ntwo\n")
    where = kafka.TopicPartition("in", 0)
    reader = consumer(bus, "g")
    reader.assign([kafka.TopicPartition("in", 0, 0)])
    p = producer(bus)

    def send(offset):
        p.begin_transaction()
        p.send_offsets_to_transaction([kafka.TopicPartition("in", 0, offset)], reader.consumer_group_metadata(), 10)

    def committed():
        return reader.committed([where], timeout=10)[0].offset

    send(1)
    p.abort_transaction(10)
    assert committed() == kafka.OFFSET_INVALID
    send(2)
    with pytest.raises(kafka.KafkaException):  # an offset that an open transaction may change is no answer
        reader.committed([where], timeout=1)
    p.commit_transaction(10)
    assert committed() == 2
    reader.close()


@pytest.mark.parametrize("restart", ["", "kill", "stop"])
def test_offsets_of_a_transaction_do_not_come_over_what_came_later(bus, restart):
    put(kafka.Producer({"bootstrap.servers": bus.address}), "in", "a")
    later = {"committed": (lambda r: r.commit_offset("committed", "in", 5), 5),
             "deleted": (lambda r: r.delete_offset("deleted", "in"), -1),
             "group-deleted": (lambda r: r.delete_group("group-deleted"), -1),
             "by-another": (lambda r: r.send_offset("other", ids["other"], "by-another", "in", 6) or r.end("other", ids["other"]), 6),
             "by-one-that-ends-first": (lambda r: r.send_offset("late", ids["late"], "by-one-that-ends-first", "in", 7), 7),
             "aborted": (lambda r: r.send_offset("aborted", ids["aborted"], "aborted", "in", 8), 9),
             "untouched": (lambda r: 0, 9)}
    with Raw(bus.address) as raw:
        ids = {name: raw.new_producer(name) for name in ("x", "other", "late", "aborted")}
        for group, (change, _) in later.items():
            assert raw.commit_offset(group, "in", 1) == 0
            assert raw.send_offset("x", ids["x"], group, "in", 9) == 0
            assert change(raw) == 0
    if restart:
        getattr(bus, restart)()
        bus.start()
    with Raw(bus.address) as raw:
        assert raw.end("late", ids["late"]) == 0
        assert raw.end("x", ids["x"]) == 0
        assert raw.end("aborted", ids["aborted"], commit=False) == 0
        found = {group: raw.committed_offset(group, "in") for group in later}
    assert found == {group: expected for group, (_, expected) in later.items()}


def test_a_group_that_only_an_open_transaction_has_offsets_of_is_there_after_kill_9(bus):
    p = producer(bus)
    p.begin_transaction()
    put(p, "t", "a")
    p.send_offsets_to_transaction([kafka.TopicPartition("t", 0, 1)], consumer(bus, "g").consumer_group_metadata(), 10)
    bus.kill()
    bus.start()
    admin = kafka_admin.AdminClient({"bootstrap.servers": bus.address})
    assert [g.group_id for g in admin.list_consumer_groups().result(20).valid] == ["g"]
    admin.delete_consumer_groups(["g"])["g"].result(20)
    p.commit_transaction(20)
    assert [g.group_id for g in admin.list_consumer_groups().result(20).valid] == []
    assert consumer(bus, "g").committed([kafka.TopicPartition("t", 0)], 20)[0].offset == -1001
    assert read(bus, "t") == ["a"]


def test_many_open_transactions_of_a_group_hold_up_nobody(start_bus):
    bus = start_bus("--fsync", "false")
    transactions, partitions = 2_000, 200_000
    with Raw(bus.address) as raw:
        (made,) = raw.call("create_topics", 7, timeout_ms=5_000, topics=[{"name": "t", "num_partitions": 1, "replication_factor": 1}])["topics"]
        assert made["error_code"] == 0
        for n in range(transactions):
            who = {"transactional_id": f"x{n}"} | {key: value for key, value in raw.call(
                "init_producer_id", 4, transactional_id=f"x{n}", transaction_timeout_ms=600_000, producer_id=-1, producer_epoch=-1).items()
                if key in ("producer_id", "producer_epoch")}
            sent = raw.call("txn_offset_commit", 5, group_id="g", generation_id=-1, member_id="", **who, topics=[
                {"name": "t", "partitions": [{"partition_index": 0, "committed_offset": 5, "committed_leader_epoch": -1}]}])
            assert sent["topics"][0]["partitions"][0]["error_code"] == 0
        asked = [{"name": "t", "partition_indexes": list(range(partitions))}]
        answer = raw.call("offset_fetch", 8, groups=[{"group_id": "g", "topics": asked}], require_stable=True)  # has its time-out
    errors = [p["error_code"] for p in answer["groups"][0]["topics"][0]["partitions"]]
    assert errors == [88] + [0] * (partitions - 1)  # UNSTABLE_OFFSET_COMMIT


def copy_exactly_once(bus, total, stop):
    """Copies `in` to `out` in transactions until all of it is there; begins anew after any error, as an application does."""
    parts = [kafka.TopicPartition("in", index) for index in range(3)]
    restarts = 0
    while not stop.is_set():
        reader = consumer(bus, "copy", session_timeout_ms=6000)
        try:
            p = producer(bus, "copier")
            reader.subscribe(["in"])
            while not stop.is_set():
                messages = [m for m in reader.consume(40, timeout=0.2) if not m.error()]
                if not messages:
                    if sum(max(t.offset, 0) for t in reader.committed(parts, timeout=5)) >= total:
                        return restarts
                    continue
                p.begin_transaction()
                for m in messages:
                    p.produce("out", m.value(), partition=m.partition())
                p.send_offsets_to_transaction(reader.position(reader.assignment()), reader.consumer_group_metadata(), 10)
                p.commit_transaction(10)
        except kafka.KafkaException:
            restarts += 1
        finally:
            reader.close()
    return restarts


def test_consume_transform_produce_under_kill_9(bus):
    total = 3000
    for index in range(3):
        kcat(bus, "-P", "-t", "in", "-p", str(index), stdin="".join(f"{n}\n" for n in range(total) if n % 3 == index))
    kcat(bus, "-P", "-t", "out", "-p", "0", stdin="begin\n")
    stop = threading.Event()
    worker = threading.Thread(target=copy_exactly_once, args=(bus, total, stop))
    worker.start()
    try:
        for _ in range(6):
            time.sleep(0.3)
            bus.kill()
            bus.start()
        worker.join(60)
        assert not worker.is_alive(), "the copy does not come to an end"
    finally:
        stop.set()
        worker.join()
    for index in range(3):
        values = [int(v) for v in read(bus, "out", partition=str(index)) if v != "begin"]
        assert values == [n for n in range(total) if n % 3 == index], "each once, in order"


# ---- What no client at hand asks: requests as bytes ----

def compact(text):
    return bytes([len(text) + 1]) + text.encode()


class Answer:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        value, = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def length(self):
        self.at += 1
        assert self.data[self.at - 1] < 128
        return self.data[self.at - 1] - 1

    def text(self):
        size = self.length()
        self.at += max(size, 0)
        return None if size < 0 else self.data[self.at - size:self.at].decode()

    def array(self, item):
        return [item() for _ in range(self.length())]

    def tags(self):
        assert self.number("B") == 0


def ask(bus, key, version, body):
    request = struct.pack(">hhih", key, version, 1, -1) + b"\0" + body + b"\0"
    host, port = bus.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        file = connection.makefile("rb")
        answer = Answer(file.read(struct.unpack(">i", file.read(4))[0]))
    assert answer.number("i") == 1
    answer.tags()
    answer.number("i")  # throttle time
    return answer


def list_transactions(bus, states=(), pattern=None):
    body = bytes([len(states) + 1]) + b"".join(map(compact, states)) + b"\1" + struct.pack(">q", -1)
    body += compact(pattern) if pattern is not None else b"\0"
    answer = ask(bus, 66, 2, body)
    error, unknown = answer.number("h"), answer.array(answer.text)

    def one():
        found = answer.text(), answer.number("q"), answer.text()
        answer.tags()
        return found[0], found[2]
    return error, unknown, answer.array(one)


def describe_transaction(bus, transactional_id):
    answer = ask(bus, 65, 0, b"\2" + compact(transactional_id))
    assert answer.length() == 1
    found = {"error": answer.number("h"), "id": answer.text(), "state": answer.text(), "timeout": answer.number("i")}
    found["start"], found["producer"], found["epoch"] = answer.number("q"), answer.number("q"), answer.number("h")

    def topic():
        named = answer.text(), answer.array(lambda: answer.number("i"))
        answer.tags()
        return named
    found["topics"] = answer.array(topic)
    return found


def describe_producers(bus, topic, partition):
    answer = ask(bus, 61, 0, b"\2" + compact(topic) + b"\2" + struct.pack(">i", partition) + b"\0")
    assert answer.length() == 1 and answer.text() == topic and answer.length() == 1
    assert answer.number("i") == partition
    error, _ = answer.number("h"), answer.text()

    def one():
        values = answer.number("q"), answer.number("i"), answer.number("i"), answer.number("q"), answer.number("i"), answer.number("q")
        answer.tags()
        return dict(zip(("id", "epoch", "sequence", "time", "coordinator", "open_at"), values))
    return error, answer.array(one)


def test_transactions_are_listed_and_described(bus):
    first, second = producer(bus, "first"), producer(bus, "second", transaction_timeout_ms=5000)
    first.begin_transaction()
    put(first, "t", "a")
    first.commit_transaction(10)
    second.begin_transaction()
    put(second, "t", "b", "c")
    assert list_transactions(bus) == (0, [], [("first", "CompleteCommit"), ("second", "Ongoing")])
    assert list_transactions(bus, ["Ongoing", "Nonsense"]) == (0, ["Nonsense"], [("second", "Ongoing")])
    assert list_transactions(bus, pattern="fi.*") == (0, [], [("first", "CompleteCommit")])
    assert list_transactions(bus, pattern="fi(")[0] == 128  # INVALID_REGULAR_EXPRESSION
    told = describe_transaction(bus, "second")
    assert (told["error"], told["state"], told["timeout"]) == (0, "Ongoing", 5000)
    assert told["topics"] == [("t", [0])]
    assert abs(told["start"] / 1000 - time.time()) < 60
    assert describe_transaction(bus, "third")["error"] == 105  # TRANSACTIONAL_ID_NOT_FOUND
    error, producers = describe_producers(bus, "t", 0)
    assert error == 0
    found = next(p for p in producers if p["id"] == told["producer"])
    assert (found["epoch"], found["sequence"], found["open_at"]) == (told["epoch"], 1, 2)
    assert all(p["open_at"] == -1 for p in producers if p["id"] != told["producer"])
    assert describe_producers(bus, "t", 99)[0] == 3  # UNKNOWN_TOPIC_OR_PARTITION
