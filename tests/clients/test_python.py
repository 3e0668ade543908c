"""Python's clients: confluent-kafka (librdkafka), kafka-python and aiokafka."""
import asyncio
import time

import aiokafka
import confluent_kafka as confluent
import kafka
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin import NewTopic as AioNewTopic
from confluent_kafka import admin as confluent_admin
from kafka.admin import KafkaAdminClient, NewTopic

from tests.support.wait import eventually

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
START_MS = 1_790_000_000_000
POLL_MS = 500  # kafka-python begins anew what a poll has not finished, such as finding where to read: with 20 ms it may never be done under load


# ---- confluent-kafka ----

@pytest.fixture(scope="module")
def confluent_topic(shared_bus):
    admin = confluent_admin.AdminClient({"bootstrap.servers": shared_bus.address})
    for future in admin.create_topics([confluent_admin.NewTopic("confluent", 4, 1, config={"retention.ms": "-1"})]).values():
        future.result(10)
    return admin


def confluent_reader(bus, group, **more):
    return confluent.Consumer({"bootstrap.servers": bus.address, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                               **{name.replace("_", "."): value for name, value in more.items()}})


def test_confluent_codecs_and_offsets_by_time(shared_bus, confluent_topic):
    for codec in CODECS:
        producer = confluent.Producer({"bootstrap.servers": shared_bus.address, "compression.type": codec, "enable.idempotence": True})
        for n in range(50):
            producer.produce("confluent", f"{codec} {n}", f"k{n}", partition=n % 4, timestamp=START_MS + n, headers={"codec": codec})
        assert producer.flush(20) == 0
    reader = confluent_reader(shared_bus, "confluent-codecs")
    reader.assign([confluent.TopicPartition("confluent", p, 0) for p in range(4)])
    found = reader.consume(250, 20)
    assert {m.value().decode() for m in found} == {f"{codec} {n}" for codec in CODECS for n in range(50)}
    assert all(m.headers() == [("codec", m.value().split()[0])] for m in found)
    at = reader.offsets_for_times([confluent.TopicPartition("confluent", 0, START_MS + 41)], 10)
    assert at[0].offset == 11  # of 0, 4, 8 … 44: the first not before it
    reader.close()


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_confluent_group(shared_bus, confluent_topic, protocol):
    more = {"group_protocol": protocol} if protocol == "consumer" else {"session_timeout_ms": 10000, "heartbeat_interval_ms": 200}
    one, two = (confluent_reader(shared_bus, f"confluent-{protocol}", **more) for _ in range(2))

    def shares():
        for reader in (one, two):
            reader.poll(0.05)
        return [len(reader.assignment()) for reader in (one, two)]

    def shares_of_one():
        one.poll(0.05)
        return len(one.assignment())
    one.subscribe(["confluent"])
    eventually(lambda: shares() == [4, 0], 60)
    two.subscribe(["confluent"])
    eventually(lambda: shares() == [2, 2], 60)
    one.commit(offsets=[confluent.TopicPartition("confluent", one.assignment()[0].partition, 7, metadata="as written")], asynchronous=False)
    committed = one.committed([confluent.TopicPartition("confluent", one.assignment()[0].partition)], 10)[0]
    assert (committed.offset, committed.metadata) == (7, "as written")
    two.close()
    eventually(lambda: shares_of_one() == 4, 60)
    one.close()


def test_confluent_transactions(shared_bus):
    producer = confluent.Producer({"bootstrap.servers": shared_bus.address, "transactional.id": "confluent"})
    producer.init_transactions(20)
    for end in (producer.abort_transaction, producer.commit_transaction):
        producer.begin_transaction()
        producer.produce("confluent-txn", end.__name__, partition=0)
        end(20)
    reader = confluent_reader(shared_bus, "confluent-txn", isolation_level="read_committed")
    reader.assign([confluent.TopicPartition("confluent-txn", 0, 0)])
    assert [m.value() for m in reader.consume(1, 20)] == [b"commit_transaction"]
    reader.close()


def test_confluent_admin(shared_bus, confluent_topic):
    admin = confluent_topic
    resource = confluent_admin.ConfigResource("topic", "confluent", incremental_configs=[
        confluent_admin.ConfigEntry("max.message.bytes", "5000", incremental_operation=confluent_admin.AlterConfigOpType.SET)])
    admin.incremental_alter_configs([resource])[resource].result(10)
    shown = admin.describe_configs([confluent_admin.ConfigResource("topic", "confluent")])
    assert next(iter(shown.values())).result(10)["max.message.bytes"].value == "5000"
    assert admin.create_partitions([confluent_admin.NewPartitions("confluent-more", 3)])["confluent-more"].exception(10).args[0].code() == (
        confluent.KafkaError.UNKNOWN_TOPIC_OR_PART)
    partition = confluent.TopicPartition("confluent", 0)
    latest = admin.list_offsets({partition: confluent_admin.OffsetSpec.latest()})[partition].result(10)
    assert latest.offset >= 0
    assert admin.describe_cluster().result(10).cluster_id


# ---- kafka-python ----

def test_kafka_python(shared_bus):
    at = {"bootstrap_servers": shared_bus.address}
    admin = KafkaAdminClient(**at)
    admin.create_topics([NewTopic(name="kafka-python", num_partitions=4, replication_factor=1, topic_configs={"retention.ms": "-1"})])
    for codec in CODECS:
        producer = kafka.KafkaProducer(**at, compression_type=None if codec == "none" else codec)
        sent = [producer.send("kafka-python", f"{codec} {n}".encode(), key=b"k", partition=n % 4, timestamp_ms=START_MS + n, headers=[("codec", codec.encode())])
                for n in range(20)]
        assert [future.get(20).partition for future in sent] == [n % 4 for n in range(20)]
        producer.close()
    settings = at | {"group_id": "kafka-python", "auto_offset_reset": "earliest", "heartbeat_interval_ms": 200}
    one, two = (kafka.KafkaConsumer("kafka-python", **settings) for _ in range(2))
    seen = {}

    def read():
        for reader in (one, two):
            for records in reader.poll(POLL_MS).values():
                seen.update({(r.partition, r.offset): r for r in records})
        return [len(reader.assignment()) for reader in (one, two)]
    eventually(lambda: read() == [2, 2] and len(seen) == 100, 60)
    assert {r.value.decode() for r in seen.values()} == {f"{codec} {n}" for codec in CODECS for n in range(20)}
    assert all(r.headers == [("codec", r.value.split()[0])] for r in seen.values())
    partition = kafka.TopicPartition("kafka-python", 0)
    assert one.offsets_for_times({partition: START_MS + 13})[partition].timestamp == START_MS + 16
    for reader in (two, one):
        reader.commit()
        reader.close()
    transactional = kafka.KafkaProducer(**at, transactional_id="kafka-python")
    transactional.init_transactions()
    for end in (transactional.abort_transaction, transactional.commit_transaction):
        transactional.begin_transaction()
        transactional.send("kafka-python-txn", end.__name__.encode(), partition=0).get(20)
        end()
    transactional.close()
    reader = kafka.KafkaConsumer(**at, isolation_level="read_committed", auto_offset_reset="earliest", group_id=None)
    reader.assign([kafka.TopicPartition("kafka-python-txn", 0)])
    assert eventually(lambda: [r.value for records in reader.poll(POLL_MS).values() for r in records]) == [b"commit_transaction"]
    reader.close()
    admin.delete_topics(["kafka-python"])
    eventually(lambda: "kafka-python" not in admin.list_topics())
    admin.close()


# ---- aiokafka ----

async def aio_session(address):
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    await admin.create_topics([AioNewTopic("aiokafka", 4, 1)])
    for codec in CODECS:
        async with aiokafka.AIOKafkaProducer(bootstrap_servers=address, compression_type=None if codec == "none" else codec, enable_idempotence=True) as producer:
            for n in range(20):
                await producer.send_and_wait("aiokafka", f"{codec} {n}".encode(), partition=n % 4, headers=[("codec", codec.encode())])
    async with aiokafka.AIOKafkaProducer(bootstrap_servers=address, transactional_id="aiokafka") as producer:
        async with producer.transaction():
            await producer.send("aiokafka", b"committed", partition=0)
        await producer.begin_transaction()
        await producer.send_and_wait("aiokafka", b"aborted", partition=0)
        await producer.abort_transaction()
    readers = [aiokafka.AIOKafkaConsumer("aiokafka", bootstrap_servers=address, group_id="aiokafka", auto_offset_reset="earliest", isolation_level="read_committed",
                                         heartbeat_interval_ms=200, session_timeout_ms=10000) for _ in range(2)]
    await asyncio.gather(*(reader.start() for reader in readers))
    values, deadline = set(), time.monotonic() + 60
    while len(values) < 101 or [len(reader.assignment()) for reader in readers] != [2, 2]:
        assert time.monotonic() < deadline, f"{len(values)} records, {[reader.assignment() for reader in readers]}"
        for reader in readers:
            for records in (await reader.getmany(timeout_ms=50)).values():
                values |= {r.value.decode() for r in records}
    await readers[0].commit()
    for reader in readers:
        await reader.stop()
    await admin.delete_topics(["aiokafka"])
    await admin.close()
    return values


def test_aiokafka(shared_bus):
    assert asyncio.run(aio_session(shared_bus.address)) == {f"{codec} {n}" for codec in CODECS for n in range(20)} | {"committed"}
