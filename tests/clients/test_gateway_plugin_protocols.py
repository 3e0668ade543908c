"""Whether the protocols of a plugin that is written fit those of what it is for: kong/db/dao/plugins.lua of Kong 3.4."""
import pytest

ROUTE = "must match the associated route's protocols"
SERVICE = "must match the protocols of at least one route pointing to this Plugin's service"


@pytest.fixture
def entities(admin):
    admin("PUT", "/services/s", {"host": "127.0.0.1"}, 200)
    admin("PUT", "/services/bare", {"host": "127.0.0.1"}, 200)
    admin("PUT", "/routes/web", {"paths": ["/"], "protocols": ["http", "https"], "service": {"name": "s"}}, 200)
    admin("PUT", "/routes/tls", {"paths": ["/"], "protocols": ["https"], "service": {"name": "s"}}, 200)
    return admin


@pytest.mark.parametrize("path,protocols,wrong", [
    ("/routes/web", ["grpc", "grpcs"], ROUTE),
    ("/routes/tls", ["http"], ROUTE),
    ("/routes/tls", ["http", "https"], None),
    ("/services/s", ["tcp", "grpc"], SERVICE),
    ("/services/s", ["http"], None),
    ("/services/bare", ["grpc"], None),  # nothing points there yet
])
def test_new_plugins(entities, path, protocols, wrong):
    answer = entities("POST", f"{path}/plugins", {"name": "prometheus", "protocols": protocols}, 400 if wrong else 201)
    if wrong:
        assert answer.json() == {"code": 2, "name": "schema violation", "message": f"schema violation (protocols: {wrong})",
                                 "fields": {"protocols": wrong}}


def test_plugins_that_are_changed(entities):
    plugin = entities("POST", "/routes/tls/plugins", {"name": "prometheus"}, 201).json()
    refused = entities("PATCH", f"/plugins/{plugin['id']}", {"protocols": ["http"]}, 400)
    assert refused.json()["fields"] == {"protocols": ROUTE}
    refused = entities("PUT", f"/plugins/{plugin['id']}", {"name": "prometheus", "route": {"name": "tls"}, "protocols": ["grpc"]}, 400)
    assert refused.json()["fields"] == {"protocols": ROUTE}
    entities("PATCH", f"/plugins/{plugin['id']}", {"protocols": ["https", "grpcs"]}, 200)


@pytest.mark.parametrize("plugin, config, wrong", [
    ("key-auth", {}, True),
    ("rate-limiting", {"minute": 1}, True),
    ("ip-restriction", {"deny": ["10.0.0.1"]}, False),
    ("tcp-log", {"host": "127.0.0.1", "port": 1}, False),
])
def test_protocols_that_a_plugin_is_not_for(admin, plugin, config, wrong):
    answer = admin("POST", "/plugins", {"name": plugin, "config": config, "protocols": ["tcp", "http"]}, 400 if wrong else 201)
    if wrong:
        assert answer.json()["fields"] == {"protocols": ["expected one of: grpc, grpcs, http, https"]}
