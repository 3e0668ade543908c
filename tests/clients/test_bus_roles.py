"""What the platform's roles bear of a bus: events that nobody can handle, topics that go away under them."""
import json
import os
import shutil
import signal
import subprocess

import pytest
from confluent_kafka import Producer

from bus import MES
from bus_link import OFFSET_COMMIT, PRODUCE, Link
from bus_operator import command, create, delete, rows
from tests.support.ports import free_offset
from tests.support.wait import eventually

pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")
KONG = """_format_version: "3.0"
services: [{name: a, url: "http://127.0.0.1:1", routes: [{name: r, paths: [/]}]}]
"""


class Role:
    def __init__(self, folder, bus, name, *options, port):
        self.log_file = folder / f"{name}.log"
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [str(MES), name, "--data", str(folder / name), "--port-offset", str(free_offset((port,))), "--bus", bus.address,
                 "--otlp", "none", "--log-host", "", *options], stdout=log, stderr=log, env={**os.environ, "MES_REDIS": "127.0.0.1:1"})

    def log(self):
        return self.log_file.read_text()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def start_role(tmp_path):
    started = []

    def start(*arguments, **options):
        started.append(Role(tmp_path, *arguments, **options))
        return started[-1]
    yield start
    for role in started:
        if role.process.poll() is None:
            role.process.kill()
            role.process.wait()


@pytest.fixture
def reporting(start_bus, start_role):
    """A bus, and a service that has its partitions of work-order.created there."""
    bus = start_bus()
    service = start_role(bus, "reporting", port=3014)
    eventually(lambda: has_read_all(bus))
    return bus, service


def has_read_all(bus):
    return ["reporting-service", "Stable", "range", "1", "0"] in rows(command(bus, "groups"))


def dead_letters(bus):
    told = command(bus, "tail", "reporting-service.dlq", "--from", "earliest", "--end", "--json")
    letters = [json.loads(line) for line in told.splitlines()]
    for letter in letters:
        letter["headers"] = dict(zip(letter["headers"][::2], letter["headers"][1::2]))
    return sorted(letters, key=lambda letter: int(letter["headers"]["dlq_offset"]))


def send_what_cannot_be_handled(bus, values):
    producer = Producer({"bootstrap.servers": bus.address, "message.max.bytes": 8_000_000, "compression.type": "zstd"})
    for value in values:
        producer.produce("work-order.created", value, "wo-1", partition=0)
        assert producer.flush(20) == 0


def test_a_large_event_that_cannot_be_handled_stops_nothing(reporting):
    bus, _ = reporting
    send_what_cannot_be_handled(bus, [b"{}", b"X" * 1_010_000, b"Y" * 4_000_000, b"[]"])
    letters = eventually(lambda: (all_ := dead_letters(bus)) and len(all_) == 4 and all_)
    assert [len(letter["value"]) for letter in letters] == [2, 1_010_000, 4_000_000, 2]
    eventually(lambda: has_read_all(bus))


def test_what_dead_letters_cannot_hold_goes_without_its_value(reporting):
    """The topic of dead letters takes less than the event's own."""
    bus, service = reporting
    create(bus, "reporting-service.dlq", max_message_bytes=2_000)
    send_what_cannot_be_handled(bus, [b"{}", os.urandom(100_000).hex().encode(), b"[]"])
    letters = eventually(lambda: (all_ := dead_letters(bus)) and len(all_) == 3 and all_)
    assert [letter["value"] for letter in letters] == ["{}", "", "[]"]
    assert letters[1]["key"] == "wo-1" and letters[1]["headers"]["dlq_topic"] == "work-order.created"
    assert letters[1]["headers"]["dlq_value"].startswith("left at work-order.created/0/1: 200000 bytes. Bus: Broker: Message size too large")
    assert "dead letter goes without its value" in service.log()
    told = command(bus, "redrive", "reporting-service.dlq", code=1)
    assert "has no value: left at work-order.created/0/1" in told and ["work-order.created", "2"] in rows(told)


def test_a_service_whose_topic_is_gone_ends(reporting):
    bus, service = reporting
    delete(bus, "work-order.created")
    eventually(lambda: "nknown" in service.log(), timeout_s=60)
    assert service.end() == 0


def test_a_gateway_whose_topic_is_gone_ends(start_bus, start_role, tmp_path):
    bus = start_bus()
    (tmp_path / "kong.yml").write_text(KONG)
    gateway = start_role(bus, "gateway", "--kong-config", str(tmp_path / "kong.yml"), port=8443)
    eventually(lambda: '"ready"' in gateway.log())
    delete(bus, "system.health-check")
    eventually(lambda: "nknown" in gateway.log(), timeout_s=60)
    assert gateway.end() == 0


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL])
def test_a_service_whose_bus_is_away_ends(reporting, number):
    """A dead letter waits for the bus as long as the service runs."""
    bus, service = reporting
    send_what_cannot_be_handled(bus, [b"{}"])
    eventually(lambda: "dead letters" in service.log(), every_s=0.01)
    bus.process.send_signal(number)
    try:
        assert service.end() == 0
    finally:
        bus.process.send_signal(signal.SIGCONT)


def test_a_service_whose_bus_falls_silent_ends(start_bus, start_role):
    """The client library would wait for the answer to a commit for ever."""
    link = Link(start_bus, lambda key, _: key == OFFSET_COMMIT)
    service = start_role(link.bus, "reporting", port=3014)
    send_what_cannot_be_handled(link.bus, [b"{}"])
    assert link.silent.wait(60)
    assert service.end() == 0


def test_a_dead_letter_that_a_stop_cuts_short_comes_again(start_bus, start_role):
    link = Link(start_bus, lambda key, request: key == PRODUCE and b"reporting-service.dlq" in request)
    service = start_role(link.bus, "reporting", port=3014)
    send_what_cannot_be_handled(link.bus, [b"{}"])
    assert link.silent.wait(60)
    assert service.end() == 0
    link.mend()
    start_role(link.bus, "reporting", port=3014)
    letters = eventually(lambda: dead_letters(link.bus), timeout_s=60)
    assert [letter["value"] for letter in letters] == ["{}"]
