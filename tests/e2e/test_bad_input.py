"""Bad input is refused whole, with a problem document (RFC 9457) that says what is wrong and in which field; and
schemathesis, which makes requests from every service's own /openapi.json, finds no answer of 500 or above."""
import json
import os
import subprocess
import sys
import uuid

import pytest
import requests

from tests.support.platform import SERVICES


def order(**changes):
    return {"number": f"BAD-{uuid.uuid4().hex[:10]}", "part": "Nut", "quantity": 5, **changes}


def send(platform, body, path="/workorders", method="POST", **headers):
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return platform.request(method, path, data=data, headers={"Content-Type": "application/json", **headers})


def problem(answer, status, *pointers):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status and document["title"] and document["detail"] and document["type"]
    assert document["request_id"] == answer.headers["X-Request-ID"]
    named = {error["pointer"] for error in document.get("errors", [])}
    assert set(pointers) <= named, document
    return document


@pytest.fixture
def made(platform):
    """An order that was just created: its body, ETag and address below /api/v1."""
    answer = send(platform, order())
    assert answer.status_code == 201, answer.text
    return {"id": answer.json()["id"], "etag": answer.headers["ETag"], "path": f"/workorders/{answer.json()['id']}"}


# -- fields


def test_unknown_field(platform):
    problem(send(platform, order(colour="red")), 400, "/colour")


@pytest.mark.parametrize("field, value", [("quantity", "five"), ("quantity", None), ("part", 7), ("number", ["a"]),
                                          ("historical", "yes"), ("priority", 2.5), ("operations", {}),
                                          ("due", "tomorrow"), ("due", "2026-02-30T00:00:00Z")])
def test_wrong_type(platform, field, value):
    problem(send(platform, order(**{field: value})), 400, f"/{field}")


@pytest.mark.parametrize("field, value", [("quantity", 0), ("quantity", -1), ("quantity", 1e300), ("priority", 10),
                                          ("part", ""), ("part", "x" * 5000), ("number", "with/slash"),
                                          ("number", "schedules")])
def test_out_of_range(platform, field, value):
    answer = send(platform, order(**{field: value}))
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code, f"/{field}")


def test_missing_fields_are_all_named(platform):
    problem(send(platform, {}), 400, "/number", "/part", "/quantity")


def test_nested_field_is_named_by_its_path(platform):
    answer = send(platform, order(operations=[{"name": "Mill", "sequence": 1}, {"name": 5, "sequence": 2}]))
    problem(answer, 400, "/operations/1/name")


def test_nothing_of_a_bad_request_has_happened(platform):
    body = order(colour="red")
    problem(send(platform, body), 400, "/colour")
    assert platform.get("/workorders", number=body["number"])["data"] == []


# -- bodies


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "7", '"text"', '{"number":}', '{"a":1}{"b":2}',
                                  '{"number":"a","number":"b","part":"x","quantity":1}', "NaN", "{'a': 1}"])
def test_no_json_object(platform, body):
    problem(send(platform, body), 400)


@pytest.mark.parametrize("body", [b'{"number":"\xff\xfe","part":"x","quantity":1}',
                                  b'{"number":"\xc0\xaf","part":"x","quantity":1}',
                                  b'{"number":"\xed\xa0\x80","part":"x","quantity":1}',
                                  b'{"number":"\\ud800","part":"x","quantity":1}'])
def test_no_utf8(platform, body):
    problem(send(platform, body), 400)


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 50_000, "[" * 1000 + "]" * 1000])
def test_deep_json(platform, body):
    problem(send(platform, body), 400)


def test_body_above_the_services_limit(platform):
    """1 MiB (mes SERVICE --help: --body-bytes-max)."""
    answer = send(platform, order(part="x" * (1 << 20)))
    assert answer.status_code == 413 and answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 413 and answer.json()["detail"]


def test_body_above_the_gateways_limit(platform):
    """16 MiB (mes gateway --help: --body-max); the gateway answers in Kong's words."""
    try:
        answer = send(platform, b" " * (17 << 20))
    except requests.exceptions.ConnectionError:
        return  # it has answered and closed while we still wrote
    assert answer.status_code == 413 and answer.json() == {"message": "Payload too large"}


def test_wrong_content_type(platform):
    problem(platform.request("POST", "/workorders", data="<a/>", headers={"Content-Type": "text/xml"}), 415)


# -- queries, paths, methods


def test_unknown_query_parameter(platform):
    problem(platform.request("GET", "/workorders", params={"colour": "red"}), 400, "?colour")


@pytest.mark.parametrize("name, value", [("limit", "many"), ("limit", "0"), ("limit", "100000"), ("cursor", "%%%")])
def test_bad_paging(platform, name, value):
    problem(platform.request("GET", "/workorders", params={name: value}), 400, f"?{name}")


def test_bad_choice_in_a_query(platform):
    problem(platform.request("GET", "/dashboard/production", params={"group_by": "colour"}), 400, "?group_by")


def test_unknown_address(platform):
    problem(platform.request("GET", "/workorders/nothing/here/at/all"), 404)
    problem(platform.request("GET", f"/workorders/{uuid.uuid4()}"), 404)


def test_wrong_method_names_the_right_ones(platform):
    answer = platform.request("DELETE", "/workorders")
    problem(answer, 405)
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) >= {"GET", "POST"}  # RFC 9110, 15.5.6


# -- states, versions, keys


def test_illegal_transition_tells_what_is_allowed(platform, made):
    for verb in ("complete", "start", "close", "resume"):
        document = problem(send(platform, {}, f"{made['path']}/actions/{verb}"), 409)
        assert verb in document["detail"] and "created" in document["detail"]
        assert "release" in document["detail"] and "cancel" in document["detail"], "what is allowed"


def test_number_is_unique(platform):
    body = order()
    assert send(platform, body).status_code == 201
    problem(send(platform, body), 409)


def test_idempotency_key(platform):
    """The same again gets the first answer; the same key for something else is refused."""
    key, body = f'"{uuid.uuid4()}"', order()
    first = send(platform, body, **{"Idempotency-Key": key})
    again = send(platform, body, **{"Idempotency-Key": key})
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    problem(send(platform, order(), **{"Idempotency-Key": key}), 422)
    problem(send(platform, order(), **{"Idempotency-Key": "x" * 256}), 400)


def test_stale_version(platform, made):
    changed = send(platform, {"priority": 1}, made["path"], "PATCH", **{"If-Match": made["etag"]})
    assert changed.status_code == 200 and changed.headers["ETag"] != made["etag"]
    problem(send(platform, {"priority": 2}, made["path"], "PATCH", **{"If-Match": made["etag"]}), 412)
    problem(send(platform, {"priority": 2}, made["path"], "PATCH"), 428)
    assert platform.get(made["path"])["priority"] == 1


# -- every operation of every service


@pytest.mark.parametrize("service", SERVICES)
def test_openapi_is_served(platform, service):
    document = requests.get(platform.url(SERVICES[service], "/openapi.json"), timeout=10).json()
    assert document["openapi"].startswith("3.1") and document["paths"]


@pytest.mark.parametrize("service", SERVICES)
def test_schemathesis_finds_no_server_error(platform, service, tmp_path):
    """The services directly, so that neither limits nor the gateway stand between. MES_EXAMPLES is how many requests
    an operation gets (20)."""
    # A user of its own: some operations log out, lock or change who asks.
    name, password = f"fuzz-{uuid.uuid4().hex[:8]}", f"A long {uuid.uuid4().hex} pass phrase"
    platform.post("/auth/users", {"username": name, "password": password, "roles": ["admin"]}, user="admin")
    token = platform.login(name, password)
    url = platform.url(SERVICES[service])
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"{url}/openapi.json", "--base-url", url,
         "--checks", "not_a_server_error", "--data-generation-method", "all", "--experimental", "openapi-3.1",
         "--hypothesis-max-examples", os.environ.get("MES_EXAMPLES", "20"), "--hypothesis-suppress-health-check", "all",
         "--hypothesis-database", "none", "--hypothesis-seed", "1", "--request-timeout", "20000",
         "-H", f"Authorization: Bearer {token}"],
        cwd=tmp_path, text=True, capture_output=True, timeout=900)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "not_a_server_error" in done.stdout
