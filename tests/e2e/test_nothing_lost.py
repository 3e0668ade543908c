"""What was acknowledged is not lost: kill -9 of any role at any moment under load. Every acknowledged order is there,
every event of it arrives, and none has its effect twice. MES_KILL_ROUNDS is how often (10; 100 for the full test)."""
import os
import random
import threading
import time

import pytest
from collections import Counter

import requests

from tests.support.bus import once_each, read_topic
from tests.support.wait import eventually

ROUNDS = int(os.environ.get("MES_KILL_ROUNDS", "10"))
pytestmark = pytest.mark.timeout(600 + 30 * ROUNDS)
WRITERS = 4


class Writers:
    """Create orders one after the other, each in a thread of its own, and remember what was acknowledged."""

    def __init__(self, platform):
        self._platform = platform
        self._token = platform.token()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(WRITERS)]
        self.acknowledged = [{} for _ in range(WRITERS)]  # number -> (id, quantity)
        self.refused = [[] for _ in range(WRITERS)]  # answers that are no 201 and no 5xx

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, writer):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self._token}"
        count = 0
        while not self._stop.is_set():
            count += 1
            number, quantity = f"W{writer}-{count}", 1 + count % 97
            try:
                answer = session.post(f"{self._platform.gateway}/api/v1/workorders", timeout=20,
                                      json={"number": number, "part": f"P{count % 7}", "quantity": quantity})
            except requests.RequestException:
                self._stop.wait(0.05)  # not acknowledged: it may be there or not
                continue
            if answer.status_code == 201:
                self.acknowledged[writer][number] = (answer.json()["id"], quantity)
            elif answer.status_code < 500:
                self.refused[writer].append((answer.status_code, answer.text))
            self._stop.wait(0.01)

    def all_acknowledged(self):
        return {number: order for orders in self.acknowledged for number, order in orders.items()}


def test_kill_any_role_at_any_moment(own_platform):
    platform = own_platform
    seed = int(os.environ.get("MES_SEED", time.time_ns() % 1_000_000))
    print(f"MES_SEED={seed}")
    dice = random.Random(seed)
    roles = [role["name"] for role in platform.status()["roles"]]
    # Every role in turn before any comes again.
    order = [role for _ in range(ROUNDS // len(roles) + 1) for role in dice.sample(roles, len(roles))][:ROUNDS]
    with Writers(platform) as writers:
        for role in order:
            time.sleep(dice.uniform(0.05, 1.0))
            platform.kill(role)
            time.sleep(0.1)
            platform.wait_ready()
        time.sleep(0.5)
    acknowledged = writers.all_acknowledged()
    assert len(acknowledged) > ROUNDS, "there was load"
    check_orders(platform, acknowledged)
    refused = Counter(answer for refused in writers.refused for answer in refused)
    assert refused == {}, "a right request is acknowledged or not answered, never refused"


def check_orders(platform, acknowledged):
    there = platform.all_pages("/workorders")
    by_number = {order["number"]: order for order in there}
    assert len(by_number) == len(there)
    lost = [number for number, (id_, _) in acknowledged.items()
            if number not in by_number or by_number[number]["id"] != id_]
    assert lost == [], f"acknowledged, and not there: {lost[:10]} of {len(lost)}"

    def events():
        seen = once_each(read_topic(platform, "work-order.created"))
        return len(seen) >= len(there) and seen

    created = eventually(events)
    assert sorted(event["key"] for event in created) == sorted(order["id"] for order in there), "one event an order"

    expected = {"work_orders": len(there), "ordered": sum(order["quantity"] for order in there)}

    def reporting():
        totals = platform.get("/dashboard/production")["totals"]
        told = {name: totals[name] for name in expected}
        assert told == expected
        return True

    eventually(reporting)
    for number in random.Random(1).sample(sorted(acknowledged), min(20, len(acknowledged))):
        check_effects(platform, number, acknowledged[number][0])


def check_effects(platform, number, order_id):
    """An order's audit record and its node are there, once."""
    def audit():
        return platform.get("/dashboard/audit", user="admin", resource_id=order_id)["data"]

    records = eventually(audit)
    assert [record["action"] for record in records] == ["createWorkOrder"]
    node = eventually(lambda: platform.get(f"/traceability/nodes/order:{number}"))
    assert node["attributes"]["work_order_id"] == order_id and not node["placeholder"]
