"""JavaScript's clients: kafkajs and @platformatic/kafka."""
import json
import pathlib

import pytest

from conftest import run_program

HERE = pathlib.Path(__file__).parent


def run_client(name, bus):
    if not (HERE / name / "node_modules").exists():
        pytest.skip(f"{name} is not installed (npm ci in tests/clients/{name})")
    return json.loads(run_program(["node", "client.js", bus.address], cwd=HERE / name))


def test_kafkajs(shared_bus):
    assert run_client("kafkajs", shared_bus) == {"partitions": 4, "retention": "3600000", "consumed": 20, "members": 2, "committed": 20, "deleted": True}


def test_platformatic(shared_bus):
    assert run_client("platformatic", shared_bus) == {
        "partitions": 4, "configs": {"retention.ms": "3600000", "max.message.bytes": "5000"}, "once": True, "headers": True, "committed": True,
        "aborted": 0}
