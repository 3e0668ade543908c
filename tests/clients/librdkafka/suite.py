"""librdkafka's own test-runner (from Debian's source package, built by `./dev peers`) against a broker, a process a test.

As a program: suite.py ADDRESS [TEST...] prints a line for each test; how it is compared with Kafka stands in README.md.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
TESTS = ROOT / "build/peers/librdkafka/source/tests"
RUNNER = TESTS / "test-runner"
KAFKA = ROOT / "build/peers/kafka"
BROKER_VERSION = "4.2.0"
SECONDS_MAX = 300
AT_A_TIME = 3


def all_tests():
    """Names of the tests that need a broker: not the local ones, and not those with a mock broker of their own."""
    table = re.search(r"^struct test tests\[\] = \{(.*?)^\};", (TESTS / "test.c").read_text(), re.M | re.S)[1]
    rows = re.findall(r"^\s*_TEST\((\w+),\s*(.*?)\),?$", table, re.M | re.S)
    return [name for name, flags in rows if "TEST_F_LOCAL" not in flags and "mock" not in name]


def run_one(test, address, folder):
    """("passed" | "failed" | "skipped" | "timed out", what it said)."""
    place = pathlib.Path(folder) / test
    place.mkdir()
    (place / "test.conf").write_text(f"metadata.broker.list={address}\ntest.topic.random=true\ntest.timeout.multiplier=2\n")
    environment = os.environ | {"TESTS": test, "KAFKA_PATH": str(KAFKA), "BROKERS": address, "RDKAFKA_TEST_CONF": str(place / "test.conf"),
                                "TEST_KAFKA_VERSION": BROKER_VERSION, "KAFKA_VERSION": BROKER_VERSION, "CI": "true",
                                "LD_LIBRARY_PATH": f"{TESTS.parent}/src:{TESTS.parent}/src-cpp"}
    for name in ("java", "fixtures", "scenarios"):
        if (TESTS / name).exists():
            (place / name).symlink_to(TESTS / name)
    try:
        done = subprocess.run([str(RUNNER), "-p1", "-L", "-Q"], cwd=place, env=environment, capture_output=True, text=True,
                              errors="replace", timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired as late:
        return "timed out", (late.stdout or b"").decode(errors="replace")[-3000:]
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    if done.returncode != 0:
        return "failed", said
    own = re.search(rf"\| {test}\s*\|\s*(\w+)\s*\|", said)
    if own and own[1] == "SKIPPED":
        return "skipped", said
    return "passed", said


def run(address, tests, report=lambda test, outcome, seconds, said: None):
    """test -> (outcome, output)."""
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        def one(test):
            start = time.monotonic()
            outcome, said = run_one(test, address, folder)
            report(test, outcome, time.monotonic() - start, said)
            return test, (outcome, said)
        return dict(pool.map(one, tests))


if __name__ == "__main__":
    def show(test, outcome, seconds, said):
        print(f"{test} {outcome} {seconds:.0f} s", flush=True)
        logs = ROOT / "build/logs/librdkafka"
        logs.mkdir(parents=True, exist_ok=True)
        (logs / f"{test}-{sys.argv[1].rpartition(':')[2]}.log").write_text(said)
    run(sys.argv[1], sys.argv[2:] or all_tests(), show)
