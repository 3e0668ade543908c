"""A gateway of a test's own: the real binary alone, on free ports, with a kong.yml; services are in this process."""
import http.server
import os
import pathlib
import signal
import socket
import socketserver
import subprocess
import threading
import time
import urllib.request

import requests

from tests.support.http_service import QuietHandler
from tests.support.ports import free_offset

ROOT = pathlib.Path(__file__).resolve().parents[2]
MES = ROOT / os.environ.get("MES_BINARY", "build/release/mes")


class Gateway:
    def __init__(self, folder, configuration, settings_file=None, pass_fds=(), **settings):
        """`settings` are the role's own, by name."""
        self.settings, self.pass_fds = settings_file, pass_fds
        self.folder = pathlib.Path(folder)
        self.offset = free_offset((8000, 8001, 8443))
        self.port, self.tls_port, self.admin_port = (p + self.offset for p in (8000, 8443, 8001))
        self.admin = f"http://127.0.0.1:{self.admin_port}"
        self.url, self.tls_url = f"http://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.tls_port}"
        self.file = self.folder / "kong.yml"
        self.file.write_text(configuration)
        environment = {"kong_config": self.file, "discovery": "false", "access_log": "false", "jwks_url": "none",
                       "config": settings_file or "", **settings}
        self.environment = {**os.environ, **{f"MES_{name.upper()}": str(value) for name, value in environment.items()}}
        if settings_file:
            settings_file.write_text("gateway: {}\n")
        self.start()

    def start(self):
        with open(self.folder / "gateway.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(MES), "gateway", "--data", str(self.folder), "--port-offset", str(self.offset), "--otlp", "none",
                 "--log-host", ""], stdout=log, stderr=log, env=self.environment, pass_fds=self.pass_fds)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()[-4000:]
            try:
                with urllib.request.urlopen(f"{self.admin}/health/live", timeout=5):
                    return self
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the gateway did not become ready")

    def log(self):
        return (self.folder / "gateway.log").read_text()

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(30) == 0, self.log()[-4000:]


class Echo(QuietHandler):
    """Answers with the request's body ("here" for a GET), and its head in the field X-Seen; /stream answers in chunks with a trailer."""

    def answer(self):
        body = self.read_body()
        if self.command == "GET" and not body:
            body = b"here"
        self.send_response(200)
        self.send_header("X-Seen", f"{self.command} {self.path} {self.headers.get('X-Forwarded-Proto')}")
        self.send_header("X-Cookie", self.headers.get("Cookie", ""))
        if self.path.startswith("/stream"):
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Trailer", "X-Sum")
            self.end_headers()
            for _ in range(3):
                self.wfile.write(b"5\r\nhello\r\n")
            self.wfile.write(b"0\r\nX-Sum: 15\r\nContent-Length: 99\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = answer


class Service(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler=Echo):
        super().__init__(("127.0.0.1", 0), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class RawService:
    """`serve` has each connection for itself, and its number."""

    def __init__(self, serve):
        self.serve, self.connections = serve, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections.append(connection)
            threading.Thread(target=self.run, args=(connection, len(self.connections)), daemon=True).start()

    def run(self, connection, number):
        try:
            self.serve(connection, number)
        except OSError:
            pass


EMPTY = '_format_version: "3.0"\n'


def service_of(handler, tmp_path, more="", **settings):
    """A gateway in front of a service of a test's own."""
    service = Service(handler)
    return service, Gateway(tmp_path, f"""
_format_version: "3.0"
services: [{{name: s, url: "http://127.0.0.1:{service.port}", routes: [{{name: s, paths: [/]}}]}}]
{more}
""", **settings)


class Admin:
    def __init__(self, gateway):
        self.gateway = gateway
        self.session = requests.Session()

    def __call__(self, method, path, body=None, status=None, **options):
        if body is not None:
            options["json"] = body
        answer = self.session.request(method, self.gateway.admin + path, timeout=30, **options)
        if status is not None:
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def names(self, path, key="name"):
        return sorted(e[key] for e in self("GET", path, status=200).json()["data"])

    def wipe(self):
        for path in ("routes", "services", "plugins", "consumers", "upstreams", "certificates", "ca_certificates", "vaults", "keys",
                     "key-sets"):
            for entity in self("GET", f"/{path}?size=1000").json()["data"]:
                self("DELETE", f"/{path}/{entity['id']}", status=204)


def curl(*arguments, stdin=None):
    done = subprocess.run(["curl", "-sS", "-k", "--max-time", "30", *arguments], input=stdin, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_certificate(folder, name, ca=False):
    subject = ["-subj", f"/CN={name}"] + (["-addext", "basicConstraints=critical,CA:TRUE"] if ca else [])
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "10",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem", *subject], check=True, capture_output=True)
    return (folder / "cert.pem").read_text(), (folder / "key.pem").read_text()
