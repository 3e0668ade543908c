#!/usr/bin/env python3
"""Adds up the JUnit reports of all suites and ends with one line: N passed, N failed, N skipped.

usage: count_tests.py REPORTS_FOLDER [SUITE_THAT_FAILED...]
A suite that failed without reporting a failed test counts as one failure. Exit code 1 unless all passed.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count(report: pathlib.Path) -> tuple[int, int, list[str]]:
    passed, failed, skipped = 0, 0, []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif (skip := case.find("skipped")) is not None or case.get("status") in ("disabled", "notrun"):
            reason = skip.get("message") if skip is not None else None
            skipped.append(f"{case.get('name')}: {reason or 'no reason given'}")
        else:
            passed += 1
    return passed, failed, skipped


def main() -> int:
    folder, failed_suites = pathlib.Path(sys.argv[1]), sys.argv[2:]
    total_passed, total_failed, all_skipped = 0, 0, []
    for report in sorted(folder.glob("*.xml")):
        passed, failed, skipped = count(report)
        if failed == 0 and report.stem in failed_suites:
            failed = 1
        print(f"{report.stem}: {passed} passed, {failed} failed, {len(skipped)} skipped")
        total_passed, total_failed = total_passed + passed, total_failed + failed
        all_skipped += skipped
    reported = {report.stem for report in folder.glob("*.xml")}
    for suite in failed_suites:
        if suite not in reported:
            print(f"{suite}: failed")
            total_failed += 1
    for line in all_skipped:
        print(f"skipped {line}")
    print(f"{total_passed} passed, {total_failed} failed, {len(all_skipped)} skipped")
    return 0 if total_failed == 0 and total_passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
