"""A full disk, a data folder that goes away, bad bytes on the disk."""
import shutil
import subprocess
import time

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from bus import kcat
from bus_operator import command, create, metric, produce, read
from raw import Raw
from tests.support.wait import eventually

pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")


@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "small"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", path], capture_output=True)
    if done.returncode != 0:
        pytest.skip("a file system of its own needs the right to mount one")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def test_a_full_disk_refuses_produce_and_recovers_by_itself(small_disk, start_bus):
    bus = start_bus("--segment-bytes", "1M", data=small_disk)
    assert produce(bus, "t", [(None, "before")]) == [None]
    filler = small_disk / "filler"
    with open(filler, "wb") as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 65536)
            file.flush()
    # Some may still fit into what was set aside.
    many = produce(bus, "t", [(None, "y" * 100_000)] * 30, **{"retries": 0})
    assert KafkaError._MSG_TIMED_OUT in many or 56 in many  # KAFKA_STORAGE_ERROR, which the client tries again
    assert 56 in many
    assert metric(bus, "mes_bus_log_disk_full") == 1
    assert metric(bus, "kafka_server_brokertopicmetrics_failedproducerequests_total") > 0
    assert "there is no space for the log" in (bus.data / "bus.log").read_text()
    stored = [("0", "", "before")] + [(str(n + 1), "", "y" * 100_000) for n in range(many.count(None))]
    assert read(bus, "t") == stored
    filler.unlink()
    assert produce(bus, "t", [(None, "after")]) == [None]
    assert read(bus, "t") == stored + [(str(len(stored)), "", "after")]
    assert metric(bus, "mes_bus_log_disk_full") == 0
    bus.stop()


def test_what_cannot_be_stored_on_a_full_disk_is_not_told_of(small_disk, start_bus):
    bus = start_bus("--segment-bytes", "1M", data=small_disk)
    assert produce(bus, "t", [(None, "before")]) == [None]
    producers = []
    for n in range(5):
        producers.append(Producer({"bootstrap.servers": bus.address, "transactional.id": f"x{n}", "transaction.timeout.ms": 2_000}))
        producers[-1].init_transactions(10)
        producers[-1].begin_transaction()
        producers[-1].produce("t", b"open")
        producers[-1].flush(10)
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    while None in produce(bus, "t", [(None, "y" * 3_000)] * 20, **{"retries": 0}):
        pass
    while None in produce(bus, "t", [(None, "y")], **{"retries": 0}):
        pass
    told = lambda: (bus.data / "bus.log").read_text().count("transaction timed out, aborted")
    time.sleep(5)
    assert told() <= 5
    filler.unlink()
    eventually(lambda: metric(bus, "mes_bus_transactions_timed_out_total") == 5, timeout_s=20)
    assert told() == 5
    bus.stop()


@pytest.mark.parametrize("what", ["removed", "renamed", "replaced"])
def test_a_data_folder_that_goes_ends_the_bus_and_what_replaces_it_is_left_alone(start_bus, tmp_path, what):
    bus = start_bus()
    assert produce(bus, "t", [(None, "before")]) == [None]
    if what == "removed":
        shutil.rmtree(tmp_path / "bus")
    else:
        (tmp_path / "bus").rename(tmp_path / "moved")
    if what == "replaced":
        (tmp_path / "bus").mkdir()
        (tmp_path / "bus" / "checkpoint").write_text("of another")
    assert bus.process.wait(20) == 1
    assert "was removed, renamed or replaced" in (tmp_path / "bus.log").read_text()
    if what == "replaced":
        assert [(f.name, f.read_text()) for f in (tmp_path / "bus").iterdir()] == [("checkpoint", "of another")]
        shutil.rmtree(tmp_path / "bus")
    if what != "removed":
        (tmp_path / "moved").rename(tmp_path / "bus")
        bus.start()
        assert read(bus, "t") == [("0", "", "before")]


def test_a_stop_that_could_not_be_stored_says_so(start_bus, tmp_path):
    bus = start_bus()
    assert produce(bus, "t", [(None, "before")]) == [None]
    (tmp_path / "bus" / "checkpoint.new" / "in the way").mkdir(parents=True)
    bus.process.terminate()
    assert bus.process.wait(20) == 1
    assert "the stop could not write all that it should" in (tmp_path / "bus.log").read_text()
    shutil.rmtree(tmp_path / "bus" / "checkpoint.new")
    bus.start()
    assert read(bus, "t") == [("0", "", "before")]


def test_a_bad_record_on_the_disk_is_never_served(start_bus, tmp_path):
    bus = start_bus("--segment-bytes", "64K")
    for n in range(10):
        produce(bus, "t", [(None, f"record {n} " + "x" * 20_000)])
    bus.stop()
    first = min((tmp_path / "bus").glob("*.log"))
    bytes_ = bytearray(first.read_bytes())
    bytes_[bytes_.index(b"record 1 ") + 5_000] ^= 1
    first.write_bytes(bytes_)
    bus.start()
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition("t", 0, 1)])
    message = eventually(lambda: consumer.poll(1), timeout_s=20)
    assert message.error() is not None, message.value()[:20]
    consumer.close()
    assert "does not hold together" in (tmp_path / "bus.log").read_text()
    told = command(bus, "tail", "t", "--partition", "0", "--from", "earliest", "--end", code=1)
    assert " 0@0 " in told and "t, partition 0, offset 1: " in told, told[-300:]
    assert kcat(bus, "-C", "-t", "t", "-p", "0", "-o", "0", "-c", "1", "-q").startswith("record 0 ")
    assert kcat(bus, "-C", "-t", "t", "-p", "0", "-o", "2", "-c", "1", "-q").startswith("record 2 ")


def put_back(bus, copy):
    bus.kill()
    shutil.rmtree(bus.data / "bus")
    shutil.copytree(copy, bus.data / "bus")
    bus.start()


@pytest.mark.parametrize("made", ["at rest", "while it runs"])
def test_a_consumer_runs_on_when_the_folder_is_put_back_from_a_copy(start_bus, tmp_path, made):
    bus = start_bus()
    create(bus, "t")
    assert produce(bus, "t", [(None, f"old {n}") for n in range(10)]) == [None] * 10
    bus.stop()
    if made == "at rest":
        shutil.copytree(tmp_path / "bus", tmp_path / "copy")
    bus.start()
    if made == "while it runs":
        shutil.copytree(tmp_path / "bus", tmp_path / "copy")
    assert produce(bus, "t", [(None, f"lost {n}") for n in range(10)]) == [None] * 10
    # It comes back when producers have gone beyond where it was.
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "g", "auto.offset.reset": "earliest",
                         "reconnect.backoff.ms": 3_000, "reconnect.backoff.max.ms": 3_000})
    consumer.assign([TopicPartition("t", 0, 0)])
    assert [consumer.poll(10).value() for _ in range(20)][-1] == b"lost 9"
    time.sleep(1)  # epochs are seconds
    put_back(bus, tmp_path / "copy")
    assert produce(bus, "t", [(None, f"new {n}") for n in range(30)]) == [None] * 30
    seen = []

    def last():
        message = consumer.poll(1)
        seen.extend([message.value().decode()] if message and not message.error() else [])
        return "new 29" in seen
    eventually(last, timeout_s=60)
    consumer.close()
    assert [value for value in seen if value.startswith("new")] == [f"new {n}" for n in range(30)]


def test_a_tail_that_the_disk_lost_is_told_of_by_the_leader_epoch(start_bus, tmp_path):
    bus = start_bus()
    create(bus, "t")
    assert produce(bus, "t", [(None, "kept")]) == [None]
    segment = tmp_path / "bus" / "00000000000000000001.log"
    size = segment.stat().st_size
    assert produce(bus, "t", [(None, "lost")]) == [None]
    bus.kill()
    bytes_ = segment.read_bytes()
    segment.write_bytes(bytes_[:size] + bytes(len(bytes_) - size))
    bus.start()
    assert produce(bus, "t", [(None, "new"), (None, "newer")]) == [None] * 2
    asked = {"partition": 0, "current_leader_epoch": -1, "leader_epoch": 0}
    with Raw(bus.address) as raw:
        (told,) = raw.call("offset_for_leader_epoch", 4, replica_id=-1, topics=[{"topic": "t", "partitions": [asked]}])["topics"][0]["partitions"]
    assert (told["error_code"], told["leader_epoch"], told["end_offset"]) == (0, 0, 1)
