"""What the Admin API promises beyond Kong: all or nothing, active before the answer, kept over kill -9, merged with a file
that changes, no request dropped; and who may write."""
import collections
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import uuid

import pytest
import requests
import yaml

from announced_keys import jwk_of
from gateway import EMPTY, MES, Admin, Gateway, Service, make_certificate
from tests.support import tokens
from tests.support.certificates import openssl
from tests.support.http_service import QuietHandler, served
from tests.support.wait import eventually


def test_a_write_is_active_before_its_answer(admin, gateway):
    service = Service()
    admin("PUT", "/services/s", {"host": "127.0.0.1", "port": service.port}, 200)
    for i in range(20):
        admin("PUT", "/routes/r", {"paths": [f"/at/{i}"], "service": {"name": "s"}}, 200)
        assert requests.get(f"{gateway.url}/at/{i}", timeout=10).status_code == 200
        if i:
            assert requests.get(f"{gateway.url}/at/{i - 1}", timeout=10).status_code == 404
    before = admin("GET", "/status").json()["generation"]
    answer = admin("PATCH", "/services/s", {"retries": 1}, 200)
    assert int(answer.headers["X-Mes-Generation"]) == admin("GET", "/status").json()["generation"] == before + 1
    assert f"mes_gateway_config_generation {before + 1}" in admin("GET", "/metrics").text
    admin("PATCH", "/services/s", {"retries": -1}, 400)
    assert admin("GET", "/status").json()["generation"] == before + 1


def test_answers_say_which_configuration_made_them_if_they_are_to(tmp_path):
    told, silent = tmp_path / "told", tmp_path / "silent"
    for folder, setting in ((told, "true"), (silent, "false")):
        folder.mkdir()
        gateway, service = Gateway(folder, EMPTY, generation_header=setting), Service()
        admin = Admin(gateway)
        try:
            admin("PUT", "/services/s", {"host": "127.0.0.1", "port": service.port}, 200)
            admin("PUT", "/routes/r", {"paths": ["/x"], "service": {"name": "s"}}, 200)
            for _ in range(2):
                generation = str(admin("GET", "/status").json()["generation"])
                for path in ("/x", "/nobody"):  # the service's answer, and the gateway's own
                    answer = requests.get(gateway.url + path, timeout=20)
                    assert answer.headers.get("X-Mes-Generation") == (generation if folder == told else None)
                admin("PATCH", "/services/s", {"retries": 1}, 200)
        finally:
            gateway.stop()
            service.shutdown()


def explained(*options, **environment):
    return subprocess.run([str(MES), "gateway", "explain", "GET", "/written/7", *options], capture_output=True, text=True,
                          timeout=60, env={**os.environ, **environment})


def test_explain_asks_the_gateway_for_what_was_written(admin, gateway):
    admin("PUT", "/services/s", {"host": "127.0.0.1", "port": 9}, 200)
    admin("PUT", "/routes/by-hand", {"paths": ["/written"], "service": {"name": "s"}}, 200)
    told = explained("--admin", gateway.admin + "/")
    assert told.returncode == 0 and "by-hand" in told.stdout and "%0A" not in told.stdout, told.stdout + told.stderr
    for options, environment in ((("--kong-config", str(gateway.file)), {}), (("--config", str(gateway.file)), {}),
                                 ((), {"MES_KONG_CONFIG": str(gateway.file)})):
        told = explained(*options, **environment)
        assert told.returncode == 1 and "404 no Route" in told.stdout, told.stdout + told.stderr
    told = explained("--admin", gateway.url)
    assert told.returncode == 2 and "/config was answered with status 404" in told.stderr


def test_no_request_is_dropped_by_writes(admin, gateway):
    """Each request under way ends on the configuration that it began with."""
    service = Service()
    admin("PUT", "/services/s", {"host": "127.0.0.1", "port": service.port}, 200)
    admin("PUT", "/routes/r", {"paths": ["/load"], "service": {"name": "s"}}, 200)
    stop, failed, served = threading.Event(), [], [0] * 4

    def load(n):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
        while not stop.is_set():
            try:
                connection.request("POST", "/load", b"x" * 1000)
                answer = connection.getresponse()
                if answer.status != 200 or answer.read() != b"x" * 1000:
                    failed.append(answer.status)
            except OSError as e:
                failed.append(repr(e))
                return
            served[n] += 1

    threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for i in range(60):
        admin("PATCH", "/services/s", {"retries": i % 5, "tags": [f"t{i}"]}, 200)
        if i % 10 == 0:
            admin("PUT", "/routes/other", {"paths": [f"/o{i}"]}, 200)
            admin("PUT", "/plugins/cors-of-r", {"name": "cors", "route": {"name": "r"}}, 200)
    stop.set()
    for t in threads:
        t.join()
    assert failed == [] and min(served) > 0


def test_concurrent_writers_lose_nothing(admin):
    def write(n):
        mine = Admin(admin.gateway)
        for i in range(10):
            mine("POST", "/consumers", {"username": f"w{n}-{i}"}, 201)
        return mine("POST", "/consumers", {"username": "contended"}).status_code

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(write, range(6)))
    assert codes == [201] + [409] * 5
    assert len(admin.names("/consumers?size=1000", "username")) == 61


def test_a_write_that_is_refused_takes_no_other_one_with_it(admin):
    """Those that come together are kept together; what only the whole shows is refused to its own client alone."""
    def write(n):
        mine = Admin(admin.gateway)
        codes = []
        for i in range(10):
            bad = {"ca_certificates": [str(uuid.uuid4())]} if (n + i) % 3 == 0 else {}
            sent = {"name": f"t{n}-{i}", "host": "h", **bad}
            codes.append((bool(bad), mine("POST", "/services", sent).status_code))
        return codes

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = collections.Counter(one for all_of_one in pool.map(write, range(8)) for one in all_of_one)
    assert set(codes) == {(False, 201), (True, 400)} and codes[True, 400] == 27
    assert len([n for n in admin.names("/services?size=1000") if n.startswith("t")]) == codes[False, 201]


LATIN = {"username": "caf\xe9".encode("latin-1")}


@pytest.mark.parametrize("method, path, sent, field", [
    ("POST", "/consumers", {"data": LATIN}, "username"),
    ("POST", "/consumers", {"data": {"username": "a", "custom_id": b"\xff"}}, "custom_id"),
    ("POST", "/consumers", {"files": [("username", (None, LATIN["username"]))]}, "username"),
    ("POST", "/consumers/bob/key-auth", {"data": {"key": b"\xe9"}}, "key"),
    ("POST", "/services", {"data": {"name": "s", "host": "h", "tags[]": b"\xe9"}}, "tags"),
    ("PUT", "/consumers/caf%e9", {"json": {}}, "username"),
], ids=["form", "second-field", "multipart", "credential", "list", "path"])
def test_bytes_that_are_no_utf8_are_refused_and_the_next_start_reads(own_gateway, method, path, sent, field):
    admin = Admin(own_gateway)
    admin("POST", "/consumers", {"username": "bob"}, 201)
    assert list(admin(method, path, status=400, **sent).json()["fields"]) == [field]
    own_gateway.kill()
    own_gateway.start()
    assert Admin(own_gateway).names("/consumers", "username") == ["bob"]


def test_two_gateways_do_not_write_into_one_folder(own_gateway):
    """Each would put its own entities.json over the other's."""
    admin = Admin(own_gateway)
    admin("POST", "/consumers", {"username": "first"}, 201)
    with pytest.raises(AssertionError, match=f"another gateway .pid {own_gateway.process.pid}. keeps its data in .*admin_writes=false"):
        Gateway(own_gateway.folder, EMPTY)
    reader = Gateway(own_gateway.folder, EMPTY, admin_writes="false")  # writes nothing
    reader.stop()
    admin("POST", "/consumers", {"username": "second"}, 201)
    own_gateway.kill()
    own_gateway.start()  # the lock went with its holder
    assert Admin(own_gateway).names("/consumers", "username") == ["first", "second"]


def test_what_was_acknowledged_survives_kill_9(own_gateway):
    """Killed in the middle of writes of several clients, three times over."""
    acknowledged = set()
    for round in range(3):
        def write(n):
            with requests.Session() as session:
                for i in range(10_000):
                    name = f"r{round}-{n}-{i}"
                    try:
                        answer = session.post(own_gateway.admin + "/consumers", json={"username": name}, timeout=20)
                    except requests.RequestException:
                        return
                    if answer.status_code == 201:
                        acknowledged.add(name)

        target = len(acknowledged) + 40
        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for t in threads:
            t.start()
        eventually(lambda: len(acknowledged) >= target)
        own_gateway.kill()
        for t in threads:
            t.join()
        own_gateway.start()
        there = set(Admin(own_gateway).names("/consumers?size=1000", "username"))
        assert acknowledged <= there and len(there) <= len(acknowledged) + 4 * (round + 1)
        acknowledged = there


def test_writes_and_a_file_that_changes(own_gateway):
    admin = Admin(own_gateway)
    own_gateway.file.write_text(EMPTY + "services: [{name: a, url: http://a.test}, {name: b, url: http://b.test}]\n")
    own_gateway.stop()
    own_gateway.start()
    admin("PATCH", "/services/a", {"host": "written.test"}, 200)
    admin("DELETE", "/services/b", status=204)
    admin("PUT", "/services/c", {"url": "http://c.test"}, 200)
    own_gateway.stop()
    own_gateway.start()
    assert admin.names("/services") == ["a", "c"] and admin("GET", "/config/writes").json() == {"written": 3, "conflicts": []}
    own_gateway.stop()
    own_gateway.file.write_text(EMPTY + "services: [{name: a, url: http://changed.test}, {name: b, url: http://b.test}, {name: d, url: http://d.test}]\n")
    own_gateway.start()
    hosts = {s["name"]: s["host"] for s in admin("GET", "/services").json()["data"]}
    assert hosts == {"a": "written.test", "c": "c.test", "d": "d.test"}
    (conflict,) = admin("GET", "/config/writes").json()["conflicts"]
    assert conflict["entity_name"] == "services" and "changed in the file since" in conflict["message"]
    assert conflict["message"] in own_gateway.log()
    exported = yaml.safe_load(admin("GET", "/config").json()["config"])
    assert sorted(s["name"] for s in exported["services"]) == ["a", "c", "d"]
    admin("DELETE", "/config/writes", status=204)
    hosts = {s["name"]: s["host"] for s in admin("GET", "/services").json()["data"]}
    assert hosts == {"a": "changed.test", "b": "b.test", "d": "d.test"}


def test_writes_stay_with_entities_that_have_no_name(own_gateway, tmp_path):
    """As in a Kong with a database: no id is another entity's later, whatever comes in front of it in the file."""
    admin, service = Admin(own_gateway), Service()
    pairs = {}
    for name in ("first.test", "second.test"):
        (tmp_path / name).mkdir()
        pairs[name] = dict(zip(("cert", "key"), make_certificate(tmp_path / name, name)))

    def use(paths, people, certificates):
        old = admin("GET", "/status").json()["generation"]
        own_gateway.file.write_text(json.dumps({
            "_format_version": "3.0", "consumers": [{"custom_id": one} for one in people],
            "services": [{"name": "s", "url": f"http://127.0.0.1:{service.port}", "routes": [{"paths": [p]} for p in paths]}],
            "certificates": [pairs[name] for name in certificates]}))
        eventually(lambda: admin("GET", "/status").json()["generation"] > old)

    def answers(*paths, **headers):
        return {p: requests.get(own_gateway.url + p, headers=headers, timeout=10).status_code for p in paths}

    def id_of(path, member, value):
        return next(e["id"] for e in admin("GET", path).json()["data"] if e.get(member) == value)

    def shown_name():
        context = ssl._create_unverified_context()
        with socket.create_connection(("127.0.0.1", own_gateway.tls_port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="my.test") as secure:
                pem = ssl.DER_cert_to_PEM_cert(secure.getpeercert(True))
        return subprocess.run(["openssl", "x509", "-noout", "-subject"], input=pem, text=True, capture_output=True).stdout.split()[-1]

    use(["/shop", "/admin", "/old"], ["alice", "bob"], ["first.test"])
    admin("POST", f"/routes/{id_of('/routes', 'paths', ['/admin'])}/plugins", {"name": "key-auth"}, 201)
    admin("DELETE", f"/routes/{id_of('/routes', 'paths', ['/old'])}", status=204)
    bob = id_of("/consumers", "custom_id", "bob")
    admin("POST", f"/consumers/{bob}/key-auth", {"key": "bobs"}, 201)
    admin("POST", f"/certificates/{id_of('/certificates', 'cert', pairs['first.test']['cert'])}/snis", {"name": "my.test"}, 201)
    use(["/new", "/shop", "/admin", "/old"], ["zoe", "alice", "bob"], ["second.test", "first.test"])
    assert answers("/new", "/shop", "/admin", "/old") == {"/new": 200, "/shop": 200, "/admin": 401, "/old": 404}
    assert answers("/admin", apikey="bobs") == {"/admin": 200}
    assert admin("GET", "/key-auths").json()["data"][0]["consumer"]["id"] == bob == id_of("/consumers", "custom_id", "bob")
    assert shown_name() == "first.test"
    assert admin("GET", "/config/writes").json() == {"written": 4, "conflicts": []}
    service.shutdown()


def make_authority(folder, days):
    """Its certificate. Of no days, or fewer, its time has ended."""
    key, request = folder / "authority.key", folder / "authority.csr"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=authority", "-addext",
            "basicConstraints=critical,CA:TRUE", "-keyout", key, "-out", request)
    return openssl("x509", "-req", "-in", request, "-key", key, "-days", days, "-copy_extensions", "copy")


@pytest.mark.parametrize("posted", [False, True], ids=["written", "posted"])
def test_an_authority_whose_time_has_ended_since_is_told_of_and_holds_up_nothing(own_gateway, tmp_path, posted):
    """As Kong, which looks at the time when the entity comes."""
    admin, key = Admin(own_gateway), str(uuid.uuid4())
    living, ended = (make_authority(tmp_path, days) for days in (10, -1))
    if posted:
        entity = f"_format_version: '3.0'\nca_certificates: [{{id: {key}, cert: {json.dumps(living)}}}]\n"
        admin("POST", "/config", {"config": entity}, 201)
    else:
        admin("PUT", f"/ca_certificates/{key}", {"cert": living}, 200)
    own_gateway.stop()
    kept = own_gateway.folder / "gateway" / "entities.json"
    before = kept.read_text()
    for old, new in ((living, ended), (json.dumps(living), json.dumps(ended))):  # as time passes, for the file
        before = before.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
    kept.write_text(before)
    own_gateway.start()
    assert f"{key}: certificate expired" in own_gateway.log()
    admin("PUT", "/services/s", {"host": "127.0.0.1"}, 200)
    admin("DELETE", "/services/s", status=204)
    admin("GET", f"/ca_certificates/{key}", status=200)
    for refused in (admin("PUT", f"/ca_certificates/{uuid.uuid4()}", {"cert": ended}),
                    admin("POST", "/config", {"config": json.dumps({"_format_version": "3.0", "ca_certificates": [{"cert": ended}]})})):
        assert refused.status_code == 400 and "certificate expired" in refused.text


def test_posted_configurations_stay(own_gateway):
    admin = Admin(own_gateway)
    admin("POST", "/consumers", {"username": "before"}, 201)
    posted = EMPTY + "consumers: [{username: posted}]\n"
    admin("POST", "/config", {"config": posted}, 201)
    assert admin.names("/consumers", "username") == ["posted"] and admin("GET", "/config").json()["config"] == posted
    assert admin("POST", "/config?check_hash=1", {"config": posted}).status_code == 304
    admin("POST", "/consumers", {"username": "over"}, 201)
    own_gateway.kill()
    own_gateway.start()
    assert admin.names("/consumers", "username") == ["over", "posted"]
    refused = admin("POST", "/config", {"config": EMPTY + "consumers: [{username: 5}]\n"}, 400).json()
    assert refused["code"] == 14 and admin.names("/consumers", "username") == ["over", "posted"]


# As what a version before has taken and this one does not: the variable that a secret comes from is there no more.
@pytest.mark.parametrize("repaired", ["in the file", "through the Admin API"])
def test_a_start_names_the_written_entity_that_it_refuses(tmp_path, monkeypatch, repaired):
    monkeypatch.setenv("GATEWAY_TEST_KEY", "k")
    gateway = Gateway(tmp_path, EMPTY)
    try:
        admin = Admin(gateway)
        plugin = admin("POST", "/plugins", {"name": "loggly", "config": {"key": "{vault://env/gateway-test-key}"}}, 201).json()["id"]
        admin("POST", "/consumers", {"username": "stays"}, 201)
        gateway.stop()
        kept = tmp_path / "gateway" / "entities.json"
        key = gateway.environment.pop("GATEWAY_TEST_KEY")
        with pytest.raises(AssertionError):
            gateway.start()
        assert f"{kept}, plugins/{plugin}: error: plugin 'loggly', config, key: " in gateway.log()
        assert "can be repaired or taken out there, by its id" in gateway.log()
        if repaired == "in the file":
            all_of_it = json.loads(kept.read_text())
            del all_of_it["written"]["plugins"][plugin]
            kept.write_text(json.dumps(all_of_it))
            gateway.start()
        else:
            gateway.environment["GATEWAY_TEST_KEY"] = key
            gateway.start()
            admin("DELETE", f"/plugins/{plugin}", status=204)
            gateway.stop()
            del gateway.environment["GATEWAY_TEST_KEY"]
            gateway.start()
        assert admin.names("/consumers", "username") == ["stays"] and admin("GET", "/plugins").json()["data"] == []
    finally:
        gateway.stop()


def test_a_posted_configuration_that_a_start_refuses_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEWAY_TEST_KEY", "k")
    gateway = Gateway(tmp_path, EMPTY)
    try:
        posted = EMPTY + "plugins: [{name: loggly, config: {key: '{vault://env/gateway-test-key}'}}]\n"
        Admin(gateway)("POST", "/config", {"config": posted}, 201)
        gateway.stop()
        del gateway.environment["GATEWAY_TEST_KEY"]
        with pytest.raises(AssertionError):
            gateway.start()
        assert f"{tmp_path / 'gateway' / 'entities.json'}, posted:2:" in gateway.log()
        gateway.file.write_text(EMPTY + "consumers: [{username: other}]\n")
        gateway.start()
        assert (tmp_path / "gateway" / "posted-before.yml").read_text() == posted
    finally:
        gateway.stop()


def test_as_a_kong_without_a_database(tmp_path):
    one = Gateway(tmp_path, EMPTY, admin_writes="false")
    admin = Admin(one)
    try:
        assert admin("GET", "/").json()["configuration"]["database"] == "off"
        answer = admin("POST", "/services", {"host": "a.test"}, 405).json()
        assert answer == {"code": 12, "name": "operation unsupported",
                          "message": "cannot create 'services' entities when not using a database"}
        admin("POST", "/config", {"config": EMPTY + "consumers: [{username: c}]"}, 201)
        assert admin.names("/consumers", "username") == ["c"] and not (tmp_path / "gateway/entities.json").exists()
    finally:
        one.stop()


def address_of_this_machine():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]


def test_beyond_loopback_it_wants_an_admin_token(tmp_path, signing):
    pem, server = signing
    kong = EMPTY + "consumers:\n- username: mes-users\n  jwt_secrets: [{key: hs, secret: guessed}]\n"
    one = Gateway(tmp_path, kong, admin_bind="0.0.0.0", jwks_url=f"http://127.0.0.1:{server.port}/keys")
    admin = Admin(one)
    now = int(time.time())
    claims = {"iss": "mes-auth", "aud": "mes", "sub": "1", "exp": now + 600, "roles": ["admin"]}

    def ask(token, method="POST"):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return admin(method, "/consumers", {"username": str(uuid.uuid4())} if method == "POST" else None, headers=headers).status_code

    def token(**changes):
        kept = {k: v for k, v in (claims | changes).items() if v is not None}
        return tokens.sign({"alg": "RS256", "kid": "k1"}, kept, pem)

    try:
        assert admin("GET", "/metrics").status_code == 200 and admin("GET", "/health/live").status_code == 200
        assert admin("GET", "/config").status_code == 401 and admin("GET", "/").status_code == 401
        assert ask(None) == 401 and ask(None, "GET") == 401
        assert ask(token()) == 201 and ask(token(), "GET") == 200
        assert ask(token(roles=["viewer"])) == 403 and ask(token(roles=None)) == 403
        assert ask(token(exp=now - 600)) == 401 and ask(token(exp=None)) == 401
        assert ask(token(aud="other")) == 401 and ask(token(iss="other")) == 401 and ask(token(nbf=now + 600)) == 401
        assert ask(token()[:-4] + "AAAA") == 401
        stranger = tokens.new_private_key()
        assert ask(tokens.sign({"alg": "RS256", "kid": "k1"}, claims, stranger)) == 401
        none = f"{tokens.encode({'alg': 'none', 'kid': 'k1'})}.{tokens.encode(claims)}."
        assert ask(none) == 401
        # A key of a consumer, which anybody may have in a configuration, is none of the platform's.
        message = f"{tokens.encode({'alg': 'HS256', 'kid': 'hs'})}.{tokens.encode(claims)}"
        forged = f"{message}.{tokens.encode(hmac.new(b'guessed', message.encode(), hashlib.sha256).digest())}"
        assert ask(forged) == 401
        # A new key is looked for when a token names it.
        server.keys.append(jwk_of(stranger, "k2"))
        eventually(lambda: ask(tokens.sign({"alg": "RS256", "kid": "k2"}, claims, stranger)) == 201)
        address = address_of_this_machine()
        assert requests.get(f"http://{address}:{one.admin_port}/services", timeout=10).status_code == 401
    finally:
        one.stop()


def test_keys_that_are_away_are_told_once_and_with_the_cure(tmp_path):
    pem = tokens.new_private_key()
    asked, is_there = [], [True]

    class Announcer(QuietHandler):
        def do_GET(self):
            asked.append(is_there[0])
            self.tell(json.dumps({"keys": [jwk_of(pem, "k1")]}).encode(), 200 if is_there[0] else 503)

    with served(Announcer) as url:
        one = Gateway(tmp_path, EMPTY + "plugins: [{name: jwt, config: {key_claim_name: kid}}]\n"
                      "routes: [{name: r, paths: [/]}]\nconsumers: [{username: mes-users}]\n", jwks_url=f"{url}/keys")
        try:
            eventually(lambda: "token keys are here" in one.log())
            is_there[0] = False
            unknown = tokens.sign({"alg": "RS256", "kid": "k2"}, {"sub": "1"}, pem)  # it is looked for
            assert requests.get(one.url, headers={"Authorization": f"Bearer {unknown}"}, timeout=20).status_code == 401
            eventually(lambda: asked.count(False) >= 4)
            is_there[0] = True
            eventually(lambda: "the JWKS can be fetched again" in one.log())
            warned = [line for line in one.log().splitlines() if "the JWKS could not be fetched" in line]
            assert len(warned) == 1 and "jwks_url=none" in warned[0] and "status 503" in warned[0], warned
        finally:
            one.stop()


def test_pages_of_other_sites_are_refused(admin, gateway):
    def ask(**headers):
        return admin("POST", "/consumers", data={"username": str(uuid.uuid4())}, headers=headers).status_code

    own_origin = f"http://127.0.0.1:{gateway.admin_port}"
    assert ask() == 201 and ask(Origin=own_origin) == 201
    assert ask(Origin="http://evil.test") == 403 and ask(Origin="null") == 403
    assert ask(**{"Sec-Fetch-Site": "cross-site"}) == 403
    assert "Access-Control-Allow-Origin" not in admin("GET", "/config").headers


def test_names_that_were_made_to_mean_this_machine_are_refused(tmp_path):
    """DNS rebinding: to the browser the page is of the same site, and over HTTP it sends nothing else that tells."""
    one = Gateway(tmp_path, EMPTY, admin_hosts="Gateway.Plant.test, kong")
    try:
        def ask(host, path="/consumers"):
            return Admin(one)("GET", path, headers={"Host": host}).status_code

        port = one.admin_port
        for host in (f"localhost:{port}", "LOCALHOST", "127.0.0.1", f"127.8.9.10:{port}", f"[::1]:{port}", "kong:8001", "gateway.plant.test"):
            assert ask(host) == 200 and ask(host, "/metrics") == 200, host
        for host in ("evil.test", f"evil.test:{port}", "127.0.0.1.evil.test", "localhost.evil.test", "192.0.2.1", "[2001:db8::1]", "kong.test"):
            assert ask(host) == 403 and ask(host, "/config") == 403, host
        with socket.create_connection(("127.0.0.1", port)) as old:
            old.sendall(b"GET /status HTTP/1.0\r\n\r\n")
            assert b" 200 " in old.recv(100)
    finally:
        one.stop()


# Each port is open for a while before the start goes on, so that requests come in between.
SLOW_LISTEN = """
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>
int listen(int fd, int backlog) {
  int (*real)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");
  int result = real(fd, backlog);
  usleep(100000);
  return result;
}
"""


def test_no_right_token_is_refused_while_the_gateway_starts(tmp_path, signing, monkeypatch):
    pem, server = signing
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-x", "c", "-", "-o", tmp_path / "slow.so"], input=SLOW_LISTEN, text=True,
                   check=True)
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "slow.so"))
    monkeypatch.setenv("ASAN_OPTIONS", "verify_asan_link_order=0")
    service = Service()
    kong = EMPTY + (f"services: [{{name: s, url: 'http://127.0.0.1:{service.server_port}', routes: [{{name: r, paths: [/]}}]}}]\n"
                    "consumers: [{username: mes-users}]\nplugins: [{name: jwt, config: {key_claim_name: kid}}]\n")
    one = Gateway(tmp_path, kong, jwks_url=f"http://127.0.0.1:{server.port}/keys")
    bearer = tokens.sign({"alg": "RS256", "kid": "k1"}, {"sub": "1", "aud": "mes", "exp": int(time.time()) + 600}, pem)
    answers, stopping = collections.Counter(), threading.Event()

    def ask():
        while not stopping.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=10)
            try:
                connection.request("GET", "/", headers={"Authorization": f"Bearer {bearer}"})
                answers[connection.getresponse().status] += 1
            except (OSError, http.client.HTTPException):
                pass  # it is not there
            finally:
                connection.close()

    try:
        with concurrent.futures.ThreadPoolExecutor(4) as clients:
            asking = [clients.submit(ask) for _ in range(4)]
            for _ in range(3):
                one.kill()
                one.start()
            stopping.set()
        assert not any(a.exception() for a in asking)
    finally:
        stopping.set()
        one.stop()
    assert answers.keys() <= {200, 503} and answers[200] > 0, answers
