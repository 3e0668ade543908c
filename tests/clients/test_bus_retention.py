"""Compaction, retention and the limit of the disk as clients see them."""
import contextlib
import json
import os
import shutil
import subprocess
import time
import zlib

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from bus import MES, kcat
from bus_operator import QUICK, create, metric, produce, read
from differential.records import GZIP, batch, packed_batch, sized, varint, whole_batches
from raw import Raw
from tests.support.wait import eventually

pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_compacted_topic_keeps_the_last_of_each_key(start_bus, codec):
    bus = start_bus(*QUICK)
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


def test_a_compacted_topic_refuses_records_without_a_key(start_bus):
    bus = start_bus()
    create(bus, "table", cleanup_policy="compact")
    assert produce(bus, "table", [(None, "x")]) == [KafkaError.INVALID_RECORD]
    assert produce(bus, "table", [("k", "x")]) == [None]


def test_a_batch_that_unpacks_to_very_much_stops_no_compaction(start_bus):
    """Such a one comes in while the topic is not compacted yet. It stays as it is, and is told of once."""
    bus = start_bus(*QUICK)
    create(bus, "table", segment_ms=1, min_cleanable_dirty_ratio=0, retention_ms=-1)  # its first batch is of 2023
    value, zeros = 300 << 20, bytes(1 << 20)
    body = b"\0\0\0" + sized(b"huge") + varint(value)
    packer = zlib.compressobj(9, wbits=31)
    records = packer.compress(varint(len(body) + value + 1) + body)
    records += b"".join(packer.compress(zeros) for _ in range(value >> 20)) + packer.compress(b"\0") + packer.flush()
    with Raw(bus.address) as raw:
        assert raw.produce("table", 0, packed_batch(records, GZIP)) == 0
    produce(bus, "table", [(f"k{n % 5}", str(n)) for n in range(20)], **{"batch.num.messages": 1})
    with Raw(bus.address) as raw:
        assert raw.change_config(2, "table", "cleanup.policy", "compact")[0] == 0

    def offsets():
        with Raw(bus.address) as raw:
            return [base for _, _, base in whole_batches(raw.fetch("table", 0)[1])]

    for n in range(3):  # the last batch is never compacted
        produce(bus, "table", [("end", str(n))])
        eventually(lambda n=n: offsets() == [0, *range(16, 21), *([20 + n] if n > 0 else []), 21 + n])
    log = (bus.data / "bus.log").read_text()
    told = [json.loads(line) for line in log.splitlines() if "too large to be compacted" in line]
    assert [(one["topic"], one["partition"], one["offset"], one["unpacks_to_more_than"]) for one in told] == [("table", 0, 0, 256 << 20)]
    assert metric(bus, "kafka_log_logcleanermanager_uncleanable_partitions_count") == 0


def test_timestamps_out_of_bounds_are_refused(start_bus):
    bus = start_bus()
    create(bus, "t", **{"message_timestamp_before_max_ms": 60_000})
    outcome = []
    producer = Producer({"bootstrap.servers": bus.address, "linger.ms": 0})
    now = int(time.time() * 1000)
    for stamp in (now, now - 3_600_000, now + 7_200_000):  # the default of message.timestamp.after.max.ms is an hour
        producer.produce("t", "x", partition=0, timestamp=stamp, on_delivery=lambda e, _: outcome.append(e and e.code()))
        assert producer.flush(10) == 0
    assert outcome == [None, KafkaError.INVALID_TIMESTAMP, KafkaError.INVALID_TIMESTAMP]


def test_a_compressed_batch_is_as_new_as_its_newest_record(start_bus):
    """Whatever it says: segmentio/kafka-go gives the last record's time. As Apache Kafka 4.2, which looks at the records."""
    bus = start_bus(*QUICK)
    day, now = 86_400_000, int(time.time() * 1000)
    create(bus, "t", retention_ms=7 * day)
    create(bus, "old", retention_ms=7 * day)
    times = [now - 8 * day, now, now - 8 * day + 1]
    with Raw(bus.address) as raw:
        assert raw.produce("t", 0, batch([b"a", b"b", b"c"], timestamps=times, codec=GZIP, newest=times[-1])) == 0
        assert raw.produce("old", 0, batch([b"a", b"b"], timestamps=times[::2], codec=GZIP, newest=now + day)) == 0
        future = batch([b"a", b"b", b"c"], timestamps=[now, now + day, now + 1], codec=GZIP, newest=now + 1)
        assert raw.produce("t", 0, future) == KafkaError.INVALID_TIMESTAMP
    eventually(lambda: not read(bus, "old"))  # retention has looked at both
    assert [offset for offset, *_ in read(bus, "t")] == ["0", "1", "2"]
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "times", "check.crcs": True})
    assert consumer.offsets_for_times([TopicPartition("t", 0, now - 3_600_000)], 10)[0].offset == 1
    consumer.assign([TopicPartition("t", 0, 1)])  # its sum is that of the batch as it is now
    assert consumer.poll(10).value() == b"b"
    consumer.close()


@pytest.fixture
def wall_clock(tmp_path, monkeypatch):
    """The clock of buses that are started within `wall_clock()`: a day ahead while its file is there."""
    (tmp_path / "clock.c").write_text(CLOCK)
    subprocess.run(["clang-19", "-shared", "-fPIC", "-o", tmp_path / "clock.so", tmp_path / "clock.c"], check=True)

    @contextlib.contextmanager
    def clock():
        with monkeypatch.context() as environment:
            environment.setenv("LD_PRELOAD", str(tmp_path / "clock.so"))
            environment.setenv("CLOCK_IS_AHEAD", str(tmp_path / "ahead"))
            yield
    clock.is_ahead = tmp_path / "ahead"
    return clock


def test_retention_goes_on_when_the_clock_has_jumped(start_bus, wall_clock):
    with wall_clock():
        bus = start_bus(*QUICK)
    create(bus, "t", retention_ms=3_600_000)
    now = int(time.time() * 1000)

    def put(timestamp):
        producer = Producer({"bootstrap.servers": bus.address})
        producer.produce("t", b"x", timestamp=timestamp)
        assert producer.flush(20) == 0
    put(now)
    assert read(bus, "t")
    wall_clock.is_ahead.touch()
    eventually(lambda: not read(bus, "t"))
    wall_clock.is_ahead.unlink()
    put(now - 7_200_000)
    eventually(lambda: not read(bus, "t"))


def test_a_clock_that_is_wrong_at_start_deletes_nothing_by_age(start_bus, wall_clock):
    """NTP sets it soon. Kafka's first look comes after log.initial.task.delay.ms; what is too large goes at once here."""
    bus = start_bus("--log-initial-task-delay", "1h")
    create(bus, "aged", retention_ms=3_600_000)
    create(bus, "large", retention_bytes=1, retention_ms=-1)
    produce(bus, "aged", [(None, "x")])
    produce(bus, "large", [(None, str(n)) for n in range(3)], **{"batch.num.messages": 1})
    bus.stop()
    wall_clock.is_ahead.touch()
    with wall_clock():
        bus.start()
    eventually(lambda: len(read(bus, "large")) == 1)
    assert read(bus, "aged")
    bus.stop()
    with wall_clock():
        bus = start_bus("--log-initial-task-delay", "0")
    eventually(lambda: not read(bus, "aged"))


def test_what_retention_deletes_is_in_the_log(start_bus, tmp_path):
    bus = start_bus(*QUICK, "--retention", "1h")
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


def test_the_limit_of_the_disk_deletes_the_oldest(start_bus, tmp_path):
    bus = start_bus("--cleaner-interval", "50ms", "--segment-bytes", "1M", "--disk-bytes-max", "8M")
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
