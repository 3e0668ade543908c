"""A gateway of a test's own: the real binary alone, on free ports, with a kong.yml; services are in this process."""
import http.server
import os
import pathlib
import signal
import socketserver
import subprocess
import threading
import time
import urllib.request

from tests.support.ports import free_offset

ROOT = pathlib.Path(__file__).resolve().parents[2]
MES = ROOT / os.environ.get("MES_BINARY", "build/release/mes")


class Gateway:
    def __init__(self, folder, configuration, settings_file=None, **settings):
        """`settings` are the role's own, by name."""
        self.settings = settings_file
        self.folder = pathlib.Path(folder)
        self.offset = free_offset((8000, 8001, 8443))
        self.port, self.tls_port, self.admin_port = (p + self.offset for p in (8000, 8443, 8001))
        self.admin = f"http://127.0.0.1:{self.admin_port}"
        self.url, self.tls_url = f"http://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.tls_port}"
        self.file = self.folder / "kong.yml"
        self.file.write_text(configuration)
        environment = {**os.environ, "MES_KONG_CONFIG": str(self.file), "MES_DISCOVERY": "false", "MES_ACCESS_LOG": "false",
                       "MES_JWKS_URL": "none", "MES_CONFIG": str(settings_file or ""),
                       **{f"MES_{k.upper()}": v for k, v in settings.items()}}
        if settings_file:
            settings_file.write_text("gateway: {}\n")
        with open(self.folder / "gateway.log", "ab") as log:
            self.process = subprocess.Popen(
                [str(MES), "gateway", "--data", str(self.folder), "--port-offset", str(self.offset), "--otlp", "none",
                 "--log-host", ""], stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()[-4000:]
            try:
                with urllib.request.urlopen(f"{self.admin}/status", timeout=5):
                    return
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the gateway did not become ready")

    def log(self):
        return (self.folder / "gateway.log").read_text()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(30) == 0, self.log()[-4000:]


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the request's body ("here" for a GET), and its head in the field X-Seen; /stream answers in chunks with a trailer."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
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

    def log_message(self, *_):
        pass


class Service(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler=Echo):
        super().__init__(("127.0.0.1", 0), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]
