"""The gateway beside nginx as a plain proxy: one upstream, the same cores, one run after the other.

usage: gateway.py [--seconds N] [--runs N] [--connections N] [--binary PATH]

Three contenders forward to the same nginx upstream, which answers 1 KB from memory:
  nginx        proxy_pass with kept upstream connections, two workers, no access log
  ours plain   one route, no plugins, no access log, no spans: what nginx does
  ours all     infrastructure/kong/kong.yml as it is (jwt RS256, rate-limiting, cors, correlation-id, prometheus) with
               a token, an access log line and two spans a request
wrk drives each with a closed loop from the same machine; medians of alternated runs.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import support

NGINX_UPSTREAM = """
daemon off; pid {dir}/upstream.pid; error_log {dir}/upstream.log warn; worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; client_max_body_size 64m;
  client_body_temp_path {dir}/u1; proxy_temp_path {dir}/u2; fastcgi_temp_path {dir}/u3; uwsgi_temp_path {dir}/u4; scgi_temp_path {dir}/u5;
  server {{ listen 127.0.0.1:{port} reuseport; location / {{ default_type text/plain; return 200 "{body}"; }} }}
}}
"""

NGINX_PROXY = """
daemon off; pid {dir}/proxy.pid; error_log {dir}/proxy.log warn; worker_processes {workers};
events {{ worker_connections 16384; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path {dir}/p1; proxy_temp_path {dir}/p2; fastcgi_temp_path {dir}/p3; uwsgi_temp_path {dir}/p4; scgi_temp_path {dir}/p5;
  upstream service {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} reuseport;
    location / {{ proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; }}
  }}
}}
"""

PLAIN = """
_format_version: "3.0"
services:
- name: upstream
  url: http://127.0.0.1:{upstream}
  routes:
  - {{name: all, paths: [/], strip_path: false}}
"""

PATH = "/api/v1/workorders/42"


def make_token(folder):
    """An RSA key pair and a token of the consumer `integration`; the public key goes into the configuration."""
    key, public = folder / "key.pem", folder / "public.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    signed = b".".join(encode(json.dumps(part).encode()) for part in (
        {"alg": "RS256", "typ": "JWT", "kid": "bench"},
        {"sub": "integration", "aud": "mes", "exp": 4102444800, "roles": ["integration"]}))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signed, check=True, capture_output=True).stdout
    return (signed + b"." + encode(signature)).decode(), public.read_text()


def start_gateway(processes, arguments, folder, name, config, upstream, more):
    port, tls_port, admin = support.free_ports(3)
    path = folder / f"{name}.yml"
    path.write_text(config)
    log = open(folder / f"{name}.log", "wb")
    # The port offset makes the service "work-order-service:3009" the benchmark's upstream.
    offset = upstream - 3009
    environment = {**os.environ, "MES_DATA": str(folder / name), "MES_PORT_OFFSET": str(offset), "MES_KONG_CONFIG": str(path),
                   "MES_PORT": str(port - offset), "MES_TLS_PORT": str(tls_port - offset), "MES_ADMIN_PORT": str(admin - offset),
                   "MES_THREADS": str(arguments.threads), "MES_DISCOVERY": "false", "MES_LOG_HOST": "", "MES_JWKS_URL": f"http://127.0.0.1:{upstream}/none",
                   **more}
    process = processes.start([arguments.binary, "gateway"], env=environment, stdout=log, stderr=log)
    support.wait_for_port(port, process=process)
    support.wait_for_port(admin, process=process)  # the last to open: its ports are its own from here on
    return port, process.pid


def start_nginx(processes, folder, name, text):
    path = folder / f"{name}.conf"
    path.write_text(text)
    return processes.start(["nginx", "-p", str(folder), "-e", str(folder / f"{name}.log"), "-c", str(path)]).pid


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def load(port, pid, arguments, headers):
    before = support.cpu_seconds(pid)
    command = ["wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "--latency"]
    for h in headers:
        command += ["-H", h]
    text = subprocess.run([*command, f"http://127.0.0.1:{port}{PATH}"], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"not all requests were answered well:\n{text}")
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    percentile = lambda p: milliseconds(re.search(rf"\s{p}%\s+(\S+)", text).group(1))
    return {"rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), "p50_ms": percentile(50), "p99_ms": percentile(99),
            "cpu_us": (support.cpu_seconds(pid) - before) * 1e6 / requests, "pss_kb": support.pss_kb(pid)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2, help="of the gateway, and workers of nginx")
    parser.add_argument("--binary", default=str(support.ROOT / "build" / "release" / "mes"))
    arguments = parser.parse_args()
    support.need("nginx", "wrk", "openssl", arguments.binary)

    with tempfile.TemporaryDirectory(prefix="mes-bench-gateway-") as name, support.Processes() as processes:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)  # nginx started by root works as another user
        upstream, nginx_port = support.free_ports(2)
        start_nginx(processes, folder, "upstream", NGINX_UPSTREAM.format(dir=folder, port=upstream, body="x" * 1024))
        support.wait_for_port(upstream)
        nginx_pid = start_nginx(processes, folder, "proxy", NGINX_PROXY.format(dir=folder, port=nginx_port, upstream=upstream, workers=arguments.threads))
        support.wait_for_port(nginx_port)
        token, public_key = make_token(folder)
        plain_port, plain_pid = start_gateway(processes, arguments, folder, "plain", PLAIN.format(upstream=upstream), upstream,
                                              {"MES_ACCESS_LOG": "false", "MES_TRACING": "false", "MES_OTLP": "none"})
        secrets = json.dumps([{"consumer": "integration", "key": "bench", "algorithm": "RS256", "rsa_public_key": public_key}])
        spec = (support.ROOT / "infrastructure" / "kong" / "kong.yml").read_text() + f"\njwt_secrets: {secrets}\n"
        # One consumer sends more in a minute than the file lets it: the counting stays, the limit moves out of reach.
        spec = spec.replace("minute: 1000000", "minute: 1000000000")
        all_port, all_pid = start_gateway(processes, arguments, folder, "all", spec, upstream, {"MES_OTLP": f"http://127.0.0.1:{upstream}"})
        bearer = [f"Authorization: Bearer {token}", "Origin: http://localhost:3000"]

        contenders = {"nginx": lambda: load(nginx_port, nginx_pid, arguments, []),
                      "ours plain": lambda: load(plain_port, plain_pid, arguments, []),
                      "ours all": lambda: load(all_port, all_pid, arguments, bearer)}
        say = lambda who, run, f: print(f"  run {run}  {who:<10}  {f['rps']:>9,.0f}/s  p50 {f['p50_ms']:.2f} ms  p99 {f['p99_ms']:.2f} ms  "
                                        f"{f['cpu_us']:.1f} us CPU  {f['pss_kb'] / 1024:.1f} MB", flush=True)
        result = support.alternate(contenders, arguments.runs, say)

    nginx, plain, everything = (result[c] for c in contenders)
    figures = []
    for label, ours, rps_goal in (("plain", plain, 1.2), ("all plugins", everything, 1.0)):
        figures += [support.figure(f"{label}: requests", "1/s", round(ours["rps"]), {"nginx plain": round(nginx["rps"])}, rps_goal),
                    support.figure(f"{label}: p50", "ms", ours["p50_ms"], {"nginx plain": nginx["p50_ms"]}),
                    support.figure(f"{label}: p99", "ms", ours["p99_ms"], {"nginx plain": nginx["p99_ms"]},
                                   1.0 if label == "plain" else None, higher_is_better=False),
                    support.figure(f"{label}: CPU a request", "us", round(ours["cpu_us"], 2), {"nginx plain": round(nginx["cpu_us"], 2)})]
    figures.append(support.figure("plain: memory (PSS)", "kB", plain["pss_kb"], {"nginx plain": nginx["pss_kb"]}))
    print()
    support.print_table(figures)
    support.write_results("gateway", figures, {
        "nginx": support.output("sh", "-c", "nginx -v 2>&1"), "wrk": f"-t1 -c{arguments.connections} -d{arguments.seconds}s, closed loop",
        "runs": arguments.runs, "threads": arguments.threads, "body_bytes": 1024,
        "equal": "upstream, cores, connections, payload, kept connections on both sides",
        "note": "nginx's memory is its master's alone"})


if __name__ == "__main__":
    main()
