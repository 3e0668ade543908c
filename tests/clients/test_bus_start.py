"""What a start tells, refuses and warns of: settings, topics.yaml, a folder that another bus has."""
import json
import os
import subprocess

import pytest
from confluent_kafka.admin import AdminClient

from bus import MES
from bus_access import address
from bus_operator import produce, read
from tests.support.ports import free_offset


def test_topics_that_differ_from_topics_yaml_are_told_of(start_bus, tmp_path):
    topics = tmp_path / "topics.yaml"
    topics.write_text("topics:\n  - { name: a, partitions: 1, retention_ms: 3600000 }\n  - { name: same, partitions: 2 }\n")
    bus = start_bus("--topics", str(topics))
    bus.stop()
    assert "topics.yaml makes topics" not in (tmp_path / "bus.log").read_text()
    topics.write_text("topics:\n  - { name: a, partitions: 6, retention_ms: 86400000 }\n  - { name: same, partitions: 2 }\n")
    bus.start()
    told = [json.loads(line) for line in (tmp_path / "bus.log").read_text().splitlines() if "topics.yaml makes topics" in line]
    assert [(line["topic"], line["differs"]) for line in told] == [
        ("a", "partitions is 1, the file says 6; retention.ms is 3600000, the file says 86400000")]


def test_one_port_for_two_settings_is_told_as_such(tmp_path):
    port = str(9092 + free_offset((9092,)))
    done = subprocess.run([MES, "bus", "--data", tmp_path, "--port", port, "--admin-port", port, "--otlp", "none", "--log-host", ""],
                          capture_output=True, text=True, timeout=30)
    told = done.stdout + done.stderr
    assert done.returncode == 1 and f"port {port} is asked for twice: two settings of this role have it" in told, told
    assert "pid" not in told, told


@pytest.mark.parametrize("arguments", [["bus", "--help"], ["bus", "topics", "--help"], ["up", "--help"]])
def test_a_misspelled_variable_is_told(arguments):
    variables = {"MES_RETENTON": "7d", "MES_KONG_CONFG": "kong.yml", "MES_RETENTION": "7d", "MES_DB_PASSWORD": "secret",
                 "MES_BINARY": "mes", "MES_SHARED": "/shared", "MES_FUZZ_SECONDS": "60"}
    done = subprocess.run([MES, *arguments], env={**os.environ, **variables}, capture_output=True, text=True, timeout=30)
    assert sorted(done.stderr.splitlines()) == ["mes: MES_KONG_CONFG is no setting; did you mean MES_KONG_CONFIG?",
                                                "mes: MES_RETENTON is no setting; did you mean MES_RETENTION?"]


def test_one_bus_alone_has_a_log(start_bus, tmp_path):
    bus = start_bus()
    assert produce(bus, "t", [(None, "first")]) == [None]
    for arguments in (["--port-offset", str(bus.offset)], ["--port-offset", "0", "--listeners", "PLAINTEXT://127.0.0.1:0"]):
        other = subprocess.run([MES, "bus", "--data", str(tmp_path), *arguments, "--otlp", "none", "--log-host", ""],
                               capture_output=True, text=True, timeout=30)
        assert other.returncode == 1 and f"another bus (pid {bus.process.pid}) keeps its data in" in other.stdout + other.stderr
    verify = [MES, "bus", "verify", "--data", str(tmp_path)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and f"a bus (pid {bus.process.pid}) writes" in done.stderr
    assert produce(bus, "t", [(None, "second")]) == [None]
    bus.kill()
    bus.start()
    assert [value for _, _, value in read(bus, "t")] == ["first", "second"]
    bus.stop()
    assert subprocess.run(verify, capture_output=True, text=True, timeout=30).returncode == 0


@pytest.mark.parametrize("written, why", [("admin", "'admin' is not TYPE:NAME"), ("User:a;:b", "':b' is not TYPE:NAME"),
                                          ("User:a,User:b", "semicolons, not commas")])
def test_super_users_are_principals(tmp_path, written, why):
    done = subprocess.run([MES, "bus", "--data", str(tmp_path), "--listeners", "PLAINTEXT://127.0.0.1:0", "--super-users", written,
                           "--otlp", "none", "--log-host", ""], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and why in done.stdout + done.stderr


def test_advertised_addresses(start_bus):
    bus = start_bus("--listeners", "PLAINTEXT://127.0.0.1:9092,INSIDE://127.0.0.1:9095", "--listener-security-protocol-map",
                "INSIDE:PLAINTEXT", "--advertised-listeners", "INSIDE://bus.plant.example:19092")
    (here,) = AdminClient({"bootstrap.servers": bus.address}).list_topics(timeout=20).brokers.values()
    assert f"{here.host}:{here.port}" == bus.address
    (inside,) = AdminClient({"bootstrap.servers": address(bus, 9095)}).list_topics(timeout=20).brokers.values()
    assert (inside.host, inside.port) == ("bus.plant.example", 19092)
