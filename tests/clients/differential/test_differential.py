"""The same random requests to Apache Kafka and to the bus: the answers agree but for what differences.txt allows."""
import random

import apache_kafka
import pytest
from bus import Bus
from both import ALLOWED, Both
from codec import REQUESTS
from compare import read_allowed
from run import AREAS, run
from target import Target

from conftest import needs_kafka

pytestmark = needs_kafka
NO_TOPICS = "topics: []\n"
# Members do not go, and producers whose records are of the past are not forgotten, at a time that is each broker's own.
FOR_LONG = ("--group-consumer-session-timeout", "1h", "--group-consumer-session-timeout-max", "1h", "--retention-check-interval", "24h",
            "--log-level", "error")
KAFKA_FOR_LONG = {"group_consumer_session_timeout_ms": "3600000", "group_consumer_max_session_timeout_ms": "3600000",
                  "producer_id_expiration_check_interval_ms": "86400000", "log_retention_check_interval_ms": "86400000"}


def start_both(folder, making_topics):
    """The addresses of both, set up alike and without topics."""
    (folder / "topics.yaml").write_text(NO_TOPICS)
    bus = Bus(folder, "--topics", str(folder / "topics.yaml"), "--auto-create-topics", making_topics, "--fsync", "false", *FOR_LONG).start()
    kafka = apache_kafka.Kafka(folder, auto_create_topics_enable=making_topics, **KAFKA_FOR_LONG).start()
    yield kafka.address, bus.address
    kafka.stop()
    bus.stop()


@pytest.fixture(scope="module")
def brokers(tmp_path_factory):
    yield from start_both(tmp_path_factory.mktemp("differential"), "false")


@pytest.fixture(scope="module")
def making_brokers(tmp_path_factory):
    """Those that make topics by themselves."""
    yield from start_both(tmp_path_factory.mktemp("making"), "true")


@pytest.fixture(scope="module")
def used():
    """Rows of differences.txt that some test needed."""
    return set()


@pytest.fixture(scope="module")
def ran():
    """Areas that were compared."""
    return set()


def test_the_same_apis_in_the_same_versions(brokers, used):
    both = Both(Target("Kafka", brokers[0]), Target("the bus", brokers[1]), random.Random(1))
    both.call("api_versions", 4, {"client_software_name": "mes", "client_software_version": "1"})
    used |= both.used
    assert not both.found, both.report()


@pytest.mark.parametrize("area", AREAS)
def test_answers_agree(brokers, used, ran, area):
    ran.add(area)
    both = run(*brokers, seed=1, count=250, areas=[area])
    used |= both.used
    assert both.requests >= 250
    assert not both.found, f"{len(both.found)} differences:\n{both.report()}"


def test_topics_are_made_as_they_are_asked_for(making_brokers, used, ran):
    ran.add("making")
    both = run(*making_brokers, seed=1, count=60, areas=["creation"])
    used |= both.used
    assert not both.found, f"{len(both.found)} differences:\n{both.report()}"


def test_every_row_of_the_list_is_needed(used, ran):
    """What the bus now does as Kafka does is taken off the list."""
    if ran != {*AREAS, "making"}:
        pytest.skip("not all areas were compared")
    rows = read_allowed(ALLOWED)
    assert all(row.reason for row in rows)
    unused = [row for number, row in enumerate(rows) if number not in used]
    assert not unused, unused


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 7))
def test_answers_agree_over_more(brokers, seed):
    both = run(*brokers, seed=seed, count=1500)
    assert not both.found, f"{len(both.found)} differences:\n{both.report()}"


@pytest.mark.long
def test_every_api_is_sent_in_every_version(brokers):
    seen = set()
    for area in AREAS:
        seen |= run(*brokers, seed=99, count=600, areas=[area]).seen
    assert {(m.name, version) for m in REQUESTS.values() for version in range(m.versions.low, m.versions.high + 1)} <= seen
