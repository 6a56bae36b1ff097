# SPDX-License-Identifier: GPL-2.0-only
"""The verdict: the last line of every run is "N passed, N failed, N skipped"."""

import pytest

verdict = pytest.StashKey[str]()


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
    session.config.stash[verdict] = f"{passed} passed, {failed} failed, {skipped} skipped"
    if not passed and not failed:
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if verdict in config.stash:
        print(config.stash[verdict])
