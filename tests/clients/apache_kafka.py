"""Apache Kafka itself, from Maven Central (`./dev peers` brings it): one node that is broker and controller.

It is the reference that the bus is compared with, and its jars hold the Java client and the command-line tools.
"""
import pathlib
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBS = ROOT / "build/peers/kafka/libs"
JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


def is_here():
    return any(LIBS.glob("kafka_2.13-*.jar"))


def java(*arguments, heap="256m"):
    return [*JAVA, f"-Xmx{heap}", "-cp", f"{LIBS}/*", *arguments]


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "num.partitions": "3",
    "auto.create.topics.enable": "true",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.dedupe.buffer.size": "2097152",
    "num.network.threads": "1",
    "num.io.threads": "2",
}


class Kafka:
    def __init__(self, folder, listeners=(("PLAINTEXT", "PLAINTEXT"),), jvm=(), **settings):
        """`listeners`: each its name and security protocol; `jvm`: more options of Java's."""
        self.folder, self.jvm = pathlib.Path(folder), jvm
        self.settings = {**SETTINGS, **{name.replace("_", "."): value for name, value in settings.items()}}
        controller, *ports = free_ports(1 + len(listeners))
        self.addresses = {name: f"127.0.0.1:{port}" for (name, _), port in zip(listeners, ports)}
        self.address = self.addresses[listeners[0][0]]
        theirs = ",".join(f"{name}://{address}" for name, address in self.addresses.items())
        self.settings |= {
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in (*listeners, ("CONTROLLER", "PLAINTEXT"))),
            "inter.broker.listener.name": listeners[0][0],
            "listeners": f"{theirs},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": theirs,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "log.dirs": str(self.folder / "kafka"),
        }
        self.process = None

    def start(self):
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()))
        subprocess.run(java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "--ignore-formatted", "-c", str(properties)),
                       check=True, capture_output=True, timeout=120)
        self.log = open(self.folder / "kafka.log", "ab")
        self.process = subprocess.Popen(["nice", "-n", "5", *java(*self.jvm, "kafka.Kafka", str(properties), heap="256m")], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "kafka.log").read_text()[-3000:]
            try:
                host, port = self.address.split(":")
                socket.create_connection((host, int(port)), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise TimeoutError("Kafka did not open its port")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
