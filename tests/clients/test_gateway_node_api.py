"""What the Admin API says of the process itself (kong/api/routes/kong.lua, health.lua, debug.lua and config.lua at 3.4.2), and the
settings that say what is seen of requests."""
import json
import re
import socket
import uuid

import pytest
import requests

from gateway import EMPTY, Admin, Gateway, Service
from tests.support.wait import eventually


def test_status_has_connections_memory_and_hash(gateway, admin):
    with socket.create_connection(("127.0.0.1", gateway.port)) as silent, socket.create_connection(("127.0.0.1", gateway.port)) as begun:
        begun.sendall(b"GET / HT")
        server = eventually(lambda: (s := admin("GET", "/status", status=200).json()["server"])["connections_reading"] == 1
                            and s["connections_waiting"] >= 1 and s)
        assert silent and server["connections_writing"] == 0
        assert server["connections_active"] == server["connections_waiting"] + server["connections_reading"]
    body = admin("GET", "/status").json()
    assert re.fullmatch(r"[0-9a-f]{32}", body["configuration_hash"])
    cache = body["memory"]["lua_shared_dicts"]["kong_db_cache"]
    assert cache["capacity"] == "64.00 MiB" and re.fullmatch(r"\d+\.\d\d MiB", cache["allocated_slabs"])
    worker, = body["memory"]["workers_lua_vms"]
    assert worker["pid"] == gateway.process.pid and re.fullmatch(r"\d+\.\d\d MiB", worker["http_allocated_gc"])


def test_the_hash_is_of_what_is_in_force(admin):
    def now():
        return admin("GET", "/status").json()["configuration_hash"]
    before = now()
    assert now() == before
    admin("POST", "/services", {"name": "hashed", "host": "h.test"}, 201)
    changed = now()
    assert changed != before
    admin("DELETE", "/services/hashed", status=204)
    assert now() != changed


@pytest.mark.parametrize("query, capacity", [
    ("unit=b", 64 << 20), ("unit=k", "65536.00 KiB"), ("unit=K&scale=0", "65536 KiB"), ("unit=g&scale=4", "0.0625 GiB"), ("scale=1", "64.0 MiB")])
def test_units_of_memory(admin, query, capacity):  # kong/tools/utils.lua, bytes_to_str
    memory = admin("GET", f"/status?{query}", status=200).json()["memory"]
    assert memory["lua_shared_dicts"]["kong_db_cache"]["capacity"] == capacity


@pytest.mark.parametrize("query, message", [
    ("unit=V", "invalid unit 'V' (expected 'k/K', 'm/M', or 'g/G')"), ("scale=-1", "scale must be equal or greater than 0")])
def test_units_that_there_are_not(admin, query, message):
    assert admin("GET", f"/status?{query}", status=400).json() == {"message": message}


def test_information_names_the_process(gateway, admin):
    body = admin("GET", "/").json()
    assert body["pids"] == {"master": gateway.process.pid, "workers": [gateway.process.pid]}
    assert body["lua_version"].startswith("LuaJIT 2.1") and body["configuration"]["log_level"] == "info"


def test_the_log_level_is_changed_for_a_while(gateway, admin):
    def level():
        return admin("GET", "/debug/node/log-level", status=200).json()["message"]

    def change(to, status=200):
        return admin("PUT", f"/debug/node/log-level/{to}", status=status).json()["message"]
    assert level() == "log level: info"
    assert change("info") == "log level is already info"
    assert change("loud", 400) == "unknown log level: loud"
    assert change("warn?timeout=-1", 400) == "timeout must be greater than or equal to 0"
    assert change("error") == "log level changed" and level() == "log level: error"
    assert admin("GET", "/").json()["configuration"]["log_level"] == "error"
    assert change("warn?timeout=1") == "log level changed"
    eventually(lambda: level() == "log level: info")


def test_the_log_level_stays_without_a_database(tmp_path):
    gateway = Gateway(tmp_path, EMPTY, admin_writes="false")
    try:
        answer = requests.put(f"{gateway.admin}/debug/node/log-level/debug", timeout=10)
        assert (answer.status_code, answer.json()) == (405, {"message": "cannot change log level when not using a database"})
    finally:
        gateway.stop()


def test_a_posted_configuration_is_answered_with_its_entities(own_gateway):
    admin, key = Admin(own_gateway), str(uuid.uuid4())
    posted = {"_format_version": "3.0", "services": [{"id": key, "name": "s", "host": "s.test", "routes": [{"name": "r", "paths": ["/"]}]}]}
    body = admin("POST", "/config", {"config": json.dumps(posted)}, 201).json()
    assert body["services"][key]["name"] == "s" and body["services"][key]["retries"] == 5
    (route_id, route), = body["routes"].items()
    assert route["id"] == route_id and route["service"] == {"id": key} and "plugins" not in body


def test_instrumentations_are_checked(tmp_path):
    with pytest.raises(AssertionError, match="tracing_instrumentations: 'rooter' is none of off, all, balancer"):
        Gateway(tmp_path, EMPTY, tracing_instrumentations="router,rooter")


def test_the_access_log_has_all_times(tmp_path):
    service = Service()
    gateway = Gateway(tmp_path, f'{EMPTY}services: [{{name: s, url: "http://127.0.0.1:{service.port}", routes: [{{paths: [/]}}]}}]\n',
                      access_log="true")
    try:
        assert requests.get(f"{gateway.url}/x", timeout=10).status_code == 200
        line = eventually(lambda: next((x for x in map(json.loads, gateway.log().splitlines()) if x["message"] == "request"), None))
        assert {"latency_ms", "upstream_ms", "upstream_connect_ms", "upstream_tls_ms", "kong_ms"} <= line.keys()
    finally:
        gateway.stop()
        service.shutdown()
