"""The brokers that librdkafka's tests run against, Apache Kafka or the bus, set up alike; and what each scenario has beside."""
import contextlib
import dataclasses
import pathlib

import security
from apache_kafka import Kafka
from bus import Bus

# As some tests need it: README.
KAFKA = {"num.partitions": "4", "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
         "allow.everyone.if.no.acl.found": "true", "group.initial.rebalance.delay.ms": "3000"}
BUS = ("--num-partitions", "4", "--authorizer", "true", "--allow-everyone-if-no-acl-found", "true", "--group-initial-rebalance-delay", "3s")
CREATES_TOPICS = {"default": "true", "noautocreate": "false"}


@dataclasses.dataclass
class Surroundings:
    address: str
    test_conf: dict = dataclasses.field(default_factory=dict)  # more lines of test.conf
    environment: dict = dataclasses.field(default_factory=dict)


def kafka(folder, creates_topics, secured=None):
    """The broker, and its address by listener."""
    more = {"listeners": security.LISTENERS, "jvm": secured.of_jvm(), **secured.of_kafka()} if secured else {}
    broker = Kafka(folder, **KAFKA, **{"auto.create.topics.enable": creates_topics}, **more).start()
    return broker, broker.addresses


def bus(folder, creates_topics, secured=None):
    broker = Bus(folder, *BUS, "--auto-create-topics", creates_topics, *(secured.of_bus() if secured else ())).start()
    return broker, {name: f"127.0.0.1:{port + broker.offset}" for name, port in (("PLAINTEXT", 9092), ("TLS", 9093), ("SASL", 9094))}


PEERS = {"kafka": kafka, "bus": bus}


@contextlib.contextmanager
def surroundings(peer, folder, scenarios):
    """Scenario -> its surroundings; only the brokers run that are needed."""
    with contextlib.ExitStack() as stack:
        def start(name, *more):
            place = pathlib.Path(folder) / name
            place.mkdir()
            broker, addresses = PEERS[peer](place, *more)
            stack.callback(broker.stop)
            return addresses

        made = {scenario: Surroundings(start(scenario, creates)["PLAINTEXT"], environment={"TEST_SCENARIO": scenario})
                for scenario, creates in CREATES_TOPICS.items() if scenario in scenarios}
        if wanted := scenarios & security.LISTENER.keys():
            certificates = pathlib.Path(folder) / "certificates"
            certificates.mkdir()
            secured = stack.enter_context(security.security(certificates))
            addresses = start("secured", "true", secured)
            security.prepare(addresses["PLAINTEXT"])
            made |= {scenario: Surroundings(addresses[security.LISTENER[scenario]], *secured.of_test(scenario)) for scenario in wanted}
        yield made
