"""Consumer groups by clients of others: static members, cooperative rebalances, KIP-848, administration.

A `Member` is a librdkafka consumer on a thread of its own. Members share a `Ledger`, which notes who owns what and who
handled which record; it fails the test when two own a partition at once.
"""
import struct
import subprocess
import threading
import time

import pytest

from bus import Bus, kcat
from raw import Raw, string
from tests.support.frozen import frozen

kafka = pytest.importorskip("confluent_kafka")
admin = pytest.importorskip("confluent_kafka.admin")

PARTITIONS = 6
SETTINGS = ("--group-session-timeout-min", "1s", "--group-consumer-session-timeout", "3s",
            "--group-consumer-session-timeout-min", "1s", "--group-consumer-heartbeat-interval", "100ms",
            "--group-consumer-heartbeat-interval-min", "10ms")


@pytest.fixture
def bus(tmp_path):
    running = Bus(tmp_path, *SETTINGS).start()
    yield running
    if running.process.poll() is None:
        running.stop()


def until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def make_topic(bus, name, partitions=PARTITIONS):
    client = admin.AdminClient({"bootstrap.servers": bus.address})
    client.create_topics([admin.NewTopic(name, partitions, 1)])[name].result(20)


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.owners, self.handled, self.faults = {}, [], []

    def own(self, member, partitions):
        with self.lock:
            for p in partitions:
                if p in self.owners and self.owners[p] is not member:
                    self.faults.append(f"{p} is {member.name}'s and {self.owners[p].name}'s at once")
                self.owners[p] = member

    def disown(self, member, partitions):
        with self.lock:
            for p in partitions:
                if self.owners.get(p) is member:
                    del self.owners[p]

    def handle(self, member, message):
        with self.lock:
            p = (message.topic(), message.partition())
            if self.owners.get(p) is not member:
                self.faults.append(f"{member.name} handles {p} that it does not own")
            self.handled.append(message.value().decode())

    def shares(self):
        with self.lock:
            members = list(self.owners.values())
            return sorted(members.count(m) for m in set(members))


class Member(threading.Thread):
    def __init__(self, bus, ledger, name, topics, **settings):
        super().__init__(daemon=True)
        self.ledger, self.errors, self.rebalances = ledger, [], 0
        self.name = name
        self.stopping = threading.Event()
        settings = {"group.id": "g", "client.id": name, **{k.replace("_", "."): v for k, v in settings.items()}}
        self.is_new = settings.get("group.protocol") == "consumer"
        if not self.is_new:
            settings = {"heartbeat.interval.ms": 100, **settings}
        self.incremental = self.is_new or settings.get("partition.assignment.strategy") == "cooperative-sticky"
        self.consumer = kafka.Consumer({
            "bootstrap.servers": bus.address, "auto.offset.reset": "earliest", "enable.auto.commit": False,
            "topic.metadata.refresh.interval.ms": 200, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100,
            "error_cb": lambda e: self.errors.append(e), **settings})
        self.consumer.subscribe(topics, on_assign=self.on_assign, on_revoke=self.on_revoke, on_lost=self.on_lost)
        self.start()

    def on_assign(self, _, partitions):
        self.rebalances += 1
        self.ledger.own(self, [(p.topic, p.partition) for p in partitions])

    def on_revoke(self, _, partitions):
        self.rebalances += 1
        self.ledger.disown(self, [(p.topic, p.partition) for p in partitions])

    on_lost = on_revoke

    def run(self):
        while not self.stopping.is_set():
            message = self.consumer.poll(0.05)
            if message is None:
                continue
            if message.error():
                self.errors.append(message.error())
                continue
            self.ledger.handle(self, message)
            for _ in range(50):  # the bus may be away for a moment
                try:
                    self.consumer.commit(message, asynchronous=False)
                    break
                except kafka.KafkaException as error:
                    if not error.args[0].retriable() and error.args[0].code() not in (
                            kafka.KafkaError._TRANSPORT, kafka.KafkaError._ALL_BROKERS_DOWN, kafka.KafkaError._TIMED_OUT,
                            kafka.KafkaError.NOT_COORDINATOR, kafka.KafkaError.COORDINATOR_NOT_AVAILABLE):
                        break
                    time.sleep(0.05)
        self.consumer.close()

    def stop(self):
        self.stopping.set()
        self.join(30)
        assert not self.is_alive(), f"{self.name} does not stop"

    def owned(self):
        with self.ledger.lock:
            return {p for p, m in self.ledger.owners.items() if m is self}


def group_of(bus, name="g"):
    return next((g for g in bus.get("/groups") if g["name"] == name), None)


def produce(bus, topic, values):
    kcat(bus, "-P", "-t", topic, "-X", "partitioner=random", "-X", "sticky.partitioning.linger.ms=0",
         stdin="".join(f"{v}\n" for v in values))


PROTOCOLS = {
    "cooperative": {"partition_assignment_strategy": "cooperative-sticky"},
    "consumer": {"group_protocol": "consumer"},
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_members_come_and_go_while_the_bus_is_killed(bus, protocol):
    make_topic(bus, "t")
    ledger, members = Ledger(), []

    def join(name):
        members.append(Member(bus, ledger, name, ["t"], **PROTOCOLS[protocol]))

    produce(bus, "t", range(0, 200))
    join("a")
    until(lambda: ledger.shares() == [6], "the first member owns everything")
    join("b")
    join("c")
    until(lambda: ledger.shares() == [2, 2, 2], f"three share: {ledger.shares()}")
    until(lambda: (group_of(bus) or {}).get("state") == "Stable", "the group settles")
    before = group_of(bus)
    seen = [m.rebalances for m in members]
    bus.kill()
    bus.start()
    produce(bus, "t", range(200, 400))
    until(lambda: len(set(ledger.handled)) == 400, "all is read after the crash")
    assert group_of(bus)["generation"] == before["generation"], "the crash is no reason for a rebalance"
    assert [m.rebalances for m in members] == seen
    members.pop(0).stop()
    until(lambda: ledger.shares() == [3, 3], f"two share: {ledger.shares()}")
    bus.kill()
    bus.start()
    join("d")
    until(lambda: ledger.shares() == [2, 2, 2], f"three share again: {ledger.shares()}")
    produce(bus, "t", range(400, 500))
    until(lambda: len(set(ledger.handled)) == 500, "all is read in the end")
    for m in members:
        m.stop()
    assert ledger.faults == []
    until(lambda: group_of(bus)["state"] == "Empty", "all have left")
    assert sum(p["lag"] for p in group_of(bus)["lag"]) == 0
    extra = len(ledger.handled) - 500
    assert extra <= 3 * 3, "only what could not be committed at a crash is read again"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_static_member_restarts_without_a_rebalance(bus, protocol):
    make_topic(bus, "t")
    ledger = Ledger()
    one = Member(bus, ledger, "one", ["t"], group_instance_id="i1", **PROTOCOLS[protocol])
    two = Member(bus, ledger, "two", ["t"], group_instance_id="i2", **PROTOCOLS[protocol])
    until(lambda: ledger.shares() == [3, 3], "both have their share")
    until(lambda: group_of(bus)["state"] == "Stable", "the group settles")
    before, had, seen = group_of(bus), one.owned(), two.rebalances
    one.stop()
    again = Member(bus, ledger, "one again", ["t"], group_instance_id="i1", **PROTOCOLS[protocol])
    until(lambda: again.owned() == had, "it has its partitions back")
    after = group_of(bus)
    assert after["generation"] == before["generation"] and len(after["members"]) == 2
    assert two.rebalances == seen
    again.stop()
    two.stop()
    assert ledger.faults == []


def test_of_two_with_one_instance_id_the_first_is_fenced(bus):
    make_topic(bus, "t")
    ledger = Ledger()
    first = Member(bus, ledger, "first", ["t"], group_instance_id="i")
    until(lambda: ledger.shares() == [6], "the first owns everything")
    ledger.owners.clear()  # it does not know yet that it is out
    second = Member(bus, ledger, "second", ["t"], group_instance_id="i")
    until(lambda: any(e.code() == kafka.KafkaError._FATAL or e.code() == kafka.KafkaError.FENCED_INSTANCE_ID
                      for e in first.errors), f"the first is told: {first.errors}")
    until(lambda: len(second.owned()) == 6, "the second owns everything")
    first.stop()
    second.stop()


def test_a_member_that_dies_loses_its_partitions(bus):
    make_topic(bus, "t")
    produce(bus, "t", ["x"])
    silent = subprocess.Popen(["kcat", "-b", bus.address, "-G", "g", "-q", "-X", "session.timeout.ms=1000", "-X",
                               "heartbeat.interval.ms=100", "-X", "auto.offset.reset=earliest", "-u", "t"],
                              stdout=subprocess.PIPE, text=True)
    assert silent.stdout.readline() == "x\n"
    silent.kill()
    silent.wait()
    ledger = Ledger()
    heir = Member(bus, ledger, "heir", ["t"], partition_assignment_strategy="range")
    until(lambda: ledger.shares() == [6], "it inherits them")
    until(lambda: len(group_of(bus)["members"]) == 1, "the dead one is no member")
    heir.stop()


def test_consumer_protocol_follows_a_regular_expression(bus):
    make_topic(bus, "line.1", 2)
    make_topic(bus, "other", 2)
    ledger = Ledger()
    member = Member(bus, ledger, "a", ["^line\\..*"], group_protocol="consumer")
    until(lambda: {t for t, _ in member.owned()} == {"line.1"}, "what is there")
    make_topic(bus, "line.2", 2)
    until(lambda: member.owned() == {(t, p) for t in ("line.1", "line.2") for p in (0, 1)}, "what comes")
    member.stop()
    assert ledger.faults == []


def test_a_group_changes_its_protocol_while_it_works(bus):
    make_topic(bus, "t")
    ledger = Ledger()
    classic = Member(bus, ledger, "classic", ["t"], **PROTOCOLS["cooperative"])
    until(lambda: ledger.shares() == [6], "the classic one owns everything")
    produce(bus, "t", range(100))
    new = Member(bus, ledger, "new", ["t"], **PROTOCOLS["consumer"])
    until(lambda: ledger.shares() == [3, 3], f"they share: {ledger.shares()}")
    assert group_of(bus)["type"] == "consumer"
    until(lambda: len(set(ledger.handled)) == 100, "all is read")
    new.stop()
    until(lambda: len(classic.owned()) == 6, "the classic one has everything back")
    assert group_of(bus)["type"] == "classic"
    produce(bus, "t", range(100, 200))
    until(lambda: len(set(ledger.handled)) == 200, "and reads it")
    classic.stop()
    assert ledger.faults == []


def test_administration(bus):
    make_topic(bus, "t", 2)
    client = admin.AdminClient({"bootstrap.servers": bus.address})
    ledger = Ledger()
    old = Member(bus, ledger, "old", ["t"], group_id="classic")
    new = Member(bus, ledger, "new", ["t"], group_id="modern", group_protocol="consumer")
    produce(bus, "t", range(20))
    until(lambda: len(ledger.handled) == 40, "both read")

    def listed(**wanted):
        got = client.list_consumer_groups(**wanted).result(20)
        assert got.errors == []
        return {g.group_id: (g.state.name, g.type.name) for g in got.valid}
    assert listed() == {"classic": ("STABLE", "CLASSIC"), "modern": ("STABLE", "CONSUMER")}
    assert set(listed(types={kafka.ConsumerGroupType.CONSUMER})) == {"modern"}
    assert listed(states={kafka.ConsumerGroupState.EMPTY}) == {}
    described = client.describe_consumer_groups(["classic"], include_authorized_operations=True)["classic"].result(20)
    assert described.state == kafka.ConsumerGroupState.STABLE and described.partition_assignor == "range"
    assert [(m.client_id, len(m.assignment.topic_partitions)) for m in described.members] == [("old", 2)]
    assert {o.name for o in described.authorized_operations} >= {"READ", "DELETE", "DESCRIBE"}

    with pytest.raises(kafka.KafkaException) as refused:
        client.delete_consumer_groups(["classic"])["classic"].result(20)
    assert refused.value.args[0].code() == kafka.KafkaError.NON_EMPTY_GROUP
    old.stop()
    new.stop()
    wanted = kafka.ConsumerGroupTopicPartitions("modern", [kafka.TopicPartition("t", 0, 3)])
    client.alter_consumer_group_offsets([wanted])["modern"].result(20)
    read = client.list_consumer_group_offsets([kafka.ConsumerGroupTopicPartitions("modern")])["modern"].result(20)
    assert {p.partition: p.offset for p in read.topic_partitions}[0] == 3
    for group in ("classic", "modern"):
        client.delete_consumer_groups([group])[group].result(20)
        with pytest.raises(kafka.KafkaException) as gone:
            client.delete_consumer_groups([group])[group].result(20)
        assert gone.value.args[0].code() == kafka.KafkaError.GROUP_ID_NOT_FOUND
    assert listed() == {}
    bus.kill()
    bus.start()
    assert bus.get("/groups") == [], "deleted is deleted"


def test_a_static_member_that_is_away_is_taken_out_of_a_group_of_the_new_protocol(tmp_path):
    bus = Bus(tmp_path).start()  # its session is a long one
    make_topic(bus, "t")
    member = kafka.Consumer({"bootstrap.servers": bus.address, "group.id": "g", "group.protocol": "consumer", "group.instance.id": "i"})
    member.subscribe(["t"])
    until(lambda: member.poll(0.1) or member.assignment(), "it has partitions")
    member.close()
    client = admin.AdminClient({"bootstrap.servers": bus.address})

    def members():
        described = client.describe_consumer_groups(["g"])["g"].result(20)
        return [m.group_instance_id for m in described.members]
    assert members() == ["i"]
    with Raw(bus.address) as raw:
        def leave(member_id, instance_id):
            asked = {"member_id": member_id, "group_instance_id": instance_id}
            return raw.call("leave_group", 3, group_id="g", members=[asked])["members"][0]["error_code"]
        assert leave("", "another") == kafka.KafkaError.UNKNOWN_MEMBER_ID
        assert leave("not-its-id", "i") == kafka.KafkaError.FENCED_INSTANCE_ID
        assert members() == ["i"]
        assert leave("", "i") == 0
    assert members() == []
    client.delete_consumer_groups(["g"])["g"].result(20)
    bus.stop()


def test_heartbeats_that_came_while_the_bus_stood_still_count(bus):
    with Raw(bus.address) as raw:
        member = raw.join("g", ["t"], session_timeout_ms=1_000)
        for _ in range(3):
            with frozen(bus.process):
                raw.send("heartbeat", 3, **member)
                time.sleep(1.5)  # the session is over by now
            assert raw.receive("heartbeat", 3)["error_code"] == 0


def test_subscriptions_to_many_topics_are_read_once(bus):
    """Reading them for each topic again would keep all clients waiting for longer than this one's time-out."""
    names = [f"plant.line-{number:05}.events" for number in range(8_000)]
    make_topic(bus, names[0], 1)
    make_topic(bus, "other", 1)
    with Raw(bus.address) as raw:
        for topic in (names[0], "other"):
            assert raw.commit_offset("g", topic, 1) == 0
        raw.join("g", names)
        deleted = raw.call("offset_delete", 0, group_id="g", topics=[
            {"name": n, "partitions": [{"partition_index": 0}]} for n in [*names, "other"]])
        unknown = kafka.KafkaError.UNKNOWN_TOPIC_OR_PART
        assert [t["partitions"][0]["error_code"] for t in deleted["topics"]] == [
            kafka.KafkaError.GROUP_SUBSCRIBED_TO_TOPIC, *[unknown] * 7_999, 0]
        assert (raw.committed_offset("g", names[0]), raw.committed_offset("g", "other")) == (1, -1)


class Beats:
    """Members of KIP-848 by hand: each keeps what the answers to its heartbeats told it."""
    def __init__(self, raw, group, names):
        self.raw, self.group, self.names, self.epochs, self.owned = raw, group, names, {}, {}

    def beat(self, member):
        joins = member not in self.epochs
        answer = self.raw.call(
            "consumer_group_heartbeat", 1, group_id=self.group, member_id=member, member_epoch=self.epochs.get(member, 0),
            instance_id=None, rack_id=None, rebalance_timeout_ms=60_000 if joins else -1,
            subscribed_topic_names=self.names if joins else None, subscribed_topic_regex=None, server_assignor=None,
            topic_partitions=[] if joins else self.owned[member])
        assert answer["error_code"] == 0, answer
        self.epochs[member] = answer["member_epoch"]
        if answer["assignment"] is not None:
            self.owned[member] = answer["assignment"]["topic_partitions"]
        self.owned.setdefault(member, [])


def test_a_group_on_its_way_is_the_same_after_a_kill(tmp_path):
    """Its members' names are in the log once; what came after them is found again."""
    bus = Bus(tmp_path).start()  # sessions are long ones
    names = [f"line-{number:03}.events" for number in range(300)]
    for name in names[:3]:
        make_topic(bus, name)

    def described():
        with Raw(bus.address) as raw:
            return raw.call("consumer_group_describe", 0, group_ids=["g"], include_authorized_operations=False)["groups"]
    with Raw(bus.address) as raw:
        beats = Beats(raw, "g", names)
        for member in "abc":
            beats.beat(member)
        for member in "abca":  # one has given up, two wait
            beats.beat(member)
        before = described()
    assert before[0]["group_state"] == "Reconciling"
    assert [m["subscribed_topic_names"] for m in before[0]["members"]] == [names] * 3
    bus.kill()
    bus.start()
    assert described() == before
    with Raw(bus.address) as raw:
        beats.raw = raw
        for member in "abc" * 5:
            beats.beat(member)
    after = described()
    assert after[0]["group_state"] == "Stable"
    owned = [(t["topic_name"], p) for m in after[0]["members"] for t in m["assignment"]["topic_partitions"] for p in t["partitions"]]
    assert sorted(owned) == [(name, p) for name in names[:3] for p in range(PARTITIONS)]
    bus.stop()


def test_offsets_of_a_topic_that_was_deleted_do_not_come_back(bus):
    client = admin.AdminClient({"bootstrap.servers": bus.address})
    wanted = kafka.ConsumerGroupTopicPartitions("g", [kafka.TopicPartition(t, 0, 3) for t in ("goes", "stays")])

    def committed():
        got = client.list_consumer_group_offsets([kafka.ConsumerGroupTopicPartitions("g")])["g"].result(20)
        return {p.topic: p.offset for p in got.topic_partitions}
    for topic in ("goes", "stays"):
        make_topic(bus, topic, 1)
        produce(bus, topic, range(5))
    client.alter_consumer_group_offsets([wanted])["g"].result(20)
    assert committed() == {"goes": 3, "stays": 3}
    client.delete_topics(["goes"])["goes"].result(20)
    bus.kill()  # what it reads again is the commit, then the end of the topic
    bus.start()
    make_topic(bus, "goes", 1)
    assert committed() == {"stays": 3}


def test_an_offset_that_is_committed_while_its_topic_is_deleted_is_not_the_next_ones(bus):
    make_topic(bus, "t", 1)

    def framed(key, version, body):
        body = struct.pack(">hhi", key, version, 1) + string("raw") + body
        return struct.pack(">i", len(body)) + body
    delete = framed(20, 1, struct.pack(">i", 1) + string("t") + struct.pack(">i", 20_000))
    commit = framed(8, 2, string("g") + struct.pack(">i", -1) + string("") + struct.pack(">qi", -1, 1) + string("t")
                    + struct.pack(">iiq", 1, 0, 41) + string(""))
    with Raw(bus.address) as raw:
        raw.socket.sendall(delete + commit)
        for _ in range(2):
            raw._read(*struct.unpack(">i", raw._read(4)))
    make_topic(bus, "t", 1)
    consumer = kafka.Consumer({"bootstrap.servers": bus.address, "group.id": "g"})
    assert consumer.committed([kafka.TopicPartition("t", 0)], 20)[0].offset == kafka.OFFSET_INVALID
    consumer.close()
