"""POST /config?flatten_errors=1: what is wrong, entity by entity. Cases and expected answers are those of Kong 3.4's
spec/02-integration/04-admin_api/15-off_spec.lua, "[flattened errors]"; where the words are ours the field alone is compared."""
import pytest
import requests

PROTOCOLS = "expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp"


def refused(gateway, document, flatten="1"):
    answer = requests.post(f"{gateway.admin}/config?flatten_errors={flatten}", json={"_format_version": "3.0", **document}, timeout=20)
    assert answer.status_code == 400
    return answer.json()


def flattened(gateway, document):
    body = refused(gateway, document)
    assert (body["code"], body["name"], body["fields"]) == (14, "invalid declarative configuration", {})
    assert body["message"] == "declarative config is invalid: {}"
    return {e["entity"]["tags"][0]: e for e in body["flattened_errors"]}


def fields(entry):
    return {e["field"]: e["message"] for e in entry["errors"] if e["type"] == "field"}


def test_fields_within_records(gateway):
    upstream = {"name": "bad", "tags": ["upstream-01"], "hash_on": "ip", "host_header": 123,
                "healthchecks": {"active": {"type": "http", "http_path": "/", "https_verify_certificate": True, "timeout": 1,
                                            "https_sni": "example.com", "concurrency": -1,
                                            "healthy": {"interval": 0, "successes": 0},
                                            "unhealthy": {"interval": 0, "http_failures": 0}}}}
    entry = flattened(gateway, {"upstreams": [upstream]})["upstream-01"]
    assert entry == {"entity_type": "upstream", "entity_name": "bad", "entity_tags": ["upstream-01"], "entity": upstream,
                     "errors": entry["errors"]}
    assert fields(entry) == {"healthchecks.active.concurrency": "value should be between 1 and 2147483648",
                             "host_header": "expected a string"}


def test_nested_entities_are_told_of_on_their_own(gateway):
    bad_plugin = {"name": "http-log", "config": {"a": {"b": {"c": "def"}}}, "tags": ["route_service_plugin-01"]}
    bad_route = {"hosts": ["invalid"], "paths": ["/"], "protocols": ["nope"], "tags": ["service_route-02"]}
    no_plugin = {"name": "i-do-not-exist", "config": {}, "tags": ["service_plugin-01"]}
    found = flattened(gateway, {"services": [{
        "name": "a-service", "url": "https://localhost:1234", "tags": ["service-01"],
        "routes": [{"hosts": ["test"], "paths": ["/"], "protocols": ["http"], "tags": ["service_route-01"], "plugins": [bad_plugin]},
                   bad_route],
        "plugins": [no_plugin]}]})
    assert {tag: (e["entity_type"], e["entity"]) for tag, e in found.items()} == {
        "route_service_plugin-01": ("plugin", bad_plugin), "service_route-02": ("route", bad_route),
        "service_plugin-01": ("plugin", no_plugin)}
    assert fields(found["route_service_plugin-01"]) == {"config.a": "unknown field", "config.http_endpoint": "required field missing"}
    assert found["route_service_plugin-01"]["entity_name"] == "http-log" and "entity_name" not in found["service_route-02"]
    assert list(fields(found["service_plugin-01"])) == ["name"]


def test_ids_and_what_refers_to_them_are_kept(gateway):
    service_id = "cb019421-62c2-47a8-b714-d7567b114037"
    service = {"id": service_id, "name": "test", "host": "localhost", "port": 1234, "protocol": "nope", "tags": ["service-01"]}
    found = flattened(gateway, {"services": [{**service, "routes": [{"super_duper_invalid": True, "tags": ["route-01"]}]}]})
    assert found["service-01"]["entity_id"] == service_id and found["service-01"]["entity"] == service
    assert fields(found["service-01"]) == {"protocol": PROTOCOLS}
    assert found["route-01"]["entity"] == {"super_duper_invalid": True, "tags": ["route-01"], "service": {"id": service_id}}
    assert fields(found["route-01"])["super_duper_invalid"] == "unknown field"


def test_what_names_an_entity_is_left_out_where_it_is_invalid(gateway):
    entity = {"id": 1234, "name": False, "tags": ["service-01", [1.5]], "url": "http://localhost:1234"}
    entry = flattened(gateway, {"services": [entity]})["service-01"]
    assert entry["entity"] == entity and not {"entity_id", "entity_name", "entity_tags"} & set(entry)


TOP_LEVEL = {
    "abnormal_extra_field": 123,
    "services": [
        {"name": "nope", "host": "localhost", "port": 1234, "protocol": "nope", "tags": ["service-01"], "routes": [
            {"name": "valid.route", "protocols": ["http", "https"], "methods": ["GET"], "hosts": ["test"], "tags": ["route-01"]},
            {"name": "nope.route", "protocols": ["tcp"], "tags": ["route-02"]}]},
        {"name": "mis-matched", "host": "localhost", "protocol": "tcp", "path": "/path", "tags": ["service-02"], "routes": [
            {"name": "invalid", "protocols": ["http", "https"], "hosts": ["test"], "methods": ["GET"], "tags": ["route-03"]}]},
        {"name": "okay", "url": "http://localhost:1234", "tags": ["service-03"], "routes": [
            {"name": "probably-valid", "protocols": ["http", "https"], "methods": ["GET"], "hosts": ["test"], "tags": ["route-04"],
             "plugins": [{"name": "http-log", "config": {"not_endpoint": "anything"}, "tags": ["plugin-01"]}]}]}]}


def test_what_is_of_no_entity_stays_among_the_fields(gateway):
    body = refused(gateway, TOP_LEVEL)
    assert body["fields"] == {"abnormal_extra_field": "unknown field"}
    assert body["message"] == 'declarative config is invalid: {abnormal_extra_field="unknown field"}'
    found = {e["entity"]["tags"][0]: e for e in body["flattened_errors"]}
    assert sorted(found) == ["plugin-01", "route-02", "service-01", "service-02"]
    assert found["route-02"]["errors"] == [{"type": "entity", "message":
                                            "must set one of 'sources', 'destinations', 'snis' when 'protocols' is 'tcp', 'tls' or 'udp'"}]
    assert fields(found["plugin-01"]) == {"config.not_endpoint": "unknown field", "config.http_endpoint": "required field missing"}
    assert list(fields(found["service-02"])) == ["path"]


@pytest.mark.parametrize("value,asked", [("1", True), ("true", True), ("ON", True), ("yes", True), ("0", False), ("off", False), ("", False)])
def test_who_asks_for_it(gateway, value, asked):
    assert ("flattened_errors" in refused(gateway, TOP_LEVEL, value)) == asked


def test_elements_count_from_one_and_what_was_in_force_stays(gateway):
    before = requests.get(f"{gateway.admin}/config", timeout=20).json()
    found = flattened(gateway, {"routes": [{"paths": ["/fine", "not a path"], "tags": ["route-01"]}]})
    assert list(fields(found["route-01"])) == ["paths.2"]
    assert requests.get(f"{gateway.admin}/config", timeout=20).json() == before


# 14 KB that stand for 150,000 routes with a mistake each.
def test_a_mistake_that_aliases_repeat_is_told_once(gateway):
    shared = "- {name: a0, host: h, routes: &r [" + "{bad: 1}," * 1000 + "]}\n"
    text = '_format_version: "3.0"\nservices:\n' + shared + "".join(f"- {{name: a{i}, host: h, routes: *r}}\n" for i in range(1, 150))
    for path in ("/config", "/config?flatten_errors=1"):
        answer = requests.post(gateway.admin + path, text, headers={"Content-Type": "text/yaml"}, timeout=60)
        assert answer.status_code == 400 and len(answer.content) < 1_000_000
    findings = requests.post(f"{gateway.admin}/config", text, headers={"Content-Type": "text/yaml"}, timeout=60).json()["findings"]
    assert len(findings) == len(set(findings)) == 1001 and "unknown field 'bad'" in findings[0]


def test_what_cannot_be_read_at_all_has_no_entities(gateway):
    answer = requests.post(f"{gateway.admin}/config?flatten_errors=1", "a: [", timeout=20)
    assert answer.status_code == 400 and answer.json()["flattened_errors"] == []
