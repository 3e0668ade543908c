"""The event bus beside Apache Kafka: the same client, the same records, one after the other on the same cores.

usage: bus.py [--runs N] [--records N] [--rate N] [--seconds N] [--only "PART;…"] [--unpinned] [--binary PATH]

Parts: client, driver, partitions, latency; start and idle costs are always measured.

Three contenders, each one node, with one partition a topic where no other number is told:
  ours          every acknowledgement follows a sync to disk
  kafka         Apache Kafka as it is delivered: acknowledged from the page cache; heap and collector as its scripts set them
  kafka synced  the same with log.flush.interval.messages=1: every acknowledgement follows a sync, as ours
The broker has the first half of the cores, its client the other; --unpinned leaves that to the system. Two clients
produce (acks=all) and consume:
  librdkafka    its rdkafka_performance with librdkafka's own linger.ms (the tool's is a second, for which the last batch of
                each run waits). It is the slower side of the two for records of 100 bytes: "client's most" is what it
                produces to librdkafka's mock of a broker, which answers at once and writes nothing. As a consumer it
                pauses when it holds as many records as it may: the rate with its queue lifted is beside. Unpinned, its two
                threads get in each other's way the more, the less of the second core the broker takes.
  driver        bus_driver.py, whose requests are made before the clock starts: what the broker can do. In batches of
                16 KiB, as Kafka's own producer makes them by default, and of 1 MB, as librdkafka's under load; produced in
                gzip too, since a broker looks into what is compressed.
Latency is that of an open loop by confluent-kafka at a fixed rate with acks=all, from produce() until the record has come
back to a consumer, over one partition and over 1,000 in turn. Medians of alternated runs.
"""

import argparse
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import bus_driver
import support

sys.path.insert(0, str(support.ROOT / "tests" / "clients"))
import apache_kafka  # noqa: E402

LIBRDKAFKA = support.ROOT / "build/peers/librdkafka/source"
PERFORMANCE = LIBRDKAFKA / "examples/rdkafka_performance"
# As bin/kafka-server-start.sh and kafka-run-class.sh set them.
KAFKA_JAVA = ["java", "-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
              "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true",
              "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{apache_kafka.LIBS}/*"]
ONE_NODE = {
    "process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1", "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
}


PARTS = ["client", "driver", "partitions", "latency"]
DRIVER_BATCHES = {"16 KiB": 16 << 10, "1 MB": 1_000_000}
ONE_PARTITION = ["-p", 0]
MANY = 1_000  # partitions
LINGER = ["-X", "linger.ms=5"]
LIFTED = ["-X", "queued.min.messages=10000000", "-X", "queued.max.messages.kbytes=2097151"]  # the client's queue
# A whole request: ApiVersions (18) in version 0, correlation id 1, no client id.
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)


class Ours:
    def __init__(self, folder, binary):
        self.folder, self.binary = folder, binary
        self.port, self.admin = support.free_ports(2)

    def empty(self):
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def command(self):
        return [self.binary, "bus", "--data", str(self.folder), "--port", str(self.port), "--admin-port", str(self.admin),
                "--num-partitions", "1", "--otlp", "none", "--log-host", ""]


class Kafka:
    def __init__(self, folder, **settings):
        self.folder = folder
        self.port, controller = support.free_ports(2)
        lines = {**ONE_NODE, **{name.replace("_", "."): value for name, value in settings.items()},
                 "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
                 "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
                 "controller.quorum.voters": f"1@127.0.0.1:{controller}", "log.dirs": str(folder / "data")}
        self.properties = folder / "server.properties"
        self.properties.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        self.empty()

    def empty(self):
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        subprocess.run([*KAFKA_JAVA, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c",
                        str(self.properties)], check=True, capture_output=True)

    def command(self):
        return [*KAFKA_JAVA, "kafka.Kafka", str(self.properties)]


def performance(address, *options, delivered=None):
    """Records a second that librdkafka's tool reaches. It must end well, or, as a producer, have delivered so many: its
    status takes one for missing whose delivery it is just told of."""
    done = subprocess.run([PERFORMANCE, "-b", address, *map(str, options)], capture_output=True, text=True, timeout=300)
    text = done.stdout + done.stderr
    well = done.returncode == 0 if delivered is None else re.search(rf" {delivered} delivered \(offset \d+, 0 failed\)", text)
    found = re.findall(r"(\d+) msgs/s", text)
    if not well or not found:
        sys.exit(f"rdkafka_performance failed against {address}:\n{text[-2000:]}")
    return float(found[-1])


def produced(address, topic, size, count, *options):
    return performance(address, *LINGER, "-P", "-t", topic, "-s", size, "-c", count, "-a", -1, *options, delivered=count)


def client_most(arguments):
    """What the client produces when no broker holds it up."""
    pin = [] if arguments.unpinned else support.on_cores(support.SERVER_CORES)
    command = [*pin, sys.executable, str(support.ROOT / "bench/mock_broker.py"), str(LIBRDKAFKA / "src/librdkafka.so.1")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as mock:
        try:
            address = mock.stdout.readline().strip()
            return {f"produce_{size}": produced(address, f"size-{size}", size, count, *ONE_PARTITION) for size, count in sizes(arguments)}
        finally:
            mock.terminate()


def sizes(arguments):
    """Of records in bytes, and how many of each."""
    return [(100, arguments.records), (1024, arguments.records // 5)]


class Contender:
    def __init__(self, name, server, arguments):
        self.name, self.server, self.arguments = name, server, arguments
        self.address = f"127.0.0.1:{server.port}"
        self.process = None
        self.topic = 0

    def start(self):
        """Milliseconds from the process to its first answer. (A client's own start would cost as much again.)"""
        log = open(self.server.folder / "log", "ab")
        begun = time.perf_counter()
        pin = [] if self.arguments.unpinned else support.on_cores(support.SERVER_CORES)
        self.process = subprocess.Popen([*pin, *self.server.command()], stdout=log, stderr=log)
        support.wait_for_port(self.server.port, seconds=60, process=self.process, pause_s=0.0005)
        with socket.create_connection(("127.0.0.1", self.server.port)) as client:
            client.sendall(API_VERSIONS)
            size, = struct.unpack(">i", client.recv(4, socket.MSG_WAITALL))
            assert len(client.recv(size, socket.MSG_WAITALL)) == size > 0
        return (time.perf_counter() - begun) * 1000

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def throughput(self, size, count):
        topic = f"size-{size}-{self.topic}"
        self.make_topic(topic, size)
        support.let_device_rest()
        before = support.cpu_seconds(self.process.pid)
        rate = produced(self.address, topic, size, count, *ONE_PARTITION)
        cpu = support.cpu_seconds(self.process.pid) - before
        consume = ["-C", "-t", topic, *ONE_PARTITION, "-o", "beginning", "-c", count]
        return {f"produce_{size}": rate, f"cpu_{size}": cpu * 1e6 / count, f"consume_{size}": performance(self.address, *consume),
                f"consume_lifted_{size}": performance(self.address, *LIFTED, *consume)}

    def make_topic(self, topic, size):
        """With a few records, by a client that tries again while the broker is not ready for it."""
        produced(self.address, topic, size, 1_000, *ONE_PARTITION)

    def driven(self, size, count):
        figures = {}
        for name, bytes_ in DRIVER_BATCHES.items():
            topic = f"driven-{size}-{bytes_}-{self.topic}"
            in_batch = bytes_ // (size + 16)  # a record has up to 16 bytes of its own
            batch = bus_driver.batch_of(size, in_batch)
            self.make_topic(topic, size)
            support.let_device_rest()
            figures[f"driven_produce_{size}_{name}"] = bus_driver.produce(self.address, topic, batch, in_batch, count)
            figures[f"driven_consume_{size}_{name}"] = bus_driver.consume(self.address, topic, batch, in_batch)
            packed = bus_driver.packed_batch_of(size, in_batch)
            figures[f"driven_packed_{size}_{name}"] = bus_driver.produce(self.address, topic, packed, in_batch, count // 4)
        return figures

    def many_partitions(self):
        topic = f"partitions-{self.topic}"
        create_topic(self.address, topic, MANY)
        return {"produce_many": produced(self.address, topic, 100, self.arguments.records // 2)}

    def idle_connections(self, count=1_000, seconds=3):
        """CPU that open connections without a request cost, in percent of a core."""
        sockets = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(count)]
        time.sleep(1)
        before = support.cpu_seconds(self.process.pid)
        time.sleep(seconds)
        used = support.cpu_seconds(self.process.pid) - before
        for s in sockets:
            s.close()
        return {"idle_cpu": used * 100 / seconds}

    def measure(self):
        self.topic += 1
        each_size = lambda part: {k: v for size, count in sizes(self.arguments) for k, v in part(size, count).items()}
        parts = {
            "client": lambda: each_size(self.throughput),
            "driver": lambda: each_size(self.driven),
            "partitions": self.many_partitions,
            "latency": lambda: {f"{name}_{partitions}": ms for partitions in (1, MANY) for name, ms in latency(
                self.address, f"latency-{partitions}-{self.topic}", partitions, self.arguments.rate, self.arguments.seconds).items()},
        }
        figures = {}
        for name in self.arguments.parts:
            figures |= parts[name]()
        return figures | self.memory("loaded")

    def memory(self, when):
        pid = self.process.pid
        return {f"{when}_rss_mb": support.rss_kb(pid) / 1024, f"{when}_pss_mb": support.pss_kb(pid) / 1024}


def create_topic(address, topic, partitions):
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": address})  # has to outlive the answer
    admin.create_topics([NewTopic(topic, partitions)])[topic].result(60)


def latency(address, topic, partitions, rate, seconds):
    """Open loop: record n leaves at n / rate, whatever became of those before; its latency counts from then. Each partition
    has been written and read before."""
    from confluent_kafka import Consumer, Producer
    count, took = rate * seconds, []
    create_topic(address, topic, partitions)
    producer = Producer({"bootstrap.servers": address, "acks": "all", "linger.ms": 0})
    for partition in range(partitions):
        producer.produce(topic, b"warm", partition=partition)
    if producer.flush(60):
        sys.exit(f"{address} did not take a record for each of {partitions} partitions")
    consumer = Consumer({"bootstrap.servers": address, "group.id": topic, "auto.offset.reset": "earliest",
                         "fetch.wait.max.ms": 500, "enable.auto.commit": False})
    consumer.subscribe([topic])
    warm = 0
    while warm < partitions:
        record = consumer.poll(60)
        if record is None:
            sys.exit(f"{partitions - warm} of {partitions} partitions are not read from {address}")
        warm += not record.error()

    def consume():
        while len(took) < count:
            record = consumer.poll(10)
            if record is None or record.error():
                return
            took.append(time.perf_counter() - float(record.value()))

    reader = threading.Thread(target=consume)
    reader.start()
    begun = time.perf_counter()
    for n in range(count):
        due = begun + n / rate
        while (left := due - time.perf_counter()) > 0:
            time.sleep(min(left, 0.001))
        producer.produce(topic, repr(due).encode(), partition=n % partitions)
        producer.poll(0)
    producer.flush(30)
    reader.join()
    consumer.close()
    if len(took) < count:
        sys.exit(f"{count - len(took)} of {count} records did not come back from {address}")
    took.sort()
    at = lambda share: took[min(int(share * count), count - 1)] * 1000
    return {"p50_ms": at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--records", type=int, default=5_000_000, help="of 100 bytes; a fifth of it of 1 KiB")
    parser.add_argument("--rate", type=int, default=1_000, help="records a second of the latency's open loop")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--only", help="parts, by semicolons; all without it")
    parser.add_argument("--unpinned", action="store_true", help="broker and client share all cores")
    parser.add_argument("--binary", default=str(support.ROOT / "build" / "release" / "mes"))
    arguments = parser.parse_args()
    arguments.parts = support.choose(arguments.only, PARTS)
    support.need("java", arguments.binary, str(PERFORMANCE))

    if not arguments.unpinned:
        os.sched_setaffinity(0, support.CLIENT_CORES)
    with tempfile.TemporaryDirectory(dir=support.work_folder()) as folder:
        folders = {name: pathlib.Path(folder) / name for name in ("ours", "kafka", "synced")}
        for each in folders.values():
            each.mkdir()
        contenders = [Contender("ours", Ours(folders["ours"], arguments.binary), arguments),
                      Contender("kafka", Kafka(folders["kafka"]), arguments),
                      Contender("kafka synced", Kafka(folders["synced"], log_flush_interval_messages="1"), arguments)]

        def start_measure(contender):
            # One at a time: an idle JVM beside the measured one would still take memory and time.
            def measure():
                figures = {"start_ms": contender.start()}
                try:
                    figures |= contender.memory("idle")
                    figures |= contender.idle_connections()
                    return figures | contender.measure()
                finally:
                    contender.stop()
                    contender.server.empty()  # runs that are many and long would fill the disk
                    os.sync()  # what one has left in the page cache is not written while the next one runs
            return measure

        measures = {c.name: start_measure(c) for c in contenders}
        if "client" in arguments.parts:
            measures["client's most"] = lambda: client_most(arguments)
        say = lambda name, run, f: print(f"run {run} {name}: " + ", ".join(f"{k} {v:,.2f}" for k, v in f.items()), flush=True)
        found = support.alternate(measures, arguments.runs, say)

    ours, kafka, synced = (found[c.name] for c in contenders)
    most = {"client's most": found.get("client's most")}

    def row(name, unit, key, beside=None, **more):
        peers = {"kafka": kafka, "kafka synced": synced} if beside is None else beside
        return key in ours and support.figure(name, unit, round(ours[key], 3), {n: round(f[key], 3) for n, f in peers.items()}, **more)

    lower = {"higher_is_better": False}
    figures = [
        row("produce 100 B", "records/s", "produce_100", goal=2.0),
        row("produce 100 B: goal of 500,000", "records/s", "produce_100", {}, goal=500_000),
        row("produce 100 B beside", "records/s", "produce_100", most),
        row("produce 1 KiB", "records/s", "produce_1024", goal=2.0),
        row("produce 1 KiB beside", "records/s", "produce_1024", most),
        row(f"produce 100 B over {MANY:,} partitions", "records/s", "produce_many"),
        row("consume 100 B", "records/s", "consume_100", goal=2.0),
        row("consume 100 B, client's queue lifted", "records/s", "consume_lifted_100"),
        row("consume 1 KiB", "records/s", "consume_1024", goal=2.0),
        row("consume 1 KiB, client's queue lifted", "records/s", "consume_lifted_1024"),
        *(row(f"{what} {text}, driver, batches of {batch}", "records/s", f"driven_{what}_{size}_{batch}", goal=2.0)
          for what in ("produce", "consume") for size, text in ((100, "100 B"), (1024, "1 KiB")) for batch in DRIVER_BATCHES),
        *(row(f"produce {text} in gzip, driver, batches of {batch}", "records/s", f"driven_packed_{size}_{batch}")
          for size, text in ((100, "100 B"), (1024, "1 KiB")) for batch in DRIVER_BATCHES),
        *(each for partitions, where in ((1, ""), (MANY, f" over {MANY:,} partitions")) for each in (
            row(f"latency p50{where}", "ms", f"p50_ms_{partitions}", **lower),
            row(f"latency p99{where}", "ms", f"p99_ms_{partitions}", goal=1.0, **lower),
            row(f"latency p99.9{where}", "ms", f"p999_ms_{partitions}", **lower),
            row(f"latency p99{where} beside synced", "ms", f"p99_ms_{partitions}", {"kafka synced": synced}, goal=0.2, **lower))),
        row("broker's CPU a million records", "s", "cpu_100", **lower),
        row("broker's CPU a million records of 1 KiB", "s", "cpu_1024", **lower),
        row("start", "ms", "start_ms", {}, goal=50, **lower),
        row("memory idle", "MiB RSS", "idle_rss_mb", {}, goal=30, **lower),
        row("memory idle", "MiB PSS", "idle_pss_mb", {}, **lower),
        row("CPU of 1,000 idle connections", "% of a core", "idle_cpu", {}, goal=1, **lower),
        row("CPU of 1,000 idle connections beside", "% of a core", "idle_cpu", **lower),
        row("start beside", "ms", "start_ms", **lower),
        row("memory after the load", "MiB RSS", "loaded_rss_mb", **lower),
        row("memory after the load", "MiB PSS", "loaded_pss_mb", **lower),
    ]
    figures = [f for f in figures if f]  # not those of parts that were left out
    print()
    support.print_table(figures)
    support.write_results("bus", figures, {"runs": arguments.runs, "records": arguments.records, "rate": arguments.rate,
                                           "broker_cores": "all" if arguments.unpinned else support.SERVER_CORES,
                                           "client_cores": "all" if arguments.unpinned else support.CLIENT_CORES,
                                           "client": "rdkafka_performance, confluent-kafka and the driver, acks=all"},
                          whole=not arguments.only)


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C")
    main()
