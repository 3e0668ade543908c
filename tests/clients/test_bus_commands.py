"""`mes bus` for people: topics, tail, groups, reset-offsets, redrive, verify."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from confluent_kafka import Consumer, Producer

from bus import MES, kcat
from bus_link import JOIN_GROUP, OFFSET_COMMIT, Link
from bus_operator import QUICK, command, create, delete, produce, read, rows
from tests.support.wait import eventually

pytestmark = pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")


def test_topics_and_tail(start_bus):
    bus = start_bus()
    produce(bus, "work-order.created", [("wo-1", "made"), ("wo-2", "made\x1b[2J too"), ("wo-1", None)])
    listed = {row[0]: row[1:] for row in rows(command(bus, "topics"))}
    assert listed["TOPIC"] == ["PARTITIONS", "RECORDS"]
    assert listed["work-order.created"] == ["3", "3"] and len(listed) == 57
    assert ["0", "0", "3", "3"] in rows(command(bus, "topics", "work-order.created"))
    lines = command(bus, "tail", "work-order.created", "--from", "earliest", "--end").splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["0@0 wo-1 made", "0@1 wo-2 made\\x1b[2J too", "0@2 wo-1 (deleted)"]
    filtered = command(bus, "tail", "work-order.created", "--from", "earliest", "--end", "--filter", "wo-2")
    assert len(filtered.splitlines()) == 1
    assert " 0@2 " in command(bus, "tail", "work-order.created", "--from", "2", "-n", "1")
    assert " 0@1 " in command(bus, "tail", "work-order.created", "--from", "-2", "-n", "1", "--json").replace('"offset":1', " 0@1 ")
    stamp = lines[0].split(" ")[0]
    assert len(command(bus, "tail", "work-order.created", "--from", stamp, "--end").splitlines()) == 3
    assert "no place in a topic" in command(bus, "tail", "work-order.created", "--from", "yesterday", code=2)
    assert "There is no topic nowhere" in command(bus, "tail", "nowhere", code=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tail_into_a_pipe_goes_with_what_comes(start_bus, number):
    """Also while records come all the time, and none is lost when it is told to end."""
    bus = start_bus()
    produce(bus, "t", [(None, "x")])
    tail = subprocess.Popen([MES, "bus", "tail", "t", "--from", "earliest", "--json", "--port-offset", str(bus.offset)],
                            stdout=subprocess.PIPE, bufsize=0)

    def offset_of_next():
        return json.loads(tail.stdout.readline())["offset"]
    assert offset_of_next() == 0
    producer = Producer({"bootstrap.servers": bus.address, "linger.ms": 0})
    seen, seen_meanwhile = threading.Event(), []

    def keep_on():  # less than a pipe's writer keeps to itself
        for _ in range(30):
            producer.produce("t", b"x", partition=0)
            producer.flush(10)
            time.sleep(0.1)
            seen_meanwhile.append(seen.is_set())
    sending = threading.Thread(target=keep_on)
    sending.start()
    assert offset_of_next() == 1
    seen.set()
    sending.join()
    assert any(seen_meanwhile)
    assert [offset_of_next() for _ in range(29)] == list(range(2, 31))
    tail.send_signal(number)
    assert tail.stdout.read() == b"" and tail.wait(20) == 128 + number


def test_a_record_does_not_drive_the_terminal(start_bus):
    """C1 controls are what ESC and a letter are; what is written for them cannot be had otherwise."""
    bus = start_bus()
    create(bus, "t")
    produce(bus, "t", [(None, value) for value in (b"\xc2\x9b2J", b"\x9b2J", b"a\nb", b"a\\nb", "Prüfung 1½ µ".encode(), b"\xe2\x82")])
    lines = command(bus, "tail", "t", "--from", "earliest", "--end").splitlines()
    assert [line.split(" ", 3)[3] for line in lines] == [r"\xc2\x9b2J", r"\x9b2J", r"a\nb", r"a\\nb", "Prüfung 1½ µ", r"\xe2\x82"]


def test_groups_and_reset_offsets(start_bus):
    bus = start_bus()
    produce(bus, "quality.ncr-created", [("a", str(n)) for n in range(10)])
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "readers", "client.id": "reader-1",
                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe(["quality.ncr-created"])
    assert eventually(lambda: consumer.poll(1), timeout_s=20).offset() == 0
    consumer.commit(asynchronous=False)
    assert ["readers", "Stable", "range", "1", "9"] in rows(command(bus, "groups"))
    detail = rows(command(bus, "groups", "readers"))
    assert ["quality.ncr-created", "0", "1", "10", "9", "reader-1", "/127.0.0.1"] in detail
    assert "stop them first" in command(bus, "reset-offsets", "readers", "quality.ncr-created", "--to", "latest", code=1)
    consumer.close()
    planned = command(bus, "reset-offsets", "readers", "quality.ncr-created", "--to", "-3", "--dry-run")
    assert ["quality.ncr-created", "0", "1", "7"] in rows(planned) and "Nothing was set" in planned
    assert ["readers", "Empty", "-", "0", "9"] in rows(command(bus, "groups"))
    for before_1970 in ("1969-12-31T23:59:59.999Z", "1960-01-01T00:00:00Z"):
        planned = command(bus, "reset-offsets", "readers", "quality.ncr-created", f"--to={before_1970}", "--dry-run")
        assert ["quality.ncr-created", "0", "1", "0"] in rows(planned)
    command(bus, "reset-offsets", "readers", "quality.ncr-created", "--to", "-3")
    assert ["readers", "Empty", "-", "0", "3"] in rows(command(bus, "groups"))
    assert "There is no group nobody" in command(bus, "groups", "nobody", code=1)
    assert "--to" in command(bus, "reset-offsets", "readers", "quality.ncr-created", code=2)


def test_redrive_sends_dead_letters_back_once(start_bus):
    bus = start_bus()
    producer = Producer({"bootstrap.servers": bus.address})
    for n in range(3):
        producer.produce("work-order-service.dlq", f"event {n}", "wo-1", partition=0, headers=[
            ("ce_id", str(n)), ("dlq_topic", "work-order.created" if n < 2 else "gone"), ("dlq_partition", "0"),
            ("dlq_offset", str(n)), ("dlq_reason", "corrupt: it has no name")])
    assert producer.flush(10) == 0
    assert "Nothing was sent" in command(bus, "redrive", "work-order-service.dlq", "--dry-run", code=1)
    told = command(bus, "redrive", "work-order-service.dlq", code=1)
    assert ["work-order.created", "2"] in rows(told) and "topic gone is not there" in told
    back = kcat(bus, "-C", "-t", "work-order.created", "-e", "-q", "-f", "%k|%s|%h\n")
    assert back.splitlines() == ["wo-1|event 0|ce_id=0,redriven_from=work-order-service.dlq/0/0",
                                 "wo-1|event 1|ce_id=1,redriven_from=work-order-service.dlq/0/1"]
    told = command(bus, "redrive", "work-order-service.dlq", code=1)
    assert "1 could not be sent back" in told and "No dead letters" not in told
    filtered = command(bus, "redrive", "work-order-service.dlq", "--filter", "nothing")
    assert "1 without the text were left" in filtered and "No dead letters" not in filtered
    assert ["work-order.created", "2"] in rows(command(bus, "redrive", "work-order-service.dlq", "--again", code=1))


def test_redrive_sends_what_it_has_left_when_its_topic_is_there(start_bus):
    bus = start_bus("--auto-create-topics", "false")
    create(bus, "all.dlq")
    create(bus, "there")
    producer = Producer({"bootstrap.servers": bus.address})
    for n, topic in enumerate(("there", "gone", "there", "missing", "gone", "there")):
        producer.produce("all.dlq", f"event {n}", partition=0, headers=[("dlq_topic", topic)])
    assert producer.flush(10) == 0
    values = lambda topic: [value for _, _, value in read(bus, topic)]
    told = command(bus, "redrive", "all.dlq", code=1)
    assert ["there", "3"] in rows(told) and "3 could not be sent back; the next redrive tries them again" in told
    create(bus, "gone")
    assert ["gone", "2"] in rows(command(bus, "redrive", "all.dlq", code=1))
    create(bus, "missing")
    assert rows(command(bus, "redrive", "all.dlq"))[1:] == [["missing", "1"]]
    assert "No dead letters" in command(bus, "redrive", "all.dlq")
    assert values("there") == ["event 0", "event 2", "event 5"]
    assert values("gone") == ["event 1", "event 4"] and values("missing") == ["event 3"]


def test_redrive_goes_past_what_cannot_be_sent(start_bus):
    bus = start_bus()
    create(bus, "all.dlq")
    create(bus, "back", max_message_bytes=2_000)
    producer = Producer({"bootstrap.servers": bus.address, "message.max.bytes": 8_000_000, "compression.type": "zstd"})
    values = ["first", "A" * 3_000_000, os.urandom(50_000).hex(), "last"]
    for value in values:
        producer.produce("all.dlq", value, partition=0, headers=[("dlq_topic", "back")])
        assert producer.flush(20) == 0
    told = command(bus, "redrive", "all.dlq", code=1)
    assert "0@2: Bus: Broker: Message size too large: left" in told and ["back", "3"] in rows(told)
    assert "1 could not be sent back" in told
    assert [value for _, _, value in read(bus, "back")] == [values[0], values[1], values[3]]
    assert "1 could not be sent back" in command(bus, "redrive", "all.dlq", code=1)


def test_tail_ends_when_its_topic_is_gone(start_bus):
    bus = start_bus()
    produce(bus, "t", [(None, "x")])
    tail = subprocess.Popen([MES, "bus", "tail", "t", "--from", "earliest", "--port-offset", str(bus.offset)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert tail.stdout.readline().endswith("x\n")
    delete(bus, "t")
    out, errors = tail.communicate(timeout=60)
    assert tail.returncode == 1 and out == "" and "nknown" in errors


def dead_letters(bus, count, partitions=1):
    """Of x.dlq, which came from the topic `back`."""
    create(bus, "back")
    create(bus, "x.dlq", partitions=partitions)
    producer = Producer({"bootstrap.servers": bus.address})
    for n in range(count):
        producer.produce("x.dlq", f"event {n}", partition=0, headers=[("dlq_topic", "back")])
    assert producer.flush(20) == 0


def records_in(bus, topic):
    return int(next(row for row in rows(command(bus, "topics", topic)) if row[0] == "0")[-1])


def start_redrive(bus):
    return subprocess.Popen([MES, "bus", "redrive", "x.dlq", "--port-offset", str(bus.offset)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_of_two_redrives_one_is_refused(start_bus):
    bus = start_bus()
    dead_letters(bus, 3_000, partitions=3)
    both = [start_redrive(bus), start_redrive(bus)]
    told = [one.communicate(timeout=120) for one in both]
    assert sorted(one.returncode for one in both) == [0, 1], told
    assert any("Another redrive is running" in errors for _, errors in told), told
    assert sorted(value for _, _, value in read(bus, "back")) == sorted(f"event {n}" for n in range(3_000))


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_redrive_is_not_ended_by_one_that_begins_later(start_bus, partitions):
    """Which would be dealt the first partition: its name comes first."""
    bus = start_bus()
    dead_letters(bus, 20_000, partitions=partitions)
    first = start_redrive(bus)
    eventually(lambda: records_in(bus, "back"), every_s=0.01)
    later = Consumer({"bootstrap.servers": bus.address, "group.id": "mes-redrive", "client.id": "a"})
    later.subscribe(["x.dlq"])
    eventually(lambda: later.poll(0.1) or later.assignment())
    assert [p.partition for p in later.assignment()][0] == 0 and first.poll() is None
    sent = records_in(bus, "back")
    later.close()
    eventually(lambda: records_in(bus, "back") > sent + 100)
    first.send_signal(signal.SIGINT)
    out, errors = first.communicate(timeout=30)
    back = [value for _, _, value in read(bus, "back")]
    assert (first.returncode, errors, rows(out)[1]) == (130, "", ["back", str(len(back))])
    assert back == [f"event {n}" for n in range(len(back))]


def test_a_redrive_that_stood_still_for_long_does_not_go_on(start_bus):
    """Another one may have worked meanwhile: what that has sent would go again."""
    bus = start_bus()
    dead_letters(bus, 2_000)
    first = start_redrive(bus)
    eventually(lambda: records_in(bus, "back") > 50, every_s=0.01)
    first.send_signal(signal.SIGSTOP)
    eventually(lambda: ["mes-redrive", "Empty"] in [row[:2] for row in rows(command(bus, "groups"))])
    second = start_redrive(bus)
    assert (second.communicate(timeout=60), second.returncode)[1] == 0
    first.send_signal(signal.SIGCONT)
    out, errors = first.communicate(timeout=60)
    assert first.returncode == 1 and "mes bus: " in errors, (out, errors)
    back = [value for _, _, value in read(bus, "back")]
    assert set(back) == {f"event {n}" for n in range(2_000)} and len(back) <= 2_001  # the one that was on its way


def test_a_redrive_that_was_killed_is_out_of_the_way_after_a_while(start_bus):
    bus = start_bus()
    dead_letters(bus, 20_000)
    killed = start_redrive(bus)
    eventually(lambda: records_in(bus, "back"), every_s=0.01)
    killed.kill()
    killed.communicate()
    assert "counts for 10 s more" in command(bus, "redrive", "x.dlq", code=1)
    eventually(lambda: ["mes-redrive", "Empty"] in [row[:2] for row in rows(command(bus, "groups"))])
    command(bus, "redrive", "x.dlq", "--filter", "event 19999")


def test_a_redrive_that_is_interrupted_says_how_far_it_came(start_bus):
    bus = start_bus()
    dead_letters(bus, 20_000)
    first = start_redrive(bus)
    eventually(lambda: records_in(bus, "back"), every_s=0.01)
    first.send_signal(signal.SIGINT)
    out, _ = first.communicate(timeout=30)
    assert first.returncode == 130 and "goes on from there" in out
    sent = records_in(bus, "back")
    assert ["back", str(sent)] in rows(out) and 0 < sent < 20_000
    dry = command(bus, "redrive", "x.dlq", "--dry-run")
    assert ["back", str(20_000 - sent)] in rows(dry)


def test_a_redrive_whose_bus_goes_away_reports_and_ends(start_bus):
    bus = start_bus()
    dead_letters(bus, 20_000)
    redrive = start_redrive(bus)
    eventually(lambda: records_in(bus, "back"), every_s=0.01)
    bus.kill()
    out, errors = redrive.communicate(timeout=90)
    assert redrive.returncode == 1 and rows(out)[0] == ["BACK TO", "RECORDS"] and "mes bus: Bus: " in errors


@pytest.mark.parametrize("waits_for, number, code", [(JOIN_GROUP, signal.SIGINT, 130), (OFFSET_COMMIT, signal.SIGINT, 130),
                                                     (OFFSET_COMMIT, None, 1)])
def test_a_redrive_whose_bus_falls_silent_ends(start_bus, waits_for, number, code):
    """The client library would wait for its answer for ever."""
    link = Link(start_bus, lambda key, _: key == waits_for)
    dead_letters(link.bus, 100)
    redrive = start_redrive(link.bus)
    assert link.silent.wait(60)
    if number:
        redrive.send_signal(number)
    try:
        out, errors = redrive.communicate(timeout=60)
    finally:
        redrive.kill()
    assert redrive.returncode == code, errors
    assert waits_for == JOIN_GROUP or rows(out)[1] == ["back", "1"]


def test_tail_and_redrive_lose_nothing(start_bus):
    """Headers whose names come again, null values and empty ones, an empty key."""
    bus = start_bus()
    kept = [("a", None), ("a", b""), ("a", b"1")]
    producer = Producer({"bootstrap.servers": bus.address})
    for key in (b"", None):
        producer.produce("work-order-service.dlq", b"v", key, partition=0, headers=[*kept, ("dlq_topic", "work-order.created")])
    assert producer.flush(10) == 0
    told = [json.loads(line) for line in
            command(bus, "tail", "work-order-service.dlq", "--from", "earliest", "--end", "--json").splitlines()]
    assert [record["key"] for record in told] == ["", None]
    assert told[0]["headers"] == ["a", None, "a", "", "a", "1", "dlq_topic", "work-order.created"]
    command(bus, "redrive", "work-order-service.dlq")
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["work-order.created"])
    back = consumer.consume(2, 20)
    consumer.close()
    assert {record.key() for record in back} == {b"", None}
    assert all(record.headers()[:-1] == kept for record in back)


def test_tail_and_redrive_end_where_no_record_is_last(start_bus):
    """The last offsets are aborted records and transactions' markers."""
    bus = start_bus()
    producer = Producer({"bootstrap.servers": bus.address, "transactional.id": "a"})
    producer.init_transactions(10)
    for finish in (producer.commit_transaction, producer.abort_transaction):
        producer.begin_transaction()
        for n in range(2):
            producer.produce("work-order-service.dlq", f"event {n}", "wo-1", partition=0,
                             headers=[("dlq_topic", "work-order.created")])
        producer.flush(10)
        finish(10)
    lines = command(bus, "tail", "work-order-service.dlq", "--from", "earliest", "--end").splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["0@0 wo-1 event 0", "0@1 wo-1 event 1"]
    assert command(bus, "tail", "work-order-service.dlq", "--from", "3", "--end") == ""
    assert ["work-order.created", "2"] in rows(command(bus, "redrive", "work-order-service.dlq"))
    assert "No dead letters" in command(bus, "redrive", "work-order-service.dlq")


def test_verify_reads_everything(start_bus, tmp_path):
    bus = start_bus("--segment-bytes", "64K", *QUICK)
    create(bus, "table", cleanup_policy="compact", segment_ms=1, min_cleanable_dirty_ratio=0)
    produce(bus, "table", [(f"k{n % 3}", "x" * 1000) for n in range(200)], **{"batch.size": 10_000})
    produce(bus, "table", [("end", "x")])
    eventually(lambda: len(read(bus, "table")) == 4)
    bus.stop()
    verify = [MES, "bus", "verify", "--data", str(tmp_path)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "all whole" in done.stdout, done.stdout + done.stderr
    victim = next((tmp_path / "bus").glob("*.clean"))
    bytes_ = bytearray(victim.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    victim.write_bytes(bytes_)
    done = subprocess.run(verify, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert re.search(rf"{re.escape(str(victim))}:\d+: ", done.stdout), done.stdout
    done = subprocess.run([MES, "bus", "verify", "--data", str(tmp_path / "nowhere")], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "nowhere" in done.stderr


def test_commands_tell_why_a_bus_is_not_reached():
    for name in (["topics"], ["groups"], ["groups", "g"], ["tail", "t"]):
        done = subprocess.run([MES, "bus", *name, "--bus", "127.0.0.1:1"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and done.stdout == "", done.stdout
        assert "127.0.0.1:1" in done.stderr and "refused" in done.stderr, done.stderr
    for nowhere in ("foo:bar", "localhost:0", ":9092", "localhost:9092,", "::1:9092", "::1"):
        done = subprocess.run([MES, "bus", "topics", "--bus", nowhere], capture_output=True, text=True, timeout=5)
        assert done.returncode == 2 and "is not HOST:PORT" in done.stderr, done.stderr


def test_a_bus_that_says_nothing_is_named():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        done = subprocess.run([MES, "bus", "topics", "--bus", address], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and address in done.stderr and "--command-config" in done.stderr, done.stderr


def test_commands_answer_over_a_slow_link(start_bus):
    slow = socket.create_server(("127.0.0.1", 0))
    bus = start_bus("--advertised-listeners", f"PLAINTEXT://127.0.0.1:{slow.getsockname()[1]}")

    def pass_on(from_, to):
        while part := from_.recv(65536):
            time.sleep(0.4)
            to.sendall(part)
        to.shutdown(socket.SHUT_WR)

    def accept():
        while True:
            client, _ = slow.accept()
            behind = socket.create_connection(("127.0.0.1", 9092 + bus.offset))
            for ends in ((client, behind), (behind, client)):
                threading.Thread(target=pass_on, args=ends, daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    done = subprocess.run([MES, "bus", "topics", "--bus", f"127.0.0.1:{slow.getsockname()[1]}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "TOPIC" in done.stdout, done.stderr


def test_output_that_cannot_be_written_is_an_error(start_bus):
    bus = start_bus()
    with open("/dev/full", "w") as full:
        done = subprocess.run([MES, "bus", "topics", "--port-offset", str(bus.offset)], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=30)
    assert done.returncode == 1 and "No space left" in done.stderr


def test_groups_of_the_new_protocol_are_not_dead(start_bus):
    """The client library of the commands cannot describe them (KIP-848)."""
    bus = start_bus()
    create(bus, "t")
    produce(bus, "t", [(None, "a"), (None, "b")])
    consumer = Consumer({"bootstrap.servers": bus.address, "group.id": "modern", "group.protocol": "consumer",
                         "auto.offset.reset": "earliest"})
    consumer.subscribe(["t"])
    assert eventually(lambda: consumer.poll(1)).value() == b"a"
    consumer.commit(asynchronous=False)
    assert ["modern", "Stable", "-", "?", "1"] in rows(command(bus, "groups"))
    assert "modern: Stable, of the protocol of KIP-848" in command(bus, "groups", "modern")
    assert "has members" in command(bus, "reset-offsets", "modern", "t", "--to", "earliest", code=1)
    consumer.close()
    command(bus, "reset-offsets", "modern", "t", "--to", "earliest")
    assert ["modern", "Empty", "-", "?", "2"] in rows(command(bus, "groups"))


def test_an_empty_bus_has_an_empty_table(start_bus, tmp_path):
    (tmp_path / "none.yaml").write_text("topics: []\n")
    bus = start_bus("--topics", str(tmp_path / "none.yaml"))
    assert command(bus, "topics").splitlines()[0].startswith("TOPIC")


def test_help_names_the_commands():
    text = subprocess.run([MES, "bus", "--help"], capture_output=True, text=True, timeout=30).stdout
    for name in ("topics", "tail", "groups", "reset-offsets", "redrive", "verify"):
        assert re.search(rf"^  {name} ", text, re.MULTILINE), text
