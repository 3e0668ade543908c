"""A real shop's three months through the gateway: operation reports a second, durable, until reporting has them all.

usage: import.py [--runs N]

Each run is a fresh, empty platform; `mes import` sends shared/data/production-levy-2014 (4,543 reports of 225 orders)
as user integration. Two figures, medians of the runs:
  acknowledged   reports by the time from the first one sent to the last answer; an answer follows the sync to disk
  end to end     reports by the time from the first one sent until the services and reporting told the file's totals,
                 by part, resource, worker, order and report type
The importer, the services, the bus and all else share the machine's cores. MES_BINARY and MES_SHARED as in the tests.
"""

import argparse
import sys

import support

sys.path.insert(0, str(support.ROOT))

from tests.support.platform import Platform  # noqa: E402
from tests.support.real_shop import ground_truth, run_import  # noqa: E402


def one_run(reports):
    with Platform() as platform:
        told = run_import(platform)
        if not told["reconciled"] or told["acknowledged"] != reports:
            sys.exit(f"not everything arrived: {told}")
        return {"acknowledged": reports / told["report_seconds"], "end to end": reports / told["reconciled_seconds"],
                "seconds": told["reconciled_seconds"], "repeated": told["calls_repeated"]}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    reports = ground_truth()["totals"]["events"]
    medians = support.alternate({"import": lambda: one_run(reports)}, runs, say)["import"]
    figures = [
        support.figure("reports, end to end", "1/s", round(medians["end to end"]), {}, goal=1000),
        support.figure("reports, acknowledged", "1/s", round(medians["acknowledged"]), {}),
        support.figure("time, end to end", "s", round(medians["seconds"], 2), {}),
    ]
    support.print_table(figures)
    support.write_results("import", figures, {"runs": runs, "reports": reports, "orders": 225})


def say(_, run, figures):
    print(f"run {run}: {figures['end to end']:,.0f} reports/s end to end, {figures['acknowledged']:,.0f} acknowledged")


if __name__ == "__main__":
    main()
