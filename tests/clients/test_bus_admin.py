"""Administration: topics, configurations, log directories, quotas; with librdkafka's client and requests by hand."""
import contextlib
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource, NewPartitions,
                                   NewTopic)

from bus import Bus
from bus_operator import metric
from differential.records import batch
from raw import Closed, Raw, string

TOPIC, BROKER = ConfigResource.Type.TOPIC, ConfigResource.Type.BROKER


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    running = Bus(tmp_path_factory.mktemp("admin")).start()
    yield running
    running.stop()


@pytest.fixture
def admin(bus):
    return AdminClient({"bootstrap.servers": bus.address})


def done(futures):
    return [f.result(20) for f in futures.values()]


def code_of(futures):
    with pytest.raises(KafkaException) as refused:
        done(futures)
    return refused.value.args[0].code(), refused.value.args[0].str()


def configs(admin, kind, name):
    return admin.describe_configs([ConfigResource(kind, name)])[ConfigResource(kind, name)].result(20)


def change(admin, kind, name, *entries):
    """entries: (name, operation, value)"""
    resource = ConfigResource(kind, name, incremental_configs=[
        ConfigEntry(n, v, incremental_operation=o) for n, o, v in entries])
    return admin.incremental_alter_configs([resource])


SET, DELETE = AlterConfigOpType.SET, AlterConfigOpType.DELETE
APPEND, SUBTRACT = AlterConfigOpType.APPEND, AlterConfigOpType.SUBTRACT


def test_topics_are_validated_and_made(admin):
    done(admin.create_topics([NewTopic("dry", 3, config={"retention.ms": "1000"})], validate_only=True))
    assert "dry" not in admin.list_topics(timeout=20).topics
    done(admin.create_topics([NewTopic("placed", 2, replica_assignment=[[1], [1]])]))
    assert len(admin.list_topics(timeout=20).topics["placed"].partitions) == 2
    # Codes and texts are Kafka 4's.
    for topic, code, text in (
            (NewTopic("placed", 1), KafkaError.TOPIC_ALREADY_EXISTS, "Topic 'placed' already exists."),
            (NewTopic("a b", 1), KafkaError.TOPIC_EXCEPTION, "one or more characters other than ASCII alphanumerics"),
            (NewTopic("work-order_created", 1), KafkaError.TOPIC_EXCEPTION, "collides with existing topic: work-order.created"),
            (NewTopic("x", 1, replication_factor=3), KafkaError.INVALID_REPLICATION_FACTOR, "only 1 broker(s) are registered"),
            (NewTopic("x", 1, replica_assignment=[[2]]), KafkaError.INVALID_REPLICA_ASSIGNMENT, "no such broker is registered"),
            (NewTopic("x", 1, config={"no.such": "1"}), KafkaError.INVALID_CONFIG, "Unknown topic config name: no.such"),
            (NewTopic("x", 1, config={"retention.ms": "soon"}), KafkaError.INVALID_CONFIG, "Not a number of type LONG"),
            (NewTopic("x", 1, config={"retention.ms": "-2"}), KafkaError.INVALID_CONFIG, "Value must be at least -1"),
            (NewTopic("x", 1, config={"cleanup.policy": "burn"}), KafkaError.INVALID_CONFIG, "String must be one of: compact, delete"),
            (NewTopic("x", 1, config={"preallocate": "yes"}), KafkaError.INVALID_CONFIG, "either true or false"),
            (NewTopic("x", 1, config={"min.cleanable.dirty.ratio": "1.5"}), KafkaError.INVALID_CONFIG, "no more than 1")):
        refused, told = code_of(admin.create_topics([topic]))
        assert refused == code and text in told
    assert code_of(admin.delete_topics(["nothing"]))[0] == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_partitions_only_grow(admin):
    done(admin.create_topics([NewTopic("growing", 2)]))
    done(admin.create_partitions([NewPartitions("growing", 4)]))
    assert len(admin.list_topics("growing", timeout=20).topics["growing"].partitions) == 4
    assert code_of(admin.create_partitions([NewPartitions("growing", 3)])) == (
        KafkaError.INVALID_PARTITIONS, "The topic growing currently has 4 partition(s); 3 would not be an increase.")
    assert code_of(admin.create_partitions([NewPartitions("growing", 5, replica_assignment=[[2]])]))[0] == \
        KafkaError.INVALID_REPLICA_ASSIGNMENT


def test_partitions_have_bounds(tmp_path):
    (tmp_path / "topics.yaml").write_text("topics: []\n")
    bus = Bus(tmp_path, "--topics", str(tmp_path / "topics.yaml"), "--partitions-max", "11000").start()
    admin = AdminClient({"bootstrap.servers": bus.address})
    excessive = KafkaError.POLICY_VIOLATION, "Excessively large number of partitions per request."  # Kafka's 10,000
    try:
        assert code_of(admin.create_topics([NewTopic("a", 5_000), NewTopic("b", 5_001)])) == excessive
        with Raw(bus.address) as raw:  # wants 10,002 of them
            raw.request(3, 4, struct.pack(">i", 3_334) + b"".join(string(f"auto-{n}") for n in range(3_334)) + b"\1")
        assert admin.list_topics(timeout=20).topics == {}
        done(admin.create_topics([NewTopic("a", 500), NewTopic("b", 500)]))
        grown = admin.create_partitions([NewPartitions("a", 6_000), NewPartitions("b", 6_000)])
        grown["a"].result(20)
        assert code_of({"b": grown["b"]}) == excessive
        # All topics of the broker together.
        refused, told = code_of(admin.create_topics([NewTopic("c", 5_000)]))
        assert refused == KafkaError.POLICY_VIOLATION and "6500 of at most 11000 partitions (partitions_max)" in told
        assert code_of(admin.create_partitions([NewPartitions("b", 5_500)]))[0] == KafkaError.POLICY_VIOLATION
        done(admin.create_partitions([NewPartitions("b", 5_000)]))
        with Raw(bus.address) as raw:
            raw.request(3, 4, struct.pack(">i", 1) + string("auto") + b"\1")
        assert set(admin.list_topics(timeout=20).topics) == {"a", "b"}
        done(admin.delete_topics(["a"]))
        bus.kill()
        bus.start()
        done(admin.create_topics([NewTopic("c", 6_000)]))
        assert code_of(admin.create_topics([NewTopic("d", 1)]))[0] == KafkaError.POLICY_VIOLATION
    finally:
        bus.stop()


def test_configs_of_topics(admin):
    done(admin.create_topics([NewTopic("set", 1, config={"retention.ms": "1000"})]))
    shown = configs(admin, TOPIC, "set")
    assert shown["retention.ms"].value == "1000"
    assert shown["retention.ms"].source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    assert set(shown["retention.ms"].synonyms) == {"retention.ms", "log.retention.ms"}
    assert shown["cleanup.policy"].source == ConfigSource.DEFAULT_CONFIG.value
    done(change(admin, TOPIC, "set", ("cleanup.policy", APPEND, "compact"), ("retention.ms", DELETE, None),
                ("max.message.bytes", SET, "5000")))
    shown = configs(admin, TOPIC, "set")
    assert shown["cleanup.policy"].value == "delete,compact"
    assert shown["retention.ms"].value == "604800000" and shown["max.message.bytes"].value == "5000"
    done(change(admin, TOPIC, "set", ("cleanup.policy", SUBTRACT, "delete")))
    assert configs(admin, TOPIC, "set")["cleanup.policy"].value == "compact"
    assert code_of(change(admin, TOPIC, "set", ("retention.ms", APPEND, "1")))[0] == KafkaError.INVALID_CONFIG
    assert code_of(change(admin, TOPIC, "set", ("retention.ms", SET, "x")))[0] == KafkaError.INVALID_CONFIG
    assert code_of(change(admin, TOPIC, "nowhere", ("retention.ms", SET, "1")))[0] == KafkaError.UNKNOWN_TOPIC_OR_PART
    # The older request sets them all at once: what it does not name is the default again.
    done(admin.alter_configs([ConfigResource(TOPIC, "set", set_config={"segment.ms": "60000"})]))
    shown = configs(admin, TOPIC, "set")
    assert (shown["segment.ms"].value, shown["cleanup.policy"].value) == ("60000", "delete")


def test_changes_that_come_at_once_are_all_kept(bus, admin):
    done(admin.create_topics([NewTopic("contended", 1)]))
    with Raw(bus.address) as one, Raw(bus.address) as other, ThreadPoolExecutor(2) as pool:
        def both(first, second):
            assert [f.result(20) for f in (pool.submit(*first), pool.submit(*second))] == [(0, None)] * 2
        for n in range(2000, 2020):
            both((one.change_config, 2, "contended", "retention.ms", str(n)),
                 (other.change_config, 2, "contended", "max.message.bytes", str(n)))
            shown = configs(admin, TOPIC, "contended")
            assert (shown["retention.ms"].value, shown["max.message.bytes"].value) == (str(n), str(n))
            both((lambda: one.alter_quota({"user": "bob"}, producer_byte_rate=float(n)),),
                 (lambda: other.alter_quota({"user": "bob"}, consumer_byte_rate=float(n)),))
            assert one.quotas() == [({"user": "bob"}, {"producer_byte_rate": n, "consumer_byte_rate": n})]
        assert one.alter_quota({"user": "bob"}, producer_byte_rate=None, consumer_byte_rate=None) == (0, None)


def test_configs_of_the_broker(bus, admin):
    shown = configs(admin, BROKER, "1")
    for name in ("num.partitions", "inter.broker.protocol.version", "advertised.listeners", "log.dirs"):
        assert shown[name].is_read_only and shown[name].value
    with Raw(bus.address) as raw:  # of all brokers: librdkafka knows no such resource
        assert raw.change_config(4, "", "message.max.bytes", "2000") == (0, None)
    done(change(admin, BROKER, "1", ("log.retention.ms", SET, "86400000")))
    done(admin.create_topics([NewTopic("by-default", 1)]))
    topic = configs(admin, TOPIC, "by-default")
    assert (topic["max.message.bytes"].value, topic["retention.ms"].value) == ("2000", "86400000")
    assert topic["max.message.bytes"].source == ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.value
    assert topic["retention.ms"].source == ConfigSource.DYNAMIC_BROKER_CONFIG.value
    outcomes = []
    producer = Producer({"bootstrap.servers": bus.address})
    for size in (100, 5000):
        producer.produce("by-default", b"x" * size, on_delivery=lambda e, _: outcomes.append(e and e.code()))
        producer.flush(20)
    assert outcomes == [None, KafkaError.MSG_SIZE_TOO_LARGE]
    assert code_of(change(admin, BROKER, "1", ("num.partitions", SET, "7"))) == (
        KafkaError.INVALID_REQUEST, "Cannot update these configs dynamically: Set(num.partitions)")
    for too_few in "01":
        code, why = code_of(change(admin, BROKER, "1", ("max.connections", SET, too_few)))
        assert code == KafkaError.INVALID_REQUEST and "Value must be at least 10" in why
    code, why = code_of(change(admin, BROKER, "1", ("max.connections.per.ip.overrides", SET, "gateway:5")))
    assert code == KafkaError.INVALID_REQUEST and "10.0.0.7:200" in why
    with Raw(bus.address) as raw:
        assert raw.change_config(4, "2", "log.retention.ms", "7")[0] == KafkaError.INVALID_REQUEST
    # It is in the log.
    bus.kill()
    bus.start()
    shown = configs(admin, BROKER, "1")["message.max.bytes"]
    assert (shown.value, shown.source) == ("2000", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG.value)
    with Raw(bus.address) as raw:
        assert raw.change_config(4, "", "message.max.bytes", None) == (0, None)
    assert configs(admin, BROKER, "1")["message.max.bytes"].value == "1048588"


def test_connections_of_an_address(bus, admin):
    def how_many_get_in():
        with contextlib.ExitStack() as open_ones:
            for n in range(40):
                try:
                    open_ones.enter_context(Raw(bus.address)).quotas()
                except (Closed, ConnectionError):
                    return n
            return 40

    assert how_many_get_in() == 40
    done(change(admin, BROKER, "1", ("max.connections.per.ip", SET, "12")))
    assert 0 < how_many_get_in() < 12  # the administrator has some
    done(change(admin, BROKER, "1", ("max.connections.per.ip.overrides", SET, "127.0.0.1:1000")))
    assert how_many_get_in() == 40
    for name in ("max.connections.per.ip", "max.connections.per.ip.overrides"):
        done(change(admin, BROKER, "1", (name, DELETE, None)))


def test_cluster(bus, admin):
    cluster = admin.describe_cluster().result(20)
    assert [(n.id, f"{n.host}:{n.port}") for n in cluster.nodes] == [(1, bus.address)]
    assert cluster.controller.id == 1


def test_quotas_are_kept_and_shown(bus):
    with Raw(bus.address) as raw:
        assert raw.quotas() == []
        for entity, ops in (({"user": "alice"}, {"producer_byte_rate": 1024.0}),
                            ({"user": "alice", "client-id": None}, {"consumer_byte_rate": 2048.0}),
                            ({"client-id": "app"}, {"request_percentage": 12.5}),
                            ({"ip": "10.0.0.7"}, {"connection_creation_rate": 5.0})):
            assert raw.alter_quota(entity, **ops) == (0, None)
        assert raw.quotas([("user", 0, "alice")], strict=True) == [({"user": "alice"}, {"producer_byte_rate": 1024.0})]
        assert len(raw.quotas([("user", 0, "alice")])) == 2
        assert raw.quotas([("client-id", 1, None)]) == [({"user": "alice", "client-id": None}, {"consumer_byte_rate": 2048.0})]
        assert raw.quotas([("client-id", 2, None)], strict=True) == [({"client-id": "app"}, {"request_percentage": 12.5})]
        for entity, ops in (({"user": "alice"}, {"no_such_rate": 1.0}), ({"user": "alice"}, {"producer_byte_rate": 1.5}),
                            ({"user": "alice"}, {"producer_byte_rate": -1.0}), ({"ip": "10.0.0.7"}, {"producer_byte_rate": 1.0}),
                            ({"ip": "10.0.0.7", "user": "alice"}, {"connection_creation_rate": 1.0}), ({"planet": "x"}, {}), ({}, {})):
            assert raw.alter_quota(entity, **ops)[0] == 42, (entity, ops)
        for entity, key in (({"user": "alice"}, "producer_byte_rate"), ({"user": "alice", "client-id": None}, "consumer_byte_rate"),
                            ({"client-id": "app"}, "request_percentage"), ({"ip": "10.0.0.7"}, "connection_creation_rate")):
            assert raw.alter_quota(entity, **{key: None}) == (0, None)
        assert raw.quotas() == []


def test_producers_are_throttled(bus):
    throttled = []
    with Raw(bus.address) as raw:
        assert raw.alter_quota({"client-id": "greedy"}, producer_byte_rate=10_000.0) == (0, None)
        try:
            producer = Producer({"bootstrap.servers": bus.address, "client.id": "greedy", "linger.ms": 0,
                                 "throttle_cb": lambda event: throttled.append(event.throttle_time)})
            # 100 kB are what ten seconds of the quota give; the next is told to wait, and arrives all the same.
            for _ in range(2):
                producer.produce("system.audit-log", b"x" * 51_000, partition=0)
                assert producer.flush(20) == 0
            for _ in range(200):
                producer.poll(0 if throttled else 0.1)
        finally:
            assert raw.alter_quota({"client-id": "greedy"}, producer_byte_rate=None) == (0, None)
    # (102 kB + overhead) / 10 s are some 2 % too much: (rate - limit) / limit * 10 s.
    assert 0 < throttled[0] <= 5


# ---- What no client asks: requests as bytes ----

def several(size, flexible=False):
    if not flexible:
        return struct.pack(">i", size)
    return bytes([size + 1]) if size < 127 else bytes([(size + 1) & 127 | 128, (size + 1) >> 7])


def compact(text):
    return several(len(text), True) + text.encode()


def ask(raw, key, version, body, flexible):
    return raw.frame(struct.pack(">hhih", key, version, 1, -1) + (b"\0" + body + b"\0" if flexible else body))


ONE_PARTITION = struct.pack(">ii", 1, 0)
NAMED = {  # key, version, and the request that names one thing so often
    "AlterPartitionReassignments": (45, 0, lambda n: struct.pack(">i", 1000) + b"\2" + compact("named") + several(n, True) + n * (struct.pack(">i", 0) + b"\0\0") + b"\0"),
    "DeleteGroups": (42, 0, lambda n: several(n) + n * string("never")),
    "DeleteRecords": (21, 0, lambda n: several(n) + n * (string("named") + struct.pack(">iiq", 1, 0, 0)) + struct.pack(">i", 1000)),
    "DescribeTopicPartitions": (75, 0, lambda n: several(n, True) + n * (compact("named") + b"\0") + struct.pack(">i", 9) + b"\1" + compact("x") + struct.pack(">i", 0) + b"\0"),
    "ElectLeaders": (43, 1, lambda n: b"\0" + several(1) + string("named") + several(n) + n * struct.pack(">i", 9) + struct.pack(">i", 1000)),
    "FindCoordinator": (10, 4, lambda n: b"\0" + several(n, True) + n * compact("g")),
    "ListTransactions": (66, 0, lambda n: several(n, True) + n * compact("Odd") + b"\1"),
    "OffsetDelete": (47, 0, lambda n: string("g") + several(1) + string("named") + several(n) + n * struct.pack(">i", 0)),
    "WriteTxnMarkers": (27, 1, lambda n: b"\2" + struct.pack(">qh?", 9, 0, False) + several(n, True) + n * (compact("unknown") + b"\2" + struct.pack(">i", 0) + b"\0") + struct.pack(">i", 0) + b"\0"),
    "DescribeGroups": (15, 0, lambda n: several(n) + n * string("g")),
    "DescribeGroups 5": (15, 5, lambda n: several(n, True) + n * compact("g") + b"\0"),
    "ConsumerGroupDescribe": (69, 0, lambda n: several(n, True) + n * compact("g") + b"\0"),
    "DescribeConfigs": (32, 1, lambda n: several(n) + n * (b"\2" + string("named") + struct.pack(">i", -1)) + b"\1"),
    "DescribeLogDirs": (35, 1, lambda n: several(n) + n * (string("named") + ONE_PARTITION)),
    "DescribeProducers": (61, 0, lambda n: several(n, True) + n * (compact("named") + b"\2" + struct.pack(">i", 0) + b"\0")),
    "DescribeProducers, partitions": (61, 0, lambda n: b"\2" + compact("named") + several(n, True) + n * struct.pack(">i", 0) + b"\0"),
    "DescribeTransactions": (65, 0, lambda n: several(n, True) + n * compact("x")),
    "ListConfigResources": (74, 1, lambda n: several(n, True) + n * b"\2"),
    "OffsetFetch, topics": (9, 1, lambda n: string("g") + several(n) + n * (string("named") + ONE_PARTITION)),
    "OffsetFetch, partitions": (9, 1, lambda n: string("g") + several(1) + string("named") + several(n) + n * struct.pack(">i", 0)),
    "OffsetFetch, groups": (9, 8, lambda n: several(n, True) + n * (compact("g") + b"\0\0") + b"\0"),
}
FLEXIBLE_FROM = {9: 6, 10: 3, 15: 5, 21: 2, 27: 1, 32: 4, 35: 2, 42: 2, 43: 2, 45: 0, 47: 99, 61: 0, 65: 0, 66: 0, 69: 0, 74: 0, 75: 0}


@pytest.mark.parametrize("what", NAMED)
def test_what_is_named_again_is_answered_once(bus, admin, what):
    for future in admin.create_topics([NewTopic("named", 1)]).values():
        future.exception(20)  # it may be there
    key, version, request = NAMED[what]
    with Raw(bus.address) as raw:
        assert raw.commit_offset("g", "named", 1) == 0
        once, often = (ask(raw, key, version, request(n), version >= FLEXIBLE_FROM[key]) for n in (1, 1000))
    assert len(often) == len(once)


def test_what_is_named_again_is_done_once(bus, admin):
    for future in admin.create_topics([NewTopic("twice", 2)]).values():
        future.result(20)
    with Raw(bus.address) as raw:
        # One marker, as in Kafka, which asks its log once for each partition.
        marker = {"producer_id": 9, "producer_epoch": 0, "transaction_result": False, "coordinator_epoch": 0,
                  "topics": [{"name": "twice", "partition_indexes": [0, 0, 0]}, {"name": "twice", "partition_indexes": [0, 1]}]}
        told = raw.call("write_txn_markers", 1, markers=[marker])["markers"][0]["topics"]
        assert [(p["partition_index"], p["error_code"]) for t in told for p in t["partitions"]] == [(0, 0), (1, 0)]
        assert [metric(bus, f'kafka_topic_partition_current_offset{{topic="twice",partition="{p}"}}') for p in (0, 1)] == [1, 1]
        # The offset that is said last, as in Kafka.
        for _ in range(4):
            assert raw.produce("twice", 0, batch([b"x"], timestamps=[1_700_000_000_000])) == 0
        wanted = [{"name": "twice", "partitions": [{"partition_index": 0, "offset": 4}, {"partition_index": 0, "offset": 2}]}]
        told = raw.call("delete_records", 1, topics=wanted, timeout_ms=5000)["topics"]
        assert [(p["low_watermark"], p["error_code"]) for t in told for p in t["partitions"]] == [(2, 0)]


def test_no_topic_is_made_by_asking_whose_metrics_would_be_anothers(bus, admin):
    """As in Kafka 4.2, which makes none either, and says that it is unknown."""
    for future in admin.create_topics([NewTopic("a.b", 1)]).values():
        future.result(20)
    with Raw(bus.address) as raw:
        for _ in range(2):
            told = raw.call("metadata", 9, topics=[{"name": "a_b"}, {"name": "a.c"}], allow_auto_topic_creation=True)["topics"]
            assert {t["name"]: t["error_code"] for t in told} == {"a_b": 3, "a.c": 0}


def test_a_resource_whose_settings_are_changed_again_is_refused_once(bus):
    with Raw(bus.address) as raw:
        twice, often = (ask(raw, 33, 0, several(n) + n * (b"\2" + string("named") + several(0)) + b"\1", False) for n in (2, 1000))
    assert b"at most once" in twice and len(often) == len(twice)


def test_the_length_of_an_answer_does_not_multiply_that_of_a_name(bus):
    topic = "x" * 30_000
    with Raw(bus.address) as raw:
        elections = struct.pack(">b", 0) + several(1) + string(topic) + several(1000) + struct.pack(">1000i", *range(1000)) + struct.pack(">i", 1000)
        assert len(ask(raw, 43, 1, elections, False)) < 400_000
        groups = [f"{number:x}" for number in range(100_000)]  # each has settings of its own
        body = several(len(groups)) + b"".join(b"\x20" + string(g) + struct.pack(">i", -1) for g in groups) + b"\0"
        assert len(ask(raw, 32, 1, body, False)) < 40_000_000


def test_strings_have_kafkas_bound(bus):
    with Raw(bus.address) as raw:
        assert ask(raw, 10, 3, compact("k" * 16_000) + b"\0", True)
    for size in (0x7fff, 0x8000):
        length = size + 1
        name = bytes([length & 127 | 128, length >> 7 & 127 | 128, length >> 14]) + b"k" * size
        with Raw(bus.address) as raw:
            if size <= 0x7fff:
                assert ask(raw, 10, 3, name + b"\0", True)
            else:
                with pytest.raises(Closed):
                    ask(raw, 10, 3, name + b"\0", True)


NO_CONFIGS = struct.pack(">i", 0)
MANY = {  # key, version, and the request that names so many things that are not there
    "AlterConfigs": (33, 0, lambda names: b"".join(b"\x20" + string(n) + NO_CONFIGS for n in names) + b"\1"),
    "IncrementalAlterConfigs": (44, 0, lambda names: b"".join(b"\x20" + string(n) + NO_CONFIGS for n in names) + b"\1"),
    "DeleteTopics": (20, 1, lambda names: b"".join(map(string, names)) + struct.pack(">i", 1000)),
    "CreatePartitions": (37, 0, lambda names: b"".join(string(n) + struct.pack(">ii", 1, -1) for n in names) + struct.pack(">i?", 1000, True)),
}


@pytest.mark.parametrize("what", MANY)
def test_many_names_are_looked_at_one_by_one(bus, what):
    """Comparing each with each would keep all clients waiting for longer than this one's time-out."""
    key, version, body = MANY[what]
    names = [f"{number:x}" for number in range(250_000)]
    with Raw(bus.address) as raw:
        assert ask(raw, key, version, several(len(names)) + body(names), False)


def test_so_many_topics_are_made_at_once_as_kafka_makes(bus):
    names = [f"made-{number}" for number in range(10_001)]
    one = struct.pack(">ihii", 1, 1, 0, 0)  # partitions, replicas, no assignments, no configurations
    for count, expected in ((10_000, 0), (10_001, KafkaError.POLICY_VIOLATION)):
        body = several(count) + b"".join(string(n) + one for n in names[:count]) + struct.pack(">i?", 1000, True)
        with Raw(bus.address) as raw:
            answer = raw.request(19, 2, body)
        answer.take("i")
        told = answer.array(lambda: (answer.string(), answer.take("h"), answer.string()))
        assert len(told) == count and {error for _, error, _ in told} == {expected}
