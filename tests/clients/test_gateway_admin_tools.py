"""Tools for a Kong with a database against the gateway's Admin API: the platform's own setup-kong.sh, and decK."""
import os
import shutil
import subprocess

import pytest
import yaml

from announced_keys import jwk_of
from gateway import EMPTY, ROOT, Admin, Gateway, make_certificate

UUID = "f4aecadc-05c7-11e6-8d41-1f3b3d5fa15c"


def set_up_by_script(admin, keys):
    done = subprocess.run(["sh", str(ROOT / "infrastructure/kong/setup-kong.sh"), admin.gateway.admin, f"http://127.0.0.1:{keys.port}"],
                          capture_output=True, text=True, timeout=120, env={**os.environ, "PATH": f"{os.path.dirname(shutil.which('python3'))}:" + os.environ["PATH"]})
    assert done.returncode == 0, done.stdout + done.stderr


def contents(admin):
    """All entities, without their times."""
    found = {}
    for path in ("services", "routes", "consumers", "plugins", "jwts", "upstreams"):
        for entity in admin("GET", f"/{path}?size=1000", status=200).json()["data"]:
            found[entity["id"]] = {k: v for k, v in entity.items() if k not in ("created_at", "updated_at")}
    return found


@pytest.mark.parametrize("file", ["empty", "the platform's"])
def test_setup_kong_as_against_a_kong_with_a_database(tmp_path, signing, file):
    pem, server = signing
    server.keys[:] = [jwk_of(pem, "k1")]
    kong = (ROOT / "infrastructure/kong/kong.yml").read_text()
    one = Gateway(tmp_path, EMPTY if file == "empty" else kong)
    admin = Admin(one)
    try:
        set_up_by_script(admin, server)
        first = contents(admin)
        wanted = yaml.safe_load(kong)
        assert set(admin.names("/services")) >= {s["name"] for s in wanted["services"]}
        assert set(admin.names("/routes")) >= {r["name"] for s in wanted["services"] for r in s.get("routes", [])}
        assert [k["key"] for k in admin("GET", "/jwts").json()["data"]] == ["k1"]
        expected_plugins = sum(len(e.get("plugins", [])) for s in wanted["services"] for e in [s, *s.get("routes", [])])
        expected_plugins += len(wanted.get("plugins", [])) + sum(len(c.get("plugins", [])) for c in wanted["consumers"])
        assert len(admin("GET", "/plugins?size=1000").json()["data"]) == expected_plugins
        set_up_by_script(admin, server)
        assert contents(admin) == first
        # Keys that are gone from the JWKS go.
        server.keys[:] = [jwk_of(pem, "k9")]
        set_up_by_script(admin, server)
        assert [k["key"] for k in admin("GET", "/jwts").json()["data"]] == ["k9"]
    finally:
        one.stop()
        server.keys[:] = [jwk_of(pem, "k1")]


DECK = ROOT / "build/peers/go/deck"
STATE = """
_format_version: "3.0"
services:
- name: orders
  url: http://orders.test:8080/api
  tags: [team-a]
  routes:
  - name: orders
    paths: [/orders, ~/o/\\d+]
    methods: [GET, POST]
    plugins:
    - name: rate-limiting
      config: {minute: 10, policy: local}
  plugins:
  - name: cors
    config: {origins: ["https://a.test"], credentials: true}
consumers:
- username: machine
  custom_id: "17"
  keyauth_credentials: [{key: ${{ env "DECK_KEY" }}}]
  acls: [{group: machines}]
  jwt_secrets: [{key: i, secret: s, algorithm: HS256}]
  hmacauth_credentials: [{username: h, secret: s}]
  plugins:
  - name: request-termination
    config: {status_code: 503}
upstreams:
- name: orders.pool
  algorithm: least-connections
  healthchecks: {active: {healthy: {interval: 5, successes: 1}}}
  targets: [{target: "10.0.0.1:80", weight: 10}, {target: "10.0.0.2:80"}]
plugins:
- name: prometheus
- name: correlation-id
  config: {header_name: X-Request-ID}
vaults:
- name: env
  prefix: my-env
  config: {prefix: APP_}
"""


@pytest.mark.long
@pytest.mark.skipif(not DECK.exists(), reason="decK is not built: ./dev peers does it")
def test_deck(own_gateway, tmp_path):
    """decK as its makers publish it: sync, no difference, dump, change, sync back, reset."""
    def deck(*arguments, code=0):
        done = subprocess.run([str(DECK), *arguments, "--kong-addr", own_gateway.admin, "--analytics=false"], text=True, capture_output=True,
                              timeout=120, cwd=tmp_path, env={**os.environ, "DECK_KEY": "from-outside", "HOME": str(tmp_path)})
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    admin = Admin(own_gateway)
    cert, key = make_certificate(tmp_path, "deck.test")
    state = yaml.safe_load(STATE.replace('${{ env "DECK_KEY" }}', "PLACE"))
    state["certificates"] = [{"id": UUID, "cert": cert, "key": key, "snis": [{"name": "deck.test"}]}]
    file = tmp_path / "deck.yaml"
    file.write_text(yaml.safe_dump(state).replace("PLACE", "${{ env \"DECK_KEY\" }}"))
    deck("ping")
    deck("validate", "--online", "-s", "deck.yaml")
    assert deck("diff", "-s", "deck.yaml", "--non-zero-exit-code", code=2)
    deck("sync", "-s", "deck.yaml")
    assert admin("GET", "/key-auths").json()["data"][0]["key"] == "from-outside"
    deck("diff", "-s", "deck.yaml", "--non-zero-exit-code")
    before = admin("GET", "/status").json()["generation"]
    deck("sync", "-s", "deck.yaml")
    assert admin("GET", "/status").json()["generation"] == before  # nothing was to do
    own_gateway.kill()
    own_gateway.start()
    deck("diff", "-s", "deck.yaml", "--non-zero-exit-code")
    deck("dump", "-o", "dump.yaml", "--yes")
    dumped = yaml.safe_load((tmp_path / "dump.yaml").read_text())
    assert [s["name"] for s in dumped["services"]] == ["orders"] and len(dumped["upstreams"][0]["targets"]) == 2
    deck("diff", "-s", "dump.yaml", "--non-zero-exit-code")
    admin("PATCH", "/services/orders", {"retries": 1}, 200)
    admin("DELETE", "/consumers/machine", status=204)
    admin("POST", "/services", {"name": "stray", "host": "s.test"}, 201)
    deck("diff", "-s", "deck.yaml", "--non-zero-exit-code", code=2)
    deck("sync", "-s", "dump.yaml")
    deck("diff", "-s", "deck.yaml", "--non-zero-exit-code")
    deck("reset", "--force")
    assert admin("GET", "/services").json()["data"] == [] and admin("GET", "/consumers").json()["data"] == []
