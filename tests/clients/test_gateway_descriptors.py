"""A gateway that runs out of descriptors, and has some again."""
import contextlib
import http.client
import json
import os
import resource
import socket

import pytest

from gateway import Admin, Gateway
from tests.support.wait import eventually

BEGIN = "clients are turned away or wait: no descriptor is left for another connection"
END = "clients are let in again: there are descriptors for their connections"


def configuration(version):
    return f"""
_format_version: "3.0"
routes:
- {{name: r, paths: [/], plugins: [{{name: request-termination, config: {{status_code: 200, message: "version {version}"}}}}]}}
"""


@contextlib.contextmanager
def descriptors(gateway, more):
    """The gateway may have `more` than it has."""
    pid = gateway.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    free = [n for n in range(len(used) + more + 1) if n not in used]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free[more], before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def ask(gateway):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["message"]
    finally:
        connection.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_that_clients_are_turned_away_is_told_when_it_begins_and_when_it_is_over(tmp_path, threads):
    gateway = Gateway(tmp_path, configuration(1), threads=threads)
    admin = Admin(gateway)
    admin("GET", "/status")  # a connection that stays

    def refused():
        (line,) = [one for one in admin("GET", "/metrics").text.splitlines() if one.startswith("mes_gateway_connections_refused_total ")]
        return float(line.split()[1])

    try:
        for times in (1, 2):
            before = refused()
            with contextlib.ExitStack() as clients, descriptors(gateway, 10):
                for _ in range(60):
                    clients.enter_context(socket.create_connection(("127.0.0.1", gateway.port), 20)).sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                eventually(lambda: gateway.log().count(BEGIN) == times)
                eventually(lambda: refused() > before)
                assert gateway.log().count(END) == times - 1
            eventually(lambda: gateway.log().count(END) == times)
            for _ in range(20):
                assert ask(gateway) == (200, "version 1")
        assert gateway.log().count(BEGIN) == 2
    finally:
        gateway.stop()
