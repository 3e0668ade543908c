"""librdkafka's own test-runner (from Debian's source package, built by `./dev peers`) against a broker, a process a test.

As a program: suite.py ADDRESS ADDRESS_WITHOUT_AUTO_CREATION [TEST...] prints a line for each test; how it is compared with Kafka
stands in README.md.
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
LOGS = pathlib.Path(os.environ.get("LIBRDKAFKA_LOGS", ROOT / "build/logs/librdkafka"))
BROKER_VERSION = "4.2.0"
SECONDS_MAX = 300
AT_A_TIME = 3
NOT_QUICK = {"0082_fetch_max_bytes"}  # leave themselves out in quick mode


def all_tests():
    """Name -> scenario of the tests that need a broker: not the local ones, and not those with a mock broker of their own.
    Scenarios are `default` and `noautocreate`, whose broker makes no topics by itself."""
    table = re.search(r"^struct test tests\[\] = \{(.*?)^\};", (TESTS / "test.c").read_text(), re.M | re.S)[1]
    rows = [(row[:row.index(",")], row) for row in re.split(r"^\s*_TEST\(", table, flags=re.M)[1:]]
    return {name: "noautocreate" if '"noautocreate"' in row else "default" for name, row in rows
            if not re.search(r"TEST_F_(LOCAL|KNOWN_ISSUE|MANUAL)\b", row) and "mock" not in name}


def run_one(test, address, folder, scenario="default"):
    """("passed" | "failed" | "skipped" | "not run" | "timed out", what it said)."""
    place = pathlib.Path(folder) / test
    place.mkdir()
    (place / "test.conf").write_text(f"metadata.broker.list={address}\ntest.topic.random=true\ntest.timeout.multiplier=2\n")
    environment = os.environ | {"TESTS": test, "KAFKA_PATH": str(KAFKA), "BROKERS": address, "RDKAFKA_TEST_CONF": str(place / "test.conf"),
                                "TEST_KAFKA_VERSION": BROKER_VERSION, "KAFKA_VERSION": BROKER_VERSION, "TEST_SCENARIO": scenario,
                                "LD_LIBRARY_PATH": f"{TESTS.parent}/src:{TESTS.parent}/src-cpp"}
    for name in ("java", "fixtures", "scenarios"):
        if (TESTS / name).exists():
            (place / name).symlink_to(TESTS / name)
    try:
        done = subprocess.run([str(RUNNER), "-p1", "-L", *([] if test in NOT_QUICK else ["-Q"])], cwd=place, env=environment,
                              capture_output=True, text=True, errors="replace", timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired as late:
        return "timed out", (late.stdout or b"").decode(errors="replace")[-3000:]
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    if done.returncode != 0:
        return "failed", said
    own = re.search(rf"\| {test}\s*\|\s*(\w+)\s*\|", said)  # its row of the table at the end: a run of nothing ends well, too
    return {"PASSED": "passed", "SKIPPED": "skipped"}.get(own[1], "failed") if own else "not run", said


def run(addresses, tests, report=lambda test, outcome, seconds, said: None):
    """test -> (outcome, what it said); `addresses`: scenario -> broker."""
    scenarios = all_tests()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        (pathlib.Path(folder) / "src").symlink_to(TESTS.parent / "src")  # some read files there

        def one(test):
            start = time.monotonic()
            outcome, said = run_one(test, addresses[scenarios[test]], folder, scenarios[test])
            report(test, outcome, time.monotonic() - start, said)
            return test, (outcome, said)
        return dict(pool.map(one, tests))


def keep(test, outcome, seconds, said):
    """What it said is kept under build/logs/librdkafka."""
    print(f"{test} {outcome} {seconds:.0f} s", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / f"{test}.log").write_text(said)


if __name__ == "__main__":
    run({"default": sys.argv[1], "noautocreate": sys.argv[2]}, sys.argv[3:] or all_tests(), keep)
