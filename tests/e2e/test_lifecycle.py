"""Starting and stopping: what `mes up`, `status` and `down` promise (architecture.md and the README)."""
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.platform import ALL_PORTS, BINARY, GATEWAY, ROOT, SERVICES, Platform
from tests.support.wait import eventually


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def processes_of(platform):
    """Every process that names the platform's data, however it was started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
            if str(platform.data).encode() in told and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def pids(platform):
    return {role["name"]: role["pid"] for role in platform.status()["roles"]}


def nothing_runs(platform, of):
    assert [pid for pid in of.values() if is_alive(pid)] == []
    assert processes_of(platform) == []
    status = platform.status()
    assert (status["roles"], status["ready"]) == ([], False)
    for port in ALL_PORTS:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port + platform.offset)) != 0, f"port {port} still answers"
    return True


def test_status_tells_every_role(platform):
    status = platform.status()
    assert status["ready"] is True
    roles = {role["name"]: role for role in status["roles"]}
    assert set(SERVICES) | {"gateway", "bus", "telemetry", "console", "redis", "prometheus"} <= set(roles)
    for role in roles.values():
        assert {"name", "pid", "state", "ports", "start_ms", "restarts", "pss_kb"} <= set(role)
        assert role["state"] == "ready" and is_alive(role["pid"]) and role["start_ms"] >= 0 and role["pss_kb"] > 0
    for name, port in SERVICES.items():
        assert roles[name]["ports"] == [port + platform.offset]
    table = platform.command("status", "--data", platform.data).stdout
    assert all(name in table for name in roles)


def test_a_second_one_on_the_same_data_is_refused(platform):
    before = pids(platform)
    refused = platform.up(check=False)
    assert refused.returncode == 1
    assert str(platform.data) in refused.stderr and "mes down" in refused.stderr, "what to do"
    assert pids(platform) == before


def test_a_taken_port_is_told(tmp_path):
    platform = Platform()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", GATEWAY + platform.offset))
        taken.listen()
        try:
            refused = platform.up(check=False)
        finally:
            platform.close()
    assert refused.returncode == 1
    told = refused.stderr
    assert str(GATEWAY + platform.offset) in told and "gateway" in told, "which port, for what"
    assert str(os.getpid()) in told, "who holds it"
    assert "--port-offset" in told, "what to do"
    assert processes_of(platform) == []


def test_unknown_options_and_roles_are_refused(platform):
    for arguments in (["up", "--nonsense"], ["nonsense"], ["up", "--only", "nonsense", "--data", platform.data]):
        refused = platform.command(*arguments, check=False)
        assert refused.returncode != 0 and refused.stderr + refused.stdout
    assert platform.status()["ready"]


def test_a_killed_role_comes_back(own_platform):
    before = own_platform.role("work-order")
    own_platform.kill("work-order")
    after = eventually(lambda: (role := own_platform.role("work-order"))["restarts"] == 1
                       and role["state"] == "ready" and role)
    assert after["pid"] != before["pid"] and after["ports"] == before["ports"]
    assert own_platform.get("/workorders")["data"] == []
    others = [role for role in own_platform.status()["roles"] if role["name"] != "work-order"]
    assert all(role["restarts"] == 0 for role in others)


def test_data_survive_and_down_leaves_nothing(own_platform):
    platform = own_platform
    order = platform.post("/workorders", {"number": "KEPT", "part": "Nut", "quantity": 7})
    running = pids(platform)
    platform.down()
    assert nothing_runs(platform, running)
    platform.up()
    assert platform.get(f"/workorders/{order['id']}") == order
    assert eventually(lambda: platform.get("/dashboard/production")["totals"]["work_orders"] == 1)
    assert set(pids(platform).values()).isdisjoint(running.values())


def test_down_without_a_platform_says_so(tmp_path):
    done = subprocess.run([str(BINARY), "down", "--data", str(tmp_path)], cwd=ROOT, text=True, capture_output=True,
                          timeout=30)
    assert str(tmp_path) in done.stdout + done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_cleanly(how):
    """In the foreground: one signal, everything is stopped, and nothing acknowledged is lost."""
    platform = Platform()
    arguments = [str(BINARY), "up", "--data", str(platform.data), "--port-offset", str(platform.offset), "--empty"]
    try:
        up = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        platform.wait_ready()
        order = platform.post("/workorders", {"number": "LAST", "part": "Nut", "quantity": 1})
        running = pids(platform)
        up.send_signal(how)
        told, _ = up.communicate(timeout=60)
        assert up.returncode == 0, told
        assert nothing_runs(platform, running)
        platform._tokens.clear()
        platform.up()
        assert platform.get(f"/workorders/{order['id']}") == order
    finally:
        platform.close()


def test_no_role_outlives_a_killed_supervisor(own_platform):
    """kill -9 of `mes up` itself: its processes end with it, and the next start finds all data and free ports."""
    platform = own_platform
    order = platform.post("/workorders", {"number": "ORPHAN", "part": "Nut", "quantity": 1})
    running = pids(platform)
    supervisor = int(Path(f"/proc/{running['work-order']}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: nothing_runs(platform, running))
    platform._tokens.clear()
    platform.up()
    assert platform.get(f"/workorders/{order['id']}") == order


def test_logs_are_json_lines_with_the_fields_that_searches_use(platform):
    for name in SERVICES:
        lines = (platform.data / "logs" / f"{name}.log").read_text().rstrip("\n").split("\n")
        assert lines, name
        for line in lines:
            assert {"timestamp", "level", "service", "message"} <= set(json.loads(line)), line
    last = platform.command("logs", "gateway", "--data", platform.data).stdout.splitlines()
    assert last and all(json.loads(line[line.index("{"):]) for line in last)
