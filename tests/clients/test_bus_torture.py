"""kill -9 in many rounds under producers of three kinds with consumers attached. MES_TORTURE_ROUNDS is how many.

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


@pytest.fixture
def bus(tmp_path):
    running = Bus(tmp_path, "--segment-bytes", "1M").start()  # many segments: recovery meets more than the last one
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
    for made in admin.create_topics([NewTopic(t, torture.PARTITIONS, 1) for t in TOPICS]).values():
        made.result(20)
    producers = [torture.Producer(bus.address, "plain", **{"enable.idempotence": False, "max.in.flight.requests.per.connection": 1}),
                 torture.Producer(bus.address, "idempotent", **{"enable.idempotence": True}),
                 torture.Transactions(bus.address, "transactional", SEED)]
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
        seen = {t: torture.read_all(bus.address, t, **{"isolation.level": "read_committed"}) for t in TOPICS}
    finally:
        for worker in workers:
            worker.stopping.set()
    for worker in workers:
        worker.stop()
    verdicts = {t: torture.verify_producer(producers[n], seen[t], readers[n].seen, may_repeat=t == "plain")
                for n, t in enumerate(TOPICS[:2])}
    verdicts["transactional"] = torture.verify_transactions(producers[2], seen["transactional"], readers[2].seen)
    figures = {"rounds": ROUNDS, "seconds": round(time.monotonic() - start), "commits of the group": member.commits, **verdicts}
    print(json.dumps(figures, indent=1))
    if report := os.environ.get("MES_TORTURE_REPORT"):
        (ROOT / report).write_text(json.dumps(figures | {"seed": SEED}, indent=1))
    assert {t: v.faults() for t, v in verdicts.items()} == {t: {} for t in TOPICS}
    for topic, reader in zip(TOPICS, readers):
        assert all(reader.seen), f"the consumer of {topic} read nothing"
    assert member.commits > 0
