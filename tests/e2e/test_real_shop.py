"""A real job shop's three months, through the gateway, are right to the piece: in the services' own answers, in the
events as another client reads them, and in reporting. The same file twice changes nothing, and every role may be
killed while it comes in. All expected figures come from shared/data/production-levy-2014/ground-truth.json."""
import json
import os
import pty
import re
import subprocess
from collections import Counter

import pytest

from tests.support.bus import once_each, read_topic
from tests.support.platform import BINARY, ROOT, Platform
from tests.support.readable import readable
from tests.support.real_shop import CSV, ground_truth, import_command, run_import

TRUTH = ground_truth()
TOTALS = TRUTH["totals"]


@pytest.fixture(scope="module")
def shop():
    with Platform() as platform:
        platform.first_import = run_import(platform)
        yield platform


def figures(group):
    """A group of the ground truth in reporting's words."""
    return {
        "reports": group["events"],
        "completed": group["qty_completed"],
        "rejected": group["qty_rejected"],
        "mrb": group["qty_for_mrb"],
        "reported_minutes": group["reported_minutes"],
    }


def without_busy(row):
    return {name: value for name, value in row.items() if name not in ("busy_minutes", "key")}


# -- (a) the services' REST


def check_services(platform):
    orders = platform.all_pages("/workorders")
    assert len(orders) == TOTALS["cases"] == 225
    total = {name: sum(order[name] for order in orders)
             for name in ("reports", "completed", "rejected", "mrb", "quantity", "packed")}
    assert total == {
        "reports": TOTALS["events"],
        "completed": TOTALS["qty_completed"],
        "rejected": TOTALS["qty_rejected"],
        "mrb": TOTALS["qty_for_mrb"],
        "quantity": TOTALS["work_order_qty_sum_over_cases"],
        "packed": TOTALS["packing_qty_completed"],
    }
    cases_of_part = Counter(order["part"] for order in orders)
    assert cases_of_part == {part: group["cases"] for part, group in TRUTH["by_part"].items()}
    by_number = {order["number"]: order for order in orders}
    for number, case in TRUTH["ten_cases"].items():
        check_case(platform, by_number[number], case)
    assert {part["number"] for part in platform.all_pages("/parts")} == set(TRUTH["by_part"])
    assert {unit["code"] for unit in platform.all_pages("/equipment")} == set(TRUTH["by_resource"])
    people = platform.all_pages("/equipment/personnel")
    assert {person["employee_id"] for person in people} == set(TRUTH["by_worker"])


def check_case(platform, order, case):
    """One order's own reports, one by one."""
    reports = platform.all_pages(f"/workorders/{order['id']}/reports")
    assert len(reports) == case["events"] == order["reports"]
    assert order["part"] == case["part"] and order["quantity"] == case["work_order_qty"]
    assert sum(report["completed"] for report in reports) == case["qty_completed"]
    assert sum(report["rejected"] for report in reports) == case["qty_rejected"]
    assert sum(report["mrb"] for report in reports) == case["qty_for_mrb"]
    assert len({report["resource"] for report in reports}) == case["distinct_resources"]
    assert len({report["worker"] for report in reports}) == case["distinct_workers"]
    assert len({report["operation"] for report in reports}) == case["distinct_activities"]
    assert sum(report["report_type"] == "setup" for report in reports) == case["setup_events"]
    assert sum(report["rework"] for report in reports) == case["rework_events"]
    assert min(report["started_at"] for report in reports)[:16] == case["first_start"]
    assert max(report["ended_at"] for report in reports)[:16] == case["last_complete"]


def test_services_hold_the_shop(shop):
    check_services(shop)


# -- (b) the events, counted by a client that others wrote


def check_events(platform):
    created = once_each(read_topic(platform, "work-order.created"))
    assert len(created) == TOTALS["cases"]
    assert sum(event["data"]["quantity"] for event in created) == TOTALS["work_order_qty_sum_over_cases"]

    updated = once_each(read_topic(platform, "work-order.updated"))
    reported = [event["data"] for event in updated if event["data"]["change_type"] == "reported"]
    reports = [data["report"] for data in reported]
    assert len(reports) == TOTALS["events"] == 4543
    assert len({report["id"] for report in reports}) == TOTALS["events"]
    assert sum(report["completed"] for report in reports) == TOTALS["qty_completed"]
    assert sum(report["rejected"] for report in reports) == TOTALS["qty_rejected"]
    assert sum(report["mrb"] for report in reports) == TOTALS["qty_for_mrb"]
    assert {data["part"] for data in reported} == set(TRUTH["by_part"])
    assert {report["resource"] for report in reports} == set(TRUTH["by_resource"])
    assert {report["worker"] for report in reports} == set(TRUTH["by_worker"])
    types = Counter(report["report_type"] for report in reports)
    assert types == {name: TRUTH["by_report_type"][letter]["events"] for name, letter in REPORT_TYPES.items()}


REPORT_TYPES = {"production": "D", "setup": "S", "breakdown": "B"}


def test_events_tell_the_shop(shop):
    check_events(shop)


# -- (c) reporting


def check_reporting(platform):
    expected = {
        "part": {key: figures(group) for key, group in TRUTH["by_part"].items()},
        "resource": {key: figures(group) for key, group in TRUTH["by_resource"].items()},
        "worker": {key: figures(group) for key, group in TRUTH["by_worker"].items()},
        "report_type": {name: figures(TRUTH["by_report_type"][letter]) for name, letter in REPORT_TYPES.items()},
    }
    for group_by, groups in expected.items():
        answer = platform.get("/dashboard/production", group_by=group_by)
        assert {row["key"]: without_busy(row) for row in answer["data"]} == groups, group_by
        check_totals(answer["totals"])
    answer = platform.get("/dashboard/production", group_by="resource")
    assert {row["key"]: row["busy_minutes"] for row in answer["data"]} == {
        key: group["busy_minutes_union"] for key, group in TRUTH["by_resource"].items()
    }
    answer = platform.get("/dashboard/production", group_by="none")
    assert [without_busy(row) for row in answer["data"]] == [figures(TOTALS)]
    check_totals(answer["totals"])
    rate = platform.get("/dashboard/kpis")["reject_rate"]
    assert round(rate, 7) == TOTALS["reject_rate"]
    leads = {row["work_order"]: row for row in platform.get("/dashboard/lead-times")["data"]}
    assert len(leads) == TOTALS["cases"]
    for number, case in TRUTH["ten_cases"].items():
        assert leads[number]["lead_time_minutes"] == case["lead_time_minutes"], number
    orders = {row["key"]: without_busy(row)
              for row in platform.get("/dashboard/production", group_by="work_order")["data"]}
    assert len(orders) == TOTALS["cases"]
    for number, case in TRUTH["ten_cases"].items():
        assert orders[number] == figures(case), number


def check_totals(totals):
    assert {name: totals[name] for name in figures(TOTALS)} == figures(TOTALS)
    assert totals["work_orders"] == TOTALS["cases"]
    assert totals["ordered"] == TOTALS["work_order_qty_sum_over_cases"]
    assert totals["packed"] == TOTALS["packing_qty_completed"]
    assert totals["busy_minutes"] == sum(group["busy_minutes_union"] for group in TRUTH["by_resource"].values())


def test_reporting_sums_the_shop(shop):
    check_reporting(shop)


# -- the import itself


def test_import_tells_that_all_arrived(shop):
    told = shop.first_import
    assert told["reconciled"] and told["error"] is None
    assert (told["rows"], told["acknowledged"], told["rejected_rows"]) == (TOTALS["events"], TOTALS["events"], 0)
    rows = {row["figure"]: row for row in told["reconciliation"]}
    assert all(row["equal"] for row in told["reconciliation"])
    for figure, value in [("completed", TOTALS["qty_completed"]), ("rejected", TOTALS["qty_rejected"]),
                          ("MRB", TOTALS["qty_for_mrb"]), ("packed", TOTALS["packing_qty_completed"]),
                          ("ordered", TOTALS["work_order_qty_sum_over_cases"]), ("resources", TOTALS["resources"]),
                          ("workers", TOTALS["workers"]), ("parts", TOTALS["parts"])]:
        assert int(rows[figure]["file"]) == value, figure


def test_same_file_twice_changes_nothing(shop):
    def all_versions():
        return {order["number"]: order["version"] for order in shop.all_pages("/workorders")}

    before, events_before = all_versions(), len(read_topic(shop, "work-order.updated"))
    assert run_import(shop)["reconciled"]
    assert all_versions() == before
    assert len(read_topic(shop, "work-order.updated")) == events_before
    check_services(shop)
    check_events(shop)
    check_reporting(shop)


def test_bad_rows_are_told_by_line_and_good_ones_go_on(shop, tmp_path):
    """Two spoilt lines among three good ones that are there already: line and reason in the rejects, no change."""
    lines = CSV.read_text().splitlines()
    no_number = lines[2].split(",")
    no_number[10] = "many"
    no_time = lines[3].split(",")
    no_time[3] = "2012/02/30 05:43:00.000"
    file = tmp_path / "some.csv"
    file.write_text("\n".join([lines[0], lines[1], ",".join(no_number), ",".join(no_time), lines[4]]) + "\n")
    done = shop.command(*import_command(shop, file, "--json", "--reconcile", "1"), check=False)
    told = json.loads(done.stdout)
    assert told["rejected_rows"] == 2 and told["acknowledged"] == 2
    rejects = (tmp_path / "some.csv.rejects.csv").read_text()
    assert "3," in rejects and "many" in rejects and "2012/02/30" in rejects
    assert len(shop.all_pages("/workorders")) == TOTALS["cases"]
    check_reporting(shop)


def test_every_role_killed_during_the_import(own_platform):
    """kill -9 of each role in turn while the file comes in: the import goes on by itself, and all is right."""
    platform = own_platform
    roles = [role["name"] for role in platform.status()["roles"]]
    arguments = [str(BINARY), *map(str, import_command(platform, CSV, "--in-flight", "1"))]
    terminal, its_end = pty.openpty()
    importing = subprocess.Popen(arguments, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=its_end)
    os.close(its_end)
    killed, shown = 0, ""
    try:
        for done, shown in follow_reports(terminal):
            if killed < len(roles) and done >= (killed + 1) * TOTALS["events"] // (len(roles) + 2):
                platform.kill(roles[killed])
                killed += 1
        out, _ = importing.communicate(timeout=60)
    finally:
        importing.kill()
        os.close(terminal)
    assert importing.returncode == 0, f"{shown}\n{out}"
    assert killed == len(roles), f"the import was over before {roles[killed]} was killed"
    assert all(role["restarts"] == 1 for role in platform.status()["roles"])
    check_services(platform)
    check_events(platform)
    check_reporting(platform)


def follow_reports(terminal):
    """How many reports are acknowledged whenever the import's progress bar tells it, with all that was shown until then.
    Ends as the import does."""
    shown = ""
    while True:
        assert readable(terminal, timeout_s=300), f"the import shows nothing new for five minutes: {shown}"
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:  # how Linux tells that nobody has the other end any more
            return
        if bars := re.findall(r"reports +\[.*?\] (\d+)/", shown):
            yield int(bars[-1]), shown
