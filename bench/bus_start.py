"""How long the bus takes to open a large log: after a clean stop, and after kill -9 under load.

usage: bus_start.py [--gb N] [--runs N] [--binary PATH]

The log has batches of 16 KiB with records of 1 KiB, in ten topics. From the process to its first answer; before each start
the system forgets what it holds of files, as after a power cut. Each start must know every acknowledged record.
"""

import argparse
import os
import pathlib
import signal
import struct
import sys
import tempfile
import threading

import bus
import bus_driver
import support

RECORD_BYTES, IN_BATCH = 1024, 16
NAMES = [f"large-{n}" for n in range(10)]
GOALS_MS = {"clean stop": 1_000, "kill -9": 5_000}


def forget_files():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


def ends(address):
    """How many records each topic has."""
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": address, "group.id": "ends"})
    try:
        return [consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)[1] for topic in NAMES]
    finally:
        consumer.close()


def make_topics(address):
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": address})  # has to outlive the answers
    for made in admin.create_topics([NewTopic(topic, 1) for topic in NAMES]).values():
        made.result(30)


def produce(address, topic, count):
    bus_driver.produce(address, topic, bus_driver.batch_of(RECORD_BYTES, IN_BATCH), IN_BATCH, count)


def kill_under_load(contender):
    """Kills the bus while it is written to. The records that it had acknowledged just before."""
    def write():
        try:
            produce(contender.address, NAMES[0], 1_000_000)
        except (OSError, struct.error):
            pass  # its broker was killed
    writer = threading.Thread(target=write)
    writer.start()
    before = ends(contender.address)
    while ends(contender.address)[0] == before[0]:
        pass
    acknowledged = ends(contender.address)
    contender.process.send_signal(signal.SIGKILL)
    contender.process.wait()
    writer.join()
    return acknowledged


def start_and_check(contender, how, expected):
    forget_files()
    took_ms = contender.start()
    found = zip(NAMES, ends(contender.address), expected)
    missing = [f"{topic}: {have} of {want}" for topic, have, want in found if have < want]
    if missing:
        sys.exit(f"after {how}, acknowledged records are missing: {'; '.join(missing)}")
    return took_ms


def measure(contender, expected):
    contender.stop()
    clean_ms = start_and_check(contender, "a clean stop", expected)
    return {"clean stop": clean_ms, "kill -9": start_and_check(contender, "kill -9", kill_under_load(contender))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gb", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--binary", default=str(support.ROOT / "build" / "release" / "mes"))
    parser.set_defaults(unpinned=True)  # nothing runs beside the bus while it starts
    arguments = parser.parse_args()
    support.need(arguments.binary)
    with tempfile.TemporaryDirectory(dir=support.work_folder()) as folder:
        contender, runs = bus.Contender("ours", bus.Ours(pathlib.Path(folder), arguments.binary), arguments), []
        contender.start()
        try:
            make_topics(contender.address)
            for topic in NAMES:
                produce(contender.address, topic, arguments.gb * 10**9 // (RECORD_BYTES * len(NAMES)))
            log_gb = sum(f.stat().st_size for f in pathlib.Path(folder).iterdir()) / 1e9
            for run in range(1, arguments.runs + 1):
                runs.append(measure(contender, ends(contender.address)))
                print(f"run {run}: " + ", ".join(f"after {how} {took_ms:,.0f} ms" for how, took_ms in runs[-1].items()), flush=True)
            records = sum(ends(contender.address))
        finally:
            contender.stop()
    medians = support.medians(runs)
    figures = [support.figure(f"start after {how}", "ms", round(medians[how]), {}, goal, higher_is_better=False) for how, goal in GOALS_MS.items()]
    print()
    support.print_table(figures)
    support.write_results("bus_start", figures, {"runs": arguments.runs, "log_gb": round(log_gb, 2), "records": records})


if __name__ == "__main__":
    main()
