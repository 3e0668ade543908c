"""OCSP stapling: openssl's own responder says what is shown to clients that ask; handshakes never wait for it."""
import http.server
import json
import signal
import subprocess
import threading

import pytest

from gateway import EMPTY, Gateway
from tests.support.certificates import Authority
from tests.support.ports import OUTGOING_MIN, is_free
from tests.support.wait import eventually


class Responder:
    """`openssl ocsp` on a port; `index` is the authority's list: serial number and V (valid) or R (revoked)."""

    def __init__(self, authority, port):
        self.authority, self.port, self.index = authority, port, authority.folder / "index.txt"
        self.process = None

    def start(self, **states):
        later = "340101000000Z"
        with open(self.index, "w") as index:
            for serial, state in states.items():
                revoked = "240101000000Z" if state == "R" else ""
                index.write(f"{state}\t{later}\t{revoked}\t{serial[1:]}\tunknown\t/CN={serial}\n")
        self.process = subprocess.Popen(
            ["openssl", "ocsp", "-port", str(self.port), "-index", self.index, "-CA", self.authority.certificate, "-rsigner",
             self.authority.certificate, "-rkey", self.authority.key, "-ndays", "1"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        eventually(lambda: not is_free(self.port))

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def status(gateway, name):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.tls_port}", "-servername", name, "-status"],
                          input="Q\n", capture_output=True, text=True, timeout=30)
    assert f"CN = {name}" in done.stdout or f"CN={name}" in done.stdout, done.stdout
    if "OCSP response: no response sent" in done.stdout:
        return "none"
    assert "OCSP Response Status: successful" in done.stdout, done.stdout
    return "good" if "Cert Status: good" in done.stdout else "other"


def configuration(entries):
    return json.dumps({"_format_version": "3.0", "certificates": [
        {"cert": chain, "key": key, "snis": [{"name": name}]} for name, (chain, key) in entries.items()]})


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def responder(authority):
    port = next(p for p in range(24_000, OUTGOING_MIN) if is_free(p))
    running = Responder(authority, port)
    yield running
    running.stop()


def signed(authority, responder, name):
    certificate, key = authority.sign(name, extensions=f"authorityInfoAccess=OCSP;URI:http://127.0.0.1:{responder.port}/")
    return certificate.read_text() + authority.certificate.read_text(), key.read_text()


def test_good_answers_are_shown_and_nothing_else(tmp_path, authority, responder):
    entries = {name: signed(authority, responder, name) for name in ("good.example", "revoked.example")}
    entries["plain.example"] = tuple(f.read_text() for f in authority.sign("plain.example"))
    responder.start(s1001="V", s1002="R")
    gateway = Gateway(tmp_path, configuration(entries), ocsp_stapling="true")
    try:
        eventually(lambda: status(gateway, "good.example") == "good")
        assert status(gateway, "plain.example") == "none", "it names no responder"
        eventually(lambda: "the certificate is revoked" in gateway.log())
        assert status(gateway, "revoked.example") == "none"
    finally:
        gateway.stop()


def test_a_responder_that_is_away_holds_no_handshake_up_and_is_asked_again(tmp_path, authority, responder):
    entries = {"good.example": signed(authority, responder, "good.example")}
    gateway = Gateway(tmp_path, configuration(entries), ocsp_stapling="true")
    try:
        assert status(gateway, "good.example") == "none"
        eventually(lambda: "no OCSP response to show" in gateway.log())
        responder.start(s1001="V")
        eventually(lambda: status(gateway, "good.example") == "good", every_s=0.5)
        responder.stop()
        assert status(gateway, "good.example") == "good", "an answer holds as long as it says"
        document = json.loads(configuration(entries))
        document["consumers"] = [{"username": "new"}]
        gateway.file.write_text(json.dumps(document))
        eventually(lambda: "reloaded the configuration" in gateway.log())
        assert status(gateway, "good.example") == "good", "a reload keeps it"
    finally:
        gateway.stop()


def test_of_the_listeners_certificate_the_one_in_use_is_asked_about(tmp_path, authority, responder):
    """Another path comes with SIGHUP."""
    files = {name: authority.sign(name, extensions=f"authorityInfoAccess=OCSP;URI:http://127.0.0.1:{responder.port}/")
             for name in ("one.example", "two.example")}
    settings = tmp_path / "mes.yaml"

    def use(name):
        certificate, key = files[name]
        chain = tmp_path / f"{name}.chain"
        chain.write_text(certificate.read_text() + authority.certificate.read_text())
        settings.write_text(f"gateway:\n  tls_certificate: {chain}\n  tls_key: {key}\n")
    responder.start(s1001="V", s1002="V")
    gateway = Gateway(tmp_path, EMPTY, settings_file=settings, ocsp_stapling="true")
    gateway.stop()
    use("one.example")
    gateway.start()
    try:
        eventually(lambda: status(gateway, "one.example") == "good")
        use("two.example")
        gateway.process.send_signal(signal.SIGHUP)
        eventually(lambda: status(gateway, "two.example") == "good", timeout_s=15)
    finally:
        gateway.stop()


def test_without_the_setting_nobody_is_asked(tmp_path, authority, responder):
    asked = []

    class Counting(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.send_error(500)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", responder.port), Counting)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    gateway = Gateway(tmp_path, configuration({"good.example": signed(authority, responder, "good.example")}))
    try:
        assert status(gateway, "good.example") == "none" and not asked
    finally:
        gateway.stop()
        server.shutdown()
        server.server_close()
