"""Settings of groups, of clients' metrics and of the broker's loggers: set, shown, listed and taken away again."""
import time

from both import only
from compare import differences

BROKER_LOGGER, CLIENT_METRICS, GROUP = 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)
METRICS = {
    "metrics": ["org.apache.kafka.producer.", "*", "", "a, b", "a,a", "a,,b"], "interval.ms": ["100", "99", "3600000", "3600001", "soon", " 500 "],
    "match": ["client_id=a", "client_software_name=apache-kafka.*,client_id=b", "client_id", "client_id=a=b", "nonsense=a", "client_id=[", "",
              "client_id=", " client_id = a ", "client_id=a=", "client_source_port=1,client_instance_id=x"],
    "nonsense": ["1"],
}
GROUPS = {
    "consumer.heartbeat.interval.ms": ["5000", "4999", "15000", "15001", "0", "soon", " 6000 "],
    "consumer.session.timeout.ms": ["45000", "44999", "3600000", "3600001", "-1"],
    "share.session.timeout.ms": ["45000", "44999", "60001", "50000"], "share.heartbeat.interval.ms": ["5000", "4999", "15001", "x"],
    "share.record.lock.duration.ms": ["15000", "14999", "60000", "60001", "999"], "share.auto.offset.reset": ["earliest", "LATEST", "by_duration:P1D", "by_duration:x", "never"],
    "share.isolation.level": ["read_committed", "READ_UNCOMMITTED", "none"], "streams.session.timeout.ms": ["45000", "60001"],
    "streams.heartbeat.interval.ms": ["5000", "4999", "15001"], "streams.num.standby.replicas": ["0", "2", "3", "-1"],
    "streams.initial.rebalance.delay.ms": ["0", "-1", "3000"], "nonsense": ["1"],
}
LEVELS = {"root": ["INFO", "DEBUG", "WARN", "ERROR", "TRACE", "FATAL", "info", "LOUD", ""], "nowhere": ["INFO"], "": ["INFO"]}


def some(rng, values):
    return {name: rng.choice(values[name]) for name in rng.sample(list(values), rng.choice([1, 1, 1, 2]))}


def change(both, kind, name, values, operations):
    """Incrementally or as a whole."""
    rng = both.rng
    resources = [{"resource_type": kind, "resource_name": name, "configs": [{"name": k, "value": v} for k, v in some(rng, values).items()]}]
    if rng.random() < 0.25:
        return both.call("alter_configs", both.version("alter_configs"), {"resources": resources, "validate_only": rng.random() < 0.3})
    for config in resources[0]["configs"]:
        config["config_operation"] = rng.choice(operations)
        if config["config_operation"] == DELETE and rng.random() < 0.8:
            config["value"] = None
    odd = [config for config in resources[0]["configs"] if config["config_operation"] == 9]
    if odd:  # alone: Kafka looks at several in an order of chance
        resources[0]["configs"] = odd[:1]
    return both.call("incremental_alter_configs", both.version("incremental_alter_configs"), {
        "resources": resources, "validate_only": rng.random() < 0.2})


def describe(both, kind, name, keys):
    """Sometimes the same is named again."""
    resources = [{"resource_type": kind, "resource_name": name, "configuration_keys": keys}] * both.rng.choice([1, 1, 1, 2])
    both.call("describe_configs", both.version("describe_configs"), {
        "resources": resources, "include_synonyms": both.rng.random() < 0.5, "include_documentation": False})


def settle(both, kind, name):
    """Until both tell the same: Kafka's change shows a moment after its answer."""
    body = {"resources": [{"resource_type": kind, "resource_name": name, "configuration_keys": None}], "include_synonyms": True}
    for _ in range(100):
        asked = (("describe_configs", 4, body), ("list_config_resources", 1, {"resource_types": [CLIENT_METRICS]}))
        if not any(list(differences(*(target.call(*what, client="settle") for target in both.targets))) for what in asked):
            return
        time.sleep(0.02)


def listed(both, *kinds):
    version = both.version("list_config_resources")
    both.call("list_config_resources", version, only("list_config_resources", {"resource_types": list(kinds)}) if version else {})


def client_metrics(both):
    rng = both.rng
    name = rng.choice(["sub0", "sub0", "sub1", "sub 2", ""])
    change(both, CLIENT_METRICS, name, METRICS, [SET] * 6 + [DELETE] * 2 + [APPEND, SUBTRACT, 9])
    settle(both, CLIENT_METRICS, name)
    describe(both, CLIENT_METRICS, rng.choice([name, name, "never"]), rng.choice([None, [], ["metrics"], ["nonsense", "interval.ms"]]))
    listed(both, CLIENT_METRICS)


def group_settings(both):
    rng = both.rng
    name = rng.choice(["set0", "set0", "set1", ""])
    change(both, GROUP, name, GROUPS, [SET] * 6 + [DELETE] * 2 + [APPEND, SUBTRACT, 9])
    settle(both, GROUP, name)
    describe(both, GROUP, rng.choice([name, name, "never"]), rng.choice([None, [], ["share.session.timeout.ms"], list(GROUPS)]))
    listed(both, GROUP)


def emptied_group(both):
    """All its settings are taken away again."""
    for operation in (SET, DELETE):
        config = {"name": "share.session.timeout.ms", "value": "45000" if operation == SET else None, "config_operation": operation}
        both.call("incremental_alter_configs", 1, {"resources": [{"resource_type": GROUP, "resource_name": "set2", "configs": [config]}]})
        settle(both, GROUP, "set2")
    listed(both, GROUP)


def loggers(both):
    """Kafka has one for each of its classes, the bus has the root of them."""
    rng = both.rng
    name = rng.choice(["1"] * 6 + ["", "9", "x"])
    change(both, BROKER_LOGGER, name, LEVELS, [SET] * 6 + [DELETE, APPEND, SUBTRACT, 9])
    describe(both, BROKER_LOGGER, name, rng.choice([["root"], ["root", "nowhere"]]))
    listed(both, BROKER_LOGGER)


CASES = [(client_metrics, 4), (group_settings, 4), (emptied_group, 1), (loggers, 2)]
