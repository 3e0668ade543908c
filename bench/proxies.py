"""What bench/gateway.py compares: one upstream, and nginx, HAProxy and the gateway in front of it, all on one machine."""

import base64
import json
import os
import resource
import subprocess

import support

UPSTREAM = """
daemon off; pid {dir}/upstream.pid; error_log {dir}/upstream.log warn; worker_processes 1;
events {{ worker_connections 19000; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; client_max_body_size 64m; sendfile on; tcp_nopush on;
  client_header_buffer_size 8k;  # a request with a token comes at once
  client_body_temp_path {dir}/u1; proxy_temp_path {dir}/u2; fastcgi_temp_path {dir}/u3; uwsgi_temp_path {dir}/u4; scgi_temp_path {dir}/u5;
  server {{ listen 127.0.0.1:{port} reuseport backlog=16384;
    location / {{ default_type text/plain; return 200 "{body}"; }}
    location = {large} {{ alias {dir}/large; }} }}
}}
"""

NGINX = """
daemon off; pid {dir}/{name}.pid; error_log {dir}/{name}.log warn; worker_processes {threads};
events {{ worker_connections 19000; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  ssl_certificate {dir}/tls.crt; ssl_certificate_key {dir}/tls.key; ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path {dir}/p1; proxy_temp_path {dir}/p2; fastcgi_temp_path {dir}/p3; uwsgi_temp_path {dir}/p4; scgi_temp_path {dir}/p5;
  upstream service {{ server 127.0.0.1:{upstream}; keepalive 512; keepalive_requests 100000000; }}
  proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
  server {{
    listen 127.0.0.1:{port} reuseport backlog=16384; listen 127.0.0.1:{tls_port} ssl http2 reuseport;
    {locations}
  }}
}}
"""

HAPROXY = """
global
  nbthread {threads}
  maxconn {connections}
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  http-reuse always
  option forwardfor
frontend in
  bind 127.0.0.1:{port} backlog 16384
  bind 127.0.0.1:{tls_port} ssl crt {dir}/tls.pem alpn h2,http/1.1
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto http
  {choice}
backend service
  server one 127.0.0.1:{upstream} pool-max-conn 1024
"""

PLAIN = """
_format_version: "3.0"
services:
- name: upstream
  url: http://127.0.0.1:{upstream}
  routes:
{routes}
"""

PATH, LARGE_PATH = "/api/v1/workorders/42", "/api/v1/workorders/large"
COPIER_PROGRAM = support.ROOT / "build/release/bench/copier"


def connections_max():
    """Of a process that has a descriptor for each side of a connection, and some to spare."""
    return min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2 - 200)


class Contender:
    """A started proxy: where it listens and what it passes requests to, whose CPU and memory count, what a request to it
    carries."""

    def __init__(self, name, port, tls_port, upstream, pid, headers=()):
        self.name, self.port, self.tls_port, self.upstream = name, port, tls_port, upstream
        self.pid, self.headers = pid, list(headers)

    def url(self, path, tls=False):
        return f"https://127.0.0.1:{self.tls_port}{path}" if tls else f"http://127.0.0.1:{self.port}{path}"


class Bench:
    """Starts proxies of `threads` each. They pass requests to an nginx, with which they share all cores; or `apart` from all
    else, to a port on which nobody listens until http_driver does."""

    def __init__(self, folder, processes, threads, binary, apart=False):
        self.folder, self.processes, self.threads, self.binary = folder, processes, threads, binary
        self.pin = support.on_cores(support.SERVER_CORES) if apart else []
        self.service, free = support.free_ports(2)
        self.upstream = free if apart else self.service
        (folder / "large").write_bytes(b"x" * (1 << 20))
        self._make_certificate()
        self._nginx("upstream", UPSTREAM.format(dir=folder, port=self.service, large=LARGE_PATH, body="x" * 1024),
                    support.on_cores(support.CLIENT_CORES) if apart else [])
        support.wait_for_port(self.service)

    def apart(self):
        """The same with one thread each, on cores of their own."""
        folder = self.folder / "apart"
        folder.mkdir()
        os.chmod(folder, 0o755)
        return Bench(folder, self.processes, 1, self.binary, apart=True)

    def _make_certificate(self):
        key, crt = self.folder / "tls.key", self.folder / "tls.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", crt,
                        "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        (self.folder / "tls.pem").write_text(crt.read_text() + key.read_text())
        os.chmod(key, 0o644)  # nginx's workers are another user's; a key of two days in a folder of its own

    def _nginx(self, name, text, pin=()):
        path = self.folder / f"{name}.conf"
        path.write_text(text)
        return self.processes.start([*pin, "nginx", "-p", str(self.folder), "-e", str(self.folder / f"{name}.log"), "-c", str(path)]).pid

    def nginx(self, routes=1):
        port, tls_port = support.free_ports(2)
        paths = ["/"] if routes == 1 else [f"/r{i}/" for i in range(routes)]
        locations = "\n".join(f"location {p} {{ proxy_pass http://service; }}" for p in paths)
        pid = self._nginx(f"nginx-{routes}", NGINX.format(dir=self.folder, name=f"nginx-{routes}", port=port, tls_port=tls_port,
                                                          upstream=self.upstream, threads=self.threads, locations=locations), self.pin)
        support.wait_for_port(port, seconds=30)
        return Contender("nginx", port, tls_port, self.upstream, pid)

    def haproxy(self, routes=1):
        port, tls_port = support.free_ports(2)
        choice = "default_backend service"
        if routes > 1:
            table = self.folder / f"haproxy-{routes}.map"
            table.write_text("".join(f"/r{i}/ service\n" for i in range(routes)))
            choice = f"use_backend %[path,map_beg({table})]"
        path = self.folder / f"haproxy-{routes}.cfg"
        path.write_text(HAPROXY.format(dir=self.folder, port=port, tls_port=tls_port, upstream=self.upstream, threads=self.threads, choice=choice,
                                       connections=connections_max()))
        log = open(self.folder / f"haproxy-{routes}.log", "wb")
        pid = self.processes.start([*self.pin, "haproxy", "-db", "-f", str(path)], stdout=log, stderr=log).pid
        support.wait_for_port(port, seconds=30)
        return Contender("HAProxy", port, tls_port, self.upstream, pid)

    def copier(self):
        port, _ = support.free_ports(2)
        pid = self.processes.start([*self.pin, COPIER_PROGRAM, str(port), str(self.upstream), str(self.threads)]).pid
        support.wait_for_port(port)
        return Contender("copier", port, None, self.upstream, pid)

    def _gateway(self, name, config, headers=(), **more):
        port, tls_port, admin = support.free_ports(3)
        path = self.folder / f"{name}.yml"
        path.write_text(config)
        log = open(self.folder / f"{name}.log", "wb")
        # The port offset makes the service "work-order-service:3009" the benchmark's upstream.
        offset = self.upstream - 3009
        environment = {**os.environ, "MES_DATA": str(self.folder / name), "MES_PORT_OFFSET": str(offset), "MES_KONG_CONFIG": str(path),
                       "MES_PORT": str(port - offset), "MES_TLS_PORT": str(tls_port - offset), "MES_ADMIN_PORT": str(admin - offset),
                       "MES_TLS_CERTIFICATE": str(self.folder / "tls.crt"), "MES_TLS_KEY": str(self.folder / "tls.key"),
                       "MES_THREADS": str(self.threads), "MES_DISCOVERY": "false",
                       "MES_JWKS_URL": f"http://127.0.0.1:{self.service}/none", **more}
        process = self.processes.start([*self.pin, self.binary, "gateway", "--log-host", ""], env=environment, stdout=log, stderr=log)
        support.wait_for_port(port, seconds=30, process=process)
        support.wait_for_port(admin, process=process)  # the last to open: its ports are its own from here on
        return Contender(name, port, tls_port, self.upstream, process.pid, headers)

    def ours_plain(self, routes=1):
        paths = ["/"] if routes == 1 else [f"/r{i}/" for i in range(routes)]
        lines = "\n".join(f"  - {{name: r{i}, paths: [{p}], strip_path: false}}" for i, p in enumerate(paths))
        return self._gateway(f"ours plain {routes}" if routes > 1 else "ours plain", PLAIN.format(upstream=self.upstream, routes=lines),
                             MES_ACCESS_LOG="false", MES_TRACING="false", MES_OTLP="none")

    def ours_all(self, log=False):
        """infrastructure/kong/kong.yml as it is, with a token and two spans a request, with or without an access log."""
        token, public_key = self._make_token()
        secrets = json.dumps([{"consumer": "integration", "key": "bench", "algorithm": "RS256", "rsa_public_key": public_key}])
        config = (support.ROOT / "infrastructure" / "kong" / "kong.yml").read_text() + f"\njwt_secrets: {secrets}\n"
        # One consumer sends more in a minute than the file lets it: the counting stays, the limit moves out of reach.
        config = config.replace("minute: 1000000", "minute: 1000000000")
        return self._gateway("ours all, log" if log else "ours all", config,
                             [f"Authorization: Bearer {token}", "Origin: http://localhost:3000"],
                             MES_ACCESS_LOG="true" if log else "false", MES_OTLP=f"http://127.0.0.1:{self.service}")

    def _make_token(self):
        """An RSA key pair and a token of the consumer `integration`; the public key goes into the configuration."""
        key, public = self.folder / "key.pem", self.folder / "public.pem"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
        encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
        signed = b".".join(encode(json.dumps(part).encode()) for part in (
            {"alg": "RS256", "typ": "JWT", "kid": "bench"},
            {"sub": "integration", "aud": "mes", "exp": 4102444800, "roles": ["integration"]}))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signed, check=True, capture_output=True).stdout
        return (signed + b"." + encode(signature)).decode(), public.read_text()
