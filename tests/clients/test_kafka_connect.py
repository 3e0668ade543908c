"""Kafka Connect, standalone, with the file source and the file sink that come with it: a file goes through the bus into another."""
import subprocess

import apache_kafka
import pytest

from conftest import needs_kafka
from tests.support.wait import eventually

pytestmark = [needs_kafka, pytest.mark.long]


def properties(path, **settings):
    path.write_text("".join(f"{name.replace('_', '.')}={value}\n" for name, value in settings.items()))
    return str(path)


def test_a_file_goes_through_the_bus(shared_bus, tmp_path):
    (port,) = apache_kafka.free_ports(1)
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("one\ntwo\n")
    string = "org.apache.kafka.connect.storage.StringConverter"
    worker = properties(tmp_path / "worker.properties", bootstrap_servers=shared_bus.address, key_converter=string, value_converter=string,
                        offset_storage_file_filename=tmp_path / "offsets", offset_flush_interval_ms=500, listeners=f"http://127.0.0.1:{port}")
    reads = properties(tmp_path / "source.properties", name="reads", connector_class="FileStreamSource", tasks_max=1, file=source, topic="lines")
    writes = properties(tmp_path / "sink.properties", name="writes", connector_class="FileStreamSink", tasks_max=1, file=sink, topics="lines")
    log = open(tmp_path / "connect.log", "ab")
    connect = subprocess.Popen(apache_kafka.java("org.apache.kafka.connect.cli.ConnectStandalone", worker, reads, writes), stdout=log, stderr=log)
    try:
        def arrived(lines):
            if connect.poll() is not None:
                pytest.fail((tmp_path / "connect.log").read_text()[-3000:])
            return sink.exists() and sink.read_text().splitlines() == lines
        eventually(lambda: arrived(["one", "two"]), 90)
        with source.open("a") as more:
            more.write("three\n")
        eventually(lambda: arrived(["one", "two", "three"]), 60)
    finally:
        connect.terminate()
        try:
            connect.wait(30)
        except subprocess.TimeoutExpired:
            connect.kill()
            connect.wait()
