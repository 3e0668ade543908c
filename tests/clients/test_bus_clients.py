"""kcat and confluent-kafka (both librdkafka) against the bus, also over kill -9."""
import json
import re
import shutil
import subprocess
import threading
import time

import pytest

from bus import ROOT, kcat
from tests.support.wait import eventually

pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")


def contract_topics():
    text = (ROOT / "contracts/topics.yaml").read_text()
    return {name: int(count) for name, count in re.findall(r"- \{ name: ([\w.-]+), partitions: (\d+)", text)}


def test_all_topics_of_the_contract_are_there(bus):
    listed = json.loads(kcat(bus, "-L", "-J"))
    assert {t["topic"]: len(t["partitions"]) for t in listed["topics"]} == contract_topics()
    assert len(contract_topics()) == 56


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec_comes_back_as_it_went(bus, codec):
    lines = "".join(f"line {n} {'x' * (n % 50)}\n" for n in range(2000))
    kcat(bus, "-P", "-t", "codec", "-p", "0", "-z", codec, "-X", "linger.ms=50", stdin=lines)
    assert kcat(bus, "-C", "-t", "codec", "-p", "0", "-e", "-q") == lines
    records = bus.get("/topics/codec/records?partition=0&from=10&limit=2")["records"]
    assert [r["value"] for r in records] == lines.splitlines()[10:12]


def test_keys_headers_tombstones_and_timestamps(bus):
    kcat(bus, "-P", "-t", "work-order.created", "-K:", "-Z", "-H", "ce_id=1", stdin="wo-1:made\nwo-2:\n")
    got = kcat(bus, "-C", "-t", "work-order.created", "-e", "-q", "-f", "%k|%S|%h\n")
    assert sorted(got.splitlines()) == ["wo-1|4|ce_id=1", "wo-2|-1|ce_id=1"]


def test_a_group_goes_on_where_it_was(bus):
    def read(count):
        return kcat(bus, "-G", "readers", "-q", "-c", str(count), "-X", "auto.offset.reset=earliest", "quality.ncr-created")
    kcat(bus, "-P", "-t", "quality.ncr-created", "-p", "0", stdin="a\nb\n")
    assert sorted(read(2).split()) == ["a", "b"]
    kcat(bus, "-P", "-t", "quality.ncr-created", "-p", "0", stdin="c\n")
    assert read(1).split() == ["c"]
    group = next(g for g in bus.get("/groups") if g["name"] == "readers")
    assert sum(p["lag"] for p in group["lag"]) == 0


class Member:
    """A kcat that reads as a member of a group."""

    def __init__(self, bus, name, topic, folder):
        self.name, self.output = name, folder / name
        with open(self.output, "w") as output:
            self.process = subprocess.Popen(
                ["kcat", "-b", bus.address, "-G", "shared", "-q", "-u", "-f", "%p %s\n", "-X", "auto.offset.reset=earliest", "-X", f"client.id={name}", topic],
                stdout=output, stderr=subprocess.DEVNULL)

    def partitions_of(self, word):
        """Of the records with this value that it has read."""
        return sorted(int(p) for p, value in (line.split() for line in self.output.read_text().splitlines()) if value == word)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0


def test_two_members_share_and_one_inherits(bus, tmp_path):
    topic, every = "quality.ncr-created", [0, 1, 2]

    def assigned():
        """Member -> its partitions, once the group has settled."""
        group = next(g for g in bus.get("/groups") if g["name"] == "shared")
        return group["state"] == "Stable" and {m["client_id"]: sorted(a["partition"] for a in m["assignment"]) for m in group["members"]}

    def produce(word):
        for partition in every:
            kcat(bus, "-P", "-t", topic, "-p", str(partition), stdin=word + "\n")

    produce("alone")
    one = Member(bus, "one", topic, tmp_path)
    eventually(lambda: one.partitions_of("alone") == every)
    two = Member(bus, "two", topic, tmp_path)
    eventually(lambda: len(assigned()) == 2)
    shares = assigned()
    assert sorted(map(len, shares.values())) == [1, 2] and sorted(sum(shares.values(), [])) == every
    produce("shared")
    eventually(lambda: {m.name: m.partitions_of("shared") for m in (one, two)} == shares)
    one.stop()
    eventually(lambda: assigned() == {"two": every})
    produce("inherited")
    eventually(lambda: two.partitions_of("inherited") == every)
    two.stop()
    assert one.partitions_of("inherited") == [] and one.partitions_of("alone") == every and two.partitions_of("alone") == []


def test_offsets_by_time(bus):
    kcat(bus, "-P", "-t", "material.received", "-p", "1", stdin="old\n")
    time.sleep(0.05)
    between = int(time.time() * 1000)
    time.sleep(0.05)
    kcat(bus, "-P", "-t", "material.received", "-p", "1", stdin="new\n")
    assert kcat(bus, "-Q", "-t", f"material.received:1:{between}").split() == ["material.received", "[1]", "offset", "1"]


def test_a_clean_stop_and_start_keeps_everything(bus):
    kcat(bus, "-P", "-t", "system.error", "-p", "0", stdin="one\n")
    bus.stop()
    bus.start()
    kcat(bus, "-P", "-t", "system.error", "-p", "0", stdin="two\n")
    assert kcat(bus, "-C", "-t", "system.error", "-p", "0", "-e", "-q", "-f", "%o %s\n").splitlines() == ["0 one", "1 two"]


def produce_with_kills(bus, kills, records_each):
    """Keys acknowledged to an idempotent producer that lives through `kills` kill -9 of the bus."""
    kafka = pytest.importorskip("confluent_kafka")
    producer = kafka.Producer({"bootstrap.servers": bus.address, "enable.idempotence": True, "linger.ms": 1,
                               "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20})
    acknowledged, refused = [], []

    def delivered(error, message):
        (refused if error else acknowledged).append(int(message.value()))

    def kill_now_and_then():
        for _ in range(kills):
            time.sleep(0.15)
            bus.kill()
            bus.start()

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    number = 0
    while killer.is_alive() or number < records_each:
        producer.produce("torture", str(number), partition=number % 3, on_delivery=delivered)
        number += 1
        producer.poll(0 if number % 50 else 0.005)
    killer.join()
    assert producer.flush(60) == 0
    return acknowledged, refused


def test_kill_9_loses_nothing_and_doubles_nothing(bus):
    kcat(bus, "-P", "-t", "torture", stdin="-1\n")
    acknowledged, refused = produce_with_kills(bus, kills=8, records_each=5000)
    assert not refused and len(acknowledged) >= 5000
    seen = [[int(v) for v in kcat(bus, "-C", "-t", "torture", "-p", str(p), "-e", "-q").split()] for p in range(3)]
    values = [v for part in seen for v in part if v >= 0]
    assert len(values) == len(set(values)), "records twice"
    assert set(acknowledged) <= set(values), "acknowledged records are gone"
    for part in seen:
        assert [v for v in part if v >= 0] == sorted(v for v in part if v >= 0), "order"


def test_a_torn_tail_is_cut_and_told(bus, tmp_path):
    kcat(bus, "-P", "-t", "system.error", "-p", "0", stdin="kept\n")
    bus.kill()
    segment = max((tmp_path / "bus").glob("*.log"))
    frames = segment.read_bytes().rstrip(b"\0") + b"\0"  # the record's last byte: it has no headers
    segment.write_bytes(frames + b"half a frame")
    bus.start()
    assert kcat(bus, "-C", "-t", "system.error", "-p", "0", "-e", "-q") == "kept\n"
    assert list((tmp_path / "bus").glob("*.cut-at-*"))
    assert '"cut_bytes":12' in (tmp_path / "bus.log").read_text()
