"""What the tests of operating a bus do with it: topics, records, metrics, commands, requests by hand."""
import re
import struct
import subprocess

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from bus import MES, kcat

QUICK = ("--cleaner-interval", "50ms", "--retention-check-interval", "50ms", "--log-initial-task-delay", "0")


def create(bus, name, partitions=1, **configs):
    settings = {key.replace("_", "."): str(value) for key, value in configs.items()}
    admin = AdminClient({"bootstrap.servers": bus.address})  # its answers end with it
    admin.create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result(10)


def delete(bus, name):
    admin = AdminClient({"bootstrap.servers": bus.address})
    admin.delete_topics([name])[name].result(10)


def produce(bus, topic, records, **options):
    """Records are (key, value) pairs; returns the errors' codes, None where there was none."""
    outcome = []
    producer = Producer({"bootstrap.servers": bus.address, "message.timeout.ms": 10_000, **options})
    for key, value in records:
        producer.produce(topic, value, key, partition=0, on_delivery=lambda error, _: outcome.append(error and error.code()))
    assert producer.flush(20) == 0
    return outcome


def read(bus, topic):
    got = kcat(bus, "-C", "-t", topic, "-p", "0", "-e", "-q", "-f", "%o %k %s\n")
    return [tuple(line.split(" ", 2)) for line in got.splitlines()]


def metric(bus, name):
    line = next(line for line in bus.get("/metrics").splitlines() if line.startswith(name))
    return float(line.rsplit(" ", 1)[1])


def command(bus, *arguments, code=0):
    done = subprocess.run([MES, "bus", *arguments, *(["--port-offset", str(bus.offset)] if bus else [])],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stdout + done.stderr


def rows(table):
    return [re.split(r"\s{2,}", line.strip()) for line in table.splitlines() if line.strip()]


def request(key, version, body, correlation=1):
    header = struct.pack(">hhih", key, version, correlation, -1)
    return struct.pack(">i", len(header) + len(body)) + header + body
