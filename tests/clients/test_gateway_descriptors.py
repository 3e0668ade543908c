"""A gateway that runs out of descriptors, and has some again."""
import contextlib
import http.client
import json
import os
import resource
import socket
import ssl

import pytest

from gateway import Admin, Gateway, make_certificate
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


def test_what_changes_while_no_descriptor_is_left_is_used_once_there_is_one(tmp_path):
    make_certificate(tmp_path, "first.example")
    gateway = Gateway(tmp_path, configuration(1), threads=1, tls_certificate=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem")
    reasons = [f"the {what} cannot be read, and stays as it was: {tmp_path}/{file}: Too many open files"
               for what, file in (("configuration", "kong.yml"), ("certificate", "cert.pem"))]

    def shown():
        return ssl.get_server_certificate(("127.0.0.1", gateway.tls_port), timeout=20)

    try:
        with contextlib.ExitStack() as clients, descriptors(gateway, 0):
            def none_is_left():  # connections of before, which are still being closed, leave some
                clients.enter_context(socket.create_connection(("127.0.0.1", gateway.port), 20))
                limit, _ = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
                return BEGIN in gateway.log() and len(os.listdir(f"/proc/{gateway.process.pid}/fd")) == limit

            eventually(none_is_left)
            certificate, _ = make_certificate(tmp_path, "second.example")
            gateway.file.write_text(configuration(2))
            for reason in reasons:
                eventually(lambda: reason in gateway.log())
        eventually(lambda: ask(gateway) == (200, "version 2"))
        eventually(lambda: shown() == certificate)
        assert [gateway.log().count(reason) for reason in reasons] == [1, 1], gateway.log()
        assert "cannot be used" not in gateway.log()
    finally:
        gateway.stop()

