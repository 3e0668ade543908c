"""Transactions from beginning to end, in versions drawn for each step, with wrong requests in between."""
from both import NUMBERS, only, topic
from data_cases import NOW_MS, send_produce
from records import batch
from target import Ref

CONCURRENT_TRANSACTIONS = 51  # the last one's markers are being written: asked again
IN_PROGRESS = (CONCURRENT_TRANSACTIONS,)
UNKNOWN_TOPIC_OR_PARTITION = 3
TOPIC = "transacted"


class Transactional:
    def __init__(self, both):
        self.both, self.id = both, f"transactional{next(NUMBERS)}"
        self.producer, self.sequence = f"producer of {self.id}", 0
        self.init()

    def _bind(self, answer):
        found = {}
        if answer["error_code"] == 0 and answer.get("producer_id", -1) >= 0:
            found = {self.producer: answer["producer_id"], f"epoch of {self.id}": answer["producer_epoch"]}
        return found

    def init(self, **more):
        self.sequence = 0
        return self.both.call("init_producer_id", self.both.version("init_producer_id"), {
            "transactional_id": self.id, "transaction_timeout_ms": 60000} | more, bind=self._bind, again_on=IN_PROGRESS)

    def epoch(self, change=0):
        return lambda target: target.ids[f"epoch of {self.id}"] + change

    def who(self, change=0):
        return {"transactional_id": self.id, "producer_id": Ref(self.producer, 10**6), "producer_epoch": self.epoch(change)}

    def add(self, name=TOPIC, partition=0, change=0):
        version = self.both.version("add_partitions_to_txn")
        topics = [{"name": name, "partitions": [partition]}]
        who = self.who(change)
        body = {"transactions": [who | {"topics": topics}]} if version >= 4 else {
            f"v3_and_below_{field}": value for field, value in (who | {"topics": topics}).items()}
        return self.both.call("add_partitions_to_txn", version, body, again_on=IN_PROGRESS)

    def produce(self, change=0, version=None, sequence=None, partition=0):
        at = self.sequence if sequence is None else sequence
        def made(target):
            return batch([b"t"] * 2, timestamps=[NOW_MS] * 2, producer_id=target.ids[self.producer], epoch=self.epoch(change)(target),
                         sequence=at, transactional=True)
        answer = send_produce(self.both, TOPIC, partition, made, transactional_id=self.id, version=version)
        if not answer["responses"][0]["partition_responses"][0]["error_code"]:
            self.sequence = at + 2

    def add_offsets(self, group):
        return self.both.call("add_offsets_to_txn", self.both.version("add_offsets_to_txn"), self.who() | {"group_id": group}, again_on=IN_PROGRESS)

    def commit_offsets(self, group, version=None, **more):
        version = self.both.version("txn_offset_commit", high=4) if version is None else version
        return self.both.call("txn_offset_commit", version, only("txn_offset_commit", self.who() | {
            "group_id": group, "topics": [topic(TOPIC, partitions=[{"partition_index": 0, "committed_offset": 7, "committed_metadata": "t"}])]} | more),
            again_on=IN_PROGRESS)

    def end(self, committed, change=0, version=None):
        version = self.both.version("end_txn") if version is None else version
        answer = self.both.call("end_txn", version, self.who(change) | {"committed": committed}, bind=self._bind, again_on=IN_PROGRESS)
        if version >= 5 and answer["error_code"] == 0:
            self.sequence = 0
        self.settle()
        return answer

    def settle(self):
        """Until the markers are written: what comes next stands behind them on both."""
        self.both.settle("describe_transactions", 0, {"transactional_ids": [self.id]},
                         lambda a: not a["transaction_states"][0]["transaction_state"].startswith("Prepare"))

    def describe(self):
        self.settle()
        self.both.call("describe_transactions", 0, {"transactional_ids": [self.id, "never"]})


def read(both):
    """Everything, as both isolation levels see it."""
    for level in (0, 1):
        both.call("list_offsets", both.version("list_offsets", low=2), {"isolation_level": level, "replica_id": -1, "topics": [
            {"name": TOPIC, "partitions": [{"partition_index": 0, "timestamp": -1}]}]})
        both.call("fetch", both.version("fetch"), only("fetch", {
            "max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "isolation_level": level, "topics": [topic(TOPIC, partitions=[
                {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}])]}))


def made_again(both):
    """A topic that is deleted and made anew while a transaction of a client before version 2 has records in it."""
    name, versions = "made-again", {"create_topics": 7, "delete_topics": 3, "produce": 9, "end_txn": 4}

    def make():
        both.settle("create_topics", versions["create_topics"], {"timeout_ms": 30000, "topics": [
            {"name": name, "num_partitions": 1, "replication_factor": 1}]}, lambda a: a["topics"][0]["error_code"] == 0)
        both.settle("list_offsets", 1, {"replica_id": -1, "topics": [{"name": name, "partitions": [{"partition_index": 0, "timestamp": -1}]}]},
                    lambda a: a["topics"][0]["partitions"][0]["error_code"] == 0)

    def remove():
        both.settle("delete_topics", versions["delete_topics"], {"topic_names": [name], "timeout_ms": 30000},
                    lambda a: a["responses"][0]["error_code"] == UNKNOWN_TOPIC_OR_PARTITION)

    def produce(sequence, label=None):
        send_produce(both, name, 0, lambda target: batch(
            [b"t"], timestamps=[NOW_MS], producer_id=target.ids[txn.producer], epoch=txn.epoch()(target), sequence=sequence,
            transactional=True), transactional_id=txn.id, version=versions["produce"], label=label)
    remove()
    make()
    txn = Transactional(both)
    txn.add(name)
    produce(0)
    remove()
    make()
    produce(1, label="produce: topic made again in its transaction")
    txn.end(True, version=versions["end_txn"])
    remove()  # its id is nobody's to know


def classic(both):
    """As clients before transactions version 2 do it: partitions are added, the epoch stays (end_txn up to 4)."""
    rng, txn = both.rng, Transactional(both)
    for _ in range(rng.randint(1, 3)):
        txn.add()
        for _ in range(rng.randint(1, 3)):
            txn.produce(version=both.version("produce", high=11))
        if rng.random() < 0.5:
            read(both)
            txn.describe()
        txn.end(rng.random() < 0.6, version=both.version("end_txn", high=4))
        txn.describe()
        read(both)


def second(both):
    """Transactions version 2: produce adds the partition by itself, each end bumps the epoch."""
    rng, txn = both.rng, Transactional(both)
    for _ in range(rng.randint(1, 3)):
        for _ in range(rng.randint(1, 3)):
            txn.produce(version=both.version("produce", low=12))
        if rng.random() < 0.5:
            txn.commit_offsets(f"group of {txn.id}", version=5)
        txn.end(rng.random() < 0.6, version=5)
        txn.describe()
        read(both)


def offsets(both):
    rng, txn = both.rng, Transactional(both)
    group = f"group of {txn.id}"
    txn.add_offsets(group)
    txn.commit_offsets(group)
    for stable in (False, True):
        both.call("offset_fetch", both.version("offset_fetch", low=7), only("offset_fetch", {
            "group_id": group, "topics": [topic(TOPIC, partition_indexes=[0])], "require_stable": stable,
            "groups": [{"group_id": group, "topics": [topic(TOPIC, partition_indexes=[0])]}]}))
    txn.end(rng.random() < 0.6, version=both.version("end_txn", high=4))
    txn.describe()
    both.call("offset_fetch", both.version("offset_fetch"), only("offset_fetch", {
        "group_id": group, "topics": [topic(TOPIC, partition_indexes=[0])], "groups": [{"group_id": group, "topics": [
            topic(TOPIC, partition_indexes=[0])]}]}))


def wrong(both):
    rng, txn = both.rng, Transactional(both)
    txn.add()
    txn.produce(version=9)
    for _ in range(rng.randint(1, 4)):
        rng.choice([
            lambda: txn.produce(change=-1, version=9), lambda: txn.produce(change=1, version=9), lambda: txn.produce(sequence=9, version=9),
            lambda: txn.produce(sequence=0, version=9), lambda: txn.produce(partition=1, version=9),
            lambda: txn.add("nowhere"), lambda: txn.add(partition=9), lambda: txn.add(change=1), lambda: txn.add(change=-1),
            lambda: txn.end(True, change=1, version=3), lambda: txn.end(True, change=-1, version=3),
            lambda: txn.commit_offsets("never added"), lambda: txn.commit_offsets(f"group of {txn.id}", member_id="stranger", generation_id=3),
            lambda: both.call("end_txn", 3, {"transactional_id": "unknown", "producer_id": 10**6, "producer_epoch": 0, "committed": True}),
            lambda: both.call("init_producer_id", both.version("init_producer_id"), {
                "transactional_id": rng.choice(["", "long"]), "transaction_timeout_ms": 2_000_000_000}),
            lambda: both.call("init_producer_id", 4, {"transactional_id": None, "transaction_timeout_ms": -1},
                              bind=lambda answer: {f"producer beside {txn.id}": answer["producer_id"]}),
            lambda: both.call("init_producer_id", 4, {"transactional_id": txn.id, "transaction_timeout_ms": 60000, "producer_id": 10**6,
                                                       "producer_epoch": 3})])()
    txn.end(False, version=3)
    txn.end(False, version=3)
    txn.end(True, version=3)
    txn.describe()
    read(both)


def fencing(both):
    txn = Transactional(both)
    txn.add()
    txn.produce(version=9)
    txn.init()  # a second instance: the open transaction is aborted, the epoch goes up
    txn.describe()
    txn.produce(change=-1, version=9)
    txn.end(True, change=-1, version=3)
    txn.add()
    txn.produce(version=9)
    txn.end(True, version=3)
    txn.describe()
    read(both)


def verified(both):
    """What brokers ask of one another before they take a batch."""
    txn = Transactional(both)
    if both.rng.random() < 0.5:
        txn.add()
    topics = [{"name": both.rng.choice([TOPIC, TOPIC, "nowhere"]), "partitions": both.rng.choice([[0], [0, 1]])}]
    for verify_only in (True, both.rng.choice([True, False])):
        both.call("add_partitions_to_txn", both.version("add_partitions_to_txn", low=4), {"transactions": [
            txn.who(both.rng.choice([0, 0, 1, -1])) | {"topics": topics, "verify_only": verify_only},
            {"transactional_id": "unknown", "producer_id": 10**6, "producer_epoch": 0, "topics": topics, "verify_only": verify_only}]},
            again_on=IN_PROGRESS)
    txn.end(False, version=3)


def marked(both):
    """Markers that do not come from the coordinator end what is open in a partition."""
    rng, txn = both.rng, Transactional(both)
    for target in both.targets:
        target.ids |= {"producer that is nobody": 10**9, "producer that is nobody either": 10**9 + 1}
    txn.add()
    txn.produce(version=9)
    def mark(change=0, **more):
        body = {"producer_id": Ref(txn.producer, 10**6), "producer_epoch": txn.epoch(change), "transaction_result": rng.choice([True, False]),
                "coordinator_epoch": 0, "topics": [{"name": TOPIC, "partition_indexes": [0]}]} | more
        version = both.version("write_txn_markers")
        both.call("write_txn_markers", version, {"markers": [body if version >= 2 else {k: v for k, v in body.items() if k != "transaction_version"}]})
    rng.choice([lambda: mark(-1), lambda: mark(topics=[{"name": "nowhere", "partition_indexes": [0]}]), lambda: mark(producer_id=10**9, producer_epoch=3),
                lambda: [mark(producer_id=10**9 + 1, coordinator_epoch=e) for e in (10**6, 10**6 - 1)],
                lambda: mark(topics=[{"name": TOPIC, "partition_indexes": [0, 9]}]), lambda: mark(transaction_version=2),
                lambda: both.call("write_txn_markers", both.version("write_txn_markers"), {"markers": []})])()
    mark()
    read(both)
    mark(coordinator_epoch=rng.choice([-1, 0]))  # a higher one would fence the coordinator itself
    both.call("describe_producers", 0, {"topics": [{"name": TOPIC, "partition_indexes": [0]}]})
    txn.end(False, version=3)
    txn.describe()
    read(both)


def listed(both):
    rng = both.rng
    both.call("list_transactions", both.version("list_transactions"), only("list_transactions", {
        "state_filters": rng.choice([[], ["Ongoing"], ["CompleteCommit"], ["nonsense"]]), "producer_id_filters": rng.choice([[], [10**6]])}))


CASES = [(classic, 3), (second, 3), (offsets, 2), (wrong, 4), (fencing, 2), (verified, 2), (marked, 2), (listed, 1)]
