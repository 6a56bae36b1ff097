# SPDX-License-Identifier: GPL-2.0-only
"""The verdict: the last line of every run is "N passed, N failed, N skipped".

With CI=true a skip that is not in expected-skips is a failure. A machine that had to be booted again is said before
the verdict; more than AGAIN of them in a run are failures, too.
"""

import fnmatch
import os
from pathlib import Path

import pytest

from bed.lib.platform import BootedAgain

EXPECTED_SKIPS = Path(__file__).parent / "expected-skips"
AGAIN = 1

verdict = pytest.StashKey[str]()
booted_again: list[str] = []


def pytest_addoption(parser):
    parser.addoption("--soak", type=int, default=50_000, metavar="N", help="records of the soak case")
    parser.addoption("--on", action="append", default=[], metavar="ARCH-NAME",
                     help="run VM cases on this kernel of kernels.list (may be repeated; default: those of each case)")
    parser.addoption("--full", action="store_true", help="also the long forms of cases, for which a change has no time")
    parser.addoption("--timed", action="store_true", help="hold time limits that mean nothing on a busy machine")


def pytest_collection_modifyitems(config, items):
    """Without what a change has no time for; --full takes all, --on what it names."""
    if config.getoption("on") or config.getoption("full"):
        return
    marks = [(item, item.get_closest_marker("enough")) for item in items]
    left_out = {item for item, mark in marks if mark and item.callspec.params["kernel"].version not in mark.args}
    kept = [item for item in items if item not in left_out]
    never = {item.nodeid.partition("[")[0] for item in left_out} - {item.nodeid.partition("[")[0] for item in kept}
    if never:
        raise pytest.UsageError(f"of the kernels of these none is enough: {', '.join(sorted(never))}")
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = kept


def is_expected(nodeid: str, reason: str) -> bool:
    """Is this skip one of the list?"""
    for line in EXPECTED_SKIPS.read_text(encoding="utf-8").splitlines():
        pattern, _, why = line.partition(" ")
        # In a pattern of ids only the asterisk is special: they have brackets of their own.
        if line and not line.startswith("#") and fnmatch.fnmatchcase(reason, why.strip()) \
                and fnmatch.fnmatchcase(nodeid, pattern.replace("[", "[[]")):
            return True
    return False


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not is_expected(item.nodeid, reason):
            report.outcome = "failed"
            report.longrepr = f"skipped, and that is not in tests/{EXPECTED_SKIPS.name}: {reason}"


def pytest_warning_recorded(warning_message):
    if issubclass(warning_message.category, BootedAgain):
        booted_again.append(str(warning_message.message))


def counts(reporter) -> tuple[int, int, int]:
    """Cases passed, failed and skipped. One whose set-up or tear-down failed has failed, and only that."""
    def cases(*names: str) -> set[str]:
        return {report.nodeid for name in names for report in reporter.stats.get(name, [])
                if hasattr(report, "nodeid")}

    failed = cases("failed", "error", "xpassed")
    passed = cases("passed") - failed
    skipped = cases("skipped", "xfailed") - failed
    return len(passed), len(failed), len(skipped)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    passed, failed, skipped = counts(reporter)
    if len(booted_again) > AGAIN:
        failed += len(booted_again) - AGAIN
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    session.config.stash[verdict] = f"{passed} passed, {failed} failed, {skipped} skipped"
    if not passed and not failed:
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if verdict in config.stash:
        if booted_again:
            print(f"booted again, {AGAIN} allowed:", *booted_again, sep="\n  ")
        print(config.stash[verdict])
