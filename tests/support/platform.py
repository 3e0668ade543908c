"""A real platform, started from the binary by `mes up` on free ports with data of its own."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import requests

from tests.support.ports import free_offset
from tests.support.wait import eventually

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("MES_BINARY", ROOT / "build/release/mes"))

# The platform's ports without an offset (architecture.md).
CONSOLE, TRACES, LOGS = 3000, 16686, 9200
BUS, REDIS, PROMETHEUS = 9092, 6379, 9090
GATEWAY, GATEWAY_TLS, GATEWAY_ADMIN = 8000, 8443, 8001
SERVICES = {
    "auth": 3008,
    "work-order": 3009,
    "quality": 3010,
    "material": 3011,
    "traceability": 3012,
    "resource": 3013,
    "reporting": 3014,
    "integration": 3015,
}
ALL_PORTS = [CONSOLE, *SERVICES.values(), 4317, 4318, 5000, 5044, 5601, 5778, REDIS, GATEWAY, GATEWAY_ADMIN, 8080, GATEWAY_TLS,
             PROMETHEUS, BUS, LOGS, 9411, 9644, 14250, 14268, 14269, TRACES]


class Platform:
    """One platform. `start` returns when every role is healthy; `close` stops it and removes its data."""

    def __init__(self):
        self.data = Path(tempfile.mkdtemp(prefix="mes-e2e-"))
        self.offset = free_offset(ALL_PORTS)
        self._tokens = {}

    # -- the command line

    def command(self, *arguments, timeout=120, check=True, env=None):
        done = subprocess.run([str(BINARY), *map(str, arguments)], cwd=ROOT, text=True, capture_output=True,
                              timeout=timeout, env={**os.environ, **(env or {})})
        assert not check or done.returncode == 0, f"mes {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def up(self, *more, check=True):
        return self.command("up", "--data", self.data, "--port-offset", self.offset, "--detach", "--empty", *more,
                            check=check)

    def start(self):
        self.up()
        return self

    def status(self):
        return json.loads(self.command("status", "--data", self.data, "--json", check=False).stdout)

    def down(self):
        self._tokens.clear()
        return self.command("down", "--data", self.data)

    def close(self):
        self.command("down", "--data", self.data, check=False)
        if os.environ.get("MES_KEEP") != "1":
            shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # -- addresses

    def url(self, port, path="", scheme="http"):
        return f"{scheme}://127.0.0.1:{port + self.offset}{path}"

    @property
    def gateway(self):
        return self.url(GATEWAY)

    @property
    def bus(self):
        return f"127.0.0.1:{BUS + self.offset}"

    # -- people

    def password(self, user):
        return (self.data / "secrets" / f"{user}-password").read_text().strip()

    def login(self, user, password=None):
        answer = eventually(lambda: self._try_login(user, password or self.password(user)))
        return answer.json()["access_token"]

    def _try_login(self, user, password):
        answer = requests.post(f"{self.gateway}/api/v1/auth/login", json={"username": user, "password": password},
                               timeout=30)
        assert answer.status_code == 200, f"login as {user}: {answer.status_code} {answer.text}"
        return answer

    def token(self, user="integration"):
        if user not in self._tokens:
            self._tokens[user] = self.login(user)
        return self._tokens[user]

    # -- requests through the gateway

    def request(self, method, path, user="integration", headers=None, timeout=30, **more):
        """`path` from "/api/v1" on; with a user's token, unless `user` is None."""
        headers = dict(headers or {})
        if user:
            headers.setdefault("Authorization", f"Bearer {self.token(user)}")
        return requests.request(method, f"{self.gateway}/api/v1{path}", headers=headers, timeout=timeout, **more)

    def get(self, path, user="integration", **parameters):
        answer = self.request("GET", path, user=user, params=parameters)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path, body, user="integration", status=201):
        answer = self.request("POST", path, user=user, json=body)
        assert answer.status_code == status, f"POST {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def all_pages(self, path, **parameters):
        """Every item of a collection, page by page."""
        items, cursor = [], None
        while True:
            page = self.get(path, limit=200, **parameters, **({"cursor": cursor} if cursor else {}))
            items += page["data"]
            cursor = page.get("next_cursor")
            if not cursor:
                return items

    # -- processes

    def role(self, name):
        return next(role for role in self.status()["roles"] if role["name"] == name)

    def kill(self, name, how=signal.SIGKILL):
        pid = self.role(name)["pid"]
        if pid > 0:
            os.kill(pid, how)
        return pid

    def wait_ready(self, timeout_s=60):
        eventually(lambda: self.status()["ready"], timeout_s)
