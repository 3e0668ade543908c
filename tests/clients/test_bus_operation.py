"""Operating the bus: compaction and retention as clients see them, its commands for people, metrics, a full disk."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from bus import MES, Bus, kcat
from differential.records import batch
from raw import OFFSET_COMMIT, Raw, string
from tests.support.ports import free_offset
from tests.support.wait import eventually

pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")

QUICK = ("--cleaner-interval", "50ms", "--retention-check-interval", "50ms")


@pytest.fixture
def start(tmp_path):
    started = []

    def make(*options, data=tmp_path):
        started.append(Bus(data, *options).start())
        return started[-1]
    yield make
    for bus in started:
        if bus.process.poll() is None:
            bus.stop()


def create(bus, name, partitions=1, **configs):
    settings = {key.replace("_", "."): str(value) for key, value in configs.items()}
    admin = AdminClient({"bootstrap.servers": bus.address})  # its answers end with it
    admin.create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result(10)


def produce(bus, topic, records, **options):
    """Records are (key, value) pairs; returns the errors' codes, None where there was none."""
    outcome = []
    producer = Producer({"bootstrap.servers": bus.address, "message.timeout.ms": 10_000, **options})
    for key, value in records:
        producer.produce(topic, value, key, partition=0, on_delivery=lambda error, _: outcome.append(error and error.code()))
    assert producer.flush(20) == 0
    return outcome


def read(bus, topic):
    got = kcat(bus, "-C", "-t", topic, "-p", "0", "-e", "-q", "-f", "%o %k %s\n")
    return [tuple(line.split(" ", 2)) for line in got.splitlines()]


def metric(bus, name):
    line = next(line for line in bus.get("/metrics").splitlines() if line.startswith(name))
    return float(line.rsplit(" ", 1)[1])


def command(bus, *arguments, code=0):
    done = subprocess.run([MES, "bus", *arguments, *(["--port-offset", str(bus.offset)] if bus else [])],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def rows(table):
    return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines() if line.strip()]


# ---- Compaction ----

@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_compacted_topic_keeps_the_last_of_each_key(start, codec):
    bus = start(*QUICK)
    create(bus, "table", cleanup_policy="compact", segment_ms=1, min_cleanable_dirty_ratio=0)
    for round_ in range(3):
        produce(bus, "table", [(f"k{n % 5}", f"{round_}-{n}") for n in range(20)],
                **{"compression.type": codec, "linger.ms": 50})
    produce(bus, "table", [("end", "x")])
    eventually(lambda: len(read(bus, "table")) == 6)
    expected = [(str(offset), f"k{offset % 5}", f"2-{offset - 40}") for offset in range(55, 60)] + [("60", "end", "x")]
    assert read(bus, "table") == expected
    assert metric(bus, "mes_bus_cleaner_dropped_records_total") == 55
    bus.kill()
    bus.start()
    assert read(bus, "table") == expected
    bus.stop()
    bus.start()
    assert read(bus, "table") == expected


def test_a_compacted_topic_refuses_records_without_a_key(start):
    bus = start()
    create(bus, "table", cleanup_policy="compact")
    assert produce(bus, "table", [(None, "x")]) == [KafkaError.INVALID_RECORD]
    assert produce(bus, "table", [("k", "x")]) == [None]


def test_timestamps_out_of_bounds_are_refused(start):
    bus = start()
    create(bus, "t", **{"message_timestamp_before_max_ms": 60_000})
    outcome = []
    producer = Producer({"bootstrap.servers": bus.address, "linger.ms": 0})
    now = int(time.time() * 1000)
    for stamp in (now, now - 3_600_000, now + 7_200_000):  # the default of message.timestamp.after.max.ms is an hour
        producer.produce("t", "x", partition=0, timestamp=stamp, on_delivery=lambda e, _: outcome.append(e and e.code()))
        assert producer.flush(10) == 0
    assert outcome == [None, KafkaError.INVALID_TIMESTAMP, KafkaError.INVALID_TIMESTAMP]


CLOCK = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *t) {
  const long failed = syscall(SYS_clock_gettime, clock, t);
  if (!failed && clock == CLOCK_REALTIME && access(getenv("CLOCK_IS_AHEAD"), F_OK) == 0) t->tv_sec += 86400;
  return (int)failed;
}
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_retention_goes_on_when_the_clock_has_jumped(start, tmp_path, monkeypatch):
    (tmp_path / "clock.c").write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "clock.so", tmp_path / "clock.c"], check=True)
    ahead = tmp_path / "ahead"
    with monkeypatch.context() as environment:
        environment.setenv("LD_PRELOAD", str(tmp_path / "clock.so"))
        environment.setenv("CLOCK_IS_AHEAD", str(ahead))
        bus = start(*QUICK)
    create(bus, "t", retention_ms=3_600_000)
    now = int(time.time() * 1000)

    def put(timestamp):
        producer = Producer({"bootstrap.servers": bus.address})
        producer.produce("t", b"x", timestamp=timestamp)
        assert producer.flush(20) == 0
    put(now)
    assert read(bus, "t")
    ahead.touch()
    eventually(lambda: not read(bus, "t"))
    ahead.unlink()
    put(now - 7_200_000)
    eventually(lambda: not read(bus, "t"))


def test_what_retention_deletes_is_in_the_log(start, tmp_path):
    bus = start(*QUICK, "--retention", "1h")
    create(bus, "t", 2)
    create(bus, "kept", retention_ms=-1)
    producer = Producer({"bootstrap.servers": bus.address})
    for topic, partition in (("t", 0), ("t", 1), ("kept", 0)):
        for _ in range(3):
            producer.produce(topic, b"x", partition=partition, timestamp=int(time.time() * 1000) - 7_200_000)
    assert producer.flush(20) == 0
    eventually(lambda: not read(bus, "t") and metric(bus, 'kafka_topic_partition_oldest_offset{topic="t",partition="1"}') == 3)
    told = [json.loads(line) for line in (tmp_path / "bus.log").read_text().splitlines() if "retention deleted" in line]
    assert {line["topic"] for line in told} == {"t"} and sum(line["offsets"] for line in told) == 6, told
    starts = " ".join(line["starts"] for line in told).split()
    assert {"0@3", "1@3"} <= set(starts) and told[0]["retention_ms"] == 3_600_000, told


def test_a_duration_needs_a_unit(tmp_path):
    done = subprocess.run([MES, "bus", "--data", tmp_path, "--retention", "7"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and 'retention: "7" has no unit: 7ms, 7s, 7m, 7d' in done.stderr, done.stderr


def test_the_limit_of_the_disk_deletes_the_oldest(start, tmp_path):
    bus = start("--cleaner-interval", "50ms", "--segment-bytes", "1M", "--disk-bytes-max", "8M")
    create(bus, "table", cleanup_policy="compact")
    produce(bus, "table", [(f"k{n}", "x" * 100) for n in range(100)])
    for _ in range(20):
        produce(bus, "bulk", [(None, os.urandom(10_000)) for _ in range(100)])
    eventually(lambda: metric(bus, "mes_bus_log_disk_bytes") <= 8 << 20)
    eventually(lambda: sum(f.stat().st_size for f in (tmp_path / "bus").glob("*.log")) < 11 << 20)
    assert len(read(bus, "table")) == 100
    assert metric(bus, "mes_bus_log_over_limit_deleted_bytes_total") > 0
    assert "disk_bytes_max reached" in (tmp_path / "bus.log").read_text()
    produce(bus, "bulk", [(None, "last")])
    assert kcat(bus, "-C", "-t", "bulk", "-p", "0", "-e", "-q", "-o", "-1") == "last\n"


# ---- Limits ----

@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "small"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", path], capture_output=True)
    if done.returncode != 0:
        pytest.skip("a file system of its own needs the right to mount one")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def test_a_full_disk_refuses_produce_and_recovers_by_itself(small_disk, start):
    bus = start("--segment-bytes", "1M", data=small_disk)
    assert produce(bus, "t", [(None, "before")]) == [None]
    filler = small_disk / "filler"
    with open(filler, "wb") as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 65536)
            file.flush()
    # Some may still fit into what was set aside.
    many = produce(bus, "t", [(None, "y" * 100_000)] * 30, **{"retries": 0})
    assert KafkaError._MSG_TIMED_OUT in many or 56 in many  # KAFKA_STORAGE_ERROR, which the client tries again
    assert 56 in many
    assert metric(bus, "mes_bus_log_disk_full") == 1
    assert metric(bus, "kafka_server_brokertopicmetrics_failedproducerequests_total") > 0
    assert "there is no space for the log" in (bus.data / "bus.log").read_text()
    stored = [("0", "", "before")] + [(str(n + 1), "", "y" * 100_000) for n in range(many.count(None))]
    assert read(bus, "t") == stored
    filler.unlink()
    assert produce(bus, "t", [(None, "after")]) == [None]
    assert read(bus, "t") == stored + [(str(len(stored)), "", "after")]
    assert metric(bus, "mes_bus_log_disk_full") == 0
    bus.stop()


def test_what_cannot_be_stored_on_a_full_disk_is_not_told_of(small_disk, start):
    bus = start("--segment-bytes", "1M", data=small_disk)
    assert produce(bus, "t", [(None, "before")]) == [None]
    producers = []
    for n in range(5):
        producers.append(Producer({"bootstrap.servers": bus.address, "transactional.id": f"x{n}", "transaction.timeout.ms": 2_000}))
        producers[-1].init_transactions(10)
        producers[-1].begin_transaction()
        producers[-1].produce("t", b"open")
        producers[-1].flush(10)
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    while None in produce(bus, "t", [(None, "y" * 3_000)] * 20, **{"retries": 0}):
        pass
    while None in produce(bus, "t", [(None, "y")], **{"retries": 0}):
        pass
    told = lambda: (bus.data / "bus.log").read_text().count("transaction timed out, aborted")
    time.sleep(5)
    assert told() <= 5
    filler.unlink()
    eventually(lambda: metric(bus, "mes_bus_transactions_timed_out_total") == 5, timeout_s=20)
    assert told() == 5
    bus.stop()


# ---- The data folder ----

@pytest.mark.parametrize("what", ["removed", "renamed", "replaced"])
def test_a_data_folder_that_goes_ends_the_bus_and_what_replaces_it_is_left_alone(start, tmp_path, what):
    bus = start()
    assert produce(bus, "t", [(None, "before")]) == [None]
    if what == "removed":
        shutil.rmtree(tmp_path / "bus")
    else:
        (tmp_path / "bus").rename(tmp_path / "moved")
    if what == "replaced":
        (tmp_path / "bus").mkdir()
        (tmp_path / "bus" / "checkpoint").write_text("of another")
    assert bus.process.wait(20) == 1
    assert "was removed, renamed or replaced" in (tmp_path / "bus.log").read_text()
    if what == "replaced":
        assert [(f.name, f.read_text()) for f in (tmp_path / "bus").iterdir()] == [("checkpoint", "of another")]
        shutil.rmtree(tmp_path / "bus")
    if what != "removed":
        (tmp_path / "moved").rename(tmp_path / "bus")
        bus.start()
        assert read(bus, "t") == [("0", "", "before")]


def test_a_stop_that_could_not_be_stored_says_so(start, tmp_path):
    bus = start()
    assert produce(bus, "t", [(None, "before")]) == [None]
    (tmp_path / "bus" / "checkpoint.new" / "in the way").mkdir(parents=True)
    bus.process.terminate()
    assert bus.process.wait(20) == 1
    assert "the stop could not write all that it should" in (tmp_path / "bus.log").read_text()
    shutil.rmtree(tmp_path / "bus" / "checkpoint.new")
    bus.start()
    assert read(bus, "t") == [("0", "", "before")]


def test_topics_that_differ_from_topics_yaml_are_told_of(start, tmp_path):
    topics = tmp_path / "topics.yaml"
    topics.write_text("topics:\n  - { name: a, partitions: 1, retention_ms: 3600000 }\n  - { name: same, partitions: 2 }\n")
    bus = start("--topics", str(topics))
    bus.stop()
    assert "topics.yaml makes topics" not in (tmp_path / "bus.log").read_text()
    topics.write_text("topics:\n  - { name: a, partitions: 6, retention_ms: 86400000 }\n  - { name: same, partitions: 2 }\n")
    bus.start()
    told = [json.loads(line) for line in (tmp_path / "bus.log").read_text().splitlines() if "topics.yaml makes topics" in line]
    assert [(line["topic"], line["differs"]) for line in told] == [
        ("a", "partitions is 1, the file says 6; retention.ms is 3600000, the file says 86400000")]


# ---- Limits of requests ----

def request(key, version, body, correlation=1):
    header = struct.pack(">hhih", key, version, correlation, -1)
    return struct.pack(">i", len(header) + len(body)) + header + body


def resident_kb(bus):
    text = open(f"/proc/{bus.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1])


def test_consumers_that_do_not_read_cost_no_memory(start):
    bus = start("--segment-bytes", "4M")
    for _ in range(20):
        produce(bus, "bulk", [(None, "x" * 50_000) for _ in range(40)])
    # Fetch 4: replica, max wait, min bytes, max bytes, isolation, one topic, partition 0, offset 0, partition's max bytes.
    body = struct.pack(">iiiib", -1, 0, 1, 50 << 20, 0) + struct.pack(">ih4si", 1, 4, b"bulk", 1) + struct.pack(">iqi", 0, 0, 50 << 20)
    before = resident_kb(bus)
    stuck = []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", 9092 + bus.offset))
        connection.sendall(b"".join(request(1, 4, body, n) for n in range(50)))
        stuck.append(connection)
    # Each of them asked for 2 GB; another client is served meanwhile.
    assert len(kcat(bus, "-C", "-t", "bulk", "-p", "0", "-c", "5", "-q")) > 200_000
    assert resident_kb(bus) - before < 64 * 1024
    for connection in stuck:
        connection.close()


def test_connections_leave_descriptors_to_the_log(start, tmp_path, monkeypatch):
    few = tmp_path / "few"
    few.write_text(f'#!/bin/sh\nulimit -n 256\nexec {MES} "$@"\n')
    few.chmod(0o755)
    monkeypatch.setattr("bus.MES", few)
    (tmp_path / "none.yaml").write_text("topics: []\n")
    bus = start("--topics", str(tmp_path / "none.yaml"), "--segment-bytes", "64K")
    assert metric(bus, 'mes_bus_limit{of="connections"}') < 128
    assert "the limit of open files" in (tmp_path / "bus.log").read_text()
    produce(bus, "t", [(None, "first")])
    others = [socket.create_connection(("127.0.0.1", 9092 + bus.offset)) for _ in range(400)]
    eventually(lambda: metric(bus, "mes_bus_connections_refused_total") > 200)
    for other in others[:2]:
        other.close()
    eventually(lambda: metric(bus, "kafka_server_socketservermetrics_connection_count") <= metric(bus, 'mes_bus_limit{of="connections"}') - 2)
    assert produce(bus, "t", [(None, os.urandom(60_000)) for _ in range(50)]) == [None] * 50
    for other in others:
        other.close()


def test_a_look_at_records_has_a_bound(start):
    """A batch of 15 MB of zeros takes a few hundred bytes: what they unpack to counts, and one goes on where it ended."""
    bus = start()
    produce(bus, "zeros", [(None, b"\0" * 15_000_000)] * 8,
            **{"compression.type": "zstd", "message.max.bytes": 20_000_000, "batch.num.messages": 1})
    pages, at = [], 0
    while at < 8:
        page = bus.get(f"/topics/zeros/records?partition=0&from={at}&limit=500")
        pages.append([record["offset"] for record in page["records"]])
        at = page["next"]
    assert [offset for page in pages for offset in page] == list(range(8))
    assert len(pages) == 4
    assert bus.get("/topics/zeros/records?partition=0&from=3&limit=1")["next"] == 4


def test_a_batch_that_is_too_large_to_be_shown_hides_no_other(start):
    bus = start()
    produce(bus, "zeros", [(None, "before")])
    produce(bus, "zeros", [(None, "0" * 900_000)] * 20, **{"compression.type": "gzip", "linger.ms": 500, "batch.size": 30_000_000,
                                                         "message.max.bytes": 30_000_000})
    produce(bus, "zeros", [(None, "after")])
    page = bus.get("/topics/zeros/records?partition=0&from=0&limit=500")
    assert [r["value"] for r in page["records"]] == ["before"] and page["next"] == 21
    assert [(part["from"], part["to"]) for part in page["left_out"]] == [(1, 20)]
    assert [r["value"] for r in bus.get("/topics/zeros/records?partition=0&from=21")["records"]] == ["after"]


def test_metrics_are_text_whatever_clients_call_themselves(start):
    bus = start()
    create(bus, "t")
    with Raw(bus.address) as client:
        client.request(OFFSET_COMMIT, 2, struct.pack(">h2sihqi", 2, b"\xff\xfe", -1, 0, -1, 1) + string("t") + struct.pack(">iiq", 1, 0, 5) + string(""))
    assert metric(bus, 'kafka_consumergroup_current_offset{consumergroup="\ufffd\ufffd",topic="t",partition="0"}') == 5


def test_limits_and_write_amplification_are_visible(start):
    bus = start()
    before = metric(bus, 'mes_bus_log_written_bytes_total{what="frames"}') + metric(bus, 'mes_bus_log_written_bytes_total{what="zeros"}')
    produced = metric(bus, "kafka_server_brokertopicmetrics_bytesin_total")
    # Each batch of 60 records of 1 KiB is just below 64 KiB.
    for _ in range(20):
        produce(bus, "bulk", [(None, os.urandom(1024)) for _ in range(60)], **{"linger.ms": 200, "batch.num.messages": 60})
    written = metric(bus, 'mes_bus_log_written_bytes_total{what="frames"}') + metric(bus, 'mes_bus_log_written_bytes_total{what="zeros"}')
    produced = metric(bus, "kafka_server_brokertopicmetrics_bytesin_total") - produced
    assert produced > 20 * 60 * 1024
    # Topics were made and a first small group came before; the batches themselves are written once.
    assert (written - before) / produced <= 1.2
    assert metric(bus, 'mes_bus_limit{of="connections"}') == 10_000
    assert metric(bus, 'kafka_topic_partition_current_offset{topic="bulk",partition="0"}') == 1200


# ---- Commands for people ----

def test_topics_and_tail(start):
    bus = start()
    produce(bus, "work-order.created", [("wo-1", "made"), ("wo-2", "made\x1b[2J too"), ("wo-1", None)])
    listed = {row[0]: row[1:] for row in rows(command(bus, "topics"))}
    assert listed["TOPIC"] == ["PARTITIONS", "RECORDS"]
    assert listed["work-order.created"] == ["3", "3"] and len(listed) == 57
    assert ["0", "0", "3", "3"] in rows(command(bus, "topics", "work-order.created"))
    lines = command(bus, "tail", "work-order.created", "--from", "earliest", "--end").splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["0@0 wo-1 made", "0@1 wo-2 made\\x1b[2J too", "0@2 wo-1 (deleted)"]
    filtered = command(bus, "tail", "work-order.created", "--from", "earliest", "--end", "--filter", "wo-2")
    assert len(filtered.splitlines()) == 1
    assert " 0@2 " in command(bus, "tail", "work-order.created", "--from", "2", "-n", "1")
    assert " 0@1 " in command(bus, "tail", "work-order.created", "--from", "-2", "-n", "1", "--json").replace('"offset":1', " 0@1 ")
    stamp = lines[0].split(" ")[0]
    assert len(command(bus, "tail", "work-order.created", "--from", stamp, "--end").splitlines()) == 3
    assert "no place in a topic" in command(bus, "tail", "work-order.created", "--from", "yesterday", code=2)
    assert "There is no topic nowhere" in command(bus, "tail", "nowhere", code=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tail_into_a_pipe_goes_with_what_comes(start, number):
    """Also while records come all the time, and none is lost when it is told to end."""
    bus = start()
    produce(bus, "t", [(None, "x")])
    tail = subprocess.Popen([MES, "bus", "tail", "t", "--from", "earliest", "--json", "--port-offset", str(bus.offset)],
                            stdout=subprocess.PIPE, bufsize=0)

    def offset_of_next():
        return json.loads(tail.stdout.readline())["offset"]
    assert offset_of_next() == 0
    producer = Producer({"bootstrap.servers": bus.address, "linger.ms": 0})
    seen, seen_meanwhile = threading.Event(), []

    def keep_on():  # less than a pipe's writer keeps to itself
        for _ in range(30):
            producer.produce("t", b"x", partition=0)
            producer.flush(10)
            time.sleep(0.1)
            seen_meanwhile.append(seen.is_set())
    sending = threading.Thread(target=keep_on)
    sending.start()
    assert offset_of_next() == 1
    seen.set()
    sending.join()
    assert any(seen_meanwhile)
    assert [offset_of_next() for _ in range(29)] == list(range(2, 31))
    tail.send_signal(number)
    assert tail.stdout.read() == b"" and tail.wait(20) == 128 + number


def test_a_record_does_not_drive_the_terminal(start):
    """C1 controls are what ESC and a letter are; what is written for them cannot be had otherwise."""
    bus = start()
    create(bus, "t")
    produce(bus, "t", [(None, value) for value in (b"\xc2\x9b2J", b"\x9b2J", b"a\nb", b"a\\nb", "Prüfung 1½ µ".encode(), b"\xe2\x82")])
    lines = command(bus, "tail", "t", "--from", "earliest", "--end").splitlines()
    assert [line.split(" ", 3)[3] for line in lines] == [r"\xc2\x9b2J", r"\x9b2J", r"a\nb", r"a\\nb", "Prüfung 1½ µ", r"\xe2\x82"]


def test_groups_and_reset_offsets(start):
    bus = start()
    produce(bus, "quality.ncr-created", [("a", str(n)) for n in range(10)])
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "readers", "client.id": "reader-1",
                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe(["quality.ncr-created"])
    assert eventually(lambda: consumer.poll(1), timeout_s=20).offset() == 0
    consumer.commit(asynchronous=False)
    assert ["readers", "Stable", "range", "1", "9"] in rows(command(bus, "groups"))
    detail = rows(command(bus, "groups", "readers"))
    assert ["quality.ncr-created", "0", "1", "10", "9", "reader-1", "/127.0.0.1"] in detail
    assert "stop them first" in command(bus, "reset-offsets", "readers", "quality.ncr-created", "--to", "latest", code=1)
    consumer.close()
    planned = command(bus, "reset-offsets", "readers", "quality.ncr-created", "--to", "-3", "--dry-run")
    assert ["quality.ncr-created", "0", "1", "7"] in rows(planned) and "Nothing was set" in planned
    assert ["readers", "Empty", "-", "0", "9"] in rows(command(bus, "groups"))
    command(bus, "reset-offsets", "readers", "quality.ncr-created", "--to", "-3")
    assert ["readers", "Empty", "-", "0", "3"] in rows(command(bus, "groups"))
    assert "There is no group nobody" in command(bus, "groups", "nobody", code=1)
    assert "--to" in command(bus, "reset-offsets", "readers", "quality.ncr-created", code=2)


def test_redrive_sends_dead_letters_back_once(start):
    bus = start()
    producer = Producer({"bootstrap.servers": bus.address})
    for n in range(3):
        producer.produce("work-order-service.dlq", f"event {n}", "wo-1", partition=0, headers=[
            ("ce_id", str(n)), ("dlq_topic", "work-order.created" if n < 2 else "gone"), ("dlq_partition", "0"),
            ("dlq_offset", str(n)), ("dlq_reason", "corrupt: it has no name")])
    assert producer.flush(10) == 0
    assert "Nothing was sent" in command(bus, "redrive", "work-order-service.dlq", "--dry-run", code=1)
    told = command(bus, "redrive", "work-order-service.dlq", code=1)
    assert ["work-order.created", "2"] in rows(told) and "topic gone is not there" in told
    back = kcat(bus, "-C", "-t", "work-order.created", "-e", "-q", "-f", "%k|%s|%h\n")
    assert back.splitlines() == ["wo-1|event 0|ce_id=0,redriven_from=work-order-service.dlq/0/0",
                                 "wo-1|event 1|ce_id=1,redriven_from=work-order-service.dlq/0/1"]
    told = command(bus, "redrive", "work-order-service.dlq", code=1)
    assert "1 could not be sent back" in told and "No dead letters" not in told
    filtered = command(bus, "redrive", "work-order-service.dlq", "--filter", "nothing")
    assert "1 without the text were left" in filtered and "No dead letters" not in filtered
    assert ["work-order.created", "2"] in rows(command(bus, "redrive", "work-order-service.dlq", "--again", code=1))


def test_redrive_sends_what_it_has_left_when_its_topic_is_there(start):
    bus = start("--auto-create-topics", "false")
    create(bus, "all.dlq")
    create(bus, "there")
    producer = Producer({"bootstrap.servers": bus.address})
    for n, topic in enumerate(("there", "gone", "there", "missing", "gone", "there")):
        producer.produce("all.dlq", f"event {n}", partition=0, headers=[("dlq_topic", topic)])
    assert producer.flush(10) == 0
    values = lambda topic: [value for _, _, value in read(bus, topic)]
    told = command(bus, "redrive", "all.dlq", code=1)
    assert ["there", "3"] in rows(told) and "3 could not be sent back; the next redrive tries them again" in told
    create(bus, "gone")
    assert ["gone", "2"] in rows(command(bus, "redrive", "all.dlq", code=1))
    create(bus, "missing")
    assert rows(command(bus, "redrive", "all.dlq"))[1:] == [["missing", "1"]]
    assert "No dead letters" in command(bus, "redrive", "all.dlq")
    assert values("there") == ["event 0", "event 2", "event 5"]
    assert values("gone") == ["event 1", "event 4"] and values("missing") == ["event 3"]


def test_tail_and_redrive_lose_nothing(start):
    """Headers whose names come again, null values and empty ones, an empty key."""
    bus = start()
    kept = [("a", None), ("a", b""), ("a", b"1")]
    producer = Producer({"bootstrap.servers": bus.address})
    for key in (b"", None):
        producer.produce("work-order-service.dlq", b"v", key, partition=0, headers=[*kept, ("dlq_topic", "work-order.created")])
    assert producer.flush(10) == 0
    told = [json.loads(line) for line in
            command(bus, "tail", "work-order-service.dlq", "--from", "earliest", "--end", "--json").splitlines()]
    assert [record["key"] for record in told] == ["", None]
    assert told[0]["headers"] == ["a", None, "a", "", "a", "1", "dlq_topic", "work-order.created"]
    command(bus, "redrive", "work-order-service.dlq")
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["work-order.created"])
    back = consumer.consume(2, 20)
    consumer.close()
    assert {record.key() for record in back} == {b"", None}
    assert all(record.headers()[:-1] == kept for record in back)


def test_tail_and_redrive_end_where_no_record_is_last(start):
    """The last offsets are aborted records and transactions' markers."""
    bus = start()
    producer = Producer({"bootstrap.servers": bus.address, "transactional.id": "a"})
    producer.init_transactions(10)
    for finish in (producer.commit_transaction, producer.abort_transaction):
        producer.begin_transaction()
        for n in range(2):
            producer.produce("work-order-service.dlq", f"event {n}", "wo-1", partition=0,
                             headers=[("dlq_topic", "work-order.created")])
        producer.flush(10)
        finish(10)
    lines = command(bus, "tail", "work-order-service.dlq", "--from", "earliest", "--end").splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["0@0 wo-1 event 0", "0@1 wo-1 event 1"]
    assert command(bus, "tail", "work-order-service.dlq", "--from", "3", "--end") == ""
    assert ["work-order.created", "2"] in rows(command(bus, "redrive", "work-order-service.dlq"))
    assert "No dead letters" in command(bus, "redrive", "work-order-service.dlq")


def test_verify_reads_everything(start, tmp_path):
    bus = start("--segment-bytes", "64K", *QUICK)
    create(bus, "table", cleanup_policy="compact", segment_ms=1, min_cleanable_dirty_ratio=0)
    produce(bus, "table", [(f"k{n % 3}", "x" * 1000) for n in range(200)], **{"batch.size": 10_000})
    produce(bus, "table", [("end", "x")])
    eventually(lambda: len(read(bus, "table")) == 4)
    bus.stop()
    verify = [MES, "bus", "verify", "--data", str(tmp_path)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "all whole" in done.stdout, done.stdout + done.stderr
    victim = next((tmp_path / "bus").glob("*.clean"))
    bytes_ = bytearray(victim.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    victim.write_bytes(bytes_)
    done = subprocess.run(verify, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert re.search(rf"{re.escape(str(victim))}:\d+: ", done.stdout), done.stdout
    done = subprocess.run([MES, "bus", "verify", "--data", str(tmp_path / "nowhere")], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "nowhere" in done.stderr


def test_one_port_for_two_settings_is_told_as_such(tmp_path):
    port = str(9092 + free_offset((9092,)))
    done = subprocess.run([MES, "bus", "--data", tmp_path, "--port", port, "--admin-port", port, "--otlp", "none", "--log-host", ""],
                          capture_output=True, text=True, timeout=30)
    told = done.stdout + done.stderr
    assert done.returncode == 1 and f"port {port} is asked for twice: two settings of this role have it" in told, told
    assert "pid" not in told, told


@pytest.mark.parametrize("arguments", [["bus", "--help"], ["bus", "topics", "--help"], ["up", "--help"]])
def test_a_misspelled_variable_is_told(arguments):
    variables = {"MES_RETENTON": "7d", "MES_KONG_CONFG": "kong.yml", "MES_RETENTION": "7d", "MES_DB_PASSWORD": "secret",
                 "MES_BINARY": "mes", "MES_SHARED": "/shared", "MES_FUZZ_SECONDS": "60"}
    done = subprocess.run([MES, *arguments], env={**os.environ, **variables}, capture_output=True, text=True, timeout=30)
    assert sorted(done.stderr.splitlines()) == ["mes: MES_KONG_CONFG is no setting; did you mean MES_KONG_CONFIG?",
                                                "mes: MES_RETENTON is no setting; did you mean MES_RETENTION?"]


def test_one_bus_alone_has_a_log(start, tmp_path):
    bus = start()
    assert produce(bus, "t", [(None, "first")]) == [None]
    for arguments in (["--port-offset", str(bus.offset)], ["--port-offset", "0", "--listeners", "PLAINTEXT://127.0.0.1:0"]):
        other = subprocess.run([MES, "bus", "--data", str(tmp_path), *arguments, "--otlp", "none", "--log-host", ""],
                               capture_output=True, text=True, timeout=30)
        assert other.returncode == 1 and f"another bus (pid {bus.process.pid}) keeps its data in" in other.stdout + other.stderr
    verify = [MES, "bus", "verify", "--data", str(tmp_path)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and f"a bus (pid {bus.process.pid}) writes" in done.stderr
    assert produce(bus, "t", [(None, "second")]) == [None]
    bus.kill()
    bus.start()
    assert [value for _, _, value in read(bus, "t")] == ["first", "second"]
    bus.stop()
    assert subprocess.run(verify, capture_output=True, text=True, timeout=30).returncode == 0


def test_commands_tell_why_a_bus_is_not_reached():
    for name in (["topics"], ["groups"], ["groups", "g"], ["tail", "t"]):
        done = subprocess.run([MES, "bus", *name, "--bus", "127.0.0.1:1"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and done.stdout == "", done.stdout
        assert "127.0.0.1:1" in done.stderr and "refused" in done.stderr, done.stderr
    for nowhere in ("foo:bar", "localhost:0", ":9092", "localhost:9092,", "::1:9092", "::1"):
        done = subprocess.run([MES, "bus", "topics", "--bus", nowhere], capture_output=True, text=True, timeout=5)
        assert done.returncode == 2 and "is not HOST:PORT" in done.stderr, done.stderr


def test_a_bus_that_says_nothing_is_named():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        done = subprocess.run([MES, "bus", "topics", "--bus", address], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and address in done.stderr and "--command-config" in done.stderr, done.stderr


def test_commands_answer_over_a_slow_link(start):
    slow = socket.create_server(("127.0.0.1", 0))
    bus = start("--advertised-listeners", f"PLAINTEXT://127.0.0.1:{slow.getsockname()[1]}")

    def pass_on(from_, to):
        while part := from_.recv(65536):
            time.sleep(0.4)
            to.sendall(part)
        to.shutdown(socket.SHUT_WR)

    def accept():
        while True:
            client, _ = slow.accept()
            behind = socket.create_connection(("127.0.0.1", 9092 + bus.offset))
            for ends in ((client, behind), (behind, client)):
                threading.Thread(target=pass_on, args=ends, daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    done = subprocess.run([MES, "bus", "topics", "--bus", f"127.0.0.1:{slow.getsockname()[1]}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "TOPIC" in done.stdout, done.stderr


def test_output_that_cannot_be_written_is_an_error(start):
    bus = start()
    with open("/dev/full", "w") as full:
        done = subprocess.run([MES, "bus", "topics", "--port-offset", str(bus.offset)], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=30)
    assert done.returncode == 1 and "No space left" in done.stderr


def test_groups_of_the_new_protocol_are_not_dead(start):
    """The client library of the commands cannot describe them (KIP-848)."""
    bus = start()
    create(bus, "t")
    produce(bus, "t", [(None, "a"), (None, "b")])
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "modern", "group.protocol": "consumer",
                         "auto.offset.reset": "earliest"})
    consumer.subscribe(["t"])
    assert eventually(lambda: consumer.poll(1)).value() == b"a"
    consumer.commit(asynchronous=False)
    assert ["modern", "Stable", "-", "?", "1"] in rows(command(bus, "groups"))
    assert "modern: Stable, of the protocol of KIP-848" in command(bus, "groups", "modern")
    assert "has members" in command(bus, "reset-offsets", "modern", "t", "--to", "earliest", code=1)
    consumer.close()
    command(bus, "reset-offsets", "modern", "t", "--to", "earliest")
    assert ["modern", "Empty", "-", "?", "2"] in rows(command(bus, "groups"))


def test_an_empty_bus_has_an_empty_table(start, tmp_path):
    (tmp_path / "none.yaml").write_text("topics: []\n")
    bus = start("--topics", str(tmp_path / "none.yaml"))
    assert command(bus, "topics").splitlines()[0].startswith("TOPIC")


def test_a_bad_record_on_the_disk_is_never_served(start, tmp_path):
    bus = start("--segment-bytes", "64K")
    for n in range(10):
        produce(bus, "t", [(None, f"record {n} " + "x" * 20_000)])
    bus.stop()
    first = min((tmp_path / "bus").glob("*.log"))
    bytes_ = bytearray(first.read_bytes())
    bytes_[bytes_.index(b"record 1 ") + 5_000] ^= 1
    first.write_bytes(bytes_)
    bus.start()
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "g", "auto.offset.reset": "earliest"})
    from confluent_kafka import TopicPartition
    consumer.assign([TopicPartition("t", 0, 1)])
    message = eventually(lambda: consumer.poll(1), timeout_s=20)
    assert message.error() is not None, message.value()[:20]
    consumer.close()
    assert "does not hold together" in (tmp_path / "bus.log").read_text()
    told = command(bus, "tail", "t", "--partition", "0", "--from", "earliest", "--end", code=1)
    assert " 0@0 " in told and "t, partition 0, offset 1: " in told, told[-300:]
    assert kcat(bus, "-C", "-t", "t", "-p", "0", "-o", "0", "-c", "1", "-q").startswith("record 0 ")
    assert kcat(bus, "-C", "-t", "t", "-p", "0", "-o", "2", "-c", "1", "-q").startswith("record 2 ")


def test_help_names_the_commands():
    text = subprocess.run([MES, "bus", "--help"], capture_output=True, text=True, timeout=30).stdout
    for name in ("topics", "tail", "groups", "reset-offsets", "redrive", "verify"):
        assert re.search(rf"^  {name} ", text, re.MULTILINE), text


def test_requests_that_come_slowly_have_a_bound_together(start):
    """40 MB of requests are begun; no more than the limit is held at a time, and the two that went beyond it; all end well."""
    limit, size, count = 2 << 20, 1 << 20, 40
    bus = start("--queued-request-bytes-max", "2M")
    create(bus, "slow", **{"max.message.bytes": 2 << 20})
    before = resident_kb(bus)
    record = batch([b"x" * (size - 200)], timestamps=[1_700_000_000_000])
    body = struct.pack(">hhii", -1, -1, 20_000, 1) + string("slow") + struct.pack(">iii", 1, 0, len(record)) + record
    frame = request(0, 3, body)
    clients = [socket.create_connection(("127.0.0.1", 9092 + bus.offset), timeout=60) for _ in range(count)]
    most_held = most_waiting = 0

    def look():
        nonlocal most_held, most_waiting
        most_held = max(most_held, metric(bus, "kafka_network_socketserver_memorypoolused"))
        most_waiting = max(most_waiting, metric(bus, "mes_bus_connections_waiting_for_memory"))
    for client in clients:
        client.sendall(frame[:60_000])
    eventually(lambda: metric(bus, "mes_bus_connections_waiting_for_memory") > 0)
    for client in clients:
        client.setblocking(False)
    sent = [60_000] * count
    while any(at < len(frame) for at in sent):
        for n, client in enumerate(clients):
            with contextlib.suppress(BlockingIOError):
                sent[n] += client.send(frame[sent[n]:sent[n] + 20_000])
        look()
    offsets = set()
    for client in clients:
        client.settimeout(60)
        answer = client.recv(4096)
        (error, offset) = struct.unpack_from(">hq", answer, 4 + 4 + 4 + 2 + len("slow") + 4 + 4)
        assert error == 0
        offsets.add(offset)
        client.close()
    assert offsets == set(range(count))
    assert limit <= most_held <= limit + 2 * len(frame)
    assert most_waiting > 0 and metric(bus, "mes_bus_memory_waits_total") > 0
    assert metric(bus, "kafka_network_socketserver_memorypoolused") == 0
    assert metric(bus, 'mes_bus_limit{of="partial_request_bytes"}') == limit
    assert resident_kb(bus) - before < 200_000  # of sanitizers, too
