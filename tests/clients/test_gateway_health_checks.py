"""Health checks of an upstream's targets: what makes one unhealthy, and what people are told of it."""
import contextlib
import json
import socket
import ssl
import threading
import time
from collections import Counter

import pytest
import requests
from gateway import EMPTY, Admin, Gateway, RawService

from tests.support.certificates import Authority, openssl
from tests.support.wait import eventually

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@contextlib.contextmanager
def running(folder, document, **environment):
    gateway = Gateway(folder, EMPTY)
    gateway.stop()
    gateway.environment.update({name: str(value) for name, value in environment.items()})
    gateway.file.write_text(json.dumps({"_format_version": "3.0", **document}))
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


def active(**more):
    """Checks that one sighting is enough for."""
    return {"active": {"timeout": 30, "healthy": {"interval": 0.1, "successes": 1},
                       "unhealthy": {"interval": 0.1, "tcp_failures": 1, "timeouts": 1, "http_failures": 1}, **more}}


def lines(gateway, message):
    return [line for line in map(json.loads, gateway.log().splitlines()) if line["message"] == message]


def answers(data, context=None):
    def serve(connection, _):
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            connection.recv(4096)
            connection.sendall(data)
    return RawService(serve)


def says_nothing(connection, _):
    with connection:
        connection.settimeout(20)
        while connection.recv(4096):
            pass


def test_the_log_says_why_a_target_is_unhealthy(tmp_path, authority):
    """lua-resty-healthcheck names the failed handshake with its SNI, the status, and the error of the connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("a.test"))
    over_tls, silent, closed = answers(OK, context), RawService(says_nothing), socket.socket()
    closed.bind(("127.0.0.1", 0))
    https = {"type": "https", "https_sni": "b.test"}
    cases = {
        "good": (over_tls.port, {"type": "https", "https_sni": "a.test"}, None, None),
        "other-name": (over_tls.port, https, "connection failed",
                       "TLS handshake with b.test: certificate: hostname mismatch (62)"),
        "without-tls": (answers(b"HTTP/1.1 400 No\r\n\r\n").port, https, "connection failed",
                        "TLS handshake with b.test: wrong version number"),
        "hung-up": (RawService(lambda connection, _: connection.close()).port, https, "connection failed", "TLS handshake with b.test: "),
        "no-http": (answers(b"SSH-2.0-x\r\n").port, {}, "connection failed", "the answer is not HTTP"),
        "endless": (answers(b"x" * 10_000).port, {}, "connection failed", "the answer is not HTTP"),
        "alert": (answers(b"\x15\x03\x03\x00\x02\x02\x16").port, {}, "connection failed",
                  "the target speaks TLS, and was asked without"),
        "no-answer": (answers(b"").port, {}, "connection failed",
                      "the target has hung up before it answered: connection closed"),
        "nobody": (closed.getsockname()[1], {"type": "tcp"}, "connection failed", "connect: Connection refused (111)"),
        "status": (answers(b"HTTP/1.1 503 No\r\n\r\n").port, {}, "status", "status 503"),
        "silent": (silent.port, {"timeout": 0.5}, "time-out", "no answer within 0.5 s"),
        "silent-tls": (silent.port, https | {"timeout": 0.5}, "time-out", "no end of the TLS handshake within 0.5 s"),
    }
    document = {"upstreams": [{"name": name, "targets": [{"target": f"127.0.0.1:{port}"}], "healthchecks": active(**more)}
                              for name, (port, more, *_) in cases.items()]}
    with closed, running(tmp_path, document, SSL_CERT_FILE=authority.certificate) as gateway:
        told = lambda: {line["upstream"]: line for line in lines(gateway, "target is unhealthy")}
        eventually(lambda: len(told()) == len(cases) - 1)
        for name, (_, _, reason, error) in cases.items():
            line = told().get(name, {})
            assert line.get("reason") == reason, line
            assert line.get("error") == error or name == "hung-up" and line["error"].startswith(error), line


def test_a_client_certificate_that_cannot_be_shown_fails_the_check(tmp_path):
    """Of OpenSSL's security level 2 it is too weak: the configuration is taken, with a warning. Nobody is asked without it."""
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "10", "-subj", "/CN=weak", "-keyout", tmp_path / "weak.key",
            "-out", tmp_path / "weak.pem")
    service, key = RawService(says_nothing), "00000000-0000-4000-8000-00000000000c"
    document = {"certificates": [{"id": key, "cert": (tmp_path / "weak.pem").read_text(), "key": (tmp_path / "weak.key").read_text()}],
                "upstreams": [{"name": "u", "client_certificate": key, "targets": [{"target": f"127.0.0.1:{service.port}"}],
                               "healthchecks": active(type="https", https_verify_certificate=False)}]}
    with running(tmp_path, document) as gateway:
        (line,) = eventually(lambda: lines(gateway, "target is unhealthy"))
        assert line["reason"] == "connection failed"
        assert line["error"].startswith("its TLS could not be set up: client certificate: ") and "ee key too small" in line["error"]
        (told,) = Admin(gateway)("GET", "/upstreams/u/health", status=200).json()["data"]
        assert told["health"] == "UNHEALTHY"


def test_the_log_says_what_of_a_request_has_made_a_target_unhealthy(tmp_path):
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    ports = {"nobody": closed.getsockname()[1], "status": answers(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n").port}
    document = {"upstreams": [{"name": name, "targets": [{"target": f"127.0.0.1:{port}"}], "healthchecks": {
                    "passive": {"unhealthy": {"tcp_failures": 1, "http_failures": 1}}}} for name, port in ports.items()],
                "services": [{"name": name, "host": name, "retries": 0, "routes": [{"name": name, "paths": [f"/{name}"]}]}
                             for name in ports]}
    with closed, running(tmp_path, document) as gateway:
        assert [requests.get(f"{gateway.url}/{name}", timeout=30).status_code for name in ports] == [502, 500]
        told = {line["upstream"]: (line["by"], line["reason"], line["error"]) for line in lines(gateway, "target is unhealthy")}
    assert told == {"nobody": ("passive", "connection failed", "connect: Connection refused (111)"),
                    "status": ("passive", "status", "status 500")}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_target_without_weight_is_not_checked_and_with_one_begins_anew(admin, host):
    """kong/runloop/balancer/healthcheckers.lua, and spec/02-integration/04-admin_api/08-targets_routes_spec.lua at 3.4.2."""
    failing = answers(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    target = f"/upstreams/u.test/targets/{host}:{failing.port}"
    admin("POST", "/upstreams", {"name": "u.test", "healthchecks": {"passive": {"unhealthy": {"http_failures": 1}}}}, 201)
    admin("POST", "/upstreams/u.test/targets", {"target": f"{host}:{failing.port}", "weight": 10}, 201)
    admin("PUT", "/services/s", {"host": "u.test"}, 200)
    admin("PUT", "/routes/r", {"paths": ["/w"], "service": {"name": "s"}}, 200)
    admin("POST", "/plugins", {"name": "prometheus", "config": {"upstream_health_metrics": True}}, 201)

    def health():
        (told,) = admin("GET", "/upstreams/u.test/health", status=200).json()["data"]
        assert {a["health"] for a in told["data"]["addresses"]} == {told["health"]}
        return told["health"]

    def ask(status):
        assert requests.get(admin.gateway.url + "/w", timeout=30).status_code == status

    ask(500)
    assert health() == "UNHEALTHY"
    admin("PATCH", target, {"weight": 20}, 200)
    assert health() == "UNHEALTHY"
    admin("PATCH", target, {"weight": 0}, 200)
    assert health() == "HEALTHCHECKS_OFF"
    ask(503)
    metrics = requests.get(admin.gateway.admin + "/metrics", timeout=30).text
    assert f'target="{host}:{failing.port}",address="127.0.0.1:{failing.port}",state="healthchecks_off",subsystem="http"}} 1' in metrics
    admin("PATCH", target, {"weight": 10}, 200)
    assert health() == "HEALTHY"
    ask(500)
    assert health() == "UNHEALTHY"
    admin("PUT", target + "/unhealthy", status=204)
    admin("PATCH", target, {"weight": 20}, 200)
    assert health() == "UNHEALTHY"


class BusyService:
    """Targets at many ports, each of which takes its time; knows how many were asked at once at most, and how often each was."""

    def __init__(self, targets):
        self.lock, self.now, self.most, self.asked = threading.Lock(), 0, 0, Counter()
        self.ports = [RawService(lambda connection, _, i=i: self.serve(connection, i)).port for i in range(targets)]

    def serve(self, connection, i):
        with connection:
            connection.recv(4096)
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
                self.asked[i] += 1
            time.sleep(0.02)
            with self.lock:
                self.now -= 1
            connection.sendall(OK)


def test_no_more_targets_are_asked_at_once_than_concurrency_allows(admin):
    """And none is left out: there are more than can be asked at their interval. Nor do reloads bring more."""
    service = BusyService(20)

    def use(targets, **more):
        checks = active(concurrency=2, **more)
        checks["active"]["healthy"]["interval"] = 0.01
        admin("POST", "/config", {"_format_version": "3.0", "upstreams": [{"name": "u.test", "healthchecks": checks, "targets": [
            {"target": f"127.0.0.1:{port}"} for port in service.ports[:targets]]}]}, 201)

    use(19)
    eventually(lambda: len(service.asked) == 19 and min(service.asked.values()) >= 2)
    with service.lock:
        assert max(service.asked.values()) - min(service.asked.values()) <= 2
    for i in range(10):
        use(19 + i % 2, http_path=f"/{i // 3}")  # with other checks nothing is known of the targets
        eventually(lambda before=service.asked.total(): service.asked.total() > before + 2, every_s=0.01)
    eventually(lambda before=service.asked[19]: service.asked[19] > before)
    assert service.most == 2
