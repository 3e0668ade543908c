"""Rate limits that are counted in Redis, which comes and goes, answers slowly or something else."""
import concurrent.futures
import shutil
import signal
import socket
import socketserver
import subprocess
import threading

import pytest
import requests
import yaml

from apache_kafka import free_ports
from plugin_gateway import PluginGateway, serve_drops
from tests.support.wait import eventually


class Redis:
    def __init__(self, folder):
        self.folder, self.process = folder, None
        self.port, self.cluster_port = free_ports(2)

    def start(self, *more):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder),
             "--requirepass", "pw", *more], stdout=subprocess.DEVNULL)
        eventually(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() is None)
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def ask(self, *command):
        return subprocess.run(["redis-cli", "-p", str(self.port), "--no-auth-warning", "-a", "pw", *command], check=True,
                              capture_output=True, text=True, timeout=10).stdout.split()

    def counts(self):
        """What rate-limiting keeps there, by key."""
        return [int(self.ask("GET", key)[0]) for key in sorted(self.ask("KEYS", "ratelimit:*"))]


@pytest.fixture
def redis(tmp_path):
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    server = Redis(tmp_path).start()
    yield server
    server.stop()


def limit_by_redis(redis, **more):
    return {"name": "rate-limiting", "config": {
        "year": 50, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": redis.port, "redis_password": "pw",
        "limit_by": "header", "header_name": "X-Who", **more}}


def statuses(urls, who, count):
    """Of `count` requests at once, in turn to each of the gateways."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda i: requests.get(urls[i % len(urls)], headers={"X-Who": who}, timeout=20).status_code,
                             range(count)))


def test_limits_in_redis_are_exact_across_gateways_and_outlive_it(with_plugins, redis):
    gateways = [with_plugins([limit_by_redis(redis)]) for _ in range(2)]
    urls = [g.url for g in gateways]
    assert sorted(statuses(urls, "a", 90)) == [200] * 50 + [429] * 40
    assert gateways[0].metric("mes_gateway_redis_up") == 1

    redis.stop()
    away = statuses(urls[:1], "a", 60)  # counted in the one gateway alone
    assert sorted(away) == [200] * 50 + [429] * 10
    assert gateways[0].metric("mes_gateway_rate_limit_fallbacks_total") == 60
    assert gateways[0].metric("mes_gateway_redis_up") == 0
    assert "redis is not available" in gateways[0].log()

    redis.start()
    eventually(lambda: statuses(urls[:1], "b", 1) and gateways[0].metric("mes_gateway_redis_up") == 1)
    assert statuses(urls, "c", 70).count(200) == 50


def refused_with_left(url):
    """Of a refused request: what is left of the year."""
    answer = requests.get(url, headers={"X-Who": "a"}, timeout=20)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining-Month"]) == (429, "0")
    return int(answer.headers["X-RateLimit-Remaining-Year"])


def test_what_one_period_refuses_costs_no_other(with_plugins, redis):
    urls = [with_plugins([limit_by_redis(redis, month=20)]).url for _ in range(2)]
    assert sorted(statuses(urls, "a", 90)) == [200] * 20 + [429] * 70
    assert [refused_with_left(url) for url in urls] == [30, 30]
    assert redis.counts() == [20, 20]


def test_a_redis_in_cluster_mode_counts_all_periods(with_plugins, tmp_path):
    """Its keys are in slots of their own; one node has all slots."""
    redis = Redis(tmp_path)
    redis.start("--cluster-enabled", "yes", "--cluster-port", str(redis.cluster_port))
    try:
        redis.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        eventually(lambda: "cluster_state:ok" in redis.ask("CLUSTER", "INFO"), timeout_s=20)
        urls = [with_plugins([limit_by_redis(redis, month=20)]).url for _ in range(2)]
        assert sorted(statuses(urls, "a", 90)) == [200] * 20 + [429] * 70
        assert redis.counts() == [20, 20]
    finally:
        redis.stop()


def test_what_one_period_refuses_costs_no_other_when_synchronised(with_plugins, redis):
    first, second = (with_plugins([limit_by_redis(redis, month=20, sync_rate=0.05)]).url for _ in range(2))
    assert [statuses([first], "a", 1) for _ in range(21)] == [[200]] * 20 + [[429]]
    eventually(lambda: redis.counts() == [20, 20], timeout_s=20)
    assert [refused_with_left(second) for _ in range(5)] == [30] * 5
    assert redis.counts() == [20, 20]


def test_without_fault_tolerance_a_missing_redis_is_an_error(with_plugins, redis):
    gateway = with_plugins([limit_by_redis(redis, fault_tolerant=False)])
    assert statuses([gateway.url], "a", 1) == [200]
    redis.stop()
    assert statuses([gateway.url], "a", 1) == [500]


def test_counts_that_are_synchronised_reach_redis(with_plugins, redis):
    first, second = (with_plugins([limit_by_redis(redis, sync_rate=0.05)]) for _ in range(2))
    assert statuses([first.url], "a", 40) == [200] * 40
    eventually(lambda: statuses([second.url], "a", 1) == [429], timeout_s=20, every_s=0.02)


def test_what_is_not_yet_in_redis_outlives_a_reload(with_plugins, redis):
    gateway = with_plugins([limit_by_redis(redis, sync_rate=2)])

    assert statuses([gateway.url], "a", 40) == [200] * 40
    assert requests.post(f"{gateway.admin}/config", json={"config": "_format_version: '3.0'"}, timeout=20).status_code == 201
    assert sum(redis.counts()) < 40
    eventually(lambda: sum(redis.counts()) == 40, timeout_s=20)


def test_what_redis_refuses_to_one_key_concerns_no_other(with_plugins, redis):
    """Kong logs the one command's error (policies/init.lua)."""
    gateway = with_plugins([limit_by_redis(redis, year=3)])
    assert statuses([gateway.url], "a", 3) == statuses([gateway.url], "b", 3) == [200] * 3
    of_a = next(key for key in redis.ask("KEYS", "ratelimit:*") if ":a:" in key)
    redis.ask("DEL", of_a)
    redis.ask("LPUSH", of_a, "x")
    assert sorted(statuses([gateway.url], "a", 4)) == [200, 200, 200, 429]  # counted in the gateway alone
    assert statuses([gateway.url], "b", 4) == [429] * 4
    assert gateway.metric("mes_gateway_rate_limit_fallbacks_total") == 4
    assert gateway.metric("mes_gateway_redis_up") == 1
    assert gateway.metric("mes_gateway_redis_failures_total") == 0
    assert "WRONGTYPE" in gateway.log()


def test_without_fault_tolerance_what_redis_refuses_is_an_error(with_plugins, redis):
    gateway = with_plugins([limit_by_redis(redis, fault_tolerant=False)])
    assert statuses([gateway.url], "a", 1) == statuses([gateway.url], "b", 1) == [200]
    of_a = next(key for key in redis.ask("KEYS", "ratelimit:*") if ":a:" in key)
    redis.ask("DEL", of_a)
    redis.ask("LPUSH", of_a, "x")
    assert statuses([gateway.url], "a", 1) == [500]
    assert statuses([gateway.url], "b", 1) == [200]


def test_what_a_read_only_redis_did_not_take_comes_once_it_takes_it(with_plugins, redis):
    """Without another request, and once."""
    gateway = with_plugins([limit_by_redis(redis, sync_rate=0.05)])
    assert statuses([gateway.url], "a", 1) == [200]
    redis.ask("REPLICAOF", "127.0.0.1", "1")
    for _ in range(9):
        assert statuses([gateway.url], "a", 1) == [200]
    eventually(lambda: gateway.metric("mes_gateway_redis_up") == 0)
    assert redis.counts() == [1]
    redis.ask("REPLICAOF", "NO", "ONE")
    eventually(lambda: redis.counts() == [10], timeout_s=20)
    assert "READONLY" in gateway.log()


def test_a_redis_that_is_slow_counts_what_is_synchronised_once(with_plugins, redis):
    """It carries out later what it was sent, though nobody waits for the answer any more."""
    gateway = with_plugins([limit_by_redis(redis, sync_rate=0.05, redis_timeout=200)])
    assert statuses([gateway.url], "a", 1) == [200]
    redis.process.send_signal(signal.SIGSTOP)
    try:
        assert statuses([gateway.url], "a", 1) == [200]
        eventually(lambda: gateway.metric("mes_gateway_redis_up") == 0, timeout_s=20)
    finally:
        redis.process.send_signal(signal.SIGCONT)
    assert statuses([gateway.url], "a", 1) == [200]
    eventually(lambda: redis.counts() == [3], timeout_s=20)
    assert statuses([gateway.url], "b", 1) == [200]


def test_a_fraction_of_a_cost_is_refused_by_redis_alone(with_plugins, redis):
    """Kong: INCRBY takes whole numbers."""
    gateway = with_plugins([{"name": "response-ratelimiting", "config": {
        "limits": {"v": {"year": 9}}, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": redis.port,
        "redis_password": "pw"}}])
    left = [requests.get(gateway.url, headers={"X-Kong-Limit": f"v={cost}"}, timeout=20).headers["X-RateLimit-Remaining-v-year"]
            for cost in ("1.5", "1e0")]
    assert left == ["7.5", "8"]
    eventually(lambda: redis.ask("GET", redis.ask("KEYS", "response-ratelimit:*")[0]) == ["1"])
    assert gateway.metric("mes_gateway_redis_up") == 1


def test_a_redis_that_answers_in_drops_is_away(with_plugins):
    drops = serve_drops(b":")
    gateway = with_plugins([{"name": "rate-limiting", "config": {
        "year": 2, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": drops.server_port, "redis_timeout": 300}}])
    assert sorted(statuses([gateway.url], "a", 3)) == [200, 200, 429]  # counted in the gateway alone
    assert gateway.metric("mes_gateway_rate_limit_fallbacks_total") == 3
    assert gateway.metric("mes_gateway_redis_failures_total") > 0
    assert "redis is not available" in gateway.log()


class Zeros(socketserver.StreamRequestHandler):
    """Answers whatever comes with one number."""
    def handle(self):
        while self.connection.recv(65536):
            self.connection.sendall(b":0\r\n")


@pytest.mark.parametrize("more", [{}, {"sync_rate": 0.05}])
def test_a_redis_that_answers_something_else_is_away(with_plugins, more):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Zeros) as odd:
        odd.daemon_threads = True
        threading.Thread(target=odd.serve_forever, args=(0.05,), daemon=True).start()
        gateway = with_plugins([{"name": "rate-limiting", "config": {
            "month": 1, "year": 2, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": odd.server_address[1], **more}}])
        assert sorted(statuses([gateway.url], "a", 3)) == [200, 429, 429]
        assert "it answers something else" in gateway.log()
        gateway.stop()
        odd.shutdown()


def test_redis_has_its_own_time_however_short_that_of_a_head_is(tmp_path, echo):
    drops = serve_drops(b":")
    gateway = PluginGateway(tmp_path, yaml.safe_dump({"_format_version": "3.0", "services": [{
        "name": "echo", "url": f"http://127.0.0.1:{echo.server_port}", "routes": [{"name": "all", "paths": ["/"]}],
        "plugins": [{"name": "rate-limiting", "config": {
            "year": 2, "policy": "redis", "redis_host": "127.0.0.1", "redis_port": drops.server_port,
            "redis_timeout": 2500}}]}]}), header_timeout="500ms")
    try:
        assert statuses([gateway.url], "a", 1) == [200]
    finally:
        gateway.stop()


def test_one_redis_with_two_passwords_is_one_row_of_each_metric(with_plugins, redis):
    wrong = limit_by_redis(redis, redis_password="wrong")
    gateway = with_plugins([limit_by_redis(redis)], routes=[{"name": "other", "paths": ["/other"], "service": {"name": "echo"},
                                                      "plugins": [wrong]}])
    assert statuses([gateway.url], "a", 1) == statuses([f"{gateway.url}/other"], "a", 1) == [200]
    text = requests.get(f"{gateway.admin}/metrics", timeout=5).text
    assert [row for row in text.splitlines() if row.startswith("mes_gateway_redis_")] == [
        f'mes_gateway_redis_up{{redis="127.0.0.1:{redis.port}/0"}} 0',
        f'mes_gateway_redis_failures_total{{redis="127.0.0.1:{redis.port}/0"}} 1']
