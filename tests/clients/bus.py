"""A bus of its own for each test: the real binary on free ports, with its data in a temporary folder."""
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MES = pathlib.Path(os.environ.get("MES_BINARY", ROOT / "build/release/mes")).resolve()


def free_offset():
    for _ in range(200):
        offset = random.randrange(12_000, 23_000)  # below the ports that the system gives to clients
        try:
            for port in (9092, 9093, 9094, 9095, 9644):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + offset))
            return offset
        except OSError:
            continue
    raise RuntimeError("no free ports")


class Bus:
    def __init__(self, data, *options):
        self.data, self.options = pathlib.Path(data), options
        self.offset = free_offset()
        self.address = f"127.0.0.1:{9092 + self.offset}"
        self.process = None

    def start(self):
        self.log = open(self.data / "bus.log", "ab")
        self.process = subprocess.Popen(
            [str(MES), "bus", "--data", str(self.data), "--port-offset", str(self.offset), "--otlp", "none",
             "--log-host", "", *self.options], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.data / "bus.log").read_text()[-2000:]
            try:
                self.get("/health/ready")
                return self
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the bus did not become ready")

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{9644 + self.offset}{path}", timeout=5) as answer:
            body = answer.read().decode()
        return json.loads(body) if answer.headers["Content-Type"].startswith("application/json") else body

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(20) == 0


def kcat(bus, *arguments, stdin="", timeout=30):
    done = subprocess.run(["kcat", "-b", bus.address, *arguments], input=stdin, text=True, capture_output=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout
