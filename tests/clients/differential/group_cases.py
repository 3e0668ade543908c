"""Groups: offsets without members, the classic protocol with one and two members, KIP-848, and what admin does to them."""
import struct

from both import NUMBERS, only, topic
from data_cases import NAMES, any_partition, any_topic
from target import Ref

SIMPLE = ["plain0", "plain1", "plain2"]  # groups that have offsets and never a member
LONG_MS = 1_800_000  # members of before do not go while groups are listed
UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, MEMBER_ID_REQUIRED = 25, 22, 27, 79


def offset_commit(both):
    rng = both.rng
    name = any_topic(rng)
    both.call("offset_commit", both.version("offset_commit"), only("offset_commit", {
        "group_id": rng.choice(SIMPLE + [""]), "generation_id_or_member_epoch": rng.choice([-1] * 8 + [0, 3]),
        "member_id": rng.choice([""] * 8 + ["stranger"]), "retention_time_ms": -1,
        "topics": [topic(name, partitions=[{
            "partition_index": any_partition(rng, name), "committed_offset": rng.choice([0, 3, 7, 10**9, -1]),
            "committed_leader_epoch": rng.choice([-1, 0]), "committed_metadata": rng.choice(["", "note", None, "x" * 5000])}])]}))
    # A group that is made by a commit of which nothing is kept shows in Kafka once something else is written.
    both.settle("offset_commit", 2, {"group_id": "warm", "topics": [{"name": "t0", "partitions": [{"partition_index": 0, "committed_offset": 0}]}]},
                lambda a: a["topics"][0]["partitions"][0]["error_code"] == 0)


def offset_fetch(both):
    rng = both.rng
    version = both.version("offset_fetch")
    names = rng.sample(NAMES, rng.randint(1, 3))
    topics = rng.choice([[topic(n, partition_indexes=[0, any_partition(rng, n)]) for n in names]] * 3 + [None if version >= 2 else []])
    body = {"group_id": rng.choice(SIMPLE + ["never"]), "topics": topics, "require_stable": rng.choice([True, False]),
            "groups": [{"group_id": g, "topics": topics} for g in rng.sample(SIMPLE + ["never"], 2)]}
    if version >= 9 and rng.random() < 0.2:
        body["groups"] = [{"group_id": SIMPLE[0], "member_id": "stranger", "member_epoch": 3, "topics": topics}]
    both.call("offset_fetch", version, only("offset_fetch", body))


def describe_groups(both):
    both.call("describe_groups", both.version("describe_groups"), {
        "groups": both.rng.sample(SIMPLE + ["never", ""], 2), "include_authorized_operations": both.rng.choice([True, False])})


def offset_delete(both):
    rng = both.rng
    name = any_topic(rng)
    both.call("offset_delete", 0, {"group_id": rng.choice(SIMPLE + ["never", ""]), "topics": [
        {"name": name, "partitions": [{"partition_index": any_partition(rng, name)}]}]})


def delete_groups(both):
    both.call("delete_groups", both.version("delete_groups"), {"groups_names": [both.rng.choice(SIMPLE[2:] + ["never", ""])]})


def list_groups(both):
    rng = both.rng
    both.call("list_groups", both.version("list_groups"), {
        "states_filter": rng.choice([[], [], ["Empty"], ["Stable"], ["empty"], ["nonsense"]]),
        "types_filter": rng.choice([[], [], ["classic"], ["consumer"], ["Consumer"], ["nonsense"]])})


def subscription(*names):
    return struct.pack(">hi", 1, len(names)) + b"".join(struct.pack(">h", len(n)) + n.encode() for n in names) + struct.pack(">ii", -1, 0)


class Group:
    """A new group whose members go through join, sync, heartbeat, rebalance and leave, in versions drawn for each step."""

    def __init__(self, both):
        self.both, self.name, self.generation = both, f"group{next(NUMBERS)}", -1

    def join_body(self, member, **more):
        return {"group_id": self.name, "session_timeout_ms": LONG_MS, "rebalance_timeout_ms": LONG_MS, "member_id": self.id_of(member),
                "protocol_type": "consumer", "protocols": [{"name": "range", "metadata": subscription("t1")}], **more}

    def id_of(self, member):
        return Ref(f"member {self.name} {member}", "")

    def bind(self, member):
        return lambda answer: {f"member {self.name} {member}": answer["member_id"]}

    def join(self, member, client=None, **more):
        """A dynamic member asks without an id and, from version 4 on, is told the one to come back with."""
        version = self.both.version("join_group", low=5 if "group_instance_id" in more else 0)
        answer = self.both.call("join_group", version, self.join_body(member, **more), client or member, self.bind(member))
        if isinstance(answer, dict) and answer["error_code"] == MEMBER_ID_REQUIRED:
            answer = self.both.call("join_group", version, self.join_body(member, **more), client or member, self.bind(member))
        return answer

    def with_member(self, member, **more):
        return {"group_id": self.name, "generation_id": self.generation, "member_id": self.id_of(member), **more}

    def sync(self, member, *assigned, client=None, **more):
        return self.both.call("sync_group", self.both.version("sync_group"), self.with_member(
            member, protocol_type="consumer", protocol_name="range",
            assignments=[{"member_id": self.id_of(m), "assignment": b"of " + m.encode()} for m in assigned], **more), client or member)

    def heartbeat(self, member, **more):
        return self.both.call("heartbeat", self.both.version("heartbeat"), self.with_member(member, **more), member)

    def commit(self, member, **more):
        version = self.both.version("offset_commit")
        body = {"group_id": self.name, "generation_id_or_member_epoch": self.generation, "member_id": self.id_of(member),
                "topics": [topic("t1", partitions=[{"partition_index": 0, "committed_offset": 5, "committed_metadata": "m"}])]}
        return self.both.call("offset_commit", version, only("offset_commit", body | more), member)

    def leave(self, *members, **more):
        version = self.both.version("leave_group", low=3 if len(members) > 1 or more else 0)
        return self.both.call("leave_group", version, only("leave_group", {
            "group_id": self.name, "member_id": self.id_of(members[0]), "members": [{"member_id": self.id_of(m), **more} for m in members]}))

    def describe(self):
        self.both.call("describe_groups", self.both.version("describe_groups"), {"groups": [self.name]})

    def rebalance(self, old, new):
        """`new` waits in its join until `old`, told so by its heartbeat, has joined again."""
        both = self.both
        version = both.version("join_group", low=4)
        both.call("join_group", version, self.join_body(new), new, self.bind(new))  # the id to come back with
        both.send("join_group", version, self.join_body(new), new)
        both.settle("heartbeat", 0, self.with_member(old), lambda a: a["error_code"] == REBALANCE_IN_PROGRESS)
        self.commit(old)
        self.sync(old, old)
        answer = both.call("join_group", both.version("join_group"), self.join_body(old), old, self.bind(old))
        both.receive(new)
        self.generation = answer["generation_id"]
        both.send("sync_group", 1, self.with_member(new), new)  # a follower waits for its leader
        self.sync(old, old, new)
        both.receive(new)


def one_member(both):
    rng, group = both.rng, Group(both)
    group.generation = group.join("a")["generation_id"]
    group.describe()
    group.sync("a", "a")
    group.describe()
    for _ in range(rng.randint(2, 6)):
        rng.choice([
            lambda: group.heartbeat("a"), lambda: group.heartbeat("a", generation_id=99), lambda: group.heartbeat("a", member_id="stranger"),
            lambda: group.commit("a"), lambda: group.commit("a", member_id="stranger"), lambda: group.commit("a", generation_id_or_member_epoch=99),
            lambda: group.commit("a", member_id="", generation_id_or_member_epoch=-1),
            lambda: group.sync("a", "a"), lambda: group.sync("a", "a", generation_id=99),
            lambda: group.join("a"), lambda: both.call("delete_groups", both.version("delete_groups"), {"groups_names": [group.name]}),
            lambda: group.join("b", protocol_type="connect"), lambda: group.join("b", protocols=[{"name": "other", "metadata": b""}]),
            lambda: group.join("b", protocols=[]), lambda: group.join("b", session_timeout_ms=1), lambda: group.join("b", session_timeout_ms=10**9),
            lambda: group.join("b", member_id="stranger"), lambda: group.join("b", protocol_type=""),
            lambda: both.call("offset_delete", 0, {"group_id": group.name, "topics": [{"name": "t1", "partitions": [{"partition_index": 0}]}]}),
        ])()
    group.leave("a")
    group.describe()
    group.heartbeat("a")
    both.call("delete_groups", both.version("delete_groups"), {"groups_names": [group.name]})
    group.describe()


def two_members(both):
    group = Group(both)
    group.generation = group.join("a")["generation_id"]
    group.sync("a", "a")
    group.rebalance("a", "b")
    group.heartbeat("b")
    group.describe()
    group.leave(*both.rng.choice([["a", "b"], ["b"], ["a"]]))
    group.describe()
    for client in ("a", "b"):
        group.leave(client)


def static_member(both):
    rng, group = both.rng, Group(both)
    group.generation = group.join("s", group_instance_id="machine")["generation_id"]
    group.sync("s", "s")
    answer = group.join("s2", client="s", group_instance_id="machine")  # the same machine, started again
    if isinstance(answer, dict) and answer["error_code"] == 0:
        group.generation = answer["generation_id"]
    group.heartbeat("s", group_instance_id="machine")  # the old one is fenced
    group.heartbeat("s2", group_instance_id="machine")
    group.describe()
    rng.choice([lambda: group.leave("s", group_instance_id="machine"), lambda: group.leave("nobody", group_instance_id="machine"),
                lambda: group.leave("nobody", group_instance_id="other")])()
    group.describe()


def nobody(both):
    """Requests about a group that is not there."""
    rng, group = both.rng, Group(both)
    rng.choice([lambda: group.heartbeat("a", member_id="stranger"), lambda: group.sync("a", member_id="stranger"), lambda: group.leave("a"),
                lambda: group.commit("a", member_id="stranger", generation_id_or_member_epoch=1),
                lambda: group.join("a", member_id="stranger"), lambda: group.join("a", group_id=""),
                lambda: group.heartbeat("a", group_id="")])()


class ConsumerGroup:
    """A group of KIP-848: the broker assigns, members do nothing but heartbeat."""

    def __init__(self, both, low=0):
        self.both, self.name, self.low = both, f"consumers{next(NUMBERS)}", low  # low: of the heartbeat's versions
        self.owned = {}  # partitions of t1, by member

    def heartbeat(self, member, epoch=None, **more):
        name = f"member {self.name} {member}"
        version = self.both.version("consumer_group_heartbeat", low=self.low)
        known = name in self.both.kafka.ids
        if version >= 1 and not known:  # from version 1 on the member names itself
            for target in self.both.targets:
                target.ids[name] = f"{target.name.replace(' ', '-')}-{self.name}-{member}"
        body = {"group_id": self.name, "member_id": Ref(name, ""), "member_epoch": self.epoch(member) if epoch is None else epoch} | more
        return self.both.call("consumer_group_heartbeat", version, only("consumer_group_heartbeat", body) if version else {
            k: v for k, v in body.items() if k != "subscribed_topic_regex"}, bind=lambda answer: {
                f"epoch {name}": answer["member_epoch"]} | ({} if known or version else {name: answer["member_id"]}) if answer["error_code"] == 0 else {})

    def beat(self, member, **more):
        """Tells what it has, takes what it is given."""
        owned = self.owned.get(member, [])
        answer = self.heartbeat(member, topic_partitions=[{"topic_id": Ref("topic t1"), "partitions": owned}] if owned else [], **more)
        self.take(member, answer)

    def take(self, member, answer):
        if isinstance(answer, dict) and answer["assignment"]:
            topics = answer["assignment"]["topic_partitions"]
            self.owned[member] = topics[0]["partitions"] if topics else []

    def epoch(self, member):
        return lambda target: target.ids.get(f"epoch member {self.name} {member}", 0)

    def join(self, member, *topics, **more):
        return self.heartbeat(member, 0, **{"subscribed_topic_names": list(topics), "rebalance_timeout_ms": LONG_MS, "topic_partitions": []} | more)

    def describe(self):
        self.both.call("consumer_group_describe", self.both.version("consumer_group_describe"), {
            "group_ids": [self.name, "never"], "include_authorized_operations": False})
        self.both.call("describe_groups", self.both.version("describe_groups"), {"groups": [self.name]})


def consumer_group(both):
    rng, group = both.rng, ConsumerGroup(both)
    owned = [{"topic_id": Ref("topic t1"), "partitions": [0, 1, 2]}]
    group.join("a", "t1")
    group.describe()
    group.heartbeat("a", topic_partitions=owned)
    for _ in range(rng.randint(1, 4)):
        rng.choice([
            lambda: group.heartbeat("a"), lambda: group.heartbeat("a", 99), lambda: group.heartbeat("a", -7), lambda: group.heartbeat("a", member_id="stranger"),
            lambda: group.heartbeat("a", subscribed_topic_names=["t1", "nowhere"]), lambda: group.heartbeat("b", 0),
            lambda: group.join("b", "t1", server_assignor="nonsense"), lambda: group.join("b", "t1", group_id=""),
            lambda: group.heartbeat("a", subscribed_topic_regex="t["), lambda: group.heartbeat("a", topic_partitions=[
                {"topic_id": "11111111-1111-1111-1111-111111111111", "partitions": [0]}]),
            lambda: group.join("b", "t1", rebalance_timeout_ms=-1), lambda: group.join("b", "t1", instance_id=""),
            lambda: group.heartbeat("b", 5, member_id="stranger"), lambda: Group.join(_named(both, group.name), "classic"),
            lambda: both.call("offset_commit", both.version("offset_commit"), only("offset_commit", {
                "group_id": group.name, "generation_id_or_member_epoch": rng.choice([group.epoch("a"), 99, -1]),
                "member_id": rng.choice([Ref(f"member {group.name} a"), "stranger", ""]),
                "topics": [topic("t1", partitions=[{"partition_index": 0, "committed_offset": 4}])]})),
            lambda: both.call("list_groups", both.version("list_groups", low=4), {"states_filter": ["Stable"], "types_filter": ["consumer"]}),
        ])()
    group.heartbeat("a", rng.choice([-1, -2]))
    group.describe()
    both.call("delete_groups", both.version("delete_groups"), {"groups_names": [group.name]})


def two_consumers(both):
    """One joins the other: partitions are given up before they are given; one leaves again."""
    rng, group = both.rng, ConsumerGroup(both, low=1)  # ids of the members' own, so that they sort alike
    group.take("a", group.join("a", "t1"))
    group.beat("a")
    group.take("b", group.join("b", "t1", server_assignor=rng.choice([None, "range", "uniform"])))
    for member in ("a", "b", "a", "b", "a", "b"):
        group.beat(member)
    group.describe()
    for member in rng.sample(["a", "b"], rng.randint(1, 2)):
        it = Ref(f"member {group.name} {member}")
        who, epoch = rng.choice([(it, group.epoch(member)), (it, 99), (it, -1), ("stranger", 1), ("stranger", -1), (None, -1)])
        both.call("offset_fetch", both.version("offset_fetch", low=9), only("offset_fetch", {"groups": [{
            "group_id": group.name, "member_id": who, "member_epoch": epoch, "topics": [topic("t1", partition_indexes=[0])]}]}))
    group.heartbeat("b", -1)
    group.beat("a")
    group.beat("a")
    group.describe()


def static_consumer(both):
    """A machine's member goes for a while (-2) and another takes its place; or somebody takes it while it is there."""
    rng, group = both.rng, ConsumerGroup(both, low=1)
    machine = {"instance_id": "machine"}
    group.take("a", group.join("a", "t1", **machine))
    group.beat("a", **machine)
    rng.choice([lambda: group.heartbeat("a", -2, **machine), lambda: group.heartbeat("a", -2, instance_id="other"), lambda: None])()
    group.join("b", "t1", **machine)
    group.beat("a", **machine)
    group.describe()
    group.heartbeat("b", -1, **machine)
    group.describe()


def _named(both, name):
    group = Group(both)
    group.name = name
    return group


CASES = [(offset_commit, 4), (offset_fetch, 4), (describe_groups, 1), (offset_delete, 1), (delete_groups, 1), (list_groups, 1),
         (one_member, 3), (two_members, 2), (static_member, 2), (nobody, 2), (consumer_group, 4),
         (two_consumers, 2), (static_consumer, 2)]
