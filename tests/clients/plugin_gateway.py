"""What the tests of plugins share: a gateway with plugins in front of an echo service, and what plugins send to."""
import http.server
import json
import socket
import socketserver
import threading
import time

import requests

from gateway import Gateway
from tests.support.http_service import QuietHandler


class JsonEcho(QuietHandler):
    """Answers with what it got, as JSON; counts."""

    def answer(self):
        seen = {"method": self.command, "target": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                "body": self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()}
        self.server.requests.append(seen)
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if limit := seen["headers"].get("x-kong-limit"):
            self.send_header("x-kong-limit", limit)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer


class Collector(QuietHandler):
    """Keeps what is posted to it; refuses as often as it is told to."""

    def do_POST(self):
        body = self.read_body()
        refused = self.server.refusals > 0
        if refused:
            self.server.refusals -= 1
        else:
            self.server.received.append((self.path, dict(self.headers), body))
        self.tell(b"", 503 if refused else 200)


def serve(handler, made=http.server.ThreadingHTTPServer, at="127.0.0.1"):
    server = made((at, 0), handler)
    server.daemon_threads = True
    server.requests, server.received, server.refusals = [], [], 0
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.connections += 1
        for line in self.rfile:
            self.server.received.append(line.decode())


def serve_lines():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Lines)
    server.daemon_threads, server.received, server.connections = True, [], 0
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class Datagrams:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.received = []
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            try:
                self.received.append(self.socket.recv(65536).decode())
            except OSError:
                return


class Drops(socketserver.BaseRequestHandler):
    """Answers a byte at a time, for good."""

    def handle(self):
        self.request.recv(65536)
        self.server.received.append(self.client_address)
        try:
            self.request.sendall(self.server.beginning)
            while True:
                self.request.sendall(b"0")
                time.sleep(0.05)
        except OSError:
            pass


def serve_drops(beginning):
    server = serve(Drops)
    server.beginning = beginning
    return server


class PluginGateway(Gateway):
    def metric(self, name):
        """The sum of a metric's rows."""
        rows = requests.get(f"{self.admin}/metrics", timeout=5).text.splitlines()
        return sum(float(row.rsplit(" ", 1)[1]) for row in rows if row.split("{")[0].split(" ")[0] == name)
