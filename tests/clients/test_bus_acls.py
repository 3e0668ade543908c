"""What ACLs allow and deny: with librdkafka's client and requests by hand."""
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AclOperation, AclPermissionType, AdminClient, NewTopic, ResourcePatternType, ResourceType

from bus_access import acl, address, anything, consume, done, plain, produce, raw_as, topics_of, users_file
from bus_operator import metric
from raw import Raw
from tests.support.wait import eventually

POLICY_VIOLATION = 44


@pytest.fixture
def guarded(start_bus, tmp_path):
    bus = start_bus("--listeners", "SASL_PLAINTEXT://127.0.0.1:9094", "--sasl-users",
                users_file(tmp_path, admin="root", alice="a"), "--authorizer", "true", "--super-users", "User:admin")
    return bus, AdminClient(plain(bus, "admin", "root")), plain(bus, "alice", "a")


def test_nothing_is_allowed_that_no_acl_allows(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("orders", 1), NewTopic("secret", 1)]))
    denied = KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert topics_of(alice) == {}
    assert produce(alice, "orders", b"1") == [denied]
    assert AdminClient(alice).list_topics("orders", timeout=20).topics["orders"].error.code() == denied
    powerless = AdminClient(alice)
    for call, code in ((lambda a: a.create_topics([NewTopic("own", 1)]), denied),
                       (lambda a: a.delete_topics(["orders"]), denied),
                       (lambda a: a.create_acls([acl("orders", AclOperation.ALL)]), KafkaError.CLUSTER_AUTHORIZATION_FAILED)):
        with pytest.raises(KafkaException) as refused:
            done(call(powerless))
        assert refused.value.args[0].code() == code
    assert "orders" in topics_of(plain(bus, "admin", "root"))


def test_what_acls_allow_and_deny(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("plant-1", 1), NewTopic("plant-2", 1), NewTopic("other", 1)]))
    done(admin.create_acls([acl("plant-", AclOperation.WRITE, pattern=ResourcePatternType.PREFIXED),
                            acl("plant-2", AclOperation.WRITE, verdict=AclPermissionType.DENY)]))
    assert produce(alice, "plant-1", b"1") == [None]
    assert produce(alice, "plant-2", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    # Writing implies describing, and nothing else.
    assert set(topics_of(alice)) == {"plant-1", "plant-2"}
    assert consume(alice, "plant-1", 1) == KafkaError.GROUP_AUTHORIZATION_FAILED
    done(admin.create_acls([acl("readers", AclOperation.READ, resource=ResourceType.GROUP)]))
    assert consume(alice, "plant-1", 1) == KafkaError.TOPIC_AUTHORIZATION_FAILED
    done(admin.create_acls([acl("plant-1", AclOperation.READ, who="User:*")]))
    assert consume(alice, "plant-1", 1) == [b"1"]
    # They are in the log: after a restart, and after one that is no stop, nothing has changed.
    bus.kill()
    bus.start()
    assert produce(alice, "plant-2", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    assert produce(alice, "plant-1", b"2") == [None]
    assert {(a.name, a.operation, a.permission_type) for a in admin.describe_acls(anything()).result(20)} == {
        ("plant-", AclOperation.WRITE, AclPermissionType.ALLOW), ("plant-2", AclOperation.WRITE, AclPermissionType.DENY),
        ("plant-1", AclOperation.READ, AclPermissionType.ALLOW), ("readers", AclOperation.READ, AclPermissionType.ALLOW)}
    assert {a.name for a in admin.describe_acls(anything("plant-1", ResourcePatternType.MATCH)).result(20)} == {
        "plant-", "plant-1"}
    assert {a.name for a in admin.describe_acls(anything(who="User:*")).result(20)} == {"plant-1"}
    deleted = done(admin.delete_acls([anything("plant-2", ResourcePatternType.LITERAL)]))[0]
    assert [a.name for a in deleted] == ["plant-2"]
    assert produce(alice, "plant-2", b"1") == [None]


def test_groups_transactions_and_bits(guarded):
    _, admin, alice = guarded
    done(admin.create_topics([NewTopic("t", 1)]))
    done(admin.create_acls([acl("t", AclOperation.ALTER), acl("g", AclOperation.DELETE, resource=ResourceType.GROUP)]))
    as_alice = AdminClient(alice)
    described = as_alice.describe_topics(TopicCollection(["t"]), include_authorized_operations=True)["t"].result(20)
    assert set(described.authorized_operations) == {AclOperation.ALTER, AclOperation.DESCRIBE}
    assert not as_alice.describe_cluster(include_authorized_operations=True).result(20).authorized_operations
    everything = admin.describe_cluster(include_authorized_operations=True).result(20).authorized_operations
    assert {AclOperation.CREATE, AclOperation.ALTER, AclOperation.DESCRIBE_CONFIGS} <= set(everything)
    transactional = Producer({**alice, "transactional.id": "tx"})
    with pytest.raises(KafkaException) as refused:
        transactional.init_transactions(20)
    assert refused.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_a_regular_expression_reaches_only_what_its_member_may_describe(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("pub-open", 1), NewTopic("pub-secret", 1)]))
    done(admin.create_acls([acl("g", AclOperation.READ, resource=ResourceType.GROUP), acl("pub-open", AclOperation.READ)]))

    def reads(config):
        consumer = Consumer({**config, "group.id": "g", "group.protocol": "consumer"})
        consumer.subscribe(["^pub-.*"])
        return consumer

    def assigned(consumer):
        consumer.poll(0.1)
        return {p.topic for p in consumer.assignment()}
    of_alice, of_admin = reads(alice), reads(plain(bus, "admin", "root"))
    try:
        eventually(lambda: (assigned(of_alice), assigned(of_admin)) == ({"pub-open"}, {"pub-secret"}), timeout_s=40)
        of_admin.close()
        bus.kill()
        bus.start()
        done(admin.create_topics([NewTopic("pub-secret-too", 1), NewTopic("pub-open-too", 1)]))
        done(admin.create_acls([acl("pub-open-too", AclOperation.READ)]))
        eventually(lambda: assigned(of_alice) == {"pub-open", "pub-open-too"}, timeout_s=40)
        done(admin.delete_acls([anything("pub-open-too")]))
        eventually(lambda: assigned(of_alice) == {"pub-open"}, timeout_s=40)
    finally:
        of_alice.close()


def test_markers_of_transactions_are_for_who_acts_for_the_cluster(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic("t", 1)]))

    def mark():
        with Raw(address(bus, 9094)) as raw:
            raw.handshake("PLAIN")
            assert raw.authenticate(b"\0alice\0a")[0] == 0
            return raw.abort_marker("t", 7)
    assert mark() == KafkaError.CLUSTER_AUTHORIZATION_FAILED
    done(admin.create_acls([acl("kafka-cluster", AclOperation.CLUSTER_ACTION, resource=ResourceType.BROKER)]))
    assert mark() == KafkaError.NO_ERROR


def test_ends_of_epochs_are_for_who_describes_a_topic_or_acts_for_the_cluster(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic("t", 1)]))
    with raw_as(bus, "alice", "a") as raw:
        def ask(topic):
            asked = {"topic": topic, "partitions": [{"partition": 0, "current_leader_epoch": -1, "leader_epoch": 0}]}
            return raw.call("offset_for_leader_epoch", 4, replica_id=-1, topics=[asked])["topics"][0]["partitions"][0]["error_code"]
        assert ask("t") == KafkaError.TOPIC_AUTHORIZATION_FAILED
        done(admin.create_acls([acl("kafka-cluster", AclOperation.CLUSTER_ACTION, resource=ResourceType.BROKER)]))
        assert ask("t") == KafkaError.NO_ERROR
        assert ask("none") == KafkaError.UNKNOWN_TOPIC_OR_PART


def test_pages_of_all_topics_are_of_those_that_a_client_may_describe(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic(name, 1) for name in ("a-secret", "b-open", "c-secret", "d-open", "e-secret")]))
    for name in ("b-open", "d-open"):
        done(admin.create_acls([acl(name, AclOperation.DESCRIBE)]))
    with raw_as(bus, "alice", "a") as raw:
        def page(limit, cursor=None):
            got = raw.call("describe_topic_partitions", 0, topics=[], response_partition_limit=limit,
                           cursor=cursor and {"topic_name": cursor, "partition_index": 0})
            return [t["name"] for t in got["topics"]], got["next_cursor"] and got["next_cursor"]["topic_name"]
        assert page(1) == (["b-open"], "d-open")
        assert page(1, "d-open") == (["d-open"], None)
        assert page(1, "a-secret") == (["b-open"], "d-open")
        assert page(2) == (["b-open", "d-open"], None)


def test_hidden_topics_are_refused_as_kafka_refuses_them(guarded):
    bus, admin, alice = guarded
    done(admin.create_topics([NewTopic("hidden", 1), NewTopic("seen", 1)]))
    done(admin.create_acls([acl(name, AclOperation.DESCRIBE) for name in ("seen", "gone")]))
    denied, not_told = KafkaError.TOPIC_AUTHORIZATION_FAILED, -1 << 31
    with raw_as(bus, "admin", "root") as raw:
        ids = {t["name"]: t["topic_id"] for t in raw.call("metadata", 12, topics=[{"name": "hidden"}, {"name": "seen"}])["topics"]}
    with raw_as(bus, "alice", "a") as raw:
        by_id = raw.call("metadata", 12, topics=[{"name": None, "topic_id": ids["hidden"]}], include_topic_authorized_operations=True)
        assert [(t["error_code"], t["name"], t["topic_authorized_operations"]) for t in by_id["topics"]] == [(denied, None, not_told)]
        alone = raw.call("describe_topic_partitions", 0, topics=[{"name": "hidden"}], response_partition_limit=1, cursor=None)
        assert [(t["error_code"], t["topic_authorized_operations"]) for t in alone["topics"]] == [(denied, not_told)]

    of_alice = AdminClient(alice)

    def deleting(name):
        with pytest.raises(KafkaException) as refused:
            done(of_alice.delete_topics([name]))
        return refused.value.args[0].code()
    # Who may describe a topic may know that there is none.
    assert [deleting(name) for name in ("hidden", "hidden-and-gone", "seen", "gone")] == [
        denied, denied, denied, KafkaError.UNKNOWN_TOPIC_OR_PART]


def test_rules_are_found_by_the_names_of_filters(guarded):
    """Comparing each filter with each rule would keep all clients waiting for longer than this one's time-out."""
    bus, admin, _ = guarded
    topic, prefixed, read, allow = 2, 4, 3, 3
    rules = [{"resource_type": topic, "resource_pattern_type": prefixed, "resource_name": f"plant.machine-{number:05}.",
              "principal": "User:alice", "host": "*", "operation": read, "permission_type": allow} for number in range(40_000)]
    filters = [{"resource_type_filter": topic, "pattern_type_filter": prefixed, "resource_name_filter": r["resource_name"],
                "principal_filter": None, "host_filter": None, "operation": read, "permission_type": allow} for r in rules]
    with raw_as(bus, "admin", "root") as raw:
        raw.call("create_acls", 3, creations=rules)
        deleted = raw.call("delete_acls", 3, filters=filters)["filter_results"]
        assert [[m["resource_name"] for m in d["matching_acls"]] for d in deleted] == [[r["resource_name"]] for r in rules]
    assert admin.describe_acls(anything()).result(20) == []


def test_who_may_delete_of_the_cluster_may_delete_every_topic(guarded):
    _, admin, alice = guarded
    done(admin.create_topics([NewTopic("a", 1)]))
    done(admin.create_acls([acl("kafka-cluster", AclOperation.DELETE, resource=ResourceType.BROKER)]))
    as_alice = AdminClient(alice)
    done(as_alice.delete_topics(["a"]))
    assert "a" not in admin.list_topics(timeout=20).topics


def test_versions_of_add_partitions_that_brokers_use_are_for_who_acts_for_the_cluster(guarded):
    bus, admin, _ = guarded
    done(admin.create_topics([NewTopic("t", 1)]))
    done(admin.create_acls([acl("t", AclOperation.WRITE), acl("tx", AclOperation.WRITE, resource=ResourceType.TRANSACTIONAL_ID)]))
    with Raw(address(bus, 9094)) as raw:
        raw.handshake("PLAIN")
        assert raw.authenticate(b"\0alice\0a")[0] == 0
        producer = raw.new_producer("tx")
        assert raw.verify_partition("tx", producer, "t") == KafkaError.CLUSTER_AUTHORIZATION_FAILED
        done(admin.create_acls([acl("kafka-cluster", AclOperation.CLUSTER_ACTION, resource=ResourceType.BROKER)]))
        assert raw.verify_partition("tx", producer, "t") == KafkaError.NO_ERROR


def test_a_host_is_an_address_however_it_is_written(start_bus):
    bus = start_bus("--listeners", "PLAINTEXT://[::1]:9094", "--authorizer", "true", "--allow-everyone-if-no-acl-found", "true")
    here = {"bootstrap.servers": f"[::1]:{9094 + bus.offset}"}
    admin = AdminClient(here)
    done(admin.create_topics([NewTopic("t", 1)]))
    long = "0:0:0:0:0:0:0:1"  # as Kafka writes it
    done(admin.create_acls([acl("t", AclOperation.ALL, "User:*"),
                            acl("t", AclOperation.WRITE, "User:*", verdict=AclPermissionType.DENY, host=long)]))
    assert produce(here, "t", b"1") == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    assert {a.host for a in admin.describe_acls(anything("t")).result(20)} == {"*", long}


def test_without_an_authorizer_acls_are_refused_cleanly(start_bus):
    bus = start_bus()
    with Raw(bus.address) as raw:  # librdkafka does not hand that answer's error on
        assert raw.describe_acls() == (KafkaError.SECURITY_DISABLED, "No Authorizer is configured.")
    admin = AdminClient({"bootstrap.servers": bus.address})
    with pytest.raises(KafkaException) as off:
        done(admin.create_acls([acl("orders", AclOperation.ALL)]))
    assert off.value.args[0].code() == KafkaError.SECURITY_DISABLED


def test_what_the_filters_of_one_request_fit_has_a_bound(guarded):
    """Each tells of what it fits; beyond the bound a filter takes nothing away, and says so. An ACL goes once."""
    bus, admin, _ = guarded
    done(admin.create_acls([acl(f"topic-{number}", AclOperation.READ) for number in range(101)]))
    every = {"resource_type_filter": 1, "resource_name_filter": None, "pattern_type_filter": 1, "principal_filter": None,
             "host_filter": None, "operation": 1, "permission_type": 1}
    written = metric(bus, 'mes_bus_log_written_bytes_total{what="frames"}')
    with raw_as(bus, "admin", "root") as raw:
        results = raw.call("delete_acls", 1, filters=[every] * 1000)["filter_results"]
    assert [(r["error_code"], len(r["matching_acls"])) for r in results] == [(0, 101)] * 990 + [(POLICY_VIOLATION, 0)] * 10
    assert metric(bus, 'mes_bus_log_written_bytes_total{what="frames"}') - written < 64 * 1024
    assert admin.describe_acls(anything()).result(20) == []
