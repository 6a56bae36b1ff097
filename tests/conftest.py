# SPDX-License-Identifier: GPL-2.0-only
"""The verdict: the last line of every run is "N passed, N failed, N skipped".

The longest cases go first, as far as build/cache knows how long they took: what two workers end
with is short. With CI=true a skip that is not in expected-skips is a failure. A machine that had to
be booted again is said before the verdict; more than AGAIN of them in a run are failures, too.
"""

import fnmatch
import json
import os
from pathlib import Path

import pytest

from bed.lib import BUILD
from bed.lib.kernels import EACH_CHANGE, Kernel
from bed.lib.platform import BootedAgain

EXPECTED_SKIPS = Path(__file__).parent / "expected-skips"
AGAIN = 1
# Seconds that each case took when it passed last.
DURATIONS = BUILD / "cache/durations.json"

verdict = pytest.StashKey[str]()
booted_again: list[str] = []
known_to: dict[pytest.Config, dict[str, float]] = {}


def pytest_addoption(parser):
    parser.addoption(
        "--soak", type=int, default=50_000, metavar="N", help="records of the soak case"
    )
    parser.addoption(
        "--on",
        action="append",
        default=[],
        metavar="ARCH-NAME",
        help=(
            "run VM cases on this kernel of kernels.list (may be repeated; default: those of each"
            " case)"
        ),
    )
    parser.addoption(
        "--full",
        action="store_true",
        help="also the long forms of cases, for which a change has no time",
    )
    parser.addoption(
        "--keep", action="store_true", help="a shell in the guests after the case; see scripts/case"
    )
    parser.addoption(
        "--timed", action="store_true", help="hold time limits that mean nothing on a busy machine"
    )


def durations() -> dict[str, float]:
    try:
        return json.loads(DURATIONS.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """All workers must come to the same order, whoever writes the file meanwhile."""
    node.workerinput["durations"] = known_to.setdefault(node.config, durations())


def remember_durations(reporter) -> None:
    """What passed, with its set-up and tear-down; the others keep what they had."""
    took = {}
    for report in reporter.stats.get("passed", []) + reporter.stats.get("", []):
        if hasattr(report, "when"):
            took[report.nodeid] = took.get(report.nodeid, 0) + report.duration
    passed = {
        report.nodeid for report in reporter.stats.get("passed", []) if hasattr(report, "when")
    }
    if passed and DURATIONS.is_relative_to(Path(__file__).parents[1]):
        known = durations() | {nodeid: round(took[nodeid], 2) for nodeid in passed}
        DURATIONS.parent.mkdir(parents=True, exist_ok=True)
        new = DURATIONS.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
        new.replace(DURATIONS)


def has_no_time_for(item) -> bool:
    """Is the case's kernel one that a change is not tested on, or not with this case?"""
    kernel = item.callspec.params.get("kernel") if hasattr(item, "callspec") else None
    mark = item.get_closest_marker("enough")
    return isinstance(kernel, Kernel) and (
        kernel.version not in EACH_CHANGE[kernel.arch]
        or mark is not None
        and not {kernel.version, str(kernel)} & set(mark.args)
    )


def pytest_collection_modifyitems(config, items):
    """Without what a change has no time for; --full takes all, --on what it names."""
    # Only for kernels that scripts/kernel-build makes, and none of those is named.
    without = [
        item
        for item in items
        if item.get_closest_marker("built")
        and not isinstance(item.callspec.params["kernel"], Kernel)
    ]
    config.hook.pytest_deselected(items=without)
    items[:] = [item for item in items if item not in without]
    known = config.workerinput["durations"] if hasattr(config, "workerinput") else durations()
    # Those that need no kernel stay in front: kernels are fetched and built meanwhile.
    items.sort(
        key=lambda item: ("kernel" in getattr(item, "fixturenames", ()), -known.get(item.nodeid, 0))
    )
    if config.getoption("on") or config.getoption("full"):
        return
    left_out = {item for item in items if has_no_time_for(item)}
    kept = [item for item in items if item not in left_out]
    never = {item.nodeid.partition("[")[0] for item in left_out} - {
        item.nodeid.partition("[")[0] for item in kept
    }
    if never:
        raise pytest.UsageError(
            f"of the kernels of these none is enough: {', '.join(sorted(never))}"
        )
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Before anything is made for the case."""
    for option in ("full", "timed"):
        mark = item.get_closest_marker(option)
        if mark and not item.config.getoption(option):
            pytest.skip(f"{mark.args[0]}: with --{option}")


def is_expected(nodeid: str, reason: str) -> bool:
    """Is this skip one of the list?"""
    for line in EXPECTED_SKIPS.read_text(encoding="utf-8").splitlines():
        pattern, _, why = line.partition(" ")
        # In a pattern of ids only the asterisk is special: they have brackets of their own.
        if (
            line
            and not line.startswith("#")
            and fnmatch.fnmatchcase(reason, why.strip())
            and fnmatch.fnmatchcase(nodeid, pattern.replace("[", "[[]"))
        ):
            return True
    return False


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        reason = (
            report.longrepr[2].removeprefix("Skipped: ")
            if isinstance(report.longrepr, tuple)
            else str(report.longrepr)
        )
        if not is_expected(item.nodeid, reason):
            report.outcome = "failed"
            report.longrepr = f"skipped, and that is not in tests/{EXPECTED_SKIPS.name}: {reason}"


def pytest_warning_recorded(warning_message):
    if issubclass(warning_message.category, BootedAgain):
        booted_again.append(str(warning_message.message))


def counts(reporter) -> tuple[int, int, int]:
    """Cases passed, failed and skipped. One whose set-up or tear-down failed has failed, and only
    that.
    """

    def cases(*names: str) -> set[str]:
        return {
            report.nodeid
            for name in names
            for report in reporter.stats.get(name, [])
            if hasattr(report, "nodeid")
        }

    failed = cases("failed", "error", "xpassed")
    passed = cases("passed") - failed
    skipped = cases("skipped", "xfailed") - failed
    return len(passed), len(failed), len(skipped)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        reporter is None
        or hasattr(session.config, "workerinput")
        or session.config.option.collectonly
    ):
        return
    passed, failed, skipped = counts(reporter)
    remember_durations(reporter)
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
