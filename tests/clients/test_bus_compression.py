"""compression.type of topics and of the broker: what is stored, seen by raw fetches, and what a foreign client reads back.

Expected is what Apache Kafka does; MES_TEST_PEER=kafka runs all of it against that.
"""
import struct
import time

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from differential.records import crc32c
from raw import Raw

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]  # by their number in a batch's attributes
STAMPED_BY_BROKER, TRANSACTIONAL = 8, 16
INVALID_REQUEST = 42
VALUES = [b"%d " % n + b"compressible " * 20 for n in range(50)]
TIME_MS = int(time.time() * 1000) - 60_000


def make_topic(bus, name, partitions=1, **configs):
    admin = AdminClient({"bootstrap.servers": bus.address})
    admin.create_topics([NewTopic(name, partitions, 1, config={k.replace("_", "."): v for k, v in configs.items()})])[name].result(20)


def produce(bus, topic, codec, partition=0, **settings):
    """All values in one batch: the topic is known before the first, and flush(), which ends the linger, is not called."""
    producer = Producer({"bootstrap.servers": bus.address, "compression.type": codec, "linger.ms": 200, **settings})
    producer.list_topics(topic, 20)
    if "transactional.id" in settings:
        producer.init_transactions(20)
        producer.begin_transaction()
    told = []
    for n, value in enumerate(VALUES):
        producer.produce(topic, value, key=b"k%d" % n, partition=partition, timestamp=TIME_MS + n, headers={"n": str(n)},
                         on_delivery=lambda error, _: told.append(error))
    deadline = time.monotonic() + 30
    while len(told) < len(VALUES) and time.monotonic() < deadline:
        producer.poll(0.1)
    assert len(told) == len(VALUES)
    if "transactional.id" in settings:
        producer.commit_transaction(20)
    return [error for error in told if error]


class Stored:
    """The header of a stored batch, its CRC checked."""

    def __init__(self, data):
        (self.base, length, self.epoch, self.magic, crc, self.attributes, self.last_delta, self.first_ms, self.newest_ms,
         self.producer_id, self.producer_epoch, self.sequence, self.count) = struct.unpack_from(">qiibIhiqqqhii", data)
        assert crc == crc32c(data[21:12 + length])
        self.codec = CODECS[self.attributes & 7]


def stored(bus, topic, partition=0, offset=0):
    with Raw(bus.address) as raw:
        deadline = time.monotonic() + 20
        while True:  # Kafka needs a moment after a topic was made
            error, data = raw.fetch(topic, partition, offset)
            if error == 0 and data:
                return Stored(data)
            assert time.monotonic() < deadline, error


def read_back(bus, topic, partition=0, **settings):
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "x", "check.crcs": True, "enable.auto.commit": False, **settings})
    consumer.assign([TopicPartition(topic, partition, 0)])
    got = []
    while len(got) < len(VALUES):
        message = consumer.poll(20)
        assert message and not message.error()
        got.append(message)
    consumer.close()
    return got


@pytest.mark.parametrize("wanted", ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"])
def test_what_producers_send_is_stored_as_the_topic_wants_it(shared_bus, wanted):
    make_topic(shared_bus, f"as-{wanted}", len(CODECS), compression_type=wanted)
    for partition, sent in enumerate(CODECS):
        assert produce(shared_bus, f"as-{wanted}", sent, partition) == []
        batch = stored(shared_bus, f"as-{wanted}", partition)
        assert batch.codec == {"producer": sent, "uncompressed": "none"}.get(wanted, wanted)
        assert (batch.base, batch.count, batch.first_ms, batch.newest_ms) == (0, len(VALUES), TIME_MS, TIME_MS + len(VALUES) - 1)
        got = read_back(shared_bus, f"as-{wanted}", partition)
        assert [(m.offset(), m.key(), m.value(), m.timestamp()[1], m.headers()) for m in got] == [
            (n, b"k%d" % n, value, TIME_MS + n, [("n", b"%d" % n)]) for n, value in enumerate(VALUES)]


def test_the_level_counts(shared_bus):
    sizes = {}
    for level in ("1", "9"):
        make_topic(shared_bus, f"level-{level}", compression_type="gzip", compression_gzip_level=level)
        produce(shared_bus, f"level-{level}", "none")
        with Raw(shared_bus.address) as raw:
            stored(shared_bus, f"level-{level}")
            sizes[level] = len(raw.fetch(f"level-{level}", 0)[1])
    assert sizes["9"] < sizes["1"]


def test_the_broker_s_time_is_in_a_batch_that_is_compressed_anew(shared_bus):
    make_topic(shared_bus, "stamped", compression_type="zstd", message_timestamp_type="LogAppendTime")
    before = int(time.time() * 1000)
    assert produce(shared_bus, "stamped", "gzip") == []
    batch = stored(shared_bus, "stamped")
    assert (batch.codec, batch.attributes & STAMPED_BY_BROKER) == ("zstd", STAMPED_BY_BROKER)
    assert before <= batch.newest_ms <= int(time.time() * 1000)
    assert {m.timestamp()[1] for m in read_back(shared_bus, "stamped")} == {batch.newest_ms}


def test_idempotence_and_transactions_stay(shared_bus):
    make_topic(shared_bus, "exactly", 2, compression_type="lz4")
    assert produce(shared_bus, "exactly", "zstd", 0, **{"enable.idempotence": True}) == []
    batch = stored(shared_bus, "exactly", 0)
    assert batch.codec == "lz4" and batch.producer_id >= 0 and batch.sequence == 0 and not batch.attributes & TRANSACTIONAL
    assert produce(shared_bus, "exactly", "gzip", 1, **{"transactional.id": "t"}) == []
    batch = stored(shared_bus, "exactly", 1)
    assert batch.codec == "lz4" and batch.producer_id >= 0 and batch.sequence == 0 and batch.attributes & TRANSACTIONAL
    got = read_back(shared_bus, "exactly", 1, **{"isolation.level": "read_committed"})
    assert [m.value() for m in got] == VALUES


def test_a_batch_that_is_too_large_afterwards_is_refused(shared_bus):
    make_topic(shared_bus, "tight", compression_type="uncompressed", max_message_bytes="5000")
    assert [e.code() for e in produce(shared_bus, "tight", "gzip")] == [KafkaError.MSG_SIZE_TOO_LARGE] * len(VALUES)
    assert sum(map(len, VALUES)) > 5000


def test_fetches_that_are_older_than_zstd_get_it_all_the_same(shared_bus):
    make_topic(shared_bus, "young", compression_type="zstd")
    produce(shared_bus, "young", "none")
    stored(shared_bus, "young")
    with Raw(shared_bus.address) as raw:
        error, data = raw.fetch("young", 0, version=4)
    assert error == 0 and Stored(data).codec == "zstd"


def test_the_broker_decides_where_a_topic_does_not(shared_bus):
    admin = AdminClient({"bootstrap.servers": shared_bus.address})

    def set_broker(value, name="compression.type"):
        with Raw(shared_bus.address) as raw:  # of all brokers: librdkafka takes no resource without a name
            return raw.change_config(4, "", name, value)[0]

    make_topic(shared_bus, "undecided")
    make_topic(shared_bus, "decided", compression_type="producer")
    assert set_broker("snappy") == 0
    try:
        shown = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, "undecided")])
        deadline = time.monotonic() + 20
        while next(iter(shown.values())).result(20)["compression.type"].value != "snappy":
            assert time.monotonic() < deadline
            shown = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, "undecided")])
        for topic, codec in (("undecided", "snappy"), ("decided", "gzip")):
            produce(shared_bus, topic, "gzip")
            assert stored(shared_bus, topic).codec == codec
    finally:
        assert set_broker(None) == 0
    for name, value in (("compression.type", "brotli"), ("compression.type", ""), ("compression.gzip.level", "0"), ("compression.lz4.level", "18")):
        assert set_broker(value, name) == INVALID_REQUEST
