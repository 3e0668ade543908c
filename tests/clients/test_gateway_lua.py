"""Lua in plugins' configuration, over sockets: what Kong 3.4.2 answers and logs (kong/plugins/request-transformer,
kong/plugins/*-log, kong/pdk/log.lua), and that no script takes the gateway with it."""
import concurrent.futures
import json
import subprocess

import requests
import yaml

from gateway import MES, Gateway
from plugin_gateway import Collector, Datagrams, serve, serve_lines
from tests.support.process_memory import has_sanitizer, rss_kib
from tests.support.wait import eventually

ENDLESS = "$((function() while true do end end)())"


def get(gateway, headers=None):
    return requests.get(gateway.url + "/a", headers=headers, timeout=20)


def transformer(**config):
    return {"name": "request-transformer", "config": config}


def test_log_plugins_have_their_fields_and_those_of_the_plugins_before(with_plugins, tmp_path):
    """Kong keeps what scripts set with the request, and runs http-log, file-log, udp-log, tcp-log and loggly in this order."""
    web, lines, udp, loggly, file = serve(Collector), serve_lines(), Datagrams(), Datagrams(), tmp_path / "requests.log"

    def fields(name):
        return {"custom_fields_by_lua": {f"by.{name}": "return kong.request.get_header('x-test') .. kong.response.get_status()"}}

    gateway = with_plugins([
        {"name": "http-log", "config": {"http_endpoint": f"http://127.0.0.1:{web.server_port}/log", "custom_fields_by_lua": {
            "new_field": "return 123", "route": "return nil", "request.headers.x-secret": "return nil",
            "who": "local c = kong.client.get_consumer() return c and c.username or 'nobody'"}}},
        {"name": "file-log", "config": {"path": str(file), **fields("file")}},
        {"name": "udp-log", "config": {"host": "127.0.0.1", "port": udp.port, **fields("udp")}},
        {"name": "tcp-log", "config": {"host": "127.0.0.1", "port": lines.server_address[1], **fields("tcp")}},
        {"name": "loggly", "config": {"host": "127.0.0.1", "port": loggly.port, "key": "k", **fields("loggly")}},
        {"name": "syslog", "config": fields("syslog")},
    ])
    assert get(gateway, headers={"X-Test": "t", "X-Secret": "s"}).status_code == 200
    first = json.loads(eventually(lambda: web.received)[0][2])
    assert first["new_field"] == 123 and first["who"] == "nobody" and "route" not in first and "by" not in first
    assert "x-secret" not in first["request"]["headers"] and first["request"]["headers"]["x-test"] == "t"
    seen = [json.loads(eventually(file.read_text)), json.loads(eventually(lambda: udp.received)[0]),
            json.loads(eventually(lambda: lines.received)[0]), json.loads(eventually(lambda: loggly.received)[0].split("] ", 1)[1])]
    for record, names in zip(seen, (["file"], ["file", "udp"], ["file", "udp", "tcp"], ["file", "udp", "tcp", "loggly"])):
        assert record["by"] == dict.fromkeys(names, "t200") and record["new_field"] == 123 and "route" not in record


def test_a_field_that_fails_sends_no_record_and_takes_no_other_with_it(with_plugins, tmp_path):
    web, file = serve(Collector), tmp_path / "requests.log"
    gateway = with_plugins([
        {"name": "http-log", "config": {"http_endpoint": f"http://127.0.0.1:{web.server_port}/log",
                                        "custom_fields_by_lua": {"a": "return nothing.b"}}},
        {"name": "file-log", "config": {"path": str(file), "custom_fields_by_lua": {"b": "return 1"}}}])
    for _ in range(5):
        assert get(gateway).status_code == 200
    assert len(eventually(lambda: file.exists() and len(found := file.read_text().splitlines()) == 5 and found)) == 5
    assert not web.received
    told = [json.loads(line) for line in gateway.log().splitlines() if "custom_fields_by_lua" in line]
    assert "[http-log] custom_fields_by_lua, a: " in told[0]["message"] and "global 'nothing'" in told[0]["message"]
    assert told[0]["level"] == "error" and told[0]["request_id"]


def test_a_template_that_does_not_end_is_answered_like_one_that_fails(with_plugins):
    gateway = with_plugins([transformer(add={"headers": [f"x:{ENDLESS}"]})])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: get(gateway), range(50)))
    assert {(a.status_code, a.text) for a in answers} == {(500, '{"message":"An unexpected error occurred"}')}
    told = [line for line in gateway.log().splitlines() if "failed to render the template" in line]
    assert 0 < len(told) < 10 and "more than 500000 steps" in told[0]


def test_templates_are_rendered_by_every_loop_at_once_and_through_reloads(with_plugins):
    gateway = with_plugins([transformer(add={"headers": ["x-up:$((headers.x_n or 'none'):upper():gsub('%D', ''))"]})])

    def ask(n):
        return get(gateway, headers={"X-N": f"n{n}"}).json()["headers"]["x-up"] == str(n)

    configuration = yaml.safe_load(gateway.file.read_text())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, n) for n in range(400)]
        for n in range(20):
            configuration["services"][0]["tags"] = [f"reload-{n}"]
            assert requests.post(f"{gateway.admin}/config", json={"config": json.dumps(configuration)}, timeout=30).status_code == 201
        assert all(one.result() for one in asked)


def test_states_go_with_their_configuration(tmp_path):
    """Each generation has states of its own: 300 of them, each of which has rendered, leave no more than ten."""
    web = serve(Collector)
    service = {"name": "s", "url": f"http://127.0.0.1:{web.server_port}", "routes": [{"paths": ["/"]}],
               "plugins": [transformer(add={"headers": [f"x-{n}:$(headers.host .. {n})" for n in range(50)]})]}

    def configured(n):
        return json.dumps({"_format_version": "3.0", "services": [{**service, "tags": [f"t{n}"]}]})

    gateway = Gateway(tmp_path, configured(0))
    try:
        def reload(numbers):
            for n in numbers:
                assert requests.post(f"{gateway.admin}/config", json={"config": configured(n)}, timeout=30).status_code == 201
                assert requests.post(gateway.url + "/", timeout=10).status_code == 200
            return rss_kib(gateway.process.pid)

        before = reload(range(50))
        after = reload(range(50, 350))
        assert has_sanitizer(gateway.process.pid) or after - before < 8000
    finally:
        gateway.stop()


def test_a_check_tells_where_lua_is_wrong(tmp_path):
    """What Kong's schemas refuse is an error. Templates of headers they do not look at: it is loaded, and fails later."""
    def check(*plugins):
        file = tmp_path / "kong.yml"
        file.write_text("_format_version: '3.0'\nplugins:\n" + "".join(plugins))
        done = subprocess.run([str(MES), "check", str(file)], text=True, capture_output=True, timeout=60)
        return done.returncode, done.stdout.replace(str(file), "kong.yml").splitlines()

    code, lines = check("- name: request-transformer\n  config:\n    add:\n      querystring:\n      - a:$(uri_captures user2)\n",
                        "- name: file-log\n  config:\n    path: /tmp/log\n    custom_fields_by_lua:\n      a: |\n"
                        "        local x\n        return x +\n")
    assert code == 1
    for place, message in (("kong.yml:7:9: error: ", "[string \"TMP\"]:4: ')' expected near 'user2'"),
                           ("kong.yml:12:10: error: ", ":3: unexpected symbol near '<eof>'")):
        assert any(line.startswith(place) and message in line for line in lines), (place, lines)
    code, lines = check("- name: request-transformer\n  config:\n    add:\n      headers:\n      - a:$(shared.written = true)\n")
    assert code == 0
    assert any(line.startswith("kong.yml:7:9: warning: ") and "')' expected near '='" in line for line in lines), lines


def test_a_name_that_nobody_has_is_an_empty_text(with_plugins):
    """As Kong 3.4.2 answers $(uuid), which people write where its correlation-id is meant."""
    gateway = with_plugins([transformer(add={"headers": ["X-Service-Name:unified-gateway", "X-Made:$(uuid)"]})])
    seen = get(gateway).json()["headers"]
    assert seen["x-service-name"] == "unified-gateway" and seen["x-made"] == ""


def test_the_admin_api_takes_and_refuses_scripts(with_plugins):
    """spec/02-integration/04-admin_api/02-kong_routes_spec.lua:527, and the words of kong/tools/sandbox.lua."""
    gateway = with_plugins([])

    def validated(**scripts):
        return requests.post(f"{gateway.admin}/schemas/plugins/validate", timeout=10, json={
            "name": "file-log", "config": {"path": "tmp/test", "custom_fields_by_lua": scripts}})

    answer = validated(**{"new_field": "return 123", "request.headers.myheader": "return nil"})
    assert (answer.status_code, answer.json()["message"]) == (200, "schema validation successful")
    answer = validated(a="here come the warm jets")
    assert answer.status_code == 400
    assert "Error parsing function: [string \\\"here come" in json.dumps(answer.json()["fields"]["config"]["custom_fields_by_lua"])
    fields = requests.get(f"{gateway.admin}/schemas/plugins/http-log", timeout=10).json()["fields"]
    config = next(f["config"] for f in fields if "config" in f)
    assert next(f for f in config["fields"] if "custom_fields_by_lua" in f)["custom_fields_by_lua"]["type"] == "map"
