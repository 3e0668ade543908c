"""How light the platform is: time to start, memory and processor time when nobody uses it.

usage: startup.py [--runs N] [--idle SECONDS]

start   from the call of `mes up --detach` until it returns, every role healthy, on a data directory that exists;
        median of the runs
memory  proportional set size of all processes, the supervisor, redis and prometheus included, after a quiet while
cpu     user and system time of all processes in a quiet while, as part of one core (scrapes every 15 s included)
The platform runs without the simulated plant (--empty). MES_BINARY as in the tests.
"""

import argparse
import sys
import time

import support

sys.path.insert(0, str(support.ROOT))

from tests.support.platform import Platform  # noqa: E402


def timed_start(platform):
    started = time.perf_counter()
    platform.up()
    took_ms = (time.perf_counter() - started) * 1000
    roles = platform.status()["roles"]
    slowest = max(roles, key=lambda role: role["start_ms"])
    return {"start": took_ms, "slowest": slowest["start_ms"]}, slowest["name"]


def processes(platform):
    """The supervisor and every role's process."""
    pids = [role["pid"] for role in platform.status()["roles"]]
    with open(f"/proc/{pids[0]}/stat", encoding="utf-8") as f:
        supervisor = int(f.read().rsplit(")", 1)[1].split()[1])
    return supervisor, pids


def idle(platform, seconds):
    supervisor, pids = processes(platform)
    before, started = support.cpu_seconds(supervisor), time.perf_counter()
    time.sleep(seconds)
    used, passed = support.cpu_seconds(supervisor) - before, time.perf_counter() - started
    by_role = {role["name"]: round(role["pss_kb"] / 1024, 1) for role in platform.status()["roles"]}
    memory = sum(support.pss_kb(pid) for pid in [supervisor, *pids]) / 1024
    return {"memory": memory, "cpu": used / passed * 100, "processes": len(pids) + 1}, by_role


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--idle", type=float, default=20)
    chosen = options.parse_args()
    platform = Platform()
    try:
        platform.start()  # makes keys, users, certificates and databases; not measured
        runs = []
        for run in range(1, chosen.runs + 1):
            platform.down()
            figures, slowest = timed_start(platform)
            runs.append(figures)
            print(f"run {run}: {figures['start']:,.0f} ms until all are healthy; the last was {slowest}")
        start = support.medians(runs)
        time.sleep(10)  # what follows a start: group joins, first scrapes
        quiet, by_role = idle(platform, chosen.idle)
    finally:
        platform.close()
    figures = [
        support.figure("start to healthy", "ms", round(start["start"]), {}, goal=2000, higher_is_better=False),
        support.figure("slowest role", "ms", round(start["slowest"]), {}),
        support.figure("memory, idle (PSS)", "MiB", round(quiet["memory"], 1), {}, goal=200, higher_is_better=False),
        support.figure("cpu, idle", "% of a core", round(quiet["cpu"], 2), {}, goal=2, higher_is_better=False),
    ]
    support.print_table(figures)
    print("\nPSS by role, MiB: " + ", ".join(f"{name} {mib}" for name, mib in by_role.items()))
    support.write_results("startup", figures, {"runs": chosen.runs, "idle_seconds": chosen.idle,
                                               "processes": quiet["processes"], "pss_mib_by_role": by_role})


if __name__ == "__main__":
    main()
