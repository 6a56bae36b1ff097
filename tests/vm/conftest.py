# SPDX-License-Identifier: GPL-2.0-only
"""Cases on stock kernels. A case asks for `boot` and gets machines, once per supported kernel:

    def test_something(boot):
        machine = boot([Source(event=804)])
        machine.vm.check("insmod /lib/modules/ghes_nmi.ko")

The core cases run on every kernel of kernels.list, all of them with --on ARCHITECTURE-NAME there. A
kernel of tests/kernels/built.list has the cases of the one that it is made of, with --on only.

Everything a guest says is kept in build/run/CASE/. After the case its console and its kernel's
whole log, which is taken when the machine is closed, must be free of trouble (bed.lib.trouble).
"""

import re
import shutil
import threading
from pathlib import Path

import pytest

import bed.lib.platform
from bed.lib import BUILD, PATIENCE, TOP
from bed.lib.kernels import ARCHES, BUILT, EVERY, SPECIAL, SUPPORTED, Kernel, built
from bed.lib.trouble import judge
from bed.lib.vm import VM, VMError

# What several test files need; their assertions say as much as those of test files.
pytest.register_assert_rewrite("aborts", "daemon", "kinds", "records")

TAIL = 3000
LIMIT = 120  # seconds of a quiet machine

outcome = pytest.StashKey[bool]()


def wanted(item_or_definition, name: str) -> set[str] | None:
    marker = item_or_definition.get_closest_marker(name)
    return set(marker.args) if marker else None


def pytest_generate_tests(metafunc):
    if "kernel" not in metafunc.fixturenames:
        return
    arches = wanted(metafunc.definition, "arch")
    versions = wanted(metafunc.definition, "kernels")
    every = wanted(metafunc.definition, "every_kernel") is not None
    chosen = metafunc.config.getoption("on")
    stock = wanted(metafunc.definition, "stock") is not None
    kind = metafunc.definition.get_closest_marker("built")
    if kind:
        metafunc.parametrize(
            "kernel",
            [
                Kernel(arch, name)
                for arch in ARCHES
                for name in built(kind.args[0])[arch]
                if f"{arch}-{name}" in chosen
            ],
            ids=str,
        )
        return
    kernels = []
    for arch in EVERY if arches is None else arches:
        usual = EVERY[arch] if every or chosen else SUPPORTED[arch]
        by_name = (
            () if every or chosen else SPECIAL[arch]
        )  # not for a case that does not ask for them
        for version in EVERY[arch]:
            if (
                version in usual and version not in by_name
                if versions is None
                else version in versions
            ) and (not chosen or f"{arch}-{version}" in chosen):
                kernels.append(Kernel(arch, version))
        # What was built with debugging is as the kernel it was made of, only slower.
        if not stock:
            kernels += [
                Kernel(arch, name)
                for name, of in BUILT[arch].items()
                if f"{arch}-{name}" in chosen
                and (of in usual if versions is None else of in versions)
            ]
    metafunc.parametrize("kernel", kernels, ids=str)


@pytest.fixture
def run_dir(request) -> Path:
    """Where this case keeps its logs."""
    name = f"{request.node.path.stem}-{request.node.name}".removeprefix("test_")
    path = BUILD / "run" / re.sub(r"[^\w.-]+", "_", name).strip("_")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def shell(machines) -> None:
    """Run what is typed in every guest of the case, until the end of the input."""
    print(f"\n{len(machines)} guest(s) kept: each line is a command there, Ctrl-D ends")
    while True:
        try:
            line = input("guest# ")
        except EOFError:
            return
        for machine in machines:
            try:
                print(machine.vm.run(line).out, end="", flush=True)
            except VMError as error:
                print(error)


@pytest.fixture
def boot(request, kernel, run_dir):
    """boot(sources, **options of bed.lib.platform.open): a machine that runs `kernel` and ends with
    the case.
    """
    missing = kernel.missing()
    if missing:
        pytest.fail(
            f"{missing} is missing: run scripts/prepare {kernel.arch} {kernel.version}",
            pytrace=False,
        )
    machines = []
    dirs = []
    marker = request.node.get_closest_marker("limit")
    limit = (marker.args[0] if marker else LIMIT) * PATIENCE

    def give_up():
        for vm in VM.live:
            vm.give_up(f"the case took longer than {limit} s; the guest was stopped")

    watchdog = threading.Timer(limit, give_up)
    watchdog.daemon = True
    watchdog.start()

    # Chosen by --on, not by the case.
    unasked = not any(request.node.get_closest_marker(name) for name in ("every_kernel", "kernels"))

    def start(sources, **options):
        if unasked and not kernel.rings and any(source.notify == "sdei" for source in sources):
            pytest.skip("this kernel has no SDEI")
        directory = run_dir / str(len(dirs)) if dirs else run_dir
        dirs.append(directory)
        machine = bed.lib.platform.open(
            kernel.arch, kernel.version, sources=sources, run_dir=directory, **options
        )
        machines.append(machine)
        return machine

    yield start

    watchdog.cancel()
    if request.config.getoption("keep"):
        shell(machines)
    for machine in machines:
        machine.close()
    # One that did not finish booting is nobody's.
    for vm in list(VM.live):
        vm.close()
    # What went wrong first is the news.
    if request.node.stash.get(outcome, False):
        marks = {
            name: request.node.get_closest_marker(name)
            for name in ("expect_console", "allow_console")
        }
        allowed = [mark.args[0] for mark in marks.values() if mark]
        said = ""
        for log in sorted(
            path for name in ("console.log", "kernel.log") for path in run_dir.rglob(name)
        ):
            text = VM.read_log(log)
            problem = judge(text, *allowed, timed="-icount" in (log.parent / "command").read_text())
            if problem:
                pytest.fail(f"trouble in {log.relative_to(TOP)}:\n{problem}", pytrace=False)
            said += text
        expected = marks["expect_console"]
        if expected and not re.search(expected.args[0], said):
            pytest.fail(f"the kernel never said {expected.args[0]!r}", pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    result = yield
    report = result.get_result()
    if report.when == "call":
        item.stash[outcome] = report.passed
    # The text of a VMError has the logs already.
    told = call.excinfo is not None and call.excinfo.errisinstance(VMError)
    if report.failed and not told and "run_dir" in getattr(item, "funcargs", {}):
        for log in sorted(item.funcargs["run_dir"].rglob("*.log")):
            text = VM.read_log(log)
            if text:
                report.sections.append((str(log.relative_to(TOP)), text[-TAIL:]))
