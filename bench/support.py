"""What all benchmarks share: alternated runs, medians, a table, results as JSON, and the conditions they were had under."""

import itertools
import json
import os
import pathlib
import platform
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def alternate(contenders, runs=5, say=None):
    """Measures each contender in turn, `runs` times over, so that a slow minute of the machine hits all alike. Each
    round has an order of its own (the same in each call), and what one has left to the disk is written before the next
    begins: nobody always comes after the one that writes most.

    contenders: name -> function without arguments that returns a dict of figures.
    Returns name -> dict of medians. `say(name, run, figures)` is told of each run.
    """
    measured = {name: [] for name in contenders}
    for run in range(runs):
        for name in random.Random(run).sample(list(contenders), len(contenders)):
            os.sync()
            figures = contenders[name]()
            measured[name].append(figures)
            if say:
                say(name, run + 1, figures)
    return {name: medians(all_runs) for name, all_runs in measured.items()}


def medians(all_runs):
    return {key: statistics.median(run[key] for run in all_runs) for key in all_runs[0]}


def figure(name, unit, ours, peers, goal=None, higher_is_better=True):
    """One row of the results. `goal`: the least (or most) ratio of ours to the first peer, or without peers the least
    (or most) of ours; None: no goal."""
    first = next(iter(peers.values()), None)
    ratio = round(ours / first, 3) if first else None
    met = None
    judged = ratio if peers else ours
    if goal is not None and judged is not None:
        met = judged >= goal if higher_is_better else judged <= goal
    return {"name": name, "unit": unit, "ours": ours, "peers": peers, "ratio": ratio, "goal": goal, "met": met}


def print_table(figures):
    peers = list(dict.fromkeys(p for f in figures for p in f["peers"]))
    rows = [["", "unit", "ours", *peers, "ratio", "goal", "met"]]
    for f in figures:
        rows.append([f["name"], f["unit"], number(f["ours"]), *(number(f["peers"].get(p)) for p in peers),
                     number(f["ratio"]), number(f["goal"]), {True: "yes", False: "NO", None: ""}[f["met"]]])
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for i, row in enumerate(rows):
        print("  ".join(c.ljust(w) if k < 2 else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths))).rstrip())
        if i == 0:
            print("  ".join("-" * w for w in widths))


def number(value):
    if value is None:
        return ""
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:,.0f}"


def write_results(name, figures, more_conditions=None, whole=True):
    """The figures with when and of which commit each is; where not the whole benchmark was run, those of before stay."""
    path = ROOT / "bench" / "results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    now = {**conditions(), **(more_conditions or {})}
    figures = [{**f, "time": now["time"], "commit": now["commit"]} for f in figures]
    if not whole and path.exists():
        figures = merged(json.loads(path.read_text()), figures)
    path.write_text(json.dumps({"figures": figures, "conditions": now}, indent=1) + "\n")
    print(f"\n{path.relative_to(ROOT)} written")


def merged(before, figures):
    """What was measured now in the places of what it replaces, and the rest behind it."""
    fresh = {f["name"]: f for f in figures}
    kept = [fresh.pop(f["name"], {"time": before["conditions"]["time"], "commit": before["conditions"]["commit"], **f})
            for f in before["figures"]]
    return kept + list(fresh.values())


def conditions():
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "fdatasync_us": fdatasync_us(),
        "commit": output("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def fdatasync_us(rounds=50):
    """The median of a small append made durable, where the benchmarks' data lie."""
    with tempfile.NamedTemporaryFile(dir=work_folder()) as f:
        took = []
        for _ in range(rounds):
            f.write(b"x" * 512)
            f.flush()
            start = time.perf_counter()
            os.fdatasync(f.fileno())
            took.append(time.perf_counter() - start)
    return round(statistics.median(took) * 1e6, 1)


def let_device_rest(seconds=5):
    """Many a device of a cloud writes fast only until it has used up a credit (a gigabyte here) and then at a quarter of
    that: what one part has used is not to be missing in the next."""
    os.sync()
    time.sleep(seconds)


def work_folder():
    return os.environ.get("TMPDIR", "/tmp")


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, CLIENT_CORES = CORES[:max(1, len(CORES) // 2)], CORES[len(CORES) // 2:]  # where both get some of their own


def on_cores(cores):
    """What begins a command that is to run there."""
    return ["taskset", "-c", ",".join(map(str, cores))]


def choose(text, known):
    """The names in `text`, by semicolons; all that are known without it."""
    wanted = text.split(";") if text else list(known)
    if unknown := set(wanted) - set(known):
        sys.exit(f"--only: not known: {'; '.join(sorted(unknown))}. There are: {'; '.join(known)}")
    return wanted


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)} (./dev peers installs what benchmarks need)")


PORTS = itertools.count(20000 + os.getpid() % 5000)  # below the range that connections take theirs from


def free_ports(count):
    """Ports that are free now, and are given once."""
    found = []
    while len(found) < count:
        candidate = next(PORTS)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", candidate))
            except OSError:
                continue
        found.append(candidate)
    return found


def wait_for_port(port, seconds=10, process=None, pause_s=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as s:
            s.settimeout(1)
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process and process.poll() is not None:
            break
        time.sleep(pause_s)
    sys.exit(f"nobody listens on port {port}")


class Processes:
    """Started programs that end with the block, by their own process ids."""

    def __init__(self):
        self._running = []

    def start(self, command, **options):
        process = subprocess.Popen(command, **options)
        self._running.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def with_children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
            return [pid, *(int(child) for child in f.read().split())]
    except OSError:
        return [pid]


def cpu_seconds(pid):
    """User and system time of a process with its threads and its children that still run."""
    def own(p):
        with open(f"/proc/{p}/stat", encoding="utf-8") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return sum(own(p) for p in with_children(pid))


def pss_kb(pid, children=False):
    """Memory of a process, or of it and its children; what they share counts once."""
    return sum(_memory_kb(p, "Pss:") for p in (with_children(pid) if children else [pid]))


def rss_kb(pid):
    """Memory of a process with all that it shares."""
    return _memory_kb(pid, "Rss:")


def _memory_kb(pid, field):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(field))
