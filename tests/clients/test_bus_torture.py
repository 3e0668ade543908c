"""kill -9 in many rounds under producers of four kinds with consumers attached, while the cleaner is at work all the time.
MES_TORTURE_ROUNDS is how many.

A round ends when each kind of producer has been acknowledged something since the bus came up, and a random while later.
"""
import json
import os
import random
import time

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

import torture
from bus import ROOT, Bus

ROUNDS = int(os.environ.get("MES_TORTURE_ROUNDS", "8"))
pytestmark = pytest.mark.timeout(600 + 30 * ROUNDS)
SEED = int(os.environ.get("MES_TORTURE_SEED", random.randrange(1 << 30)))
TOPICS = ("plain", "idempotent", "transactional")
COMPACTED = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}


@pytest.fixture
def bus(tmp_path):
    # Many segments: recovery meets more than the last one; and not more files in a thousand rounds than may be open.
    running = Bus(tmp_path, "--segment-bytes", "2M", "--cleaner-interval", "50ms").start()
    yield running
    if running.process.poll() is None:
        running.stop()


def kill_in_rounds(bus, workers, producers):
    rng = random.Random(SEED)
    for number in range(ROUNDS):
        before = [p.count() for p in producers]
        deadline = time.monotonic() + 120
        while any(p.count() == had for p, had in zip(producers, before)):
            for worker in workers:
                worker.check()
            assert time.monotonic() < deadline, f"round {number}: no progress, {[p.count() for p in producers]} after {before}"
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.1))
        bus.kill()
        while rng.random() < 0.15:  # also while it starts
            bus.launch()
            time.sleep(rng.uniform(0, 0.03))
            bus.kill()
        bus.start()


def test_kill_9_in_rounds(bus):
    print(f"seed {SEED}")
    admin = AdminClient({"bootstrap.servers": bus.address})
    topics = [NewTopic(t, torture.PARTITIONS, 1) for t in TOPICS]
    for made in admin.create_topics([*topics, NewTopic("latest", torture.PARTITIONS, 1, config=COMPACTED)]).values():
        made.result(20)
    producers = [torture.Producer(bus.address, "plain", **{"enable.idempotence": False, "max.in.flight.requests.per.connection": 1}),
                 torture.Producer(bus.address, "idempotent", **{"enable.idempotence": True}),
                 torture.Transactions(bus.address, "transactional", SEED),
                 torture.Latest(bus.address, "latest", **{"enable.idempotence": True})]
    readers = [torture.Reader(bus.address, t, **{"isolation.level": "read_committed"}) for t in TOPICS]
    member = torture.Member(bus.address, "idempotent")
    workers = [*producers, *readers, member]
    for worker in workers:
        worker.start()
    start = time.monotonic()
    try:
        kill_in_rounds(bus, workers, producers)
        for producer in producers:
            producer.stop()
        seen = {t: torture.read_all(bus.address, t, **{"isolation.level": "read_committed"}) for t in (*TOPICS, "latest")}
    finally:
        for worker in workers:
            worker.stopping.set()
    for worker in workers:
        worker.stop()
    verdicts = {t: torture.verify_producer(producers[n], seen[t], readers[n].seen, may_repeat=t == "plain")
                for n, t in enumerate(TOPICS[:2])}
    verdicts["transactional"] = torture.verify_transactions(producers[2], seen["transactional"], readers[2].seen)
    verdicts["latest"] = torture.verify_latest(producers[3], seen["latest"])
    figures = {"rounds": ROUNDS, "seconds": round(time.monotonic() - start), "commits of the group": member.commits, **verdicts}
    print(json.dumps(figures, indent=1))
    if report := os.environ.get("MES_TORTURE_REPORT"):
        (ROOT / report).write_text(json.dumps(figures | {"seed": SEED}, indent=1))
    assert {t: v.faults() for t, v in verdicts.items()} == {t: {} for t in (*TOPICS, "latest")}
    assert "log cleaned" in (bus.data / "bus.log").read_text()
    for topic, reader in zip(TOPICS, readers):
        assert all(reader.seen), f"the consumer of {topic} read nothing"
    assert member.commits > 0
