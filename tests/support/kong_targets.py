"""The services that Kong's specs of health checks have behind Kong (spec/fixtures/https_server.lua): /healthy, /unhealthy and
/timeout say how one answers from then on; X-Server of its answers is its port in those specs, and /counts is what it has
answered since /reset."""
import json
import time
from collections import Counter
from http.server import ThreadingHTTPServer
from threading import Thread

from tests.support.http_service import QuietHandler

PORTS = range(20000, 20004)  # of the specs; each has a free one in their place
SLOW_S = 4  # longer than the time-outs that are tried with it


class Handler(QuietHandler):
    def do_GET(self):
        target, path = self.server.target, self.path.partition("?")[0]
        if path in ("/healthy", "/unhealthy", "/timeout"):
            target.state = path[1:]
            return self.tell(b"")
        if path == "/counts":
            return self.tell(json.dumps(target.counts).encode(), content_type="application/json")
        if path == "/reset":
            target.state, target.counts = "healthy", Counter()
            return self.tell(b"")
        status = 500 if target.state == "unhealthy" else 200
        if target.state == "timeout":
            target.state = "healthy"  # it is slow once
            time.sleep(SLOW_S)
        target.counts[f"{'checks' if path == '/status' else 'requests'} {status}"] += 1
        self.send_response(status)
        self.send_header("X-Server", str(target.port_in_specs))
        self.send_header("Content-Length", "0")
        self.end_headers()


class Target:
    def __init__(self, port_in_specs):
        self.port_in_specs, self.state, self.counts = port_in_specs, "healthy", Counter()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.target = True, self
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


class KongTargets:
    def __init__(self):
        self.all = {port: Target(port) for port in PORTS}

    @property
    def ports(self):
        return {port: target.server.server_port for port, target in self.all.items()}

    def stop(self):
        for target in self.all.values():
            target.server.shutdown()
            target.server.server_close()
