"""Keys that end by themselves: `ttl` of key-auth's credentials, as a Kong with a database has it
(kong/api/endpoints.lua, kong/db/dao/init.lua, spec/03-plugins/09-key-auth)."""
import pytest
import requests

from gateway import Admin, Service
from tests.support.wait import eventually


def guarded(admin):
    """A route that wants a key, and a consumer."""
    service = Service()
    admin("PUT", "/services/s", {"host": "127.0.0.1", "port": service.port}, 200)
    admin("PUT", "/routes/r", {"paths": ["/"], "service": {"name": "s"}}, 200)
    admin("POST", "/routes/r/plugins", {"name": "key-auth"}, 201)
    admin("PUT", "/consumers/u", {}, 200)
    admin("PUT", "/consumers/other", {}, 200)


def status(gateway, key):
    return requests.get(gateway.url, headers={"apikey": key}, timeout=20).status_code


def ttl_of(admin, path):
    return admin("GET", path, status=200).json().get("ttl")


def test_the_seconds_that_are_left_are_shown_and_kept_over_a_restart(own_gateway):
    admin = Admin(own_gateway)
    guarded(admin)
    assert "ttl" not in admin("POST", "/consumers/u/key-auth", {"key": "for-ever"}, 201).json()
    made = admin("POST", "/consumers/u/key-auth", {"key": "a-while", "ttl": 1000}, 201).json()
    path = f"/key-auths/{made['id']}"
    assert 0 < made["ttl"] <= 1000 and 0 < ttl_of(admin, path) <= 1000
    assert 1000 < admin("PATCH", path, {"ttl": 5000}, 200).json()["ttl"] <= 5000
    assert 1000 < admin("PATCH", path, {"tags": ["t"]}, 200).json()["ttl"] <= 5000
    own_gateway.kill()
    own_gateway.start()
    assert 1000 < ttl_of(admin, path) <= 5000
    assert status(own_gateway, "a-while") == status(own_gateway, "for-ever") == 200
    listed = {e["key"]: e.get("ttl") for e in admin("GET", "/consumers/u/key-auth").json()["data"]}
    assert listed["for-ever"] is None and listed["a-while"] > 1000
    assert "ttl" not in admin("PATCH", path, {"ttl": 0}, 200).json()


def test_what_is_over_is_gone_and_its_key_free_again(own_gateway):
    admin = Admin(own_gateway)
    guarded(admin)
    path = "/key-auths/" + admin("POST", "/consumers/u/key-auth", {"key": "short", "ttl": 2}, 201).json()["id"]
    eventually(lambda: status(own_gateway, "short") == 401)
    eventually(lambda: admin("GET", path).status_code == 404)
    assert admin("GET", "/key-auths").json()["data"] == [] == admin("GET", "/consumers/u/key-auth").json()["data"]
    admin("PATCH", path, {"tags": ["late"]}, 404)
    own_gateway.kill()
    own_gateway.start()
    assert status(own_gateway, "short") == 401 and admin("GET", path).status_code == 404
    admin("POST", "/consumers/other/key-auth", {"key": "short"}, 201)
    assert status(own_gateway, "short") == 200
    assert "short" not in (own_gateway.folder / "gateway/entities.json").read_text().replace('"key":"short"', "", 1)


def test_a_consumer_goes_with_keys_that_are_over(own_gateway):
    admin = Admin(own_gateway)
    guarded(admin)
    path = "/key-auths/" + admin("POST", "/consumers/u/key-auth", {"key": "short", "ttl": 1}, 201).json()["id"]
    eventually(lambda: admin("GET", path).status_code == 404)
    admin("DELETE", "/consumers/u", status=204)
    assert admin.names("/consumers", "username") == ["other"]


@pytest.mark.parametrize("ttl", [-1, 100_000_001, 1.5, "soon"])
def test_what_is_no_lifetime_is_refused(admin, ttl):
    admin("PUT", "/consumers/u", {}, 200)
    refused = admin("POST", "/consumers/u/key-auth", {"key": "k", "ttl": ttl}, 400).json()
    assert refused["fields"] == {"ttl": "must be an integer between 0 and 100000000"}
