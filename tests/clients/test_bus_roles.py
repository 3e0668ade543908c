"""What the platform's roles bear of a bus: topics that go away under them."""
import os
import shutil
import signal
import subprocess

import pytest

from bus import MES
from bus_operator import command, delete, rows
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
