"""Memory, descriptors and answers have bounds, which metrics show."""
import contextlib
import json
import os
import re
import shutil
import socket
import struct

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from bus import MES, kcat
from bus_operator import create, metric, produce, request
from differential.records import batch
from raw import FETCH, OFFSET_COMMIT, Raw, string
from tests.support.process_memory import has_sanitizer, peak_rss_kib, rss_kib
from tests.support.wait import eventually

ELECT_LEADERS, UNKNOWN_TOPIC, POLICY_VIOLATION = 43, 3, 44
UNKNOWN_SERVER_ERROR, INVALID_REQUEST, GROUP_MAX_SIZE_REACHED = -1, 42, 81

pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")


def test_consumers_that_do_not_read_cost_no_memory(start_bus):
    bus = start_bus("--segment-bytes", "4M")
    for _ in range(20):
        produce(bus, "bulk", [(None, "x" * 50_000) for _ in range(40)])
    # Fetch 4: replica, max wait, min bytes, max bytes, isolation, one topic, partition 0, offset 0, partition's max bytes.
    body = struct.pack(">iiiib", -1, 0, 1, 50 << 20, 0) + struct.pack(">ih4si", 1, 4, b"bulk", 1) + struct.pack(">iqi", 0, 0, 50 << 20)
    before = rss_kib(bus.process.pid)
    stuck = []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", 9092 + bus.offset))
        connection.sendall(b"".join(request(1, 4, body, n) for n in range(50)))
        stuck.append(connection)
    # Each of them asked for 2 GB; another client is served meanwhile.
    assert len(kcat(bus, "-C", "-t", "bulk", "-p", "0", "-c", "5", "-q")) > 200_000
    assert rss_kib(bus.process.pid) - before < 64 * 1024
    for connection in stuck:
        connection.close()


def test_connections_leave_descriptors_to_the_log(start_bus, tmp_path, monkeypatch):
    few = tmp_path / "few"
    few.write_text(f'#!/bin/sh\nulimit -n 256\nexec {MES} "$@"\n')
    few.chmod(0o755)
    monkeypatch.setattr("bus.MES", few)
    (tmp_path / "none.yaml").write_text("topics: []\n")
    bus = start_bus("--topics", str(tmp_path / "none.yaml"), "--segment-bytes", "64K")
    assert metric(bus, 'mes_bus_limit{of="connections"}') < 128
    assert "the limit of open files" in (tmp_path / "bus.log").read_text()
    produce(bus, "t", [(None, "first")])
    others = [socket.create_connection(("127.0.0.1", 9092 + bus.offset)) for _ in range(400)]
    eventually(lambda: metric(bus, "mes_bus_connections_refused_total") > 200)
    for other in others[:2]:
        other.close()
    eventually(lambda: metric(bus, "kafka_server_socketservermetrics_connection_count") <= metric(bus, 'mes_bus_limit{of="connections"}') - 2)
    assert produce(bus, "t", [(None, os.urandom(60_000)) for _ in range(50)]) == [None] * 50
    for other in others:
        other.close()


def test_requests_that_come_slowly_have_a_bound_together(start_bus):
    """40 MB of requests are begun; no more than the limit is held at a time, and the two that went beyond it; all end well."""
    limit, size, count = 2 << 20, 1 << 20, 40
    bus = start_bus("--queued-request-bytes-max", "2M")
    create(bus, "slow", **{"max.message.bytes": 2 << 20})
    before = rss_kib(bus.process.pid)
    record = batch([b"x" * (size - 200)], timestamps=[1_700_000_000_000])
    body = struct.pack(">hhii", -1, -1, 20_000, 1) + string("slow") + struct.pack(">iii", 1, 0, len(record)) + record
    frame = request(0, 3, body)
    clients = [socket.create_connection(("127.0.0.1", 9092 + bus.offset), timeout=60) for _ in range(count)]
    most_held = most_waiting = 0

    def look():
        nonlocal most_held, most_waiting
        most_held = max(most_held, metric(bus, "kafka_network_socketserver_memorypoolused"))
        most_waiting = max(most_waiting, metric(bus, "mes_bus_connections_waiting_for_memory"))
    for client in clients:
        client.sendall(frame[:60_000])
    eventually(lambda: metric(bus, "mes_bus_connections_waiting_for_memory") > 0)
    for client in clients:
        client.setblocking(False)
    sent = [60_000] * count
    while any(at < len(frame) for at in sent):
        for n, client in enumerate(clients):
            with contextlib.suppress(BlockingIOError):
                sent[n] += client.send(frame[sent[n]:sent[n] + 20_000])
        look()
    offsets = set()
    for client in clients:
        client.settimeout(60)
        answer = client.recv(4096)
        (error, offset) = struct.unpack_from(">hq", answer, 4 + 4 + 4 + 2 + len("slow") + 4 + 4)
        assert error == 0
        offsets.add(offset)
        client.close()
    assert offsets == set(range(count))
    assert limit <= most_held <= limit + 2 * len(frame)
    assert most_waiting > 0 and metric(bus, "mes_bus_memory_waits_total") > 0
    assert metric(bus, "kafka_network_socketserver_memorypoolused") == 0
    assert metric(bus, 'mes_bus_limit{of="partial_request_bytes"}') == limit
    assert rss_kib(bus.process.pid) - before < 200_000  # of sanitizers, too


def test_what_members_of_groups_say_has_a_bound(start_bus):
    bus = start_bus("--group-members-bytes-max", "20M")
    assert metric(bus, 'mes_bus_limit{of="group_members_bytes"}') == 20 << 20
    said = os.urandom(5_000_000)

    def join(raw, number):
        return raw.call("join_group", 3, group_id=f"g{number}", session_timeout_ms=60_000, rebalance_timeout_ms=60_000,
                        member_id="", group_instance_id=None, protocol_type="consumer",
                        protocols=[{"name": "range", "metadata": said}])

    def beat(raw, names):
        answer = raw.call("consumer_group_heartbeat", 1, group_id="modern", member_id="m", member_epoch=0, instance_id=None,
                          rack_id=None, rebalance_timeout_ms=60_000, subscribed_topic_names=names,
                          subscribed_topic_regex=None, server_assignor=None, topic_partitions=[])
        return answer["error_code"]
    with Raw(bus.address) as raw:
        joined = [join(raw, number) for number in range(8)]
        assert [j["error_code"] for j in joined] == [0] * 4 + [UNKNOWN_SERVER_ERROR] * 4
        assert 20_000_000 < metric(bus, "mes_bus_group_members_bytes") <= 20 << 20
        assert beat(raw, [f"topic-{n:05}" + "n" * 200 for n in range(6_000)]) == INVALID_REQUEST
        assert beat(raw, [f"topic-{n:05}" + "n" * 200 for n in range(4_500)]) == GROUP_MAX_SIZE_REACHED
        left = raw.call("leave_group", 3, group_id="g0", members=[{"member_id": joined[0]["member_id"], "group_instance_id": None}])
        assert left["error_code"] == 0
        assert beat(raw, [f"topic-{n:05}" + "n" * 200 for n in range(4_500)]) == 0
    assert {g["name"] for g in bus.get("/groups")} == {"g0", "g1", "g2", "g3", "modern"}


def test_a_look_at_records_has_a_bound(start_bus):
    """A batch of 15 MB of zeros takes a few hundred bytes: what they unpack to counts, and one goes on where it ended."""
    bus = start_bus()
    produce(bus, "zeros", [(None, b"\0" * 15_000_000)] * 8,
            **{"compression.type": "zstd", "message.max.bytes": 20_000_000, "batch.num.messages": 1})
    pages, at = [], 0
    while at < 8:
        page = bus.get(f"/topics/zeros/records?partition=0&from={at}&limit=500")
        pages.append([record["offset"] for record in page["records"]])
        at = page["next"]
    assert [offset for page in pages for offset in page] == list(range(8))
    assert len(pages) == 4
    assert bus.get("/topics/zeros/records?partition=0&from=3&limit=1")["next"] == 4


def test_a_batch_that_is_too_large_to_be_shown_hides_no_other(start_bus):
    bus = start_bus()
    produce(bus, "zeros", [(None, "before")])
    produce(bus, "zeros", [(None, "0" * 900_000)] * 20, **{"compression.type": "gzip", "linger.ms": 500, "batch.size": 30_000_000,
                                                         "message.max.bytes": 30_000_000})
    produce(bus, "zeros", [(None, "after")])
    page = bus.get("/topics/zeros/records?partition=0&from=0&limit=500")
    assert [r["value"] for r in page["records"]] == ["before"] and page["next"] == 21
    assert [(part["from"], part["to"]) for part in page["left_out"]] == [(1, 20)]
    assert [r["value"] for r in bus.get("/topics/zeros/records?partition=0&from=21")["records"]] == ["after"]


def test_metrics_are_text_whatever_clients_call_themselves(start_bus):
    bus = start_bus()
    create(bus, "t")
    with Raw(bus.address) as client:
        client.request(OFFSET_COMMIT, 2, struct.pack(">h2sihqi", 2, b"\xff\xfe", -1, 0, -1, 1) + string("t") + struct.pack(">iiq", 1, 0, 5) + string(""))
    assert metric(bus, 'kafka_consumergroup_current_offset{consumergroup="\ufffd\ufffd",topic="t",partition="0"}') == 5


def test_limits_and_write_amplification_are_visible(start_bus):
    bus = start_bus()
    before = metric(bus, 'mes_bus_log_written_bytes_total{what="frames"}') + metric(bus, 'mes_bus_log_written_bytes_total{what="zeros"}')
    produced = metric(bus, "kafka_server_brokertopicmetrics_bytesin_total")
    # Each batch of 60 records of 1 KiB is just below 64 KiB.
    for _ in range(20):
        produce(bus, "bulk", [(None, os.urandom(1024)) for _ in range(60)], **{"linger.ms": 200, "batch.num.messages": 60})
    written = metric(bus, 'mes_bus_log_written_bytes_total{what="frames"}') + metric(bus, 'mes_bus_log_written_bytes_total{what="zeros"}')
    produced = metric(bus, "kafka_server_brokertopicmetrics_bytesin_total") - produced
    assert produced > 20 * 60 * 1024
    # Topics were made and a first small group came before; the batches themselves are written once.
    assert (written - before) / produced <= 1.2
    text = bus.get("/metrics")
    limits = {of: int(value) for of, value in re.findall(r'^mes_bus_limit\{of="(\w+)"\} (\d+)$', text, re.M)}
    assert limits["connections"] == 10_000 and limits["connections_of_an_address"] == 2**31 - 1
    assert limits["waiting_change_bytes"] == limits["pending_bytes"] == 64 << 20 and limits["unauthenticated_request_bytes"] == 16 << 20
    assert limits["partitions"] == limits["groups"] == limits["transactional_ids"] == 100_000
    assert limits["group_members"] == 2**31 - 1 and limits["group_ids_given"] == limits["group_waiting_requests"] == 10_000
    assert limits["group_change_bytes"] == 8 << 20 and limits["group_member_bytes"] == 1 << 20
    for what in limits.keys() & {"group_members", "group_ids_given", "group_waiting_requests"}:
        assert f'mes_bus_group_most{{of="{what}"}} 0' in text
    for name in ("mes_bus_waiting_change_bytes", "mes_bus_unauthenticated_request_bytes", "mes_bus_idle_connections_closed_total",
                 "mes_bus_tls_failures_total", "mes_bus_groups"):
        assert metric(bus, name) == 0
    assert metric(bus, "mes_bus_connections_of_an_address_most") <= metric(bus, "kafka_server_socketservermetrics_connection_count")
    assert metric(bus, 'kafka_topic_partition_current_offset{topic="bulk",partition="0"}') == 1200


def test_members_of_groups_and_connections_are_counted_where_most_of_them_are(start_bus):
    bus = start_bus()
    create(bus, "t")
    with contextlib.ExitStack() as open_:
        clients = [open_.enter_context(Raw(bus.address)) for _ in range(3)]
        clients[0].join("large", ["t"])
        clients[1].join("small", ["t"])
        assert metric(bus, "mes_bus_groups") == 2
        assert metric(bus, 'mes_bus_group_most{of="group_members"}') == 1
        assert metric(bus, "mes_bus_connections_of_an_address_most") == 3


def test_transactional_ids_have_a_bound(start_bus):
    bus = start_bus("--transactional-ids-max", "2")

    def init(name):
        with Raw(bus.address) as raw:
            return raw.call("init_producer_id", 4, transactional_id=name, transaction_timeout_ms=60_000)["error_code"]
    assert [init(name) for name in ("a", "b", "c", "a")] == [0, 0, POLICY_VIOLATION, 0]
    assert metric(bus, "mes_bus_transactional_ids") == metric(bus, 'mes_bus_limit{of="transactional_ids"}') == 2
    with pytest.raises(KafkaException) as refused:  # librdkafka tries for its time-out, and then tells
        Producer({"bootstrap.servers": bus.address, "transactional.id": "c"}).init_transactions(2)
    assert refused.value.args[0].code() == KafkaError.POLICY_VIOLATION


def test_producers_that_partitions_know_are_counted(start_bus):
    bus = start_bus()
    create(bus, "t", 2)
    with Raw(bus.address) as raw:
        for producer_id, partition in ((1, 0), (2, 0), (2, 1), (2, 1)):
            sequence = metric(bus, 'kafka_topic_partition_current_offset{topic="t",partition="1"}') if partition else 0
            record = batch([b"x"], timestamps=[1_700_000_000_000], producer_id=producer_id, epoch=0, sequence=int(sequence))
            answer = raw.call("produce", 8, transactional_id=None, acks=-1, timeout_ms=5000, topic_data=[
                {"name": "t", "partition_data": [{"index": partition, "records": record}]}])
            assert answer["responses"][0]["partition_responses"][0]["error_code"] == 0
    assert metric(bus, "kafka_server_replicamanager_produceridcount") == 3
    bus.kill()
    bus.start()
    assert metric(bus, "kafka_server_replicamanager_produceridcount") == 3


def elect(raw, partitions):
    """Of a topic that there is not: error codes and messages."""
    answer = raw.request(ELECT_LEADERS, 1, b"\0" + struct.pack(">i", 1) + string("x" * 249) + struct.pack(">i", len(partitions) // 4)
                         + partitions + struct.pack(">i", 1000))
    assert answer.take("i") == 0 and answer.take("h") == 0 and answer.take("i") == 1 and answer.string() == "x" * 249
    return answer.array(lambda: (answer.take("i"), answer.take("h"), answer.string())[1:])


def numbers(count):
    return struct.pack(f">{count}i", *range(count))


def test_slow_requests_are_named(start_bus, tmp_path):
    many = numbers(100_000)  # more than a millisecond's work
    bus = start_bus("--slow-request-ms", "1")
    with Raw(bus.address, client_id="the slow one") as raw:
        for _ in range(3):
            elect(raw, many)
        told = [json.loads(line) for line in (tmp_path / "bus.log").read_text().splitlines() if "slow request" in line]
        of_it = [line for line in told if line["api"] == "elect_leaders"]
        assert of_it and of_it[0]["client_id"] == "the slow one" and of_it[0]["client_host"] == "127.0.0.1"
        counted = metric(bus, "mes_bus_slow_requests_total")
        assert counted >= 3 and sum(1 + line["more_since_last"] for line in told) <= counted


def test_no_request_is_slow_where_nobody_wants_to_know(start_bus, tmp_path):
    bus = start_bus("--slow-request-ms", "0")
    with Raw(bus.address) as raw:
        elect(raw, numbers(100_000))
    assert metric(bus, "mes_bus_slow_requests_total") == 0
    assert "slow request" not in (tmp_path / "bus.log").read_text()


def test_an_election_of_many_partitions_costs_no_more_than_they_do(start_bus):
    """Each once, and why it is not elected in words for the first of them alone."""
    bus = start_bus()
    with Raw(bus.address) as raw:
        answered = elect(raw, numbers(20_000))
        assert {code for code, _ in answered} == {UNKNOWN_TOPIC} and len(answered) == 20_000
        assert sum(message is not None for _, message in answered) == 10_000
        before = peak_rss_kib(bus.process.pid)
        assert len(elect(raw, bytes(4 * 4_000_000))) == 1
    if not has_sanitizer(bus.process.pid):
        assert peak_rss_kib(bus.process.pid) - before < 200 * 1024


def fetch(topic, partitions, wait_ms=2**31 - 1, bytes_min=1 << 20, offset=0):
    """Fetch 4, of partitions 0 to `partitions`."""
    each = b"".join(struct.pack(">iqi", n, offset, 1 << 20) for n in range(partitions))
    return struct.pack(">iiiib", -1, wait_ms, bytes_min, 1 << 24, 0) + struct.pack(">i", 1) + string(topic) + struct.pack(">i", partitions) + each


def waiting(bus):
    return metric(bus, "mes_bus_waiting_fetches")


def test_fetches_that_wait_have_a_bound(start_bus):
    """One of a connection waits, and all of them together take no more memory than is set: the largest make room."""
    bus = start_bus("--waiting-fetch-bytes-max", "1M")
    create(bus, "wide", 4000)
    create(bus, "narrow", 1)
    with contextlib.ExitStack() as open_sockets:
        def client():
            return open_sockets.enter_context(socket.create_connection(("127.0.0.1", 9092 + bus.offset), timeout=20))

        narrow = client()
        narrow.sendall(request(1, 4, fetch("narrow", 1, bytes_min=1), 7))
        for _ in range(20):
            client().sendall(request(1, 4, fetch("wide", 50)) * 64)
        eventually(lambda: waiting(bus) == 21)
        assert metric(bus, "mes_bus_waiting_fetch_bytes") <= 1 << 20 == metric(bus, 'mes_bus_limit{of="waiting_fetch_bytes"}')
        assert metric(bus, "mes_bus_fetches_cut_short_total") == 0
        # Too large for the limit by itself, each is answered with what there is, and others wait on.
        wide = open_sockets.enter_context(Raw(bus.address))
        for count in range(1, 4):
            answer = wide.request(FETCH, 4, fetch("wide", 4000))
            assert answer.take("i") == 0 and answer.take("i") == 1 and answer.string() == "wide" and answer.take("i") == 4000
            assert metric(bus, "mes_bus_fetches_cut_short_total") == count
        assert waiting(bus) == 21
        produce(bus, "narrow", [(None, "x")])
        assert struct.unpack(">ii", narrow.recv(8, socket.MSG_WAITALL))[1] == 7
    eventually(lambda: waiting(bus) == 0 and metric(bus, "kafka_server_socketservermetrics_connection_count") == 0)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
def test_clients_that_went_while_fetches_waited_are_noticed(start_bus, count):
    bus = start_bus()
    create(bus, "t")
    clients = [socket.create_connection(("127.0.0.1", 9092 + bus.offset)) for _ in range(20)]
    for client in clients:
        client.sendall(request(1, 4, fetch("t", 1)) * count)
    counted = 'kafka_network_requestmetrics_requests_total{request="fetch"}'
    eventually(lambda: counted in bus.get("/metrics") and metric(bus, counted) >= 20)
    for client in clients:
        client.close()
    eventually(lambda: metric(bus, "kafka_server_socketservermetrics_connection_count") == 0)


def test_clients_that_went_leave_no_answers_behind_fetches_that_waited(start_bus):
    """Ten of them asked for more than all answers may take together."""
    bus = start_bus()
    create(bus, "t"), create(bus, "wide", 3000)
    metadata = request(3, 1, struct.pack(">i", 1) + string("wide"))
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", 9092 + bus.offset)) as client:
            client.sendall(request(1, 4, fetch("t", 1)) + metadata * 300)
    counted = 'kafka_network_requestmetrics_requests_total{request="metadata"}'
    eventually(lambda: counted in bus.get("/metrics") and metric(bus, counted) >= 3000)
    eventually(lambda: metric(bus, "kafka_server_socketservermetrics_connection_count") == 0)
    assert metric(bus, "mes_bus_answer_bytes") == 0 == waiting(bus)


@pytest.mark.parametrize("acks", [0, 1])
@pytest.mark.parametrize("count", [3, 200])
def test_what_was_sent_behind_a_fetch_that_waits_is_done_though_the_client_went(start_bus, count, acks):
    bus = start_bus()
    create(bus, "t"), create(bus, "other")
    record = batch([b"last words"], timestamps=[1_700_000_000_000])
    with socket.create_connection(("127.0.0.1", 9092 + bus.offset)) as client:
        last = struct.pack(">hhii", -1, acks, 20_000, 1) + string("other") + struct.pack(">iii", 1, 0, len(record)) + record
        client.sendall(request(1, 4, fetch("t", 1)) + request(0, 3, last) * count)
    eventually(lambda: metric(bus, 'kafka_topic_partition_current_offset{topic="other",partition="0"}') == count)
