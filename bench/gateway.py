"""The gateway beside nginx and HAProxy as plain proxies: one upstream, the same cores, one run after the other.

usage: gateway.py [--seconds N] [--runs N] [--only "NAME;…"] [--binary PATH]

  nginx, HAProxy   as plain proxies with kept upstream connections, two workers or threads, no access log
  ours plain       one route, no plugins, no access log, no spans: what those do
  ours all         infrastructure/kong/kong.yml as it is (jwt RS256, rate-limiting, cors, correlation-id, prometheus) with
                   a token and two spans a request; no access log, as the peers
  ours all, log    the same with a line of the access log a request, as ./dev up has it
  copier           copies bytes both ways and reads none of them: what the machine's sockets allow to anybody

Each scenario is one line of SCENARIOS. wrk drives closed loops, h2load HTTP/2 and fixed rates, from the same machine,
where they and the upstream take more of the shared cores than the proxy does. "a core each" leaves less to chance: the
proxy, with one thread, has the first half of the cores, http_driver as its clients and its upstream the other half.
Medians of alternated runs.
"""

import argparse
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import support
from proxies import COPIER_PROGRAM, LARGE_PATH, PATH, Bench, connections_max

PERCENTILES = """
done = function(summary, latency, requests)
  io.write(string.format("percentiles_us %d %d %d\\n", latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"""

ALL, LOGGED, COPIER = "ours all", "ours all, log", "copier"


@dataclass
class Scenario:
    name: str
    connections: int = 64
    path: str = PATH
    routes: int = 1
    tls: bool = False
    http2: bool = False
    core_each: bool = False  # for the proxy and for what drives it
    rate: int = 0          # requests a second; 0: closed loop
    also: tuple[str, ...] = ()  # of the contenders beyond the plain proxies
    goal: float | None = None       # of ours plain beside nginx, requests
    goal_all: float | None = None   # of ours all beside nginx's plain proxy


SCENARIOS = [
    Scenario("64 connections", also=(ALL, LOGGED, COPIER), goal=1.2, goal_all=1.0),
    Scenario("64 connections, a core each", core_each=True, also=(ALL, LOGGED, COPIER), goal=1.2, goal_all=1.0),
    Scenario("1 connection", connections=1, also=(ALL,)),
    Scenario("1,000 connections", connections=1_000, also=(ALL,)),
    Scenario(f"{connections_max():,} connections", connections=connections_max(), also=(ALL,)),
    Scenario("fixed rate", rate=10_000, also=(ALL,)),
    Scenario("8 routes", routes=8, path="/r7/x"),
    Scenario("1,000 routes", routes=1_000, path="/r999/x"),
    Scenario("10,000 routes", routes=10_000, path="/r9999/x"),
    Scenario("1 MB bodies", path=LARGE_PATH, also=(ALL,)),
    Scenario("TLS", tls=True, also=(ALL,)),
    Scenario("HTTP/2", tls=True, http2=True, also=(ALL,)),
]



HTTP_DRIVER = support.ROOT / "build/release/bench/http_driver"


def run_wrk(c, s, seconds, folder):
    script = folder / "percentiles.lua"
    script.write_text(PERCENTILES)
    command = ["wrk", "-t1", f"-c{s.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
    for h in c.headers:
        command += ["-H", h]
    text = subprocess.run([*command, c.url(s.path, s.tls)], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{c.name}: not all requests were answered well:\n{text}")
    p50, p99, p999 = (int(n) / 1000 for n in re.search(r"percentiles_us (\d+) (\d+) (\d+)", text).groups())
    return {"requests": int(re.search(r"(\d+) requests in", text).group(1)),
            "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), "p50_ms": p50, "p99_ms": p99, "p999_ms": p999}


def run_h2load(c, s, seconds, folder):
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    command = ["h2load", "-t1", f"-c{s.connections}", f"-D{seconds}", f"--log-file={log}"]
    command += ["-m10"] if s.http2 else ["--h1"]
    if s.rate:
        command.append(f"--rps={s.rate / s.connections}")
    for h in c.headers:
        command += ["-H", h]
    text = subprocess.run([*command, c.url(s.path, s.tls)], check=True, capture_output=True, text=True).stdout
    if not re.search(r" 0 failed, 0 errored, 0 timeout", text):
        sys.exit(f"{c.name}: not all requests were answered well:\n{text}")
    took = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    at = lambda share: took[min(int(share * len(took)), len(took) - 1)] / 1000
    return {"requests": len(took), "rps": float(re.search(r"finished in .*, ([\d.]+) req/s", text).group(1)),
            "p50_ms": at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999)}


def run_driver(c, s, seconds, folder):
    request = folder / "request"
    request.write_text("".join(f"{line}\r\n" for line in (f"GET {s.path} HTTP/1.1", f"Host: 127.0.0.1:{c.port}", *c.headers, "")))
    command = [*support.on_cores(support.CLIENT_CORES), HTTP_DRIVER, c.upstream, c.port, s.connections, seconds, request]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{c.name}: {done.stderr}")
    requests, took, p50, p99, p999 = map(float, done.stdout.split())
    return {"requests": int(requests), "rps": requests / took, "p50_ms": p50 / 1000, "p99_ms": p99 / 1000, "p999_ms": p999 / 1000}


def measure(c, s, seconds, folder):
    if s.connections > 5_000:
        seconds = max(seconds, 8)  # the connections are made within it
    before = support.cpu_seconds(c.pid)
    run = run_driver if s.core_each else run_h2load if s.http2 or s.rate else run_wrk
    figures = run(c, s, seconds, folder)
    requests = figures.pop("requests")
    if requests == 0:
        sys.exit(f"{c.name}: no request was answered in {seconds} s ({s.name})")
    return {**figures, "cpu_us": (support.cpu_seconds(c.pid) - before) * 1e6 / requests, "pss_kb": support.pss_kb(c.pid, children=True)}


def figures_of(s, found):
    """Rows of one scenario: ours beside both peers, nginx first."""
    peers = {name: f for name, f in found.items() if not name.startswith("ours")}
    rows = []
    for name, ours in found.items():
        if name in peers:
            continue
        what, goal = {ALL: (", all plugins", s.goal_all), LOGGED: (", all plugins, access log", None)}.get(name, ("", s.goal))
        label = s.name + what
        beside = lambda key, digits=2: {p: round(f[key], digits) for p, f in peers.items()}
        if not s.rate:
            rows.append(support.figure(f"{label}: requests", "1/s", round(ours["rps"]), beside("rps", 0), goal))
        goal_p99 = 1.0 if s.goal and not what else None
        for key, text, goal in (("p50_ms", "p50", None), ("p99_ms", "p99", goal_p99), ("p999_ms", "p99.9", None)):
            rows.append(support.figure(f"{label}: {text}", "ms", round(ours[key], 3), beside(key, 3), goal, higher_is_better=False))
        rows.append(support.figure(f"{label}: CPU a request", "us", round(ours["cpu_us"], 2), beside("cpu_us")))
        rows.append(support.figure(f"{label}: memory", "kB PSS", round(ours["pss_kb"]), beside("pss_kb", 0)))
    return rows


def idle_connections(contenders, count=10_000):
    """Memory of open connections that say nothing."""
    took = {}
    for c in contenders:
        before = support.pss_kb(c.pid, children=True)
        sockets = []
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", c.port), timeout=10)
            sockets.append(s)
        took[c.name] = support.pss_kb(c.pid, children=True), before
        for s in sockets:
            s.close()
    ours = took.pop("ours plain")
    peers = {name: round(after / 1024, 1) for name, (after, _) in took.items()}
    return [support.figure("10,000 idle connections: goal of 150", "MiB PSS", round(ours[0] / 1024, 1), {}, 150, higher_is_better=False),
            support.figure("10,000 idle connections", "MiB PSS", round(ours[0] / 1024, 1), peers, higher_is_better=False)]


def all_of(bench):
    return [bench.nginx(), bench.haproxy(), bench.ours_plain(), bench.ours_all(), bench.ours_all(log=True), bench.copier()]


def run_scenario(bench, s, contenders, arguments, folder):
    if s.routes > 1:
        contenders = [bench.nginx(s.routes), bench.haproxy(s.routes), bench.ours_plain(s.routes)]
    elif s.core_each:
        contenders = all_of(bench.apart())
    contenders = [c for c in contenders if c.name in s.also or c.name not in (ALL, LOGGED, COPIER)]
    say = lambda who, run, f: print(f"  {s.name}, run {run}  {who:<13}  {f['rps']:>9,.0f}/s  p50 {f['p50_ms']:.2f}  p99 {f['p99_ms']:.2f}  "
                                    f"p99.9 {f['p999_ms']:.2f} ms  {f['cpu_us']:.1f} us CPU  {f['pss_kb'] / 1024:.1f} MB", flush=True)
    found = support.alternate({c.name: lambda c=c: measure(c, s, arguments.seconds, folder) for c in contenders}, arguments.runs, say)
    return figures_of(s, found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="scenarios, by semicolons; all without it")
    parser.add_argument("--threads", type=int, default=2, help="of each proxy")
    parser.add_argument("--binary", default=str(support.ROOT / "build" / "release" / "mes"))
    arguments = parser.parse_args()
    support.need("nginx", "haproxy", "wrk", "h2load", "openssl", arguments.binary, str(HTTP_DRIVER), str(COPIER_PROGRAM))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    names = support.choose(arguments.only, [s.name for s in SCENARIOS])
    wanted = [s for s in SCENARIOS if s.name in names]

    with tempfile.TemporaryDirectory(prefix="mes-bench-gateway-") as name, support.Processes() as processes:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)  # nginx started by root works as another user
        bench = Bench(folder, processes, arguments.threads, arguments.binary)
        contenders = all_of(bench)
        idle = [] if arguments.only else idle_connections(contenders[:3])  # first: bursts leave memory behind
        figures = [row for s in wanted for row in run_scenario(bench, s, contenders, arguments, folder)] + idle

    print()
    support.print_table(figures)
    support.write_results("gateway", figures, {
        "nginx": support.output("sh", "-c", "nginx -v 2>&1"), "haproxy": support.output("sh", "-c", "haproxy -v | head -1"),
        "seconds": arguments.seconds, "runs": arguments.runs, "threads": arguments.threads, "body_bytes": 1024,
        "equal": "upstream, cores, threads, connections, payload, certificate, kept connections on both sides",
        "note": "HTTP/2 has 10 streams a connection"}, whole=not arguments.only)


if __name__ == "__main__":
    main()
