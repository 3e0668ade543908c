"""The gateway's TLS: which certificate is shown to whom, what is refused (as testssl.sh looks at it, by openssl's
s_client), and certificates of its own towards services."""
import http.client
import http.server
import json
import re
import signal
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from gateway import EMPTY, MES, Admin, Gateway, Service
from tests.support.certificates import Authority, openssl
from tests.support.http_service import QuietHandler
from tests.support.wait import eventually


def s_client(gateway, *options):
    """What openssl says of a handshake; its own port is asked."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.tls_port}", *options], input="Q\n",
                          capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


def shown(gateway, name):
    options = ["-servername", name] if name else ["-noservername"]
    return re.search(r"subject=.*CN ?= ?(\S+)", s_client(gateway, *options))[1]


def load(gateway, document):
    request = urllib.request.Request(f"{gateway.admin}/config", json.dumps({"config": json.dumps(document)}).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201


def get(gateway, path):
    """Status and body; "" for the body of a refusal."""
    try:
        with urllib.request.urlopen(f"{gateway.url}/{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, ""


def certificate_entity(files, *names):
    certificate, key = files
    return {"cert": certificate.read_text(), "key": key.read_text(), "snis": [{"name": n} for n in names]}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def test_certificates_by_name_with_wildcards_and_after_a_reload(gateway, authority):
    own = shown(gateway, None)
    exact, left, right, any_name = (authority.sign(n) for n in ("exact", "left", "right", "any"))
    document = {"_format_version": "3.0", "certificates": [certificate_entity(exact, "api.shop.example"),
                                                           certificate_entity(left, "*.shop.example"),
                                                           certificate_entity(right, "api.*")]}
    load(gateway, document)
    for name, expected in (("api.shop.example", "exact"), ("API.Shop.Example", "exact"), ("www.shop.example", "left"),
                           ("api.other", "right"), ("a.b.shop.example", own), ("nobody.example", own), (None, own)):
        assert eventually(lambda name=name, expected=expected: shown(gateway, name) == expected), name
    document["certificates"] = [certificate_entity(any_name, "*"), certificate_entity(left, "api.shop.example")]
    load(gateway, document)
    eventually(lambda: shown(gateway, "api.shop.example") == "left")
    assert shown(gateway, "nobody.example") == shown(gateway, None) == "any"


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(gateway, version):
    text = s_client(gateway, version, "-cipher", "ALL:@SECLEVEL=0")
    assert "alert protocol version" in text or "no protocols available" in text or "handshake failure" in text, text


def test_of_tls_1_2_only_forward_secret_and_authenticated_ciphers_are_taken(gateway):
    taken = []
    while True:  # all that openssl knows, without those that were chosen already
        wanted = ":".join(["ALL:COMPLEMENTOFALL:@SECLEVEL=0", *(f"!{c}" for c in taken)])
        chosen = re.search(r"Cipher is (\S+)", s_client(gateway, "-tls1_2", "-cipher", wanted))
        if not chosen or chosen[1] in ("(NONE)", "0000"):
            break
        assert chosen[1] not in taken
        taken.append(chosen[1])
    assert taken, "none at all"
    for cipher in taken:
        assert cipher.startswith(("ECDHE-", "DHE-")) and ("GCM" in cipher or "CHACHA20" in cipher), taken
    forbidden = ("NULL", "EXP", "RC4", "DES", "MD5", "ADH", "AECDH", "PSK", "SRP", "CBC")
    assert not [c for c in taken if any(f in c for f in forbidden)]


def test_the_server_chooses_and_offers_neither_compression_nor_renegotiation(gateway):
    one = s_client(gateway, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
    other = s_client(gateway, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256")
    assert re.search(r"Cipher is (\S+)", one)[1] == re.search(r"Cipher is (\S+)", other)[1]
    assert "Compression: NONE" in one and "Secure Renegotiation IS supported" in one
    client = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.tls_port}", "-tls1_2"], input="R\n",
                            capture_output=True, text=True, timeout=30)
    assert "no renegotiation" in client.stdout + client.stderr
    assert "TLSv1.3" in s_client(gateway, "-tls1_3")


def test_sessions_resume_in_both_versions(gateway, tmp_path):
    for version in ("-tls1_2", "-tls1_3"):
        kept = tmp_path / f"session{version}"
        ask = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        for options, expected in ((["-sess_out", kept], "New, "), (["-sess_in", kept], "Reused, ")):
            done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.tls_port}", version, "-ign_eof",
                                   *options], input=ask, capture_output=True, text=True, timeout=30)
            assert expected in done.stdout, done.stdout


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_resumed_session_is_of_the_name_that_it_was_begun_for(tmp_path, authority, version):
    """It is routed by it, and another name has a handshake of its own (RFC 6066, section 3)."""
    service = Service()
    document = {"_format_version": "3.0", "certificates": [certificate_entity(authority.sign(n), n) for n in ("a.test", "b.test")],
                "services": [{"name": "s", "url": f"http://127.0.0.1:{service.port}", "routes": [
                    {"name": n, "protocols": ["https"], "snis": [n]} for n in ("a.test", "b.test")]}]}
    running, kept = Gateway(tmp_path, json.dumps(document), allow_debug_header="true"), tmp_path / "session"

    def ask(name, *options):
        text = "GET / HTTP/1.1\r\nHost: x\r\nKong-Debug: 1\r\nConnection: close\r\n\r\n"
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{running.tls_port}", "-servername", name, version,
                               "-ign_eof", *options], input=text, capture_output=True, text=True, timeout=30).stdout
        route = re.search(r"(?i)kong-route-name: (\S+)", done)
        return "Reused, " in done, route and route[1]
    try:
        assert ask("a.test", "-sess_out", kept) == (False, "a.test")
        assert ask("a.test", "-sess_in", kept) == (True, "a.test")
        assert ask("b.test", "-sess_in", kept) == (False, "b.test")
    finally:
        running.stop()


def test_who_has_not_shaken_hands_yet_does_not_hold_up_a_stop(tmp_path):
    """The process lives on for the request that is under way."""
    asked, go_on = threading.Event(), threading.Event()

    class Slow(QuietHandler):
        def do_GET(self):
            asked.set()
            go_on.wait(30)
            self.tell(b"done")
    running = Gateway(tmp_path, json.dumps({"_format_version": "3.0", "services": [
        {"name": "s", "url": f"http://127.0.0.1:{Service(Slow).port}", "routes": [{"name": "s", "paths": ["/"]}]}]}))
    answers = []
    client = threading.Thread(target=lambda: answers.append(get(running, "")))
    with socket.create_connection(("127.0.0.1", running.tls_port), timeout=30) as silent:
        client.start()
        assert asked.wait(20)
        running.process.send_signal(signal.SIGTERM)
        assert silent.recv(1) == b""
        go_on.set()
        client.join(20)
    assert running.process.wait(30) == 0, running.log()
    assert answers == [(200, "done")]


class TlsService(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), self.handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self.prepare(context)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def prepare(self, context):
        pass


class SniService(TlsService):
    """Keeps the names that clients ask for, and their Hosts."""

    def prepare(self, context):
        self.names, self.hosts = [], []
        context.sni_callback = lambda _, name, __: self.names.append(name)

    class handler(QuietHandler):
        def do_GET(self):
            self.server.hosts.append(self.headers["Host"])
            self.tell(b"fine")

    def handle_error(self, *_):
        pass


class MutualService(TlsService):
    """Takes clients with a certificate of the authority alone, and answers with the client's name."""

    def __init__(self, files, authority, mode=ssl.CERT_REQUIRED):
        self.authority, self.mode = authority, mode
        super().__init__(files)

    def prepare(self, context):
        context.load_verify_locations(self.authority.certificate)
        context.verify_mode = self.mode

    class handler(QuietHandler):
        def do_GET(self):
            subject = (self.connection.getpeercert() or {}).get("subject", ())
            self.tell(dict(pair[0] for pair in subject).get("commonName", "nobody").encode())

    def handle_error(self, *_):
        pass  # a handshake that failed


def test_services_see_the_certificate_that_is_theirs(gateway, authority):
    service = MutualService(authority.sign("localhost", ["DNS:localhost", "IP:127.0.0.1"]), authority)
    stranger = Authority(authority.folder, "stranger")
    clients = [authority.sign("first-client"), authority.sign("second-client"), stranger.sign("stranger-client")]
    ids = [f"00000000-0000-4000-8000-00000000000{i}" for i in range(4)]
    document = {
        "_format_version": "3.0",
        "ca_certificates": [{"id": ids[3], "cert": authority.certificate.read_text()},
                            {"id": "00000000-0000-4000-8000-00000000000a", "cert": stranger.certificate.read_text()}],
        "certificates": [{"id": i, "cert": c.read_text(), "key": k.read_text()} for i, (c, k) in zip(ids, clients)],
        "services": [{"name": n, "url": f"https://localhost:{service.server_address[1]}", "retries": 0, **more,
                      "routes": [{"name": n, "paths": [f"/{n}"]}]} for n, more in {
                          "first": {"client_certificate": ids[0], "tls_verify": True, "ca_certificates": [ids[3]]},
                          "second": {"client_certificate": ids[1]},
                          "stranger": {"client_certificate": ids[2]},
                          "nobody": {},
                          "distrusted": {"client_certificate": ids[0], "tls_verify": True,
                                         "ca_certificates": ["00000000-0000-4000-8000-00000000000a"]}}.items()]}
    load(gateway, document)

    eventually(lambda: get(gateway, "first") == (200, "first-client"))
    for _ in range(3):  # connections are kept: none of one certificate is lent to another
        assert get(gateway, "second") == (200, "second-client") and get(gateway, "first") == (200, "first-client")
    for refused in ("stranger", "nobody", "distrusted"):
        assert get(gateway, refused)[0] == 502, refused
    service.shutdown()


def test_connections_to_services_with_certificates_outlive_reloads(tmp_path, authority):
    running = Gateway(tmp_path, EMPTY, threads=1)
    service = CountingService(authority.sign("localhost"))
    files = [authority.sign(f"client-{i}") for i in range(2)]
    keys = [f"00000000-0000-4000-8000-00000000001{i}" for i in range(2)]
    document = {"_format_version": "3.0",
                "certificates": [{"id": i, "cert": c.read_text(), "key": k.read_text()} for i, (c, k) in zip(keys, files)],
                "services": [{"name": f"s{i}", "url": f"https://localhost:{service.server_address[1]}",
                              "client_certificate": key, "routes": [{"name": f"s{i}", "paths": [f"/{i}"]}]}
                             for i, key in enumerate(keys)]}
    load(running, document)
    eventually(lambda: [get(running, i)[0] for i in range(2)] == [200, 200])
    made = service.open
    for reload in range(3):
        document["consumers"] = [{"username": f"c{reload}"}]
        load(running, document)
        assert [get(running, i)[0] for i in range(2)] == [200, 200]
    assert service.open == made
    document["certificates"][0].update(cert=files[1][0].read_text(), key=files[1][1].read_text())
    load(running, document)
    assert [get(running, i)[0] for i in range(2)] == [200, 200]  # both show one certificate now
    assert service.open == made
    running.stop()
    service.shutdown()


def test_many_services_with_certificates_read_the_systems_authorities_once(tmp_path, authority):
    """Each of them, for each loop, at each reload, is what stopped all loops for a minute once."""
    certificate, key = authority.sign("client")
    mine = "00000000-0000-4000-8000-000000000020"
    sizes = []
    for count in (1, 200):
        folder = tmp_path / str(count)
        folder.mkdir()
        running = Gateway(folder, EMPTY)
        load(running, {"_format_version": "3.0",
                       "certificates": [{"id": mine, "cert": certificate.read_text(), "key": key.read_text()}],
                       "services": [{"name": f"s{i}", "url": "https://localhost", "tls_verify_depth": i % 60,
                                     "client_certificate": mine} for i in range(count)]})
        with open(f"/proc/{running.process.pid}/status") as status:
            sizes.append(int(next(line for line in status if line.startswith("VmHWM")).split()[1]))
        running.stop()
    assert sizes[1] - sizes[0] < 50_000  # KiB


def test_active_checks_show_the_certificate_of_the_upstream(gateway, authority):
    service = MutualService(authority.sign("localhost", ["DNS:localhost", "IP:127.0.0.1"]), authority)
    target = f"127.0.0.1:{service.server_address[1]}"
    stranger = Authority(authority.folder, "stranger")
    document = {"_format_version": "3.0", "certificates": [], "upstreams": [{
        "name": "mutual", "targets": [{"target": target}], "healthchecks": {"active": {
            "type": "https", "https_verify_certificate": False, "healthy": {"interval": 0.1, "successes": 1},
            "unhealthy": {"interval": 0.1, "tcp_failures": 1}}}}]}

    def use(files):
        key = "00000000-0000-4000-8000-00000000000b"
        document["certificates"] = [{"id": key, "cert": files[0].read_text(), "key": files[1].read_text()}]
        document["upstreams"][0]["client_certificate"] = key
        load(gateway, document)

    def health():
        with urllib.request.urlopen(f"{gateway.admin}/upstreams/mutual/health", timeout=20) as got:
            return json.load(got)["data"][0]["health"]

    load(gateway, document)
    eventually(lambda: health() == "UNHEALTHY")
    use(authority.sign("prober"))
    eventually(lambda: health() == "HEALTHY")
    use(stranger.sign("stranger-prober"))
    eventually(lambda: health() == "UNHEALTHY")
    service.shutdown()


def test_active_checks_ask_for_the_host_that_services_see(tmp_path, authority):
    """As lua-resty-healthcheck: https_sni, else the upstream's host_header, else the target's host. Over TLS without a port."""
    service = SniService(authority.sign("api.test", ["DNS:api.test", "DNS:other.test"]))
    upstream = {"name": "named", "targets": [{"target": f"127.0.0.1:{service.server_address[1]}"}], "healthchecks": {"active": {
        "type": "https", "healthy": {"interval": 0.1, "successes": 1}, "unhealthy": {"interval": 0.1, "tcp_failures": 1}}}}
    running = Gateway(tmp_path, EMPTY)
    running.stop()
    running.environment["SSL_CERT_FILE"] = str(authority.certificate)
    running.start()
    try:
        for host_header, https_sni, expected in ((None, None, {None}), ("api.test", None, {"api.test"}),
                                                 ("api.test:8443", None, {"api.test"}), ("api.test", "other.test", {"other.test"})):
            upstream["host_header"] = host_header
            upstream["healthchecks"]["active"]["https_sni"] = https_sni
            load(running, {"_format_version": "3.0", "upstreams": [upstream]})
            service.names.clear()
            eventually(lambda expected=expected: set(service.names[-3:]) == expected and len(service.names) > 3)
            with urllib.request.urlopen(f"{running.admin}/upstreams/named/health", timeout=20) as got:
                assert json.load(got)["data"][0]["health"] == ("HEALTHY" if host_header else "UNHEALTHY")
            assert not host_header or service.hosts[-1] == host_header
    finally:
        running.stop()


def test_a_certificate_that_cannot_be_shown_is_not_left_out(gateway, authority, tmp_path):
    """Of OpenSSL's security level 2 it is too weak: readable, so that the configuration is taken, but of no use."""
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "10", "-subj", "/CN=weak", "-keyout", tmp_path / "weak.key",
            "-out", tmp_path / "weak.pem")
    service = MutualService(authority.sign("localhost", ["DNS:localhost"]), authority, ssl.CERT_OPTIONAL)
    key = "00000000-0000-4000-8000-00000000000c"
    document = {
        "_format_version": "3.0",
        "certificates": [{"id": key, "cert": (tmp_path / "weak.pem").read_text(), "key": (tmp_path / "weak.key").read_text()}],
        "upstreams": [{"name": "shared", "host_header": "localhost",
                       "targets": [{"target": f"127.0.0.1:{service.server_address[1]}"}],
                       "healthchecks": {"passive": {"type": "https", "unhealthy": {"tcp_failures": 1}}}}],
        "services": [{"name": n, "url": "https://shared", "retries": 0, **more, "routes": [{"name": n, "paths": [f"/{n}"]}]}
                     for n, more in {"weak": {"client_certificate": key}, "none": {}}.items()]}
    load(gateway, document)

    eventually(lambda: get(gateway, "none") == (200, "nobody"))
    assert get(gateway, "weak") == (502, "")
    assert get(gateway, "none") == (200, "nobody")  # that was nothing that its target has done
    assert "service weak cannot be reached over TLS" in gateway.log()
    service.shutdown()


def test_a_certificate_that_no_handshake_can_show_is_warned_of(tmp_path):
    """When it is checked, read or written; once."""
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "10", "-subj", "/CN=weak", "-keyout", tmp_path / "weak.key",
            "-out", tmp_path / "weak.pem")
    document = json.dumps({"_format_version": "3.0", "certificates": [
        certificate_entity((tmp_path / "weak.pem", tmp_path / "weak.key"), "weak.example")]})
    (tmp_path / "checked.yml").write_text(document)
    checked = subprocess.run([MES, "check", tmp_path / "checked.yml"], capture_output=True, text=True, timeout=60)
    warning = "every handshake with cert will fail: ee key too small"
    assert checked.returncode == 0 and f"warning: certificate: {warning}" in checked.stdout + checked.stderr
    for folder, configuration in (("read", document), ("written", EMPTY)):
        (tmp_path / folder).mkdir()
        running = Gateway(tmp_path / folder, configuration)
        try:
            if configuration == EMPTY:
                entity = json.loads(document)["certificates"][0] | {"snis": ["weak.example"]}
                Admin(running)("POST", "/certificates", entity, 201)
            Admin(running)("PUT", "/consumers/someone", {}, 200)
            assert running.log().count(warning) == 1
        finally:
            running.stop()


def test_of_the_listeners_files_the_one_that_is_wrong_is_named(tmp_path, authority):
    mine, key = authority.sign("mine.test")
    other = authority.sign("other.test")[1]
    rsa, text, none = tmp_path / "rsa.key", tmp_path / "text.pem", tmp_path / "none.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", rsa)
    text.write_text("no PEM\n")
    strange = f"the key does not belong to the certificate {mine}"
    for i, (files, told) in enumerate([
            ((none, key), f"tls_certificate: {none}: "), ((text, key), f"tls_certificate: {text}: "),
            ((mine, none), f"tls_key: {none}: "), ((mine, text), f"tls_key: {text}: "),
            ((mine, other), f"tls_key: {other}: {strange}"), ((mine, rsa), f"tls_key: {rsa}: {strange}"),
            ((mine, ""), "tls_key is not set"), (("", key), "tls_certificate is not set")]):
        folder = tmp_path / str(i)
        folder.mkdir()
        with pytest.raises(AssertionError):  # it does not start
            Gateway(folder, EMPTY, tls_certificate=files[0], tls_key=files[1]).kill()
        last = json.loads((folder / "gateway.log").read_text().splitlines()[-1])
        assert last["level"] == "error" and last["message"].startswith(told), last


def test_plain_http_on_the_port_for_tls_is_told_so(gateway):
    for method in ("GET", "POST", "HEAD", "DELETE", "CONNECT"):
        with socket.create_connection(("127.0.0.1", gateway.tls_port), 10) as client:
            client.sendall(f"{method} /x HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            answer = client.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer
        assert b"The plain HTTP request was sent to HTTPS port" in answer


class CountingService(TlsService):
    open = 0

    def process_request(self, *connection):
        self.open += 1  # this thread is the only one that adds
        super().process_request(*connection)

    class handler(QuietHandler):
        def do_GET(self):
            self.tell(self.headers["Host"].encode())


def test_names_that_clients_choose_keep_no_more_connections_than_one_name(tmp_path, authority):
    running = Gateway(tmp_path, EMPTY, threads=1)
    service = CountingService(authority.sign("localhost"))
    load(running, {"_format_version": "3.0", "services": [
        {"name": "s", "url": f"https://127.0.0.1:{service.server_address[1]}",
         "routes": [{"name": "s", "paths": ["/"], "preserve_host": True}]}]})
    client = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)

    def ask(name):
        client.request("GET", "/", headers={"Host": name})
        got = client.getresponse()
        assert (got.status, got.read().decode()) == (200, name)

    eventually(lambda: ask("first.example") or True)
    for i in range(700):
        ask(f"{i}.example")
    made = service.open
    assert made > 700
    ask("699.example")  # the newest are kept, each for its own name
    assert service.open == made
    with open(f"/proc/{running.process.pid}/net/tcp") as table:
        port = f":{service.server_address[1]:04X}"
        established = sum(line.split()[2].endswith(port) and line.split()[3] == "01" for line in table)
    assert established <= 512
    running.stop()
    service.shutdown()


def answer(text):
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


class TalkativeService:
    """Answers each connection's first request, and sends an answer nobody asked for in a record behind it, at once."""

    def __init__(self, files):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(*files)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        from_peer, to_peer = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(from_peer, to_peer, server_side=True)

        def until_done(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    connection.sendall(to_peer.read())
                    got = connection.recv(65536)
                    if not got:
                        raise ConnectionError
                    from_peer.write(got)

        with connection:
            try:
                until_done(tls.do_handshake)
                until_done(lambda: tls.read(65536))
                tls.write(answer("asked"))
                tls.write(answer("not asked"))
                connection.sendall(to_peer.read())
                until_done(lambda: tls.read(65536))
            except (ConnectionError, ssl.SSLError):
                pass


def test_what_a_service_sends_beyond_its_answer_is_nobodys(gateway, authority):
    service = TalkativeService(authority.sign("localhost", ["DNS:localhost", "IP:127.0.0.1"]))
    load(gateway, {"_format_version": "3.0", "services": [
        {"name": "talkative", "url": f"https://localhost:{service.port}", "retries": 0,
         "routes": [{"name": "talkative", "paths": ["/talkative"]}]}]})

    def get():
        try:
            with urllib.request.urlopen(f"{gateway.url}/talkative", timeout=20) as got:
                return got.read()
        except urllib.error.HTTPError as e:
            return e.code

    eventually(lambda: get() == b"asked")
    assert [get() for _ in range(10)] == [b"asked"] * 10
    service.listener.close()
