"""The script of random requests: set-up, then cases by weight from one seed. As a program it prints what differs between
two brokers that are already there."""
import argparse
import random
import time

import admin_cases
import config_cases
import creation_cases
import data_cases
import group_cases
import malformed_cases
import transaction_cases
from both import NUMBERS, Both
from target import Target

AREAS = {"data": data_cases, "creation": creation_cases, "groups": group_cases, "admin": admin_cases, "settings": config_cases,
         "transactions": transaction_cases, "malformed": malformed_cases}


def warm_up(both):
    """Until both know their coordinators, so that no answer depends on how long they have been up."""
    for kind, key in ((0, "g0"), (1, "x0")):
        both.settle("find_coordinator", 1, {"key": key, "key_type": kind}, lambda a: a["error_code"] == 0)
    both.settle("offset_fetch", 1, {"group_id": "g0", "topics": []}, lambda a: True)
    both.settle("offset_commit", 2, {"group_id": "warm", "topics": []}, lambda a: True)
    both.settle("init_producer_id", 0, {"transactional_id": None, "transaction_timeout_ms": 1000}, lambda a: a["error_code"] == 0)


def settle_topic(both, name, partitions):
    """Until every partition has its leader."""
    both.settle("list_offsets", 1, {"replica_id": -1, "topics": [{"name": name, "partitions": [
        {"partition_index": p, "timestamp": -1} for p in range(partitions)]}]},
        lambda a: all(p["error_code"] == 0 for p in a["topics"][0]["partitions"]))


def make_topics(both):
    """New ones, whatever a run before this left in those of the same names."""
    names = [*data_cases.TOPICS, transaction_cases.TOPIC]
    both.settle("delete_topics", 3, {"topic_names": names, "timeout_ms": 30000}, lambda a: True)
    both.settle("metadata", 4, {"topics": [{"name": n} for n in names], "allow_auto_topic_creation": False},
                lambda a: all(t["error_code"] for t in a["topics"]))
    for name, partitions in (data_cases.TOPICS | {transaction_cases.TOPIC: 2}).items():
        configs = data_cases.EVERYWHERE | data_cases.CONFIGS.get(name, {})
        both.call("create_topics", 7, {"timeout_ms": 30000, "topics": [
            {"name": name, "num_partitions": partitions, "replication_factor": 1, "configs": [
                {"name": k, "value": v} for k, v in configs.items()]}]},
            bind=lambda a: {f"topic {t['name']}": t["topic_id"] for t in a["topics"]})
        settle_topic(both, name, partitions)


def run(kafka, bus, seed, count, areas=tuple(AREAS), trace=None):
    """`count` cases from these areas; what differed is in the answer's `found`."""
    rng = random.Random(seed)
    both = Both(Target("Kafka", kafka), Target("the bus", bus), rng, trace)
    warm_up(both)
    make_topics(both)
    cases = [case for area in areas for case in AREAS[area].CASES]
    if "data" in areas:
        data_cases.every_batch(both)
        producers = [data_cases.Producer(both, n) for n in range(2)]
        cases.append((lambda both: rng.choice(producers).send(both), 5))
    for _ in range(count):
        rng.choices([c for c, _ in cases], [w for _, w in cases])[0](both)
    if "transactions" in areas:
        transaction_cases.made_again(both)
    for target in both.targets:
        target.close()
    return both


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("kafka")
    options.add_argument("bus")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=500)
    options.add_argument("--areas", default=",".join(AREAS))
    options.add_argument("--trace", type=argparse.FileType("w"))
    chosen = options.parse_args()
    for _ in range(int(time.time() % 10**4) * 100):  # those brokers may have seen runs before
        next(NUMBERS)
    outcome = run(chosen.kafka, chosen.bus, chosen.seed, chosen.count, chosen.areas.split(","), chosen.trace)
    print(outcome.report())
    print(f"{outcome.requests} requests, {len(outcome.found)} answers differ")
