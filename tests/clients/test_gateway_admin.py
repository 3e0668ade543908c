"""The Admin API's endpoints and answers: what Kong 3.4 with a database has (kong/api, kong/db, and
spec/02-integration/04-admin_api at 3.4.2), over sockets."""
import base64
import gzip
import hashlib
import json
import os
import time
import uuid

import pytest
import requests

from gateway import EMPTY, Admin, Gateway, Service, make_certificate
from tests.support.http_service import QuietHandler
from tests.support.wait import eventually

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UUID = "f4aecadc-05c7-11e6-8d41-1f3b3d5fa15c"


def test_an_entity_is_answered_whole(admin):
    before = int(time.time())
    made = admin("POST", "/services", {"name": "a", "url": "http://a.test:81/x"}, 201)
    body = made.json()
    assert uuid.UUID(body.pop("id")).version == 4
    assert before <= body.pop("created_at") <= time.time() and body.pop("updated_at")
    assert body == {"name": "a", "retries": 5, "protocol": "http", "host": "a.test", "port": 81, "path": "/x", "connect_timeout": 60000,
                    "write_timeout": 60000, "read_timeout": 60000, "tags": None, "client_certificate": None, "tls_verify": None,
                    "tls_verify_depth": None, "ca_certificates": None, "enabled": True}
    assert made.headers["Content-Type"] == "application/json; charset=utf-8"
    route = admin("POST", "/services/a/routes", {"paths": ["/a"]}, 201).json()
    assert route["service"] == {"id": made.json()["id"]} and "expression" not in route and "priority" not in route
    assert route["protocols"] == ["http", "https"] and route["name"] is None and route["path_handling"] == "v0"
    plugin = admin("POST", "/routes/" + route["id"] + "/plugins", {"name": "rate-limiting", "config": {"minute": 5}}, 201).json()
    assert plugin["route"] == {"id": route["id"]} and plugin["service"] is None and plugin["consumer"] is None
    assert plugin["config"]["minute"] == 5 and plugin["config"]["policy"] == "local" and plugin["config"]["second"] is None
    assert plugin["protocols"] == ["grpc", "grpcs", "http", "https"] and plugin["enabled"] is True


@pytest.mark.parametrize("sent", [
    {"json": {"name": "f", "paths": ["/f", "/g"], "strip_path": False, "regex_priority": 3, "headers": {"x-a": ["1"]},
              "service": {"name": "s"}}},
    {"data": [("name", "f"), ("paths[]", "/f"), ("paths[]", "/g"), ("strip_path", "false"), ("regex_priority", "3"),
              ("headers.x-a", "1"), ("service.name", "s")]},
    {"data": "name=f&paths[1]=/f&paths[2]=/g&strip_path=false&regex_priority=3&headers.x-a=1&service.name=s", "headers": FORM},
    {"files": [("name", (None, "f")), ("paths[]", (None, "/f")), ("paths[]", (None, "/g")), ("strip_path", (None, "false")),
               ("regex_priority", (None, "3")), ("headers.x-a[1]", (None, "1")), ("service.name", (None, "s"))]},
], ids=["json", "form", "form-indices", "multipart"])
def test_bodies_of_each_type(admin, sent):
    service = admin("POST", "/services", {"name": "s", "host": "s.test"}, 201).json()
    route = admin("POST", "/routes", status=201, **sent).json()
    assert (route["paths"], route["strip_path"], route["regex_priority"], route["headers"], route["service"]) == (
        ["/f", "/g"], False, 3, {"x-a": ["1"]}, {"id": service["id"]})
    assert route["snis"] is None and route["hosts"] is None


def test_a_plugin_by_a_form(admin):
    admin("POST", "/services", data={"name": "s", "url": "http://s.test"}, status=201)
    plugin = admin("POST", "/services/s/plugins", status=201, data=[
        ("name", "request-transformer"), ("config.add.headers[1]", "a:1"), ("config.add.headers[2]", "b:2"), ("config.remove.querystring", "c")])
    assert plugin.json()["config"]["add"]["headers"] == ["a:1", "b:2"] and plugin.json()["config"]["remove"]["querystring"] == ["c"]
    limits = admin("POST", "/services/s/plugins", data="name=rate-limiting&config.minute=5&config.hour=100", headers=FORM, status=201).json()
    assert (limits["config"]["minute"], limits["config"]["hour"]) == (5, 100)
    changed = admin("PATCH", f"/plugins/{limits['id']}", data="config.hour=&config.second=1&enabled=false", headers=FORM, status=200).json()
    assert (changed["config"]["minute"], changed["config"]["hour"], changed["config"]["second"], changed["enabled"]) == (5, None, 1, False)


def violation(fields, message, status=400):
    return status, {"code": 2, "name": "schema violation", "fields": fields, "message": f"schema violation ({message})"}


PROTOCOLS = "expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp"
NEEDS_MATCHER = "must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'"
NEEDS_NAME = "at least one of these fields must be non-empty: 'custom_id', 'username'"
REFUSED = [  # method, path, body, (status, answer); facts of 03-consumers, 04-plugins, 09-routes, 10-services at 3.4.2
    ("POST", "/routes", {}, violation({"@entity": [NEEDS_MATCHER]}, NEEDS_MATCHER)),
    ("POST", "/routes", {"methods": ["GET"], "protocols": ["foo", "http"]},
     violation({"protocols": [PROTOCOLS]}, "protocols.1: " + PROTOCOLS)),
    ("POST", "/routes", {"methods": ["GET"], "service": {"name": None}},
     violation({"service": {"id": "missing primary key"}}, "service.id: missing primary key")),
    ("POST", "/routes", {"methods": ["GET"], "service": {"name": "non-existing"}}, (400, {
        "code": 13, "name": "foreign keys unresolved",
        "message": "foreign key unresolved (service.name: the foreign key cannot be resolved with '{name=\"non-existing\"}' "
                   "for an existing 'services' entity)",
        "fields": {"service": {"name": "the foreign key cannot be resolved with '{name=\"non-existing\"}' for an existing "
                                       "'services' entity"}}})),
    ("POST", "/routes", {"methods": ["GET"], "service": {"id": UUID}}, (400, {
        "code": 4, "name": "foreign key violation", "fields": {"service": {"id": UUID}},
        "message": f"the foreign key '{{id=\"{UUID}\"}}' does not reference an existing 'services' entity."})),
    ("POST", "/services", {}, violation({"host": "required field missing"}, "host: required field missing")),
    ("POST", "/services", {"host": "a.test", "protocol": "foo"}, violation({"protocol": PROTOCOLS}, "protocol: " + PROTOCOLS)),
    ("POST", "/services", {"host": "a.test", "retries": 40000},
     violation({"retries": "value should be between 0 and 32767"}, "retries: value should be between 0 and 32767")),
    ("POST", "/services", {"host": "a.test", "routes": []}, violation({"routes": "unknown field"}, "routes: unknown field")),
    ("POST", "/consumers", {}, violation({"@entity": [NEEDS_NAME]}, NEEDS_NAME)),
    ("PUT", f"/consumers/{UUID}", {}, violation({"@entity": [NEEDS_NAME]}, NEEDS_NAME)),
    ("POST", "/consumers", {"username": 5}, violation({"username": "expected a string"}, "username: expected a string")),
    ("POST", "/consumers", {"username": "x", "id": "y"}, violation({"id": "expected a valid UUID"}, "id: expected a valid UUID")),
    ("POST", "/plugins", {}, violation({"name": "required field missing"}, "name: required field missing")),
    ("POST", "/plugins", {"name": "cors", "foo": "bar"}, violation({"foo": "unknown field"}, "foo: unknown field")),
    ("POST", "/plugins", {"name": "cors", "config": "bar"}, violation({"config": "expected a record"}, "config: expected a record")),
    ("POST", "/plugins", {"name": "key-auth", "config": {"key_names": "x"}},
     violation({"config": {"key_names": "expected an array"}}, "config.key_names: expected an array")),
    ("POST", "/certificates", {}, (400, {
        "code": 2, "name": "schema violation", "fields": {"cert": "required field missing", "key": "required field missing"},
        "message": "2 schema violations (cert: required field missing; key: required field missing)"})),
    ("PATCH", f"/services/{UUID}", {"retries": 1}, (404, {
        "code": 6, "name": "not found", "fields": {"id": UUID},
        "message": f"could not find the entity with primary key '{{id=\"{UUID}\"}}'"})),
    ("PATCH", "/services/none", {"retries": 1}, (404, {
        "code": 6, "name": "not found", "fields": {"name": "none"}, "message": "could not find the entity with '{name=\"none\"}'"})),
    ("PATCH", f"/plugins/{UUID}", {"enabled": False}, (404, {"message": "Not found"})),
    ("GET", "/services/none", None, (404, {"message": "Not found"})),
    ("POST", "/services/none/routes", {"paths": ["/a"]}, (404, {"message": "Not found"})),
    ("GET", "/ca_certificates/none", None, (400, {
        "code": 1, "name": "invalid primary key", "fields": {"id": "expected a valid UUID"},
        "message": "invalid primary key: '{id=\"expected a valid UUID\"}'"})),
    ("DELETE", "/services", None, (405, {"message": "Method not allowed"})),
    ("POST", f"/services/{UUID}", {}, (405, {"message": "Method not allowed"})),
    ("GET", "/targets", None, (404, {"message": "Not found"})),
    ("GET", "/consumer_groups", None, (404, {"message": "Not found"})),
    ("GET", "/workspaces", None, (404, {"message": "Not found"})),
    ("GET", "/rbac/users", None, (404, {"message": "Not found"})),
    ("GET", "/routes?offset=x", None, (400, {
        "code": 7, "name": "invalid offset", "message": "'x' is not a valid offset: bad base64 encoding"})),
    ("GET", "/routes?size=0", None, (400, {
        "code": 9, "name": "invalid size", "message": "size must be an integer between 1 and 1000"})),
    ("GET", "/routes?size=x", None, (400, {"code": 9, "name": "invalid size", "message": "size must be a number"})),
    ("GET", "/routes?tags=a/b,c", None, (400, {
        "code": 11, "name": "invalid options", "options": {"tags": "invalid filter syntax"},
        "message": "invalid option (tags: invalid filter syntax)"})),
    ("GET", "/schemas/none", None, (404, {"message": "No entity named 'none'"})),
    ("GET", "/schemas/plugins/none", None, (404, {"message": "No plugin named 'none'"})),
]


@pytest.mark.parametrize("method,path,body,expected", REFUSED, ids=[f"{m} {p} {i}" for i, (m, p, _, _) in enumerate(REFUSED)])
def test_errors_are_kongs(admin, method, path, body, expected):
    answer = admin(method, path, body)
    assert (answer.status_code, answer.json()) == expected
    assert admin("GET", "/services").json()["data"] == [] and admin("GET", "/plugins").json()["data"] == []


def test_a_plugin_that_no_consumer_may_have(admin):
    consumer = admin("POST", "/consumers", {"username": "u"}, 201).json()
    answer = admin("POST", "/plugins", {"name": "key-auth", "consumer": {"id": consumer["id"]}})
    assert (answer.status_code, answer.json()) == violation({"consumer": "value must be null"}, "consumer: value must be null")


def test_bodies_that_are_none(admin):
    for method, path in (("POST", "/routes"), ("PUT", f"/routes/{UUID}"), ("PATCH", "/services/x")):
        if method == "PATCH":
            admin("PUT", "/services/x", {"host": "x.test"}, 200)
        answer = admin(method, path, data='{"hello": "world"', headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()) == (400, {"message": "Cannot parse JSON body"})
    assert admin("POST", "/consumers", data="x", headers={"Content-Type": "invalid"}).status_code == 415
    assert admin("POST", "/consumers", data=b"invalid").status_code == 415


def test_what_may_be_there_once(admin):
    consumer = admin("POST", "/consumers", {"username": "bob", "custom_id": "1"}, 201).json()
    answer = admin("POST", "/consumers", {"username": "bob"}, 409).json()
    assert answer == {"code": 5, "name": "unique constraint violation", "fields": {"username": "bob"},
                      "message": "UNIQUE violation detected on '{username=\"bob\"}'"}
    assert admin("POST", "/consumers", {"username": "tom", "custom_id": "1"}, 409).json()["message"] == (
        "UNIQUE violation detected on '{custom_id=\"1\"}'")
    assert admin("POST", "/consumers", {"username": "tom", "id": consumer["id"]}, 400).json()["code"] == 3
    admin("POST", "/consumers/bob/plugins", {"name": "rate-limiting", "config": {"minute": 1}}, 201)
    answer = admin("POST", "/consumers/bob/plugins", {"name": "rate-limiting", "config": {"minute": 1}}, 409).json()
    assert answer == {"code": 5, "name": "unique constraint violation",
                      "fields": {"name": "rate-limiting", "consumer": {"id": consumer["id"]}, "route": None, "service": None},
                      "message": f"UNIQUE violation detected on '{{consumer={{id=\"{consumer['id']}\"}},name=\"rate-limiting\","
                                 "route=null,service=null}'"}


def test_put_makes_and_replaces(admin):
    made = admin("PUT", "/services/by-name", {"url": "http://a.test"}, 200).json()
    assert made["name"] == "by-name"
    again = admin("PUT", "/services/by-name", {"url": "http://b.test", "retries": 1}, 200).json()
    assert (again["id"], again["host"], again["retries"]) == (made["id"], "b.test", 1)
    assert again["created_at"] == made["created_at"]
    by_id = admin("PUT", f"/services/{UUID}", {"url": "https://c.test", "name": "c"}, 200).json()
    assert (by_id["id"], by_id["protocol"], by_id["port"]) == (UUID, "https", 443)
    assert admin("PUT", f"/services/{UUID}", {"url": "https://c.test"}, 200).json()["name"] is None


def test_patch_merges(admin):
    made = admin("POST", "/upstreams", {"name": "u", "healthchecks": {"active": {"http_path": "/h", "healthy": {"interval": 5}}}}, 201).json()
    changed = admin("PATCH", "/upstreams/u", {"healthchecks": {"active": {"healthy": {"successes": 2}}}, "tags": ["t"]}, 200).json()
    active = changed["healthchecks"]["active"]
    assert (active["http_path"], active["healthy"]["interval"], active["healthy"]["successes"]) == ("/h", 5, 2)
    assert changed["tags"] == ["t"] and changed["id"] == made["id"] and changed["created_at"] == made["created_at"]
    assert admin("PATCH", "/upstreams/u", {"tags": None}, 200).json()["tags"] is None
    hashed = admin("PATCH", "/upstreams/u", {"hash_on": "ip"}, 200).json()
    assert (hashed["hash_on"], hashed["algorithm"]) == ("ip", "consistent-hashing")


def test_deleting(admin):
    admin("PUT", "/services/s", {"host": "s.test"}, 200)
    route = admin("PUT", "/services/s/routes/r", {"paths": ["/r"]}, 200).json()
    plugin = admin("POST", f"/routes/{route['id']}/plugins", {"name": "cors"}, 201).json()
    assert admin("DELETE", "/services/s", status=400).json() == {
        "code": 4, "name": "foreign key violation", "fields": {"@referenced_by": "routes"},
        "message": "an existing 'routes' entity references this 'services' entity"}
    assert admin("DELETE", "/routes/r", status=204).text == ""
    admin("GET", f"/plugins/{plugin['id']}", status=404)  # it went with the route
    admin("DELETE", "/services/s", status=204)
    admin("DELETE", "/services/s", status=204)  # nothing there: as Kong


def test_paths_below_others(admin):
    admin("PUT", "/services/s", {"host": "s.test"}, 200)
    admin("PUT", "/services/other", {"host": "o.test"}, 200)
    route = admin("POST", "/services/s/routes", {"name": "r", "paths": ["/r"]}, 201).json()
    assert admin.names("/services/s/routes") == ["r"] and admin.names("/services/other/routes") == []
    admin("GET", f"/services/other/routes/{route['id']}", status=404)
    admin("GET", "/services/s/routes/r", status=200)
    assert admin("GET", "/routes/r/service", status=200).json()["name"] == "s"
    assert admin("PATCH", "/routes/r/service", {"retries": 2}, 200).json()["retries"] == 2
    admin("DELETE", "/routes/r/service", status=405)
    bare = admin("POST", "/routes", {"name": "bare", "paths": ["/b"]}, 201).json()
    assert bare["service"] is None
    admin("GET", "/routes/bare/service", status=404)
    made = admin("PUT", "/routes/bare/service", {"host": "n.test"}, 200).json()
    assert admin("GET", "/routes/bare", status=200).json()["service"] == {"id": made["id"]}
    assert admin("PATCH", "/services/s/routes/r", {"paths": ["/x"]}, 200).json()["paths"] == ["/x"]
    admin("DELETE", "/services/s/routes/r", status=204)
    allowed = admin("OPTIONS", "/routes", status=204).headers
    assert allowed["Allow"] == allowed["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST"
    assert admin("OPTIONS", "/routes/bare", status=204).headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"


@pytest.mark.parametrize("nested,name,body,key", [
    ("key-auth", "key-auths", {"key": "k1"}, "k1"), ("basic-auth", "basic-auths", {"username": "u", "password": "p"}, "u"),
    ("hmac-auth", "hmac-auths", {"username": "h", "secret": "s"}, "h"), ("jwt", "jwts", {"key": "i", "secret": "s"}, "i"),
    ("acls", "acls", {"group": "g"}, None)])
def test_credentials(admin, nested, name, body, key):
    consumer = admin("POST", "/consumers", {"username": "bob"}, 201).json()
    made = admin("POST", f"/consumers/bob/{nested}", body, 201).json()
    assert made["consumer"] == {"id": consumer["id"]}
    by = key or made["id"]
    assert admin("GET", f"/consumers/bob/{nested}/{by}", status=200).json()["id"] == made["id"]
    assert [e["id"] for e in admin("GET", f"/{name}", status=200).json()["data"]] == [made["id"]]
    assert admin("GET", f"/{name}/{by}/consumer", status=200).json()["username"] == "bob"
    admin("PATCH", f"/consumers/bob/{nested}/{by}", {"tags": ["x"]}, 200)
    admin("PUT", f"/consumers/bob/{nested}/{by}", body | {"tags": ["y"]} | ({} if key else {"group": "h"}), 200)
    assert admin("GET", f"/{name}?tags=y").json()["data"][0]["id"] == made["id"]
    admin("DELETE", "/consumers/bob", status=204)
    assert admin("GET", f"/{name}", status=200).json()["data"] == []


def test_a_consumers_groups_by_name(admin):
    """K:kong/plugins/acl/api.lua; spec/03-plugins/18-acl/01-api_spec.lua."""
    for name in ("bob", "eve"):
        admin("POST", "/consumers", {"username": name}, 201)
    made = admin("PUT", "/consumers/bob/acls/admin", {}, 200).json()
    assert made["group"] == "admin" and uuid.UUID(made["id"])
    assert admin("GET", "/consumers/bob/acls/admin", status=200).json() == made
    assert admin("GET", f"/consumers/bob/acls/{made['id']}", status=200).json() == made
    assert admin("PATCH", "/consumers/bob/acls/admin", {"tags": ["x"]}, 200).json()["tags"] == ["x"]
    assert admin("PUT", "/consumers/bob/acls/admin", {"group": "ops"}, 200).json()["id"] == made["id"]
    assert admin("PUT", "/consumers/eve/acls/ops", {}, 200).json()["id"] != made["id"]
    for method in ("GET", "PATCH", "DELETE"):
        assert admin(method, "/consumers/bob/acls/admin", {}, 404).json() == {"message": "Not found"}
    admin("DELETE", "/consumers/bob/acls/ops", status=204)
    assert admin.names("/consumers/bob/acls", "group") == [] and admin.names("/consumers/eve/acls", "group") == ["ops"]
    assert admin("GET", "/acls/ops").status_code == 400  # groups are several consumers': by id alone


def test_made_up_credentials(admin):
    admin("POST", "/consumers", {"username": "bob"}, 201)
    assert len(admin("POST", "/consumers/bob/key-auth", {}, 201).json()["key"]) == 32
    token = admin("POST", "/consumers/bob/jwt", {}, 201).json()
    assert len(token["key"]) == len(token["secret"]) == 32 and token["algorithm"] == "HS256"


def test_passwords_are_hashed_once(admin, gateway):
    admin("PUT", "/services/s", {"host": "127.0.0.1", "port": Service().port}, 200)
    admin("PUT", "/routes/r", {"paths": ["/p"], "service": {"name": "s"}}, 200)
    admin("POST", "/routes/r/plugins", {"name": "basic-auth"}, 201)
    consumer = admin("POST", "/consumers", {"username": "bob"}, 201).json()
    made = admin("POST", "/consumers/bob/basic-auth", {"username": "u", "password": "first"}, 201).json()
    assert made["password"] == hashlib.sha1(("first" + consumer["id"]).encode()).hexdigest()
    ask = lambda password: requests.get(gateway.url + "/p", auth=("u", password), timeout=10).status_code
    assert (ask("first"), ask("other")) == (200, 401)
    assert admin("PATCH", "/consumers/bob/basic-auth/u", {"tags": ["t"]}, 200).json()["password"] == made["password"]
    assert ask("first") == 200
    admin("PATCH", "/consumers/bob/basic-auth/u", {"password": "second"}, 200)
    assert (ask("first"), ask("second")) == (401, 200)


def test_certificates_and_their_names(admin, tmp_path):
    cert, key = make_certificate(tmp_path, "a.test")
    made = admin("POST", "/certificates", {"cert": cert, "key": key, "snis": ["b.test", "a.test"]}, 201).json()
    assert made["snis"] == ["a.test", "b.test"]
    assert admin("GET", "/certificates/a.test", status=200).json()["id"] == made["id"]
    assert admin("GET", f"/certificates/{made['id']}/snis").json()["data"][0]["certificate"] == {"id": made["id"]}
    assert admin("POST", "/certificates", {"cert": cert, "key": key, "snis": ["a.test", "a.test"]}, 400).json()["message"] == (
        "schema violation (snis: a.test is duplicated)")
    taken = admin("POST", "/certificates", {"cert": cert, "key": key, "snis": ["a.test"]}, 400).json()
    assert taken["fields"] == {"snis": f"a.test already associated with existing certificate '{made['id']}'"}
    assert len(admin("GET", "/certificates").json()["data"]) == 1
    assert admin("PATCH", "/certificates/a.test", {"snis": ["a.test", "c.test"]}, 200).json()["snis"] == ["a.test", "c.test"]
    assert admin.names("/snis") == ["a.test", "c.test"]
    assert admin("PUT", "/certificates/d.test", {"cert": cert, "key": key}, 200).json()["snis"] == ["d.test"]
    admin("POST", f"/certificates/{made['id']}/snis", {"name": "e.test"}, 201)
    admin("GET", "/snis/e.test/certificate", status=404)  # as Kong
    assert admin("POST", "/certificates", {"cert": cert, "key": make_certificate(tmp_path, "x")[1]}, 400).json()["code"] == 2
    admin("DELETE", f"/certificates/{made['id']}", status=204)
    assert admin.names("/snis") == ["d.test"]


def test_what_a_service_trusts_stays(admin, tmp_path):
    cert, _ = make_certificate(tmp_path, "ca", ca=True)
    ca = admin("POST", "/ca_certificates", {"cert": cert}, 201).json()
    assert len(ca["cert_digest"]) == 64
    admin("PUT", "/services/s", {"url": "https://s.test", "ca_certificates": [ca["id"]]}, 200)
    admin("DELETE", f"/ca_certificates/{ca['id']}", status=400)
    admin("GET", f"/ca_certificates/{ca['id']}", status=200)
    admin("POST", "/services", {"url": "https://s.test", "ca_certificates": [UUID]}, 400)


def test_targets(admin):
    admin("POST", "/upstreams", {"name": "u"}, 201)
    first = admin("POST", "/upstreams/u/targets", {"target": "a.test"}, 201).json()
    assert (first["target"], first["weight"]) == ("a.test:8000", 100) and isinstance(first["created_at"], float)
    admin("POST", "/upstreams/u/targets", {"target": "a.test:8000"}, 409)
    second = admin("POST", "/upstreams/u/targets", {"target": "127.0.0.1:81", "weight": 5}, 201).json()
    assert [t["target"] for t in admin("GET", "/upstreams/u/targets").json()["data"]] == ["127.0.0.1:81", "a.test:8000"]
    assert admin("GET", "/upstreams/u/targets/all").json()["data"][0]["id"] == second["id"]
    assert admin("PATCH", "/upstreams/u/targets/a.test:8000", {"weight": 7}, 200).json()["weight"] == 7
    assert admin("PUT", f"/upstreams/u/targets/{second['id']}", {"weight": 8}, 200).json()["weight"] == 8
    health = admin("GET", "/upstreams/u/health", status=200).json()
    assert {t["target"] for t in health["data"]} == {"a.test:8000", "127.0.0.1:81"} and all("health" in t for t in health["data"])
    told = next(t["data"] for t in health["data"] if t["id"] == second["id"])  # kong/runloop/balancer/balancers.lua, getTargetStatus
    assert (told["host"], told["port"], told["nodeWeight"]) == ("127.0.0.1", 81, 8)
    assert told["weight"] == {"total": 8, "available": 8, "unavailable": 0}
    assert told["addresses"] == [{"ip": "127.0.0.1", "port": 81, "weight": 8, "health": "HEALTHCHECKS_OFF"}]
    admin("DELETE", "/upstreams/u/targets/127.0.0.1:81", status=204)
    admin("DELETE", "/upstreams/u", status=204)


def test_a_target_is_set_unhealthy_by_hand(admin, gateway):
    service = Service()
    admin("POST", "/upstreams", {"name": "u.test", "healthchecks": {"passive": {"unhealthy": {"http_failures": 3}}}}, 201)
    target = f"127.0.0.1:{service.port}"
    admin("POST", "/upstreams/u.test/targets", {"target": target}, 201)
    admin("PUT", "/services/s", {"host": "u.test"}, 200)
    admin("PUT", "/routes/r", {"paths": ["/h"], "service": {"name": "s"}}, 200)
    ask = lambda: requests.get(gateway.url + "/h", timeout=10).status_code
    assert ask() == 200
    assert admin("GET", "/upstreams/u.test/health").json()["data"][0]["health"] == "HEALTHY"
    admin("PUT", f"/upstreams/u.test/targets/{target}/unhealthy", status=204)
    assert ask() == 503 and admin("GET", "/upstreams/u.test/health").json()["data"][0]["health"] == "UNHEALTHY"
    admin("PUT", f"/upstreams/u.test/targets/{target}/healthy", status=204)
    assert ask() == 200
    admin("PUT", "/upstreams/u.test/targets/9.9.9.9:1/healthy", status=404)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_target_is_set_unhealthy_before_its_first_request(admin, gateway, host):
    """spec/02-integration/04-admin_api/08-targets_routes_spec.lua at 3.4.2: nothing has been proxied there."""
    target = f"{host}:{Service().port}"
    admin("POST", "/upstreams", {"name": "u.test", "healthchecks": {"passive": {"unhealthy": {"http_failures": 1}}}}, 201)
    made = admin("POST", "/upstreams/u.test/targets", {"target": target}, 201).json()
    health = lambda: admin("GET", "/upstreams/u.test/health", status=200).json()["data"][0]["health"]
    for key in (target, made["id"]):
        for word in ("unhealthy", "healthy"):
            admin("PUT", f"/upstreams/u.test/targets/{key}/{word}", status=204)
            assert health() == word.upper()
    admin("PUT", f"/upstreams/u.test/targets/{target}/unhealthy", status=204)
    admin("PUT", "/services/s", {"host": "u.test"}, 200)
    admin("PUT", "/routes/r", {"paths": ["/h"], "service": {"name": "s"}}, 200)
    ask = lambda: requests.get(gateway.url + "/h", timeout=10).status_code
    assert ask() == 503 and health() == "UNHEALTHY"
    address = target.replace("localhost", "127.0.0.1")
    admin("PUT", f"/upstreams/u.test/targets/{target}/{address}/healthy", status=204)
    assert ask() == 200 and health() == "HEALTHY"


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "ES256"])
def test_a_jwt_credential_without_its_key_is_told_which_field_it_lacks(admin, algorithm):
    """kong/plugins/jwt/daos.lua."""
    admin("POST", "/consumers", {"username": "bob"}, 201)
    body = admin("POST", "/consumers/bob/jwt", {"algorithm": algorithm}, 400).json()
    assert body["fields"] == {"rsa_public_key": "required field missing"} and body["name"] == "schema violation"
    body = admin("POST", "/consumers/bob/jwt", {"algorithm": algorithm, "rsa_public_key": "x"}, 400).json()
    assert "required" not in json.dumps(body)


@pytest.mark.parametrize("weights, threshold, unhealthy, status", [
    ([50, 50], 50, [0], 503), ([50, 50], 49, [0], 200), ([50, 50], 60, [0], 503), ([25, 25, 25, 25], 50, [0], 200),
    ([25, 25, 25, 25], 75, [0], 503), ([50, 50], 0, [0], 200), ([50, 50], 0, [0, 1], 503), ([50, 50, 0], 0, [0, 1], 503),
    ([0], 0, [], 503), ([100, 100], 100, [], 200), ([100, 0], 100, [1], 200)])
def test_the_health_of_an_upstream_is_what_its_requests_get(admin, gateway, weights, threshold, unhealthy, status):
    """updateStatus of kong/runloop/balancer/balancers.lua; but for the threshold of 100, which is never reached there."""
    targets = [f"127.0.0.1:{Service().port}" for _ in weights]
    checks = {"threshold": threshold, "passive": {"unhealthy": {"http_failures": 1}}}
    admin("POST", "/upstreams", {"name": "u.test", "healthchecks": checks}, 201)
    for target, weight in zip(targets, weights):
        admin("POST", "/upstreams/u.test/targets", {"target": target, "weight": weight}, 201)
    for i in unhealthy:
        admin("PUT", f"/upstreams/u.test/targets/{targets[i]}/unhealthy", status=204)
    admin("PUT", "/services/s", {"host": "u.test"}, 200)
    admin("PUT", "/routes/r", {"paths": ["/h"], "service": {"name": "s"}}, 200)
    assert requests.get(gateway.url + "/h", timeout=10).status_code == status
    answer = admin("GET", "/upstreams/u.test/health?balancer_health=1", status=200).json()["data"]
    assert answer["health"] == ("HEALTHY" if status == 200 else "UNHEALTHY")


def test_vaults_and_keys(admin, gateway):
    admin("PUT", "/vaults/my-env", {"name": "env", "config": {"prefix": "HOM"}}, 200)
    admin("POST", "/consumers", {"username": "bob"}, 201)
    made = admin("POST", "/consumers/bob/key-auth", {"key": "{vault://my-env/e}"}, 201).json()
    assert made["key"] == "{vault://my-env/e}"  # as it was written, not what is in it
    admin("PUT", "/services/s", {"host": "127.0.0.1", "port": Service().port}, 200)
    admin("PUT", "/routes/r", {"paths": ["/v"], "service": {"name": "s"}}, 200)
    admin("POST", "/routes/r/plugins", {"name": "key-auth"}, 201)
    assert requests.get(gateway.url + "/v", headers={"apikey": os.environ["HOME"]}, timeout=10).status_code == 200
    admin("POST", "/key-sets", {"name": "set"}, 201)
    key = admin("POST", "/keys", {"name": "k", "kid": "1", "jwk": json.dumps({"kid": "1", "kty": "oct", "k": "YQ"}),
                                  "set": {"name": "set"}}, 201).json()
    assert admin("GET", "/key-sets/set/keys").json()["data"][0]["id"] == key["id"]
    admin("DELETE", "/key-sets/set", status=204)
    admin("GET", "/keys/k", status=404)


@pytest.mark.parametrize("plugin, field", [("http-log", "http_endpoint"), ("opentelemetry", "endpoint")])
def test_a_url_from_outside_is_checked_before_anything_is_kept(tmp_path, monkeypatch, plugin, field):
    monkeypatch.setenv("GATEWAY_TEST_NO_URL", "s3cret.example:4318")
    gateway, service = Gateway(tmp_path, EMPTY), Service()
    try:
        admin = Admin(gateway)
        admin("PUT", "/services/s", {"host": "127.0.0.1", "port": service.port}, 200)
        admin("PUT", "/routes/r", {"paths": ["/v"], "service": {"name": "s"}}, 200)
        for variable in ("gateway-test-no-url", "gateway-test-unset"):
            body = {"name": plugin, "config": {field: f"{{vault://env/{variable}}}"}}
            refused = admin("POST", "/plugins", body, 400)
            assert body["config"][field] in refused.json()["fields"]["config"][field]
            gateway.file.write_text(EMPTY + f"plugins: [{json.dumps(body)}]")
            eventually(lambda name=body["config"][field]: "kong.yml:2:" in gateway.log() and name in gateway.log())
        assert "s3cret" not in gateway.log() + refused.text
        gateway.file.write_text(EMPTY)
        gateway.kill()
        gateway.start()
        assert requests.get(gateway.url + "/v", timeout=10).status_code == 200
    finally:
        gateway.stop()


def test_an_id_is_a_string_and_tags_are_a_set(admin):
    for method, path in (("POST", "/services"), ("PUT", "/services/s"), ("POST", "/schemas/services/validate")):
        refused = admin(method, path, {"id": 5, "name": "s", "host": "a"}, 400).json()
        assert refused["fields"] == {"id": "expected a string"}
    made = admin("POST", "/services", {"name": "s", "host": "a", "tags": ["t", "u", "t"]}, 201).json()
    assert made["tags"] == ["t", "u"]
    assert [one["entity_id"] for one in admin("GET", "/tags/t").json()["data"]] == [made["id"]]
    admin("PATCH", "/services/s", {"id": 5}, 400)


def test_pages_and_tags(admin):
    for i in range(25):
        admin("POST", "/consumers", {"username": f"c{i:02}", "tags": ["all", f"mod{i % 2}"] + (["last"] if i == 24 else [])}, 201)
    seen, path = [], "/consumers?size=10&tags=all"
    while path:
        page = admin("GET", path, status=200).json()
        assert len(page["data"]) <= 10 and ("offset" in page) == (page["next"] is not None)
        seen += [c["username"] for c in page["data"]]
        path = page["next"]
    assert sorted(seen) == [f"c{i:02}" for i in range(25)] and len(seen) == 25
    assert len(admin("GET", "/consumers?tags=all,mod1").json()["data"]) == 12
    assert len(admin("GET", "/consumers?tags=mod1/last").json()["data"]) == 13
    assert admin("GET", "/consumers?custom_id=none").json()["data"] == []
    assert len(admin("GET", "/tags?size=1000").json()["data"]) == 51
    (entry,) = admin("GET", "/tags/last").json()["data"]
    assert entry["entity_name"] == "consumers" and entry["tag"] == "last"


class Greeting(QuietHandler):
    def do_GET(self):
        self.send_response(200)
        for name, value in (("Content-Type", "text/plain"), ("X-Two", "a"), ("X-Two", "b"), ("Content-Length", "5")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"hello")


def test_cached_answers_are_shown_and_forgotten(admin):
    """kong/plugins/proxy-cache/api.lua, and spec/03-plugins/31-proxy-cache/03-api_spec.lua."""
    service = Service(Greeting)
    admin("POST", "/services", {"name": "s", "url": f"http://127.0.0.1:{service.port}"}, 201)
    route = admin("POST", "/services/s/routes", {"paths": ["/"]}, 201).json()["id"]
    plugin = admin("POST", "/services/s/plugins", {"name": "proxy-cache", "config": {"strategy": "memory"}}, 201).json()["id"]
    other = admin("POST", "/plugins", {"name": "correlation-id"}, 201).json()["id"]

    def get(path="/"):
        answer = requests.get(admin.gateway.url + path, timeout=30)
        return answer.headers.get("X-Cache-Status"), answer.headers.get("X-Cache-Key")

    _, key = eventually(lambda: (got := get())[0] and got)
    assert get() == ("Hit", key)
    before = time.time()
    for path in (f"/proxy-cache/{key}", f"/proxy-cache/{plugin}/caches/{key}"):
        shown = admin("GET", path, status=200)
        assert shown.headers["Content-Type"] == "application/json; charset=utf-8"
        body = shown.json()
        headers = body.pop("headers")
        assert before - 60 < body.pop("timestamp") <= before
        assert body == {"status": 200, "body": "hello", "body_len": 5, "ttl": 300, "version": 1, "req_body": ""}
        assert (headers["X-Two"], headers["X-Cache-Key"], headers["Content-Type"]) == (["a", "b"], key, "text/plain")
    for path in (f"/proxy-cache/{plugin}/caches/123", f"/proxy-cache/{route}/caches/{key}", f"/proxy-cache/{other}/caches/{key}",
                 "/proxy-cache/123"):
        assert admin("GET", path, status=404).content == admin("DELETE", path, status=404).content == b""
    for path in (f"/proxy-cache/{plugin}/caches/{key}", f"/proxy-cache/{key}"):
        assert get()[0] == "Hit"
        assert admin("DELETE", path, status=204).content == b""
        admin("GET", path, status=404)
        assert get()[0] == "Miss"
    get("/second")
    assert (get()[0], get("/second")[0]) == ("Hit", "Hit")
    admin("DELETE", "/proxy-cache", status=204)
    assert (get()[0], get("/second")[0]) == ("Miss", "Miss")
    admin("GET", "/proxy-cache", status=405)
    admin("DELETE", f"/plugins/{plugin}", status=204)
    admin("GET", f"/proxy-cache/{key}", status=404)
    service.shutdown()


class Packed(QuietHandler):
    body = gzip.compress(b"hello")

    def do_GET(self):
        self.send_response(200)
        for name, value in (("Content-Type", "text/plain"), ("Content-Encoding", "gzip"), ("X-Latin", "M\xfcnchen"),
                            ("Content-Length", len(self.body))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)


def test_cached_answers_of_any_bytes_are_shown_as_json(admin):
    """RFC 8259, section 8.1: UTF-8."""
    service = Service(Packed)
    admin("POST", "/services", {"name": "s", "url": f"http://127.0.0.1:{service.port}"}, 201)
    admin("POST", "/services/s/routes", {"paths": ["/"]}, 201)
    admin("POST", "/services/s/plugins", {"name": "proxy-cache", "config": {"strategy": "memory"}}, 201)
    key = eventually(lambda: requests.get(admin.gateway.url, timeout=30).headers.get("X-Cache-Key"))
    shown = json.loads(admin("GET", f"/proxy-cache/{key}", status=200).content.decode("utf-8", "strict"))
    assert (shown["body_encoding"], base64.b64decode(shown["body"]), shown["body_len"]) == ("base64", Packed.body, len(Packed.body))
    assert shown["headers"]["X-Latin"] == "M\N{REPLACEMENT CHARACTER}nchen"
    service.shutdown()


def test_schemas(admin):
    fields = {name: f for one in admin("GET", "/schemas/services").json()["fields"] for name, f in one.items()}
    assert fields["retries"] == {"type": "integer", "default": 5, "between": [0, 32767]} and fields["host"]["type"] == "string"
    plugin = {name: f for one in admin("GET", "/schemas/plugins/rate-limiting").json()["fields"] for name, f in one.items()}
    config = {name: f for one in plugin["config"]["fields"] for name, f in one.items()}
    assert config["policy"]["default"] == "local" and plugin["protocols"]["default"] == ["grpc", "grpcs", "http", "https"]
    assert admin("POST", "/schemas/services/validate", {"host": "example.com"}, 200).json() == {"message": "schema validation successful"}
    admin("POST", "/schemas/plugins/validate", {"name": "key-auth", "config": {"key_names": ["foo"], "hide_credentials": True}}, 200)
    assert admin("POST", "/schemas/plugins/validate", {"name": "key-auth", "config": {"keys": "foo"}}, 400).json()["name"] == "schema violation"
    assert "key-auth" in admin("GET", "/plugins/enabled").json()["enabled_plugins"]
    assert "/services/{}/routes" in admin("GET", "/endpoints").json()["data"]
    assert admin("GET", "/").json()["configuration"]["database"] != "off"
