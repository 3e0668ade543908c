"""Who may not, does not get in: tokens of every wrong kind, roles, limits, listeners, secrets. The 401 words are
Kong 3.4's (kong/plugins/jwt: handler.lua, jwt_parser.lua), the limits' those of kong/plugins/rate-limiting."""
import os
import re
import subprocess
import time
import uuid

import pytest
import requests

from tests.support.platform import GATEWAY_ADMIN, GATEWAY_TLS, LOGS, TRACES
from tests.support.tokens import encode, header_and_claims, new_private_key, platform_private_key, sign
from tests.support.wait import eventually


def ask(platform, token=None, method="GET", path="/workorders?limit=1", **more):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return platform.request(method, path, user=None, headers=headers, **more)


@pytest.fixture(scope="module")
def good(platform):
    """A good token's parts and the platform's key: with them a token can be wrong in one thing alone."""
    token = platform.token("admin")
    header, claims = header_and_claims(token)
    return {"token": token, "header": header, "claims": claims, "key": platform_private_key(platform, header["kid"])}


@pytest.fixture(scope="module")
def viewer(platform):
    """A user who may read."""
    name, password = f"viewer-{uuid.uuid4().hex[:8]}", f"A long {uuid.uuid4().hex} pass phrase"
    platform.post("/auth/users", {"username": name, "password": password, "roles": ["viewer"]},
                  user="admin")
    return {"name": name, "password": password, "token": platform.login(name, password)}


# -- 401


def test_a_good_token_gets_in_also_if_signed_here(platform, good):
    assert ask(platform, good["token"]).status_code == 200
    assert ask(platform, sign(good["header"], good["claims"], good["key"])).status_code == 200


def test_no_token(platform):
    answer = ask(platform)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_no_token_for_any_service(platform):
    for path in ("workorders", "quality/ncrs", "parts", "traceability/steps", "equipment", "dashboard/production",
                 "integration/messages", "auth/users"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = ask(platform, method=method, path=f"/{path}")
            assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"}), (method, path)


def test_no_json_at_all(platform):
    answer = ask(platform, "a.b.c")
    assert answer.status_code == 401 and answer.json()["message"].startswith("Bad token; invalid")


def test_expired(platform, good):
    answer = ask(platform, sign(good["header"], {**good["claims"], "exp": int(time.time()) - 1}, good["key"]))
    assert (answer.status_code, answer.json()) == (401, {"exp": "token expired"})


def test_expiry_is_required(platform, good):
    claims = {name: value for name, value in good["claims"].items() if name != "exp"}
    answer = ask(platform, sign(good["header"], claims, good["key"]))
    assert (answer.status_code, answer.json()) == (401, {"exp": "must be a number"})


def test_foreign_key_under_the_platforms_name(platform, good):
    answer = ask(platform, sign(good["header"], good["claims"], new_private_key()))
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid signature"})


def test_foreign_key_under_its_own_name(platform, good):
    answer = ask(platform, sign({**good["header"], "kid": "mine"}, good["claims"], new_private_key()))
    assert (answer.status_code, answer.json()) == (401, {"message": "No credentials found for given 'kid'"})


def test_changed_claims(platform, good):
    header, _, signature = good["token"].split(".")
    answer = ask(platform, f"{header}.{encode({**good['claims'], 'roles': ['admin', 'planner']})}.{signature}")
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid signature"})


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
def test_no_algorithm(platform, good, algorithm):
    token = f"{encode({**good['header'], 'alg': algorithm})}.{encode(good['claims'])}."
    answer = ask(platform, token)
    assert (answer.status_code, answer.json()) == (401, {"message": "Bad token; invalid alg"})


def test_public_key_as_a_shared_secret(platform, good):
    """HS256 with the public key as its secret (RFC 8725, 3.1)."""
    answer = ask(platform, f"{encode({**good['header'], 'alg': 'HS256'})}.{encode(good['claims'])}.{encode(b'x' * 32)}")
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid algorithm"})


def test_wrong_audience(platform, good):
    answer = ask(platform, sign(good["header"], {**good["claims"], "aud": "another-system"}, good["key"]))
    assert answer.status_code == 401, answer.text


def test_a_service_asked_directly_checks_too(platform, good):
    url = platform.url(3009, "/api/v1/workorders")
    bad = sign(good["header"], good["claims"], new_private_key())
    for headers in ({}, {"Authorization": f"Bearer {bad}"}, {"X-Consumer-Username": "admin"}):
        answer = requests.get(url, headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_locked_out_user_does_not_get_new_tokens(platform, viewer):
    """Refresh tokens are used once: the second use ends the session."""
    login = requests.post(f"{platform.gateway}/api/v1/auth/login", timeout=10,
                          json={"username": viewer["name"], "password": viewer["password"]}).json()
    url, body = f"{platform.gateway}/api/v1/auth/refresh", {"refresh_token": login["refresh_token"]}
    first = requests.post(url, json=body, timeout=10)
    assert first.status_code == 200
    assert requests.post(url, json=body, timeout=10).status_code == 401
    stolen = {"refresh_token": first.json()["refresh_token"]}
    assert requests.post(url, json=stolen, timeout=10).status_code == 401


def test_wrong_password(platform):
    answer = requests.post(f"{platform.gateway}/api/v1/auth/login", timeout=10,
                           json={"username": "nobody", "password": "wrong"})
    assert answer.status_code == 401 and answer.headers["Content-Type"] == "application/problem+json"


# -- 403


def test_a_viewer_reads_and_does_not_write(platform, viewer):
    assert ask(platform, viewer["token"]).status_code == 200
    writes = [("POST", "/workorders", {"number": "V-1", "part": "x", "quantity": 1}), ("POST", "/auth/users", {}),
              ("POST", "/auth/keys/actions/rotate", {}), ("GET", "/dashboard/audit", None)]
    for method, path, body in writes:
        answer = ask(platform, viewer["token"], method, path, json=body)
        assert answer.status_code == 403, (path, answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 403 and answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert platform.get("/workorders", number="V-1")["data"] == []


# -- 429


def test_limits(platform, viewer):
    """100 a minute for traceability (infrastructure/kong/kong.yml); calendar minutes, so two of them at most."""
    token = platform.login(viewer["name"], viewer["password"])
    for count in range(1, 202):
        answer = ask(platform, token, path="/traceability/nodes/order:none")
        if answer.status_code == 429:
            break
        assert answer.status_code == 404, answer.text
    assert answer.status_code == 429 and count > 100
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.json() == {"message": "API rate limit exceeded"}
    assert answer.headers["X-RateLimit-Limit-Minute"] == "100"
    assert answer.headers["X-RateLimit-Remaining-Minute"] == "0"


def test_the_integration_user_is_not_limited(platform):
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {platform.token('integration')}"
    for _ in range(220):
        assert session.get(f"{platform.gateway}/api/v1/traceability/nodes/order:none", timeout=10).status_code == 404


# -- listeners


def listening_addresses(pids):
    """Of all TCP sockets in state LISTEN that these processes hold: {hexadecimal address: ports}."""
    inodes = set()
    for pid in pids:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            try:
                target = os.readlink(entry.path)
            except FileNotFoundError:
                continue  # closed meanwhile
            if found := re.fullmatch(r"socket:\[(\d+)\]", target):
                inodes.add(found[1])
    addresses = {}
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}") as lines:
            for line in lines.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    address, port = fields[1].split(":")
                    addresses.setdefault(address, set()).add(int(port, 16))
    return addresses


def test_everything_listens_on_loopback_alone(platform):
    pids = [role["pid"] for role in platform.status()["roles"]]
    parents = {int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1]) for pid in pids}
    addresses = listening_addresses([*pids, *parents])
    loopback = {"0100007F", "0" * 24 + "01000000", "0000000000000000FFFF00000100007F"}
    assert set(addresses) <= loopback, addresses
    ports = set().union(*addresses.values())
    assert {GATEWAY_ADMIN + platform.offset, 3009 + platform.offset} <= ports


def test_tls(platform):
    """With the certificate that was made at first start, checked by another's TLS; old versions are refused."""
    (certificate,) = [path for path in (platform.data / "gateway").rglob("*")
                      if path.is_file() and b"BEGIN CERTIFICATE" in path.read_bytes()[:200]]
    url = platform.url(GATEWAY_TLS, "/api/v1/workorders?limit=1", scheme="https")
    token = platform.token("integration")
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, verify=str(certificate), timeout=10)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=10)
    old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{GATEWAY_TLS + platform.offset}", "-tls1_1",
                          "-cipher", "ALL:@SECLEVEL=0"], input="", text=True, capture_output=True, timeout=20)
    assert old.returncode != 0


def test_secrets_are_for_their_owner_alone(platform):
    for path in (platform.data / "secrets").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert (platform.data / "secrets").stat().st_mode & 0o077 == 0
    assert (platform.data / "auth/auth.db").stat().st_mode & 0o077 == 0, "the signing keys are in it"
    keys = [path for path in (platform.data / "gateway").rglob("*")
            if path.is_file() and b"PRIVATE KEY-----" in path.read_bytes()]
    assert keys and all(path.stat().st_mode & 0o777 == 0o600 for path in keys)


# -- secrets in logs


def test_secrets_are_in_no_log(platform, viewer, good):
    login = requests.post(f"{platform.gateway}/api/v1/auth/login", timeout=10,
                          json={"username": viewer["name"], "password": viewer["password"]}).json()
    typo, odd, in_query = (f"mistyped-{uuid.uuid4().hex}" for _ in range(3))
    url = f"{platform.gateway}/api/v1/auth/login"
    requests.post(url, json={"username": "admin", "password": typo}, timeout=10)
    requests.post(url, json={"username": "admin", "password": [odd]}, timeout=10)
    requests.post(url, data='{"username":"admin","password":"' + odd, timeout=10,
                  headers={"Content-Type": "application/json"})
    # Kong takes tokens from the query too; the address is logged.
    answer = requests.get(f"{platform.gateway}/api/v1/workorders", timeout=10,
                          params={"jwt": login["access_token"], "password": in_query})
    marker = answer.headers["X-Request-ID"]
    secrets = {
        "admin's password": platform.password("admin"),
        "integration's password": platform.password("integration"),
        "viewer's password": viewer["password"],
        "mistyped password": typo,
        "password of a wrong type": odd,
        "token": login["access_token"].split(".")[2],
        "admin's token": good["token"].split(".")[2],
        "refresh token": login["refresh_token"],
        "private key": "PRIVATE KEY-----",
        "its bytes": good["key"].splitlines()[3],
    }
    found = eventually(lambda: marker in (text := everything_logged(platform)) and text)
    assert len(found) > 1000
    for what, secret in secrets.items():
        for source, text in sources(platform):
            assert secret not in text, f"{what} is in {source}"


def sources(platform):
    for path in (platform.data / "logs").iterdir():
        yield path.name, path.read_text(errors="replace")
    yield "the log search", everything_logged(platform)
    yield "the traces", requests.get(platform.url(TRACES, "/api/traces"), timeout=30,
                                     params={"service": "gateway", "limit": 1500, "lookback": "2d"}).text
    yield "the audit events", subprocess.run(
        ["kcat", "-C", "-q", "-e", "-o", "beginning", "-b", platform.bus, "-t", "system.audit-log", "-J"],
        text=True, capture_output=True, timeout=60).stdout


def everything_logged(platform):
    texts = []
    for index in ("mes-logs-*", "mes-errors-*", "mes-audit-*"):
        answer = requests.post(platform.url(LOGS, f"/{index}/_search"), timeout=30,
                               json={"size": 10_000, "sort": [{"@timestamp": "desc"}], "query": {"match_all": {}}})
        assert answer.status_code == 200, answer.text
        texts.append(answer.text)
    return "".join(texts)
