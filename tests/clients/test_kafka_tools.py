"""Kafka's command-line tools, each by its main class, as its shell script calls it."""
import functools
import json
import re
import subprocess
import time

import apache_kafka
import confluent_kafka
import pytest
from confluent_kafka import KafkaError

from bus_access import address, plain, produce, users_file
from conftest import needs_kafka
from differential.records import batch
from raw import Raw
from tests.support.wait import eventually

pytestmark = [needs_kafka, pytest.mark.long]

TOPICS = "org.apache.kafka.tools.TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
ACLS = "org.apache.kafka.tools.AclCommand"
PRODUCE = "org.apache.kafka.tools.ConsoleProducer"
CONSUME = "org.apache.kafka.tools.consumer.ConsoleConsumer"
TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"


def run_tool(server, name, *arguments, stdin="", fails=False):
    done = subprocess.run(apache_kafka.java(name, "--bootstrap-server", server, *arguments), input=stdin, text=True, capture_output=True, timeout=120)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + (done.stderr if fails else "")


@pytest.fixture
def tool(shared_bus):
    return functools.partial(run_tool, shared_bus.address)


def test_topics(tool):
    tool(TOPICS, "--create", "--topic", "tools", "--partitions", "2", "--config", "retention.ms=3600000")
    assert "already exists" in tool(TOPICS, "--create", "--topic", "tools", fails=True)
    assert "tools" in tool(TOPICS, "--list").split()
    described = tool(TOPICS, "--describe", "--topic", "tools")
    assert "PartitionCount: 2" in described and "retention.ms=3600000" in described
    tool(TOPICS, "--alter", "--topic", "tools", "--partitions", "5")
    assert "PartitionCount: 5" in tool(TOPICS, "--describe", "--topic", "tools")
    tool(TOPICS, "--delete", "--topic", "tools")
    assert "tools" not in tool(TOPICS, "--list").split()


def test_configs(tool):
    tool(TOPICS, "--create", "--topic", "configured", "--partitions", "1")
    tool(CONFIGS, "--alter", "--entity-type", "topics", "--entity-name", "configured", "--add-config", "cleanup.policy=compact,max.message.bytes=2000")
    described = tool(CONFIGS, "--describe", "--entity-type", "topics", "--entity-name", "configured")
    assert "cleanup.policy=compact" in described and "max.message.bytes=2000" in described
    tool(CONFIGS, "--alter", "--entity-type", "topics", "--entity-name", "configured", "--delete-config", "cleanup.policy")
    assert "cleanup.policy" not in tool(CONFIGS, "--describe", "--entity-type", "topics", "--entity-name", "configured")
    assert "num.partitions=" in tool(CONFIGS, "--describe", "--all", "--entity-type", "brokers", "--entity-name", "1")


def test_console_clients_and_groups(tool):
    tool(TOPICS, "--create", "--topic", "console", "--partitions", "1")
    tool(PRODUCE, "--topic", "console", "--property", "parse.key=true", "--property", "key.separator=:", stdin="a:1\nb:2\nc:3\n")
    out = tool(CONSUME, "--topic", "console", "--from-beginning", "--max-messages", "3", "--group", "console", "--property", "print.key=true",
               "--property", "print.offset=true")
    assert [line.split("\t") for line in out.splitlines() if "Offset" in line] == [["Offset:0", "a", "1"], ["Offset:1", "b", "2"], ["Offset:2", "c", "3"]]
    assert "console" in tool(GROUPS, "--list").split()
    lag = next(line for line in tool(GROUPS, "--describe", "--group", "console").splitlines() if line.startswith("console"))
    assert lag.split()[1:6] == ["console", "0", "3", "3", "0"]
    tool(GROUPS, "--reset-offsets", "--group", "console", "--topic", "console", "--to-offset", "1", "--execute")
    lag = next(line for line in tool(GROUPS, "--describe", "--group", "console").splitlines() if line.startswith("console"))
    assert lag.split()[1:6] == ["console", "0", "1", "3", "2"]
    tool(GROUPS, "--delete", "--group", "console")
    assert "console" not in tool(GROUPS, "--list").split()


def test_a_transaction_that_was_left_open_is_aborted(tool, shared_bus):
    """An administrator ends it in the partition (WriteTxnMarkers); the coordinator still knows it, so that none is hanging."""
    topic = ("--topic", "left-open", "--partition", "0")
    tool(TOPICS, "--create", "--topic", "left-open", "--partitions", "1")
    producer = confluent_kafka.Producer({"bootstrap.servers": shared_bus.address, "transactional.id": "left open", "transaction.timeout.ms": 600000})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce("left-open", b"never committed")
    assert producer.flush(30) == 0
    def open_at():
        described = tool(TRANSACTIONS, "describe-producers", *topic).splitlines()
        names, values = (re.split(r"\s{2,}|\t", line.strip()) for line in described[-2:])
        return dict(zip(names, values))["CurrentTransactionStartOffset"]
    assert open_at() == "0"
    assert "left open" in tool(TRANSACTIONS, "list")
    assert len(tool(TRANSACTIONS, "find-hanging", "--broker-id", "1").splitlines()) == 1  # the headings
    tool(TRANSACTIONS, "abort", *topic, "--start-offset", "0")
    assert open_at() == "None"
    reader = confluent_kafka.Consumer({"bootstrap.servers": shared_bus.address, "group.id": "left open", "auto.offset.reset": "earliest",
                                       "isolation.level": "read_committed", "enable.partition.eof": True})
    reader.assign([confluent_kafka.TopicPartition("left-open", 0, 0)])
    end = reader.poll(30)
    assert end.error().code() == confluent_kafka.KafkaError._PARTITION_EOF and end.offset() == 2  # past the marker: nothing holds it up
    reader.close()


def test_a_hanging_transaction_is_found(tool, shared_bus):
    """A batch of a transaction that the coordinator knows nothing of: it is taken where partitions are not verified (before KIP-890)."""
    invalid_txn_state, verification = 48, "transaction.partition.verification.enable"
    brokers = ("--alter", "--entity-type", "brokers", "--entity-name", "1")
    tool(TOPICS, "--create", "--topic", "hanging", "--partitions", "1")

    def hanging():
        return [line.split() for line in tool(TRANSACTIONS, "find-hanging", "--broker-id", "1").splitlines()[1:]]
    with Raw(shared_bus.address) as raw:
        producer, epoch = raw.new_producer("hanging")
        an_hour_ago = int(time.time() - 3600) * 1000
        lost = batch([b"lost"], timestamps=[an_hour_ago], producer_id=producer, epoch=epoch, sequence=0, transactional=True)
        assert raw.produce("hanging", 0, lost, "hanging") == invalid_txn_state
        tool(CONFIGS, *brokers, "--add-config", f"{verification}=false")
        try:
            eventually(lambda: raw.produce("hanging", 0, lost, "hanging") == 0)
        finally:
            tool(CONFIGS, *brokers, "--delete-config", verification)
    found = hanging()
    assert [row[:5] for row in found] == [["hanging", "0", str(producer), str(epoch), "-1"]], found  # topic, partition, producer, epoch, coordinator's epoch
    assert found[0][5] == "0"  # where it begins
    tool(TRANSACTIONS, "abort", "--topic", "hanging", "--partition", "0", "--start-offset", "0")
    assert hanging() == []


def test_acls_are_refused_plainly_without_an_authorizer(tool):
    assert "No Authorizer is configured" in tool(ACLS, "--list", fails=True) + tool(ACLS, "--list", fails=True)


def test_acls_are_added_listed_enforced_and_removed(start_bus, tmp_path):
    bus = start_bus("--listeners", "SASL_PLAINTEXT://127.0.0.1:9094", "--sasl-users", users_file(tmp_path, admin="root", alice="a"),
                    "--authorizer", "true", "--super-users", "User:admin")
    properties = tmp_path / "admin.properties"
    properties.write_text("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config="
                          'org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="root";\n')
    run = functools.partial(run_tool, address(bus, 9094))
    acls = functools.partial(run, ACLS, "--command-config", str(properties))
    run(TOPICS, "--command-config", str(properties), "--create", "--topic", "guarded", "--partitions", "1")
    alice, denied = plain(bus, "alice", "a"), KafkaError.TOPIC_AUTHORIZATION_FAILED

    def listed():
        text = acls("--list", "--topic", "guarded")
        return sorted(re.findall(r"principal=(\S+), host=(\S+), operation=(\w+), permissionType=(\w+)", text))
    assert listed() == [] and produce(alice, "guarded", b"1") == [denied]
    acls("--add", "--allow-principal", "User:alice", "--producer", "--topic", "guarded")
    allowed = [("User:alice", "*", operation, "ALLOW") for operation in ("CREATE", "DESCRIBE", "WRITE")]
    assert listed() == allowed and produce(alice, "guarded", b"2") == [None]
    acls("--add", "--deny-principal", "User:alice", "--deny-host", "127.0.0.1", "--operation", "Write", "--topic", "guarded")
    assert listed() == sorted([*allowed, ("User:alice", "127.0.0.1", "WRITE", "DENY")]) and produce(alice, "guarded", b"3") == [denied]
    acls("--remove", "--force", "--deny-principal", "User:alice", "--deny-host", "127.0.0.1", "--operation", "Write", "--topic", "guarded")
    assert listed() == allowed and produce(alice, "guarded", b"4") == [None]
    acls("--remove", "--force", "--allow-principal", "User:alice", "--producer", "--topic", "guarded")
    assert listed() == [] and produce(alice, "guarded", b"5") == [denied]


def test_load_and_shells(tool, shared_bus):
    out = subprocess.run(apache_kafka.java("org.apache.kafka.tools.ProducerPerformance", "--topic", "load", "--num-records", "20000", "--record-size",
                                           "100", "--throughput", "-1", "--producer-props", f"bootstrap.servers={shared_bus.address}", "acks=all"),
                         capture_output=True, text=True, timeout=120)
    assert out.returncode == 0 and "20000 records sent" in out.stdout, out.stdout + out.stderr
    offsets = tool("org.apache.kafka.tools.GetOffsetShell", "--topic", "load")
    assert sum(int(line.split(":")[2]) for line in offsets.split() if line.startswith("load:")) == 20000
    versions = tool("org.apache.kafka.tools.BrokerApiVersionsCommand")
    assert "Produce(0): 0 to 13" in versions and "UNSUPPORTED" not in re.sub(r"\w+\(\d+\): UNSUPPORTED", "", versions)
    dirs = tool("org.apache.kafka.tools.LogDirsCommand", "--describe", "--topic-list", "load")
    brokers = json.loads(next(line for line in dirs.splitlines() if line.startswith("{")))["brokers"]
    assert {p["partition"].rpartition("-")[0] for p in brokers[0]["logDirs"][0]["partitions"]} == {"load"}
