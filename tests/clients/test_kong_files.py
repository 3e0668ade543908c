"""Real kong.yml files of unrelated public repositories: each loads, but for those in REFUSED, which want what only Kong
Enterprise or a third party has; where it loads, each route answers as its file says, against echo servers in the
services' place."""
import base64
import hmac
import http.client
import http.server
import json
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest
import yaml

from gateway import Gateway
from tests.support.platform import BINARY, ROOT

FOLDER = Path(os.environ.get("MES_SHARED", ROOT.parent / "shared")) / "data/kong"
FILES = sorted(FOLDER.glob("*.yml"))
AUTHENTICATORS = {"jwt", "key-auth", "basic-auth", "hmac-auth", "ldap-auth", "oauth2"}


def findings(path):
    done = subprocess.run([str(BINARY), "check", str(path)], text=True, capture_output=True, timeout=60)
    return done.returncode, [line for line in done.stdout.splitlines() if ": error: " in line]


# What only others have: file -> the line, and the plugin there. All other files load.
REFUSED = {"EchoSkorJjj__IS213-Education-Helper": [(69, "authn-kong")]}  # a Lua plugin of a company's own


@pytest.mark.skipif(not FOLDER.exists(), reason=f"{FOLDER} is not here")
def test_the_files_that_are_refused_are_there():
    assert set(REFUSED) < {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_loads_or_is_refused_at_the_right_line(path):
    code, lines = findings(path)
    expected = REFUSED.get(path.stem, [])
    found = [re.match(re.escape(str(path)) + r":(\d+):\d+: error: plugin '([^']+)' is none that Kong ships", line) for line in lines]
    assert [(int(m[1]), m[2]) if m else line for m, line in zip(found, lines)] == expected
    assert code == (1 if expected else 0)
    text = path.read_text().splitlines()
    assert all(plugin in text[number - 1] for number, plugin in expected)


class Echo:
    """A service that answers with what it was asked, on a port of its own."""

    def __init__(self):
        class handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.dumps({"path": self.path, "method": self.command}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def path_of(service):
    if "url" not in service:
        return service.get("path") or ""
    rest = service["url"].split("://", 1)[1]
    return "/" + rest.split("/", 1)[1] if "/" in rest else ""


def on_echo_servers(document):
    """The file with echo servers in the places of services and targets; the servers."""
    echoes = []
    upstreams = {u["name"] for u in document.get("upstreams") or []}
    for service in document.get("services") or []:
        if service.get("host") in upstreams:
            continue
        path = path_of(service)
        echoes.append(Echo())
        for field in ("url", "protocol", "host", "port", "path"):
            service.pop(field, None)
        service["url"] = f"http://127.0.0.1:{echoes[-1].port}{path}"
    for upstream in document.get("upstreams") or []:
        for target in upstream.get("targets") or []:
            echoes.append(Echo())
            target["target"] = f"127.0.0.1:{echoes[-1].port}"
    return echoes


class AskedGateway(Gateway):
    def ask(self, method, path, headers=None):
        assert self.process.poll() is None, "the gateway has ended"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        answer.text = answer.read()
        connection.close()
        return answer


def routes_of(document):
    for service in document.get("services") or []:
        for route in service.get("routes") or []:
            yield service, route


def plugins_on(document, service, route):
    for scope in (document, service, route):
        for plugin in scope.get("plugins") or []:
            if plugin.get("enabled", True) and not plugin.get("consumer"):
                yield plugin["name"]


def joined(base, rest):
    """kong/router/utils.lua, path handling v0, for what these files ask."""
    return (base.rstrip("/") + "/" + rest.lstrip("/")) if rest else base or "/"


def entities(document, kind, nested=None):
    """(owner's name, entity) of credentials and groups, wherever the file has them."""
    for entity in document.get(kind) or []:
        yield entity["consumer"], entity
    for consumer in document.get("consumers") or []:
        for entity in consumer.get(nested or kind) or []:
            yield consumer["username"], entity


def token_of(secret):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    signed = part(b'{"typ":"JWT","alg":"HS256"}') + "." + part(json.dumps({"iss": secret["key"], "exp": 4_000_000_000}).encode())
    return signed + "." + part(hmac.new(secret["secret"].encode(), signed.encode(), "sha256").digest())


def logins(document):
    """For each plugin that authenticates, the consumers with the fields that they send."""
    found = {"key-auth": [(who, {"apikey": c["key"]}) for who, c in entities(document, "keyauth_credentials")],
             "basic-auth": [(who, {"Authorization": "Basic " + base64.b64encode(f"{c['username']}:{c['password']}".encode()).decode()})
                            for who, c in entities(document, "basicauth_credentials")],
             "jwt": [(who, {"Authorization": f"Bearer {token_of(c)}"}) for who, c in entities(document, "jwt_secrets")
                     if c.get("algorithm", "HS256") == "HS256" and "secret" in c]}
    return found


def allowed(document, service, route):
    """The groups of the nearest acl plugin; None: everybody."""
    groups = None
    for scope in (document, service, route):
        for plugin in scope.get("plugins") or []:
            if plugin["name"] == "acl":
                groups = set(plugin["config"].get("allow") or [])
    return groups


def questions(route):
    """Every path in every method and host that the route names."""
    for prefix in route.get("paths") or ["/"]:
        for method in route.get("methods") or ["GET", "POST"]:
            for host in route.get("hosts") or ["127.0.0.1"]:
                yield prefix, method, host


def check_route(ask, document, base, service, route):
    """Asks all that the route takes, as nobody and as each consumer; how many answers were looked at."""
    guards = AUTHENTICATORS & set(plugins_on(document, service, route))
    groups = {(who, entity["group"]) for who, entity in entities(document, "acls")}
    asked = 0
    for prefix, method, host in questions(route):
        target = prefix.rstrip("/") + "/seen?x=1"
        rest = "/seen?x=1" if route.get("strip_path", True) else target

        def reaches(fields, target=target, rest=rest, method=method, host=host):
            answer = ask(method, target, {"Host": host, **fields})
            assert answer.status == 200, (target, answer.status, answer.text)
            seen = json.loads(answer.text)
            assert seen == {"path": joined(base, rest), "method": method}, target

        asked += 1
        if not guards:
            reaches({})
            continue
        assert ask(method, target, {"Host": host}).status == 401, target
        wanted = allowed(document, service, route)
        for guard in guards & {"key-auth", "basic-auth", "jwt"}:
            for who, fields in logins(document)[guard]:
                asked += 1
                if wanted is None or {g for w, g in groups if w == who} & wanted:
                    reaches(fields)
                else:
                    answer = ask(method, target, {"Host": host, **fields})
                    assert answer.status == 403, (who, target, answer.status, answer.text)
    return asked


@pytest.mark.parametrize("path", [path for path in FILES if path.stem not in REFUSED], ids=lambda p: p.stem)
def test_routes_answer_as_the_file_says(path, tmp_path):
    document = yaml.safe_load(path.read_text())
    bases = {service["name"]: path_of(service) for service in document.get("services") or []}
    echoes = on_echo_servers(document)
    gateway = None
    try:
        gateway = AskedGateway(tmp_path, yaml.safe_dump(document))
        asked = 0
        for service, route in routes_of(document):
            asked += check_route(gateway.ask, document, bases[service["name"]], service, route)
            for method in {"GET", "POST", "PATCH"} - set(route.get("methods") or ["GET", "POST", "PATCH"]):
                others = [r for _, r in routes_of(document) if r is not route and method in r.get("methods", [method])
                          and any(p.startswith(q) for q in r.get("paths") or ["/"] for p in route.get("paths") or ["/"])]
                if not others:  # nobody takes it in this method
                    target = (route.get("paths") or ["/"])[0]
                    answer = gateway.ask(method, target, {"Host": (route.get("hosts") or ["127.0.0.1"])[0]})
                    assert answer.status == 404, (method, target, answer.status)
        assert asked >= len(list(routes_of(document))) > 0
        if not any("/" in (route.get("paths") or []) for _, route in routes_of(document)):
            assert gateway.ask("GET", "/of/no/route").status == 404
    finally:
        if gateway:
            gateway.stop()
        for echo in echoes:
            echo.close()
