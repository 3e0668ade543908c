"""librdkafka's own test-runner (from Debian's source package, built by `./dev peers`) against a broker, a process a test.

As a program: suite.py bus|kafka [TEST...] starts such brokers and prints a line for each test; how they are compared stands in
README.md.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":
    sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[up]) for up in (1, 3)]
from surroundings import Surroundings, surroundings

ROOT = pathlib.Path(__file__).resolve().parents[3]
TESTS = ROOT / "build/peers/librdkafka/source/tests"
RUNNER = TESTS / "test-runner"
KAFKA = ROOT / "build/peers/kafka"
LOGS = pathlib.Path(os.environ.get("LIBRDKAFKA_LOGS", ROOT / "build/logs/librdkafka"))
BROKER_VERSION = "4.2.0"
SECONDS_MAX = 300
AT_A_TIME = 3
# Whole, this one hangs on any broker (README): the sub-tests that quick mode takes from it run one by one.
ONLY_QUICK = {"0113_cooperative_rebalance"}
PARTS = ("b_subscribe_with_cb_test", "c_subscribe_no_cb_test", "d_change_subscription_add_topic", "e_change_subscription_remove_topic",
         "f_assign_call_cooperative", "g_incremental_assign_call_eager", "h_delete_topic", "i_delete_topic_2", "j_delete_topic_no_rb_callback",
         "k_add_partition", "l_unsubscribe", "m_unsubscribe_2", "n_wildcard", "o_java_interop", "s_subscribe_when_rebalancing",
         "t_max_poll_interval_exceeded", "u_multiple_subscription_changes", "v_commit_during_rebalance", "x_incremental_rebalances")
SUBTESTS = {f"0113_cooperative_rebalance+{part}": part for part in PARTS} | {
    "0045_subscribe_update_non_exist_and_partchange": "do_test_non_exist_and_partchange"}  # the runner takes all tests of a number
# Tests with a scenario of their own.
SECURED = {"0097_ssl_verify": "mutual_tls", "0126_oauthbearer_oidc": "oidc", "0135_sasl_credentials": "plain", "0135_sasl_credentials+scram": "scram"}


def all_tests():
    """Name -> scenario of the tests that need a broker: not the local ones, and not those with a mock broker of their own. Behind a +
    is what one of several runs of a test is of."""
    table = re.search(r"^struct test tests\[\] = \{(.*?)^\};", (TESTS / "test.c").read_text(), re.M | re.S)[1]
    rows = [(row[:row.index(",")], row) for row in re.split(r"^\s*_TEST\(", table, flags=re.M)[1:]]
    broker = {name: "noautocreate" if '"noautocreate"' in row else "default" for name, row in rows
              if not re.search(r"TEST_F_(LOCAL|KNOWN_ISSUE|MANUAL)\b", row) and "mock" not in name}
    return dict.fromkeys(SUBTESTS, "default") | broker | SECURED


def is_quick(name):
    """Whether quick mode makes it shorter and leaves nothing out. Of many it leaves out all, and has them pass."""
    source = "".join(path.read_text() for path in TESTS.glob(f"{name[:4]}*.c*"))
    return name in ONLY_QUICK or not re.search(r"\bSUB_TEST\(|if \(test_quick", source)


def left_out(subtest, said):
    its_own = re.findall(rf"\[ {subtest}:.*", said)
    return not its_own or any(": SKIP" in line for line in its_own)


def run_one(name, around, folder):
    """("passed" | "failed" | "skipped" | "not run" | "timed out", what it said)."""
    test = name.partition("+")[0]
    place = pathlib.Path(folder) / name
    place.mkdir()
    settings = {"metadata.broker.list": around.address, "test.topic.random": "true", "test.timeout.multiplier": "2", **around.test_conf}
    (place / "test.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    environment = os.environ | {"TESTS": test, "SUBTESTS": SUBTESTS.get(name, ""), "KAFKA_PATH": str(KAFKA), "BROKERS": around.address,
                                "RDKAFKA_TEST_CONF": str(place / "test.conf"), "TEST_KAFKA_VERSION": BROKER_VERSION,
                                "KAFKA_VERSION": BROKER_VERSION, "LD_LIBRARY_PATH": f"{TESTS.parent}/src:{TESTS.parent}/src-cpp", **around.environment}
    for needed in ("java", "fixtures", "scenarios"):
        if (TESTS / needed).exists():
            (place / needed).symlink_to(TESTS / needed)
    try:
        done = subprocess.run([str(RUNNER), "-p1", "-L", *(["-Q"] if is_quick(name) else [])], cwd=place, env=environment,
                              capture_output=True, text=True, errors="replace", timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired as late:
        return "timed out", (late.stdout or b"").decode(errors="replace")[-3000:]
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    if done.returncode != 0:
        return "failed", said
    if name in SUBTESTS and left_out(SUBTESTS[name], said):
        return "not run", said
    own = re.search(rf"\| {test}\s*\|\s*(\w+)\s*\|", said)  # its row of the table at the end: a run of nothing ends well, too
    return {"PASSED": "passed", "SKIPPED": "skipped"}.get(own[1], "failed") if own else "not run", said


def run(peer, tests, report=lambda test, outcome, seconds, said: None):
    """test -> (outcome, what it said), on brokers of that peer."""
    scenarios = all_tests()
    with tempfile.TemporaryDirectory() as folder, surroundings(peer, folder, {scenarios[test] for test in tests}) as around, \
            concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        (pathlib.Path(folder) / "src").symlink_to(TESTS.parent / "src")  # some read files there

        def one(test):
            start = time.monotonic()
            outcome, said = run_one(test, around[scenarios[test]], folder)
            report(test, outcome, time.monotonic() - start, said)
            return test, (outcome, said)
        return dict(pool.map(one, tests))


def keep(test, outcome, seconds, said):
    """What it said is kept under build/logs/librdkafka."""
    print(f"{test} {outcome} {seconds:.0f} s", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / f"{test}.log").write_text(said)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:] or all_tests(), keep)
