"""What the client tests share: a bus of their own, and how a program written with somebody's client is run against it.

MES_TEST_PEER=kafka runs the tests of `shared_bus` against Apache Kafka instead: what they expect is what it does.
"""
import os
import subprocess

import apache_kafka
import pytest
import yaml
from announced_keys import Keys, jwk_of
from bus import ROOT, Bus
from gateway import EMPTY, Admin, Gateway, Service
from plugin_gateway import JsonEcho, PluginGateway, serve
from tests.support import tokens

needs_kafka = pytest.mark.skipif(not apache_kafka.is_here(), reason="Apache Kafka's jars are not here: ./dev peers gets them")


@pytest.fixture
def bus(tmp_path):
    """A bus for one test, which may kill it."""
    running = Bus(tmp_path).start()
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def start_bus(tmp_path):
    """Starts buses with options; those that still run are stopped at the end."""
    started = []

    def start(*options, data=tmp_path):
        started.append(Bus(data, *options).start())
        return started[-1]
    yield start
    for bus in started:
        bus.stop()


@pytest.fixture(scope="module")
def shared_bus(tmp_path_factory):
    """A bus for the tests of a file, which leave each other's topics alone."""
    make = apache_kafka.Kafka if os.environ.get("MES_TEST_PEER") == "kafka" else Bus
    running = make(tmp_path_factory.mktemp("bus")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def service(request):
    """What stands behind the gateway of a file: of the class that the file names Behind."""
    running = request.module.Behind()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def configuration():
    """Of the gateway of a file, which may have another one."""
    return EMPTY


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, configuration):
    running = Gateway(tmp_path_factory.mktemp("gateway"), configuration)
    yield running
    running.stop()


@pytest.fixture
def admin(gateway):
    one = Admin(gateway)
    one.wipe()
    return one


@pytest.fixture
def own_gateway(tmp_path):
    """One that the test may kill."""
    running = Gateway(tmp_path, EMPTY)
    yield running
    running.stop()


@pytest.fixture
def echo():
    """What stands behind the gateway of `with_plugins`."""
    server = serve(JsonEcho)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def with_plugins(tmp_path, echo):
    """Starts a gateway with these plugins on a route to the echo service."""
    running = []

    def run(plugins, **more):
        config = {"services": [{"name": "echo", "url": f"http://127.0.0.1:{echo.server_port}/up",
                                "routes": [{"name": "all", "paths": ["/"]}]}], "plugins": plugins, **more}
        folder = tmp_path / f"gateway-{len(running)}"
        folder.mkdir()
        running.append(PluginGateway(folder, yaml.safe_dump({"_format_version": "3.0", **config})))
        return running[-1]

    yield run
    for gateway in running:
        gateway.stop()


@pytest.fixture(scope="module")
def signing():
    """A private key, and a server that announces it as k1."""
    pem = tokens.new_private_key()
    server = Service(Keys)
    server.keys = [jwk_of(pem, "k1")]
    return pem, server


def run_program(command, timeout=120, **options):
    """The last line of what it prints; its errors if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout, **options)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip().rpartition("\n")[2]


def java(name, *arguments, timeout=180):
    """Runs a class of tests/clients/java, which `./dev peers` has compiled."""
    command = apache_kafka.java(name, *arguments)
    command[command.index("-cp") + 1] += f":{ROOT}/build/peers/kafka/classes"
    return run_program(command, timeout)
