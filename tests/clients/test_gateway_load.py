"""What many clients, slow ones and slow services do to the others."""
import concurrent.futures
import http.client
import os
import resource
import socket
import subprocess
import threading
import time

import pytest
import requests

from gateway import MES, Gateway, Service
from tests.support.ports import free_offset
from tests.support.process_memory import has_sanitizer, rss_kib
from tests.support.wait import eventually


class Hanging:
    """A service that takes requests and answers them when told."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.open, self.released = [], threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536) or b"\r\n\r\n"
        self.released.wait(60)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow")
        except OSError:
            pass


def test_a_slow_service_costs_other_routes_nothing(tmp_path):
    hanging, quick = Hanging(), Service()
    gateway = Gateway(tmp_path, f"""
_format_version: "3.0"
services:
- {{name: slow, url: "http://127.0.0.1:{hanging.port}", routes: [{{name: slow, paths: [/slow]}}]}}
- {{name: quick, url: "http://127.0.0.1:{quick.port}", routes: [{{name: quick, paths: [/quick]}}]}}
""")
    try:
        slow = []
        for _ in range(200):
            one = socket.create_connection(("127.0.0.1", gateway.port), 20)
            one.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            slow.append(one)
        while len(hanging.open) < 200:  # all of them hang in the service
            time.sleep(0.01)
        kept = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
        for _ in range(200):
            kept.request("GET", "/quick")
            answer = kept.getresponse()
            assert (answer.status, answer.read()) == (200, b"here")
        for one in slow:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(1)
            one.settimeout(30)
        hanging.released.set()
        for one in slow:
            whole = b""
            while piece := one.recv(65536):
                whole += piece
            assert whole.endswith(b"slow")
            one.close()
    finally:
        gateway.stop()
        hanging.listener.close()


def send_slowly(gateway, pieces, every_s):
    """The answer to a POST of which so many pieces of a byte come, one each `every_s`."""
    with socket.create_connection(("127.0.0.1", gateway.port), 20) as one:
        one.sendall(b"POST /quick HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % pieces)
        one.settimeout(every_s)
        for _ in range(pieces):
            try:
                one.sendall(b"x")
                if got := one.recv(65536):
                    return got
            except TimeoutError:
                continue
            except OSError:
                break
        one.settimeout(20)
        return one.recv(65536)


def test_a_body_that_comes_in_drops_is_refused_and_a_steady_one_is_not(tmp_path):
    quick = Service()
    gateway = Gateway(tmp_path, f"""
_format_version: "3.0"
services: [{{name: quick, url: "http://127.0.0.1:{quick.port}", routes: [{{name: quick, paths: [/quick]}}]}}]
""", body_rate_min="50", body_rate_period="2s")
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            drops = pool.submit(send_slowly, gateway, 2_000, 0.2)
            steady = pool.submit(send_slowly, gateway, 800, 0.005)
            assert drops.result().startswith(b"HTTP/1.1 408 ")
            assert steady.result().startswith(b"HTTP/1.1 200 ")
    finally:
        gateway.stop()


def test_ten_thousand_idle_connections_take_less_than_150_mb(tmp_path):
    count = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 500:
        pytest.skip(f"this process may open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 500), hard))
    gateway = Gateway(tmp_path, '_format_version: "3.0"\nservices: [{name: s, host: 127.0.0.1, routes: [{name: r, paths: [/], plugins: '
                                '[{name: request-termination, config: {status_code: 200, message: here}}]}]}]\n')
    clients = []
    try:
        if has_sanitizer(gateway.process.pid):
            count = 500  # what it takes tells nothing then
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", gateway.port), 20)
            one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            clients.append(one)
        for one in clients:
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
        size = rss_kib(gateway.process.pid) / 1024
        print(f"{count} idle connections: {size:.0f} MiB RSS")
        assert has_sanitizer(gateway.process.pid) or size < 150
        for one in clients[::97]:  # and they are all there
            one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
    finally:
        for one in clients:
            one.close()
        gateway.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_memory_of_a_burst_goes_back_to_the_system(tmp_path):
    gateway = Gateway(tmp_path, '_format_version: "3.0"\nservices: [{name: s, host: 127.0.0.1, port: 9, routes: [{name: r, paths: [/], '
                                'plugins: [{name: request-transformer, config: {add: {body: ["a:1"]}}}]}]}]\n')
    clients = []
    try:
        before = rss_kib(gateway.process.pid)
        for n in range(700):  # each with a body that is waited for, of its own size
            one = socket.create_connection(("127.0.0.1", gateway.port), 20)
            one.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        b"Content-Length: 200000\r\n\r\n" + b"x" * (80_000 + 100 * n))
            clients.append(one)
        eventually(lambda: rss_kib(gateway.process.pid) - before > 50_000)
        kept = clients[::60]  # what is still in use lies between what is not
        for one in clients:
            if one not in kept:
                one.close()
        eventually(lambda: has_sanitizer(gateway.process.pid) or rss_kib(gateway.process.pid) - before < 15_000)
    finally:
        for one in clients:
            one.close()
        gateway.stop()


def test_plugins_share_one_table_of_credentials(tmp_path):
    """A hundred instances with a table of their own took a hundred times its memory, at each reload again."""
    consumers = "".join(f"- username: consumer-{i}\n  keyauth_credentials: [{{key: key-{i}}}]\n  acls: [{{group: g{i % 10}}}]\n"
                        for i in range(3000))
    plugins = "[{name: key-auth}, {name: basic-auth}, {name: jwt}, {name: acl, config: {allow: [g1]}}]"
    sizes = {}
    for protected in (1, 100):
        folder = tmp_path / str(protected)
        folder.mkdir()
        routes = "".join(f"  - name: r{i}\n    paths: [/p{i}]\n" + (f"    plugins: {plugins}\n" if i < protected else "") for i in range(100))
        gateway = Gateway(folder, f'_format_version: "3.0"\nservices:\n- name: s\n  host: 127.0.0.1\n  routes:\n{routes}consumers:\n{consumers}')
        try:
            last = f"{gateway.url}/p{protected - 1}"
            assert requests.get(last, headers={"apikey": "key-1"}, timeout=20).status_code == 401  # by jwt
            sizes[protected] = rss_kib(gateway.process.pid) / 1024
            sanitized = has_sanitizer(gateway.process.pid)
        finally:
            gateway.stop()
    print(f"{sizes[1]:.0f} MiB RSS with one instance of each, {sizes[100]:.0f} with a hundred")
    assert sanitized or sizes[100] - sizes[1] < 40


def test_a_port_that_opens_stays_open_and_answers(tmp_path):
    """A client that comes while the gateway starts is refused, or answered; never cut off."""
    (tmp_path / "kong.yml").write_text('_format_version: "3.0"\n')
    offset = free_offset((8000, 8001, 8443))
    environment = {**os.environ, "MES_KONG_CONFIG": str(tmp_path / "kong.yml"), "MES_DISCOVERY": "false", "MES_JWKS_URL": "none"}
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([str(MES), "gateway", "--data", str(tmp_path), "--port-offset", str(offset), "--otlp", "none",
                                    "--log-host", ""], stdout=log, stderr=log, env=environment)
    try:
        answered = 0
        while answered < 200:
            assert process.poll() is None
            with socket.socket() as one:
                one.settimeout(20)
                if one.connect_ex(("127.0.0.1", 8000 + offset)) != 0:
                    assert answered == 0, "it was open before"
                    continue
                one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                assert one.recv(4096).startswith(b"HTTP/1.1 404"), f"after {answered} answers"
                answered += 1
    finally:
        process.terminate()
        assert process.wait(30) == 0
