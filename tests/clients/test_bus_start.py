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


def refused_start(folder, *arguments, code=2):
    done = subprocess.run([MES, "bus", "--data", folder, *arguments, "--otlp", "none", "--log-host", ""], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


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
    assert why in refused_start(tmp_path, "--listeners", "PLAINTEXT://127.0.0.1:0", "--super-users", written)


WRONG_TOGETHER = """bus:
  listeners: FOO://127.0.0.1:1
  ssl_client_auth: maybe
  super_users: admin
  sasl_mechanisms: PLAIN,GSSAPI
  ssl_principal_mapping_rules: "RULE:(/x/"
  oauthbearer_principal_claim: email
  ssl_certificate: bus.pem
  connections_per_ip_overrides: 10.0.0.7
  group_consumer_heartbeat_interval_max: 1s
"""


def test_what_is_wrong_with_settings_is_told_all_at_once_with_the_file_s_lines(tmp_path):
    file = tmp_path / "mes.yaml"
    file.write_text(WRONG_TOGETHER)
    told = [f"{file}:2:14: listeners: FOO is no protocol", f"{file}:3:20: ssl_client_auth: maybe: none, requested or required",
            f"{file}:4:16: super_users: 'admin' is not TYPE:NAME", f"{file}:5:20: sasl_mechanisms: GSSAPI is none of",
            f"{file}:6:32: ssl_principal_mapping_rules: (:", f"{file}:7:32: oauthbearer_principal_claim: email",
            f"{file}:8:20: ssl_certificate: ssl_certificate and ssl_key go together",
            f"{file}:9:33: connections_per_ip_overrides: '10.0.0.7' is not ADDRESS:CONNECTIONS",
            "group_consumer_heartbeat_interval: consumer.heartbeat.interval.ms must be between"]
    refused = refused_start(tmp_path, "--config", str(file))
    assert [why for why in told if why not in refused] == [] and len(refused.splitlines()) == len(told)
    checked = subprocess.run([MES, "check", file], capture_output=True, text=True, timeout=30)
    found = checked.stdout.replace(": error:", ":")
    assert checked.returncode == 1 and [why for why in told if why not in found] == [], checked.stdout
    # What a flag says has no line in the file.
    assert "mes bus: listeners: BAR is no protocol" in refused_start(tmp_path, "--config", str(file), "--listeners", "BAR://:1")


def test_an_advertised_host_may_be_an_address_in_brackets(start_bus):
    bus = start_bus("--advertised-host", "[::1]")
    (here,) = AdminClient({"bootstrap.servers": bus.address}).list_topics(timeout=20).brokers.values()
    assert here.host == "::1"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "a b", "bus:9092/x"])
def test_an_advertised_host_is_one_that_clients_can_reach(tmp_path, host):
    assert f"advertised_host: {host}: clients cannot connect to that" in refused_start(tmp_path, "--advertised-host", host)


def test_users_have_a_name_and_a_password_and_no_more(tmp_path):
    users = tmp_path / "users.yaml"
    users.write_text("users:\n  - { name: press, password: p, rolle: admin }\n")
    users.chmod(0o600)
    refused = refused_start(tmp_path, "--listeners", "PLAINTEXT://127.0.0.1:0", "--sasl-users", str(users), code=1)
    assert f"{users}:2:33: a user has a `name` and a `password`, no" in refused and "rolle" in refused


def test_advertised_addresses(start_bus):
    bus = start_bus("--listeners", "PLAINTEXT://127.0.0.1:9092,INSIDE://127.0.0.1:9095", "--listener-security-protocol-map",
                "INSIDE:PLAINTEXT", "--advertised-listeners", "INSIDE://bus.plant.example:19092")
    (here,) = AdminClient({"bootstrap.servers": bus.address}).list_topics(timeout=20).brokers.values()
    assert f"{here.host}:{here.port}" == bus.address
    (inside,) = AdminClient({"bootstrap.servers": address(bus, 9095)}).list_topics(timeout=20).brokers.values()
    assert (inside.host, inside.port) == ("bus.plant.example", 19092)
