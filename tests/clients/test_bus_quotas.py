"""Quotas as clients meet them: who is over one is told how long to wait, and is not listened to meanwhile."""
import pytest

from confluent_kafka import Producer

from raw import Closed, Raw

THROTTLING_QUOTA_EXCEEDED = 89


def throttled_requests(bus):
    return int(next(line.split()[1] for line in bus.get("/metrics").splitlines() if line.startswith("mes_bus_throttled_requests_total ")))


def produce(bus, topic, size):
    producer = Producer({"bootstrap.servers": bus.address})
    producer.produce(topic, b"x" * size, partition=0)
    assert producer.flush(20) == 0


def fetch(raw, topic):
    """How long to wait, and how many bytes of records there are."""
    answer = raw.call("fetch", 12, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20, topics=[
        {"topic": topic, "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}]}])
    return answer["throttle_time_ms"], len(answer["responses"][0]["partitions"][0]["records"])


def test_consumers_are_throttled(bus):
    produce(bus, "system.audit-log", 60_000)
    with Raw(bus.address) as admin, Raw(bus.address, client_id="greedy") as greedy, Raw(bus.address, client_id="modest") as modest:
        assert admin.alter_quota({"client-id": "greedy"}, consumer_byte_rate=10_000.0) == (0, None)
        assert throttled_requests(bus) == 0
        # 100 kB are what ten seconds of the quota give: the first 60 are within it, the next are not, and come all the same.
        assert fetch(greedy, "system.audit-log")[0] == 0
        wait_ms, size = fetch(greedy, "system.audit-log")
        assert wait_ms > 0 and size > 60_000
        assert throttled_requests(bus) == 1
        for _ in range(3):  # the quota is of one client
            assert fetch(modest, "system.audit-log")[0] == 0
        assert throttled_requests(bus) == 1


@pytest.mark.parametrize("version,told", [(5, 0), (6, THROTTLING_QUOTA_EXCEEDED)])
def test_changes_of_topics_are_throttled(bus, version, told):
    """KIP-599: clients from version 6 on are told to come again, those before wait with their topic made."""
    def create(raw, name):
        answer = raw.call("create_topics", version, timeout_ms=10_000, topics=[{"name": name, "num_partitions": 30, "replication_factor": 1}])
        return answer["throttle_time_ms"], answer["topics"][0]["error_code"]

    def is_there(name):
        with Raw(bus.address) as raw:
            return raw.call("metadata", 9, topics=[{"name": name}], allow_auto_topic_creation=False)["topics"][0]["error_code"] == 0
    with Raw(bus.address) as admin, Raw(bus.address, client_id="eager") as eager:
        assert admin.alter_quota({"client-id": "eager"}, controller_mutation_rate=1.0) == (0, None)
        assert create(eager, "first")[1] == 0  # a debt is left
    with Raw(bus.address, client_id="eager") as eager:
        wait_ms, error = create(eager, "second")
        assert wait_ms > 0 and error == told
    assert is_there("first") and is_there("second") == (told == 0)
    with Raw(bus.address, client_id="other") as other:
        assert create(other, "third") == (0, 0)


def test_connections_of_an_address_are_throttled(bus):
    """Those that come too fast are not listened to, and are closed when they have waited."""
    with Raw(bus.address) as admin:
        assert admin.alter_quota({"ip": "127.0.0.1"}, connection_creation_rate=1.0) == (0, None)
        opened = [Raw(bus.address) for _ in range(30)]
        try:
            answered = 0
            for raw in opened:
                try:
                    raw.call("api_versions", 0)
                    answered += 1
                except Closed:
                    pass
            assert 0 < answered < 30
        finally:
            for raw in opened:
                raw.socket.close()
            assert admin.alter_quota({"ip": "127.0.0.1"}, connection_creation_rate=None) == (0, None)
        with Raw(bus.address) as later:
            assert later.call("api_versions", 0)["error_code"] == 0
