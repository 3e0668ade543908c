"""Topics, partitions, settings, deleted records, log folders, producers, quotas, credentials, ACLs, the cluster."""
import time

from both import NUMBERS, only
from codec import NO_UUID
from data_cases import NAMES, SHORTENED, TOPICS, any_partition, any_topic
from target import Ref

TOPIC, BROKER, GROUP = 2, 4, 32
VALUES = {  # of topics' settings, right and wrong ones
    "retention.ms": ["1000", "-1", "-2", "soon", " 5 ", "+5", "99999999999999999999"], "retention.bytes": ["-1", "1000", "-5"],
    "cleanup.policy": ["compact", "delete", "compact,delete", "nothing", "", "delete,delete", "compact,"],
    "max.message.bytes": ["1000", "-1", "x"], "segment.bytes": ["1048576", "1", "9999999999"], "min.insync.replicas": ["1", "0", "2"],
    "compression.type": ["producer", "gzip", "best"], "message.timestamp.type": ["LogAppendTime", "Whenever"],
    "delete.retention.ms": ["5", "-5"], "nonsense": ["1"], "preallocate": ["TRUE", "yes"],
    "min.cleanable.dirty.ratio": ["0.5", "1.1", "0.5f"], "compression.gzip.level": ["0", "9", "10"], "compression.lz4.level": ["0", "17"],
    "compression.zstd.level": ["22", "23"], "local.retention.ms": ["-2", "5"], "local.retention.bytes": ["-2", "-3"],
    "remote.storage.enable": ["true", "false"], "remote.log.copy.disable": ["true"], "remote.log.delete.on.disable": ["false"],
    "leader.replication.throttled.replicas": ["*", "0:1", "x"], "max.compaction.lag.ms": ["0", "1"], "message.format.version": ["3.0"],
}
SETTINGS = list(VALUES)


def any_setting(rng):
    name = rng.choice(SETTINGS)
    return {"name": name, "value": rng.choice(VALUES[name])}


def topic_life(both):
    """One is made, often wrongly, grown, shown and deleted again."""
    rng, name = both.rng, f"life{next(NUMBERS)}"
    name = rng.choice([name] * 8 + ["t0", "", "no/slash", "x" * 249, "x" * 250, ".", "t_0", "t.0"])
    wanted = {"name": name, "num_partitions": rng.choice([1, 2, -1, 0, -2]), "replication_factor": rng.choice([1] * 4 + [-1, 0, 2]),
              "configs": [any_setting(rng) for _ in range(rng.choice([0, 0, 1, 2]))]}
    if rng.random() < 0.15:
        wanted["assignments"] = rng.choice([[{"partition_index": 0, "broker_ids": [1]}], [{"partition_index": 1, "broker_ids": [1]}],
                                            [{"partition_index": 0, "broker_ids": [7]}], [{"partition_index": 0, "broker_ids": [1, 1]}]])
        if rng.random() < 0.7:
            wanted["num_partitions"] = wanted["replication_factor"] = -1
    version = both.version("create_topics")
    both.call("create_topics", version, {
        "topics": [wanted] * rng.choice([1] * 9 + [2]), "timeout_ms": 30000, "validate_only": rng.random() < 0.2},
        bind=lambda a: {f"topic {t['name']}": t.get("topic_id") for t in a["topics"]})
    exists = _settled(both, name)
    if not exists or name in TOPICS:
        return
    count = len(exists["partitions"])
    both.call("describe_configs", both.version("describe_configs"), _describe(TOPIC, name, SETTINGS))
    more = rng.choice([count + 1, count, 0, -1])
    both.call("create_partitions", both.version("create_partitions"), {"timeout_ms": 30000, "validate_only": rng.random() < 0.3, "topics": [
        {"name": name, "count": more, "assignments": rng.choice([None, None, [{"broker_ids": [1]}], [{"broker_ids": [9]}]])}]})
    _settled(both, name)
    both.call("describe_topic_partitions", 0, {"topics": [{"name": name}], "response_partition_limit": rng.choice([2000, 1])})
    version = both.version("delete_topics")
    by_name = {"topics": [{"name": name, "topic_id": NO_UUID}]} if version >= 6 else {"topic_names": [name]}
    both.call("delete_topics", version, by_name | {"timeout_ms": 30000})
    _settled(both, name)


def _settled(both, name):
    """The topic on Kafka once both agree on whether it is there; they tell of a change a moment after its answer."""
    def found(target):
        answer = target.call("metadata", 12, {"topics": [{"name": name}], "allow_auto_topic_creation": False}, client="settle")
        topics = answer["topics"] if isinstance(answer, dict) else []
        if not topics or topics[0]["error_code"]:
            return None
        target.ids[f"topic {name}"] = topics[0]["topic_id"]
        return topics[0]
    last = None
    for _ in range(200):
        kafka, bus = (found(target) for target in both.targets)
        now = (kafka and len(kafka["partitions"]), bus and len(bus["partitions"]))
        if now[0] == now[1] and now == last:
            return kafka
        last = now
        time.sleep(0.02)
    return None  # they disagree, which the answers have shown


def unknown_topics(both):
    rng = both.rng
    version = both.version("delete_topics")
    body = {"topics": [{"name": rng.choice(["nowhere", None]), "topic_id": "11111111-1111-1111-1111-111111111111"}]} if version >= 6 else {
        "topic_names": rng.choice([["nowhere"], ["", "x"], []])}
    both.call("delete_topics", version, body | {"timeout_ms": 1000})
    twice = {"topics": rng.choice([[{"name": "t0", "topic_id": NO_UUID}] * 2, [{"name": None, "topic_id": Ref("topic t0")}] * 2,
                                   [{"name": "t0", "topic_id": NO_UUID}, {"name": None, "topic_id": Ref("topic t0")}],
                                   [{"name": "t0", "topic_id": Ref("topic t0")}], [{"name": None, "topic_id": NO_UUID}]])}
    both.call("delete_topics", 6, twice | {"timeout_ms": 1000})
    both.call("create_partitions", both.version("create_partitions"), {
        "topics": [{"name": "t0", "count": 5, "assignments": None}] * 2, "timeout_ms": 1000, "validate_only": False})
    both.call("create_partitions", both.version("create_partitions"), {"topics": [{"name": "nowhere", "count": 9, "assignments": None}],
                                                                       "timeout_ms": 1000, "validate_only": False})


def _describe(kind, name, keys):
    return {"resources": [{"resource_type": kind, "resource_name": name, "configuration_keys": keys}], "include_synonyms": False,
            "include_documentation": False}


def describe_configs(both):
    rng = both.rng
    def some():
        kind, name = rng.choice([(TOPIC, n) for n in NAMES] + [(BROKER, "1"), (BROKER, "1"), (BROKER, "9"), (BROKER, ""), (TOPIC, ""), (9, "x"),
                                                              (8, "x"), (8, ""), (GROUP, "g"), (GROUP, "")])
        keys = rng.choice([rng.sample(SETTINGS, 3)] * 3 + [None, []]) if kind == TOPIC else [
            "num.partitions", "log.cleanup.policy", "default.replication.factor", "nonsense", "consumer.heartbeat.interval.ms"]
        return _describe(kind, name, keys)["resources"]
    body = _describe(TOPIC, "t0", None) | {"resources": some() + (some() if rng.random() < 0.2 else [])}
    both.call("describe_configs", both.version("describe_configs"), body)
    known = ["cleanup.policy", "max.message.bytes", "retention.ms", "retention.bytes", "delete.retention.ms", "remote.storage.enable"]
    both.call("describe_configs", both.version("describe_configs"), _describe(TOPIC, rng.choice(NAMES), known) | {"include_synonyms": True})


def alter_configs(both):
    rng = both.rng
    resource = rng.choice([(TOPIC, "t1")] * 5 + [(TOPIC, "nowhere"), (TOPIC, ""), (TOPIC, "a!"), (BROKER, "9"), (BROKER, "x"), (GROUP, ""), (7, "x")])
    if rng.random() < 0.3:
        body = {"resources": [{"resource_type": resource[0], "resource_name": resource[1], "configs": [any_setting(rng)]}]}
        both.call("alter_configs", both.version("alter_configs"), body | {"validate_only": True})
    else:
        setting = any_setting(rng)
        # Only what the bus's answers do not depend on is really changed.
        dry = setting["name"] not in ("delete.retention.ms", "nonsense") or rng.random() < 0.3
        operation = rng.choice([0] * 5 + [1, 2, 3, 9])
        setting |= {"config_operation": operation, "value": None if operation == 1 else setting["value"]}
        both.call("incremental_alter_configs", both.version("incremental_alter_configs"), {
            "resources": [{"resource_type": resource[0], "resource_name": resource[1], "configs": [setting]}], "validate_only": dry})
    both.call("describe_configs", both.version("describe_configs"), _describe(TOPIC, "t1", SETTINGS))


def alter_others(both):
    """Settings of the broker and of a group, not really changed."""
    rng = both.rng
    kind, name = rng.choice([(BROKER, "1"), (BROKER, ""), (GROUP, "g")])
    key, value = rng.choice([("log.retention.ms", "5"), ("log.retention.ms", "x"), ("num.partitions", "5"), ("message.max.bytes", "1000"),
                             ("consumer.heartbeat.interval.ms", "5000"), ("consumer.session.timeout.ms", "soon")])
    operation = rng.choice([0, 0, 0, 1, 9])
    both.call("incremental_alter_configs", both.version("incremental_alter_configs"), {"validate_only": True, "resources": [
        {"resource_type": kind, "resource_name": name, "configs": [{"name": key, "config_operation": operation, "value": value}]}]})
    if operation == 0 and name:  # of all brokers Kafka's own setting, min.insync.replicas, must not be taken away
        both.call("alter_configs", both.version("alter_configs"), {"validate_only": True, "resources": [
            {"resource_type": kind, "resource_name": name, "configs": [{"name": key, "value": rng.choice([value, value, None])}]}]})
    twice = {"resource_type": TOPIC, "resource_name": "t0", "configs": [{"name": "retention.ms", "value": "5"}] * rng.choice([1, 2])}
    both.call("alter_configs", both.version("alter_configs"), {"validate_only": True, "resources": [twice]})  # twice itself: Kafka never answers


def replicas(both):
    """Elections and reassignments where there is one broker."""
    rng = both.rng
    name = rng.choice(["t0", "nowhere"])
    partition = rng.choice([0, 0, 7])
    both.rng.choice([
        lambda: both.call("elect_leaders", both.version("elect_leaders"), only("elect_leaders", {
            "election_type": rng.choice([0, 1]), "timeout_ms": 1000, "topic_partitions": rng.choice([
                [{"topic": name, "partitions": [partition]}], []])})),
        lambda: both.call("alter_partition_reassignments", both.version("alter_partition_reassignments"), only("alter_partition_reassignments", {
            "timeout_ms": 1000, "allow_replication_factor_change": True, "topics": [{"name": name, "partitions": [
                {"partition_index": partition, "replicas": rng.choice([None, [1], [], [9], [1, 1], [1, 9], [-1]])}]}]})),
        lambda: both.call("list_partition_reassignments", 0, {"timeout_ms": 1000, "topics": rng.choice([
            None, [{"name": name, "partition_indexes": [partition]}]])})])()


def delete_records(both):
    rng = both.rng
    name = rng.choice(["nowhere", *SHORTENED])
    both.call("delete_records", both.version("delete_records"), {"timeout_ms": 5000, "topics": [{"name": name, "partitions": [
        {"partition_index": any_partition(rng, name), "offset": rng.choice([0, 1, 2, -2, 10**6] + [-1] * (name == "stamped"))}]}]})


def log_dirs(both):
    name = any_topic(both.rng)
    both.call("describe_log_dirs", both.version("describe_log_dirs"), {"topics": [{"topic": name, "partitions": both.rng.choice([[0], [0, 7], []])}]})


def describe_producers(both):
    rng = both.rng
    name = rng.choice(["stamped", "nowhere", "t0"])
    both.call("describe_producers", 0, {"topics": [{"name": name, "partition_indexes": [rng.choice([7, -1]) if name == "t0" else 0]}]})


def cluster(both):
    rng = both.rng
    both.call("describe_cluster", both.version("describe_cluster"), only("describe_cluster", {
        "include_cluster_authorized_operations": rng.choice([True, False]), "endpoint_type": rng.choice([1, 1, 1, 2, 9]),
        "include_fenced_brokers": False}))


def topic_partitions(both):
    rng = both.rng
    both.call("describe_topic_partitions", 0, {
        "topics": [{"name": n} for n in rng.sample(NAMES, 3)], "response_partition_limit": rng.choice([2000, 1, 2, 0, -1]),
        "cursor": rng.choice([None, None, {"topic_name": "t1", "partition_index": 1}, {"topic_name": "zz", "partition_index": 0},
                              {"topic_name": "t1", "partition_index": -1}])})


def config_resources(both):
    version = both.version("list_config_resources")
    both.call("list_config_resources", version, only("list_config_resources", {"resource_types": both.rng.choice([[16], [4], [99]])})
              if version >= 1 else {})


def acls(both):
    """Without an authorizer there are none, and this is said."""
    any_match = 1
    both.rng.choice([
        lambda: both.call("describe_acls", both.version("describe_acls"), {
            "resource_type_filter": any_match, "resource_name_filter": None, "pattern_type_filter": any_match, "principal_filter": None,
            "host_filter": None, "operation": any_match, "permission_type": any_match}),
        lambda: both.call("create_acls", both.version("create_acls"), {"creations": [{
            "resource_type": TOPIC, "resource_name": "t0", "principal": "User:a", "host": "*", "operation": 3, "permission_type": 3}]}),
        lambda: both.call("delete_acls", both.version("delete_acls"), {"filters": [{
            "resource_type_filter": TOPIC, "resource_name_filter": "t0", "principal_filter": None, "host_filter": None, "operation": 1,
            "permission_type": 1}]})])()


def quotas(both):
    rng = both.rng
    entity = rng.choice([[{"entity_type": "user", "entity_name": "a"}], [{"entity_type": "client-id", "entity_name": None}],
                         [{"entity_type": "nonsense", "entity_name": "a"}], []])
    both.call("alter_client_quotas", both.version("alter_client_quotas"), {"validate_only": True, "entries": [
        {"entity": entity, "ops": [{"key": rng.choice(["producer_byte_rate", "nonsense"]), "value": rng.choice([1e6, -1.0]),
                                    "remove": rng.choice([True, False])}]}]})
    both.call("describe_client_quotas", both.version("describe_client_quotas"), {"strict": rng.choice([True, False]), "components": [
        {"entity_type": rng.choice(["user", "client-id", "nonsense"]), "match_type": rng.choice([0, 1, 2, 9]), "match": rng.choice(["a", None])}]})


def credentials(both):
    rng = both.rng
    both.call("describe_user_scram_credentials", 0, {"users": rng.choice([None, [], [{"name": "nobody"}], [{"name": ""}],
                                                                          [{"name": "twice"}, {"name": "twice"}]])})
    both.call("alter_user_scram_credentials", 0, {
        "deletions": [{"name": rng.choice(["nobody", ""]), "mechanism": rng.choice([1, 2, 9])}],
        "upsertions": rng.choice([[], [{"name": "weak", "mechanism": 1, "iterations": 10, "salt": b"salt", "salted_password": b"x" * 32}],
                                  [{"name": "many", "mechanism": 2, "iterations": 10**6, "salt": b"salt", "salted_password": b"x" * 64}]])})


def sasl(both):
    """On a listener that has no authentication."""
    both.rng.choice([lambda: both.call("sasl_handshake", both.version("sasl_handshake"), {"mechanism": both.rng.choice(["PLAIN", "nonsense"])}),
                     lambda: both.call("sasl_authenticate", both.version("sasl_authenticate"), {"auth_bytes": b"\0a\0b"})])()


CASES = [(topic_life, 3), (unknown_topics, 1), (describe_configs, 3), (alter_configs, 4), (alter_others, 2), (replicas, 2), (delete_records, 2), (log_dirs, 1),
         (describe_producers, 1), (cluster, 1), (topic_partitions, 2), (config_resources, 1), (acls, 2), (quotas, 2), (credentials, 2), (sasl, 1)]
