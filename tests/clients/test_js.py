"""JavaScript's clients: kafkajs and @platformatic/kafka."""
import json
import pathlib

import pytest

from conftest import run_program

HERE = pathlib.Path(__file__).parent


def run_client(name, bus, *arguments):
    assert (HERE / name / "node_modules").exists(), f"{name} is not installed: ./dev test and ./dev peers do it"
    return json.loads(run_program(["node", "client.js", bus.address, *arguments], cwd=HERE / name))


def test_kafkajs(shared_bus):
    assert run_client("kafkajs", shared_bus) == {
        "partitions": 4, "retention": "3600000", "unpacked": ["GZIP", "LZ4", "Snappy", "ZSTD"], "shares": [2, 2], "once": True,
        "committed": True, "offsets": ["kept", 4], "aborted": 0}


@pytest.mark.parametrize("codecs", [["none", "gzip", "snappy", "lz4"], ["zstd"]], ids=",".join)
def test_platformatic(shared_bus, codecs):
    """It compresses with what Node has."""
    if "zstd" in codecs and run_program(["node", "-p", "'zstdCompressSync' in require('zlib')"]) == "false":
        pytest.skip(f"Node {run_program(['node', '-p', 'process.versions.node'])} has no zstd: it came with 22.15 and 23.8")
    assert run_client("platformatic", shared_bus, ",".join(codecs)) == {
        "partitions": 4, "configs": {"retention.ms": "3600000", "max.message.bytes": "5000"}, "once": True, "codecs": codecs, "committed": True,
        "aborted": 0}
