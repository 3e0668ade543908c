"""A bus of its own for each test: the real binary on free ports, with its data in a temporary folder."""
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.request

from tests.support.ports import free_offset

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTS = (9092, 9093, 9094, 9095, 9644)  # some tests open more listeners
MES = pathlib.Path(os.environ.get("MES_BINARY", ROOT / "build/release/mes")).resolve()


class Bus:
    def __init__(self, data, *options):
        self.data, self.options = pathlib.Path(data), options
        if "--log-initial-task-delay" not in options:  # records of tests are of the past, and a test may take 30 s
            self.options += ("--log-initial-task-delay", "1h")
        self.offset = free_offset(PORTS)
        self.address = f"127.0.0.1:{9092 + self.offset}"
        self.process = None

    def launch(self):
        """Starts it and does not wait."""
        with open(self.data / "bus.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(MES), "bus", "--data", str(self.data), "--port-offset", str(self.offset), "--otlp", "none",
                 "--log-host", "", *self.options], stdout=log, stderr=log)

    def start(self):
        self.launch()
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
