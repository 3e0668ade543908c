"""Produce, fetch, list offsets, epochs, metadata: each function sends one random request of its kind."""
import random

import lz4.frame

from both import only, topic
from records import CODECS, GZIP, LZ4, PLAIN, SNAPPY, ZSTD, batch, in_blocks, record
from target import Ref

NOW_MS = 1_700_000_000_000  # of the records
# The topics keep them for ever; and Kafka begins no new file because a marker of today comes after them: an answer of its
# ends where a file ends.
EVERYWHERE = {"retention.ms": "-1", "segment.ms": str(2**63 - 1)}
TOPICS = {"t0": 1, "t1": 3, "stamped": 1, "small": 1, "compacted": 1, "odd": 1}
CONFIGS = {  # beside EVERYWHERE
    "stamped": {"message.timestamp.type": "LogAppendTime"},
    "small": {"max.message.bytes": "200"},
    "compacted": {"cleanup.policy": "compact"},
}
NAMES = [name for name in TOPICS if name != "odd"] + ["nowhere"]


def any_topic(rng):
    return rng.choice(NAMES)


def any_partition(rng, name):
    return rng.choice([*range(TOPICS.get(name, 1))] * 4 + [-1, 7])


def good_batch(rng, **more):
    count = rng.randint(1, 5)
    times = [NOW_MS + rng.randint(0, 1000) for _ in range(count)]
    values = [rng.choice([b"", b"v%d" % n, b"x" * rng.randint(1, 40)]) for n in range(count)]
    keys = [b"k%d" % rng.randint(0, 3) for _ in range(count)]
    return batch(values, **{"timestamps": times, "keys": keys, "codec": rng.choice([PLAIN] * 4 + [*CODECS])} | more)


BAD_BATCHES = {
    "wrong CRC": lambda rng: good_batch(rng, crc_change=1),
    "magic 1": lambda rng: good_batch(rng, magic=1),
    "too long": lambda rng: good_batch(rng, length_change=5),
    "too short": lambda rng: good_batch(rng, length_change=-5),
    "cut": lambda rng: good_batch(rng)[:-3],
    "cut in the head": lambda rng: good_batch(rng)[:40],
    "count too high": lambda rng: batch([b"a", b"b"], timestamps=[NOW_MS, NOW_MS], count=3),
    "count too low": lambda rng: batch([b"a", b"b"], timestamps=[NOW_MS, NOW_MS], count=1),
    "bytes behind the records": lambda rng: batch([b"a"], timestamps=[NOW_MS], compress=lambda records: records + b"\0\0\0"),
    "negative count": lambda rng: batch([b"a", b"b"], timestamps=[NOW_MS, NOW_MS], count=-1),
    "no records": lambda rng: batch([], timestamps=[NOW_MS]),
    "last offset wrong": lambda rng: batch([b"a", b"b"], timestamps=[NOW_MS, NOW_MS], last_offset_delta=5),
    "control": lambda rng: good_batch(rng, control=True),
    "two batches": lambda rng: good_batch(rng) + good_batch(rng),
    "large": lambda rng: batch([b"x" * 300], timestamps=[NOW_MS], keys=[b"k"]),
    "no key": lambda rng: batch([b"v"], timestamps=[NOW_MS]),
    "empty": lambda rng: b"",
    "transactional": lambda rng: good_batch(rng, producer_id=10**6, epoch=0, sequence=0, transactional=True),
    "unknown producer": lambda rng: good_batch(rng, producer_id=10**6, epoch=0, sequence=7),
    "producer without sequence": lambda rng: good_batch(rng, producer_id=10**6, epoch=0, sequence=-1),
    "far future": lambda rng: batch([b"v"], timestamps=[10**15], keys=[b"k"]),
    "negative time": lambda rng: batch([b"v"], timestamps=[-5], keys=[b"k"]),
    "no time": lambda rng: batch([b"v"], timestamps=[-1], keys=[b"k"]),
    "base offset": lambda rng: good_batch(rng, base_offset=7),
    "the broker's time": lambda rng: good_batch(rng, stamped=True),
    "the broker's time, none": lambda rng: batch([b"v"], timestamps=[-1], keys=[b"k"], stamped=True),
    "transactional with no producer": lambda rng: good_batch(rng, transactional=True),
    "length of nothing": lambda rng: b"\0" * 12,
    "trailing zeros": lambda rng: good_batch(rng) + b"\0" * 40,
    "magic 0": lambda rng: good_batch(rng, magic=0),
    "newest time of long ago": lambda rng: good_batch(rng, codec=PLAIN, newest=0),
    "newest time of long ago, packed": lambda rng: good_batch(rng, codec=GZIP, newest=0),
    "newest time later than all": lambda rng: good_batch(rng, codec=PLAIN, newest=NOW_MS + 5000),
    "snappy in blocks": lambda rng: good_batch(rng, codec=SNAPPY, compress=in_blocks),
    "lz4 in linked blocks": lambda rng: good_batch(rng, codec=LZ4, compress=lambda records: lz4.frame.compress(records, block_linked=True)),
    "newest time of far away, packed": lambda rng: good_batch(rng, codec=GZIP, newest=2**61),
}

ODD_BATCHES = {  # what one broker takes and the other refuses: to a topic that nothing else reads
    "a batch and a bit": lambda rng: good_batch(rng) + b"\0\0\0",
    **{f"{name} that is none": lambda rng, codec=codec: batch([b"v"], timestamps=[NOW_MS], keys=[b"k"], claimed_codec=codec)
       for name, codec in (("gzip", GZIP), ("snappy", SNAPPY), ("lz4", LZ4), ("zstd", ZSTD))},
    "offsets of records that skip": lambda rng: batch([b"a", b"b"], timestamps=[NOW_MS] * 2, compress=lambda records: (
        record(0, 0, b"k", b"a") + record(5, 0, b"k", b"b"))),
    "unknown codec": lambda rng: batch([b"v"], timestamps=[NOW_MS], keys=[b"k"], claimed_codec=5),
}


def produce_odd(both):
    kind = both.rng.choice(list(ODD_BATCHES))
    send_produce(both, "odd", 0, ODD_BATCHES[kind](both.rng), label=f"produce: {kind}")


def any_batch(rng):
    kind = rng.choice([None] * 20 + list(BAD_BATCHES))
    return BAD_BATCHES[kind](rng) if kind else good_batch(rng)


def produce(both):
    rng = both.rng
    name = any_topic(rng)
    acks = rng.choice([-1] * 5 + [1] * 4 + [2])
    send_produce(both, name, any_partition(rng, name), any_batch(rng), acks=acks)


def every_batch(both):
    """Each kind once, whatever is drawn later, and what the log has of them; and the session that Kafka gives."""
    rng = random.Random(0)
    for kind in BAD_BATCHES:
        send_produce(both, "t1", 2, BAD_BATCHES[kind](rng), version=9)
        unanswered(both, 9, "t1", 2, BAD_BATCHES[kind](rng))
    for version in range(3, 10):  # zstd: from 7 on
        for codec in CODECS:
            send_produce(both, "t1", 2, good_batch(rng, codec=codec), version=version)
    for kind in ("transactional", "transactional with no producer"):
        send_produce(both, "t1", 2, BAD_BATCHES[kind](rng), version=9, transactional_id="nobody's")
    send_produce(both, "compacted", 0, batch([b"v"] * 5, timestamps=[NOW_MS] * 5), version=9)
    for epoch in (-2, 0, 1):
        for timestamp in (LATEST, NEWEST):
            both.call("list_offsets", 7, {"replica_id": -1, "topics": [{"name": "t1", "partitions": [
                {"partition_index": 2, "timestamp": timestamp, "current_leader_epoch": epoch}]}]})
        both.call("fetch", 9, {"max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "topics": [{"topic": "t1", "partitions": [
            {"partition": 2, "fetch_offset": 0, "current_leader_epoch": epoch, "partition_max_bytes": 1 << 20}]}]})
        both.call("offset_for_leader_epoch", 2, {"topics": [{"topic": "t1", "partitions": [
            {"partition": 2, "current_leader_epoch": epoch, "leader_epoch": 0}]}]})
    ask_for_session(both, 11, 0, 0)
    for kind, made in ODD_BATCHES.items():
        send_produce(both, "odd", 0, made(rng), version=5, label=f"produce: {kind}")
    for version in (4, 9, 10, 11):  # zstd: from 10 on
        both.call("fetch", version, only("fetch", {"max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "session_epoch": -1, "topics": [
            {"topic": "t1", "partitions": [{"partition": 2, "fetch_offset": 0, "partition_max_bytes": 1 << 20}]}]}))


def produce_unanswered(both):
    """With acks=0: whether the connection is still there behind it, and what has become of the batch."""
    rng = both.rng
    name = any_topic(rng)
    unanswered(both, both.version("produce"), name, any_partition(rng, name), any_batch(rng))


def unanswered(both, version, name, partition, records):
    both.post("produce", version, only("produce", {
        "acks": 0, "timeout_ms": 5000, "topic_data": [topic(name, partition_data=[{"index": partition, "records": records}])]}))
    send_produce(both, name, partition, batch([b"behind it"], timestamps=[NOW_MS], keys=[b"k"]))


def produce_several(both):
    """To partitions of several topics at once; each has its own answer."""
    rng = both.rng
    transactional_id = rng.choice([None] * 4 + ["nobody's"])
    both.call("produce", both.version("produce"), only("produce", {
        "acks": rng.choice([-1, 1]), "timeout_ms": 5000, "transactional_id": transactional_id, "topic_data": [
            topic(name, partition_data=[{"index": p, "records": any_batch(rng)} for p in rng.sample([*range(TOPICS.get(name, 1)), 7], rng.randint(1, 2))])
            for name in rng.sample(NAMES, rng.randint(1, 3))]}))


def send_produce(both, name, partition, records, *, acks=-1, version=None, label=None, **more):
    version = both.version("produce") if version is None else version
    return both.call("produce", version, only("produce", {
        "acks": acks, "timeout_ms": 5000, **more,
        "topic_data": [topic(name, partition_data=[{"index": partition, "records": records}])]}), label=label)


class Producer:
    """An idempotent producer whose next sequence is known, so that right and wrong ones can be sent."""

    def __init__(self, both, number):
        self.name, self.next, self.epoch = f"producer {number}", {}, 0
        both.call("init_producer_id", both.version("init_producer_id"), {"transactional_id": None, "transaction_timeout_ms": 1000},
                  bind=lambda answer: {self.name: answer["producer_id"]})

    def send(self, both):
        rng = both.rng
        name, partition = rng.choice([("t0", 0), ("t1", 0), ("t1", 1)])
        sequence = self.next.get((name, partition), 0)
        case = rng.choice(["next"] * 6 + ["again", "ahead", "behind", "newer epoch", "older epoch"])
        count = rng.randint(1, 3)
        at = {"again": max(0, sequence - 1), "ahead": sequence + 2, "behind": max(0, sequence - 9)}.get(case, sequence)
        epoch = self.epoch + {"newer epoch": 1, "older epoch": -1}.get(case, 0)
        if case == "newer epoch":
            at = rng.choice([0, at])
        if epoch < 0:
            return
        def made(target):
            return batch([b"v"] * count, timestamps=[NOW_MS] * count, producer_id=target.ids[self.name], epoch=epoch, sequence=at)
        answer = send_produce(both, name, partition, made)
        part = answer["responses"][0]["partition_responses"][0]
        if part["error_code"] == 0 and case in ("next", "newer epoch") and (case == "next" or at == 0):
            if case == "newer epoch":
                self.epoch, self.next = epoch, {}
            self.next[name, partition] = at + count


def fetch(both):
    rng = both.rng
    name = any_topic(rng)
    version = both.version("fetch")
    both.call("fetch", version, only("fetch", {
        "max_wait_ms": rng.choice([0, 0, 20]), "min_bytes": rng.choice([0, 1]), "max_bytes": rng.choice([1 << 20] * 3 + [1, 200]),
        "isolation_level": rng.choice([0, 1]), "session_id": 0, "session_epoch": -1,
        "topics": [topic(name, partitions=[{
            "partition": any_partition(rng, name), "fetch_offset": rng.choice([0, 1, 2, 3, 5, 8, 20, -1, 10**6]),
            "current_leader_epoch": rng.choice([-1] * 6 + [0, 9, -2]), "partition_max_bytes": rng.choice([1 << 20] * 3 + [1, 150, 0])}])]}))


def fetch_several(both):
    rng = both.rng
    version = both.version("fetch")
    names = NAMES if version < 13 else list(TOPICS)[:5]  # Kafka fails inside when one id among several is unknown
    both.call("fetch", version, only("fetch", {
        "max_wait_ms": 0, "min_bytes": 1, "max_bytes": 1 << 20, "isolation_level": rng.choice([0, 1]), "session_epoch": -1,
        "topics": [topic(name, partitions=[{"partition": p, "fetch_offset": rng.choice([0, 0, 1, 10**6]), "partition_max_bytes": 1 << 20,
                                            "last_fetched_epoch": rng.choice([-1, -1, 0, 9])}
                                           for p in rng.choices([*range(TOPICS.get(name, 1)), 7], k=rng.randint(1, 3))])
                   for name in rng.choices(names, k=rng.randint(2, 4))]}))


def fetch_session(both):
    """Sessions that there are not; the one that an epoch of 0 asks for is given by Kafka alone."""
    rng = both.rng
    ask_for_session(both, both.version("fetch", low=7), rng.choice([0, 77, -1]), rng.choice([-1, 0, 1, 5, -2]))


def ask_for_session(both, version, session, epoch):
    both.call("fetch", version, {"max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "session_id": session, "session_epoch": epoch,
                                 "topics": []})


SHORTENED = ["t0", "compacted", "stamped"]  # records of these are deleted (admin_cases.py)
LATEST, NEWEST = -1, -3


def list_offsets(both):
    """Not the newest of what DeleteRecords may have cut within a batch: Kafka tells the offset of a deleted record then."""
    rng = both.rng
    name = any_topic(rng)
    version = both.version("list_offsets")
    special = [LATEST, -2] + [NEWEST] * (version >= 7) + [-4] * (version >= 8) + [-5] * (version >= 9)
    partitions = [{
        "partition_index": any_partition(rng, name), "current_leader_epoch": rng.choice([-1] * 6 + [0, 9, -2]),
        "timestamp": rng.choice(special * 3 + [NOW_MS + rng.randint(-10, 1010), NOW_MS * 2, 0, NEWEST, -4, -5, -6, -7, -9])}
        for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    for partition in partitions:
        if partition["timestamp"] == NEWEST and name in SHORTENED:
            partition["timestamp"] = LATEST
    both.call("list_offsets", version, only("list_offsets", {
        "replica_id": -1, "isolation_level": rng.choice([0, 1]), "timeout_ms": 1000, "topics": [topic(name, partitions=partitions)]}))


def offset_for_leader_epoch(both):
    rng = both.rng
    name = any_topic(rng)
    both.call("offset_for_leader_epoch", both.version("offset_for_leader_epoch"), only("offset_for_leader_epoch", {
        "replica_id": rng.choice([-1, -2]), "topics": [topic(name, partitions=[{
            "partition": any_partition(rng, name), "current_leader_epoch": rng.choice([-1, -1, 0, 9]),
            "leader_epoch": rng.choice([0, 0, 1, 9, -1])}])]}))


def metadata(both):
    rng = both.rng
    version = both.version("metadata")
    names = rng.sample(NAMES, rng.randint(0, 3)) + rng.choice([[], [], ["bad name!"], [""], ["x" * 250], [".."]])
    topics = rng.choice([None if version >= 1 else [], [{"name": n, "topic_id": "00000000-0000-0000-0000-000000000000"} for n in names]])
    if version >= 12 and rng.random() < 0.4:
        topics = [{"name": rng.choice([None] * 4 + [n]), "topic_id": Ref(f"topic {n}", "11111111-1111-1111-1111-111111111111")} for n in names]
    elif version >= 10 and rng.random() < 0.1:
        topics = [{"name": "t0", "topic_id": Ref("topic t0")}, {"name": "t1"}]
    both.call("metadata", version, {
        "topics": topics, "allow_auto_topic_creation": False,
        "include_cluster_authorized_operations": rng.choice([True, False]) and version <= 10,
        "include_topic_authorized_operations": rng.choice([True, False])})


def api_versions(both):
    both.call("api_versions", both.version("api_versions"), {
        "client_software_name": both.rng.choice(["apache-kafka-java", "", "bad name!"]), "client_software_version": "4.2.0"})


def find_coordinator(both):
    rng = both.rng
    version = both.version("find_coordinator")
    both.call("find_coordinator", version, {"key": rng.choice(["g0", ""]), "key_type": rng.choice([0, 0, 1, 2, 9]),
                                            "coordinator_keys": rng.choice([["g0"], ["g0", "g1"], [""], []])})


CASES = [(produce, 10), (produce_several, 2), (produce_odd, 1), (produce_unanswered, 2), (fetch, 8), (fetch_several, 2), (fetch_session, 1),
         (list_offsets, 5), (offset_for_leader_epoch, 2), (metadata, 4), (api_versions, 2), (find_coordinator, 1)]
