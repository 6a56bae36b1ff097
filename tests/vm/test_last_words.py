# SPDX-License-Identifier: GPL-2.0-only
"""A fatal record: it panics however odd it is, what was collected before it is shown first, and
nothing else changes.
"""

import re
import time

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source
from records import FATAL_ODD

pytestmark = pytest.mark.enough("6.12")
PANIC = r"Kernel panic - not syncing: ghes_nmi: fatal hardware error"
SOURCES = {
    "arm64": [
        Source(id=3, event=804, length=8192),
        Source(id=4, event=805, critical=True, length=8192),
    ],
    "x86_64": [Source(id=3, notify="nmi", length=8192), Source(id=4, notify="nmi", length=8192)],
}


def load(boot, kernel, append: str = "", **parameters: object):
    machine = boot(SOURCES[kernel.arch], append=append)
    driver.load(machine, **parameters)
    return machine, *machine.sources


def last_log(machine) -> str:
    """What was said before the panic."""
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    panic = re.search(PANIC, text)
    assert panic, "no panic"
    return text[: panic.start()]


@pytest.mark.expect_console(PANIC)
@pytest.mark.limit(400)
def test_fatal_whatever_its_sections_hold(boot, kernel, pytestconfig):
    names = list(FATAL_ODD) if pytestconfig.getoption("full") else list(FATAL_ODD)[:2]
    for name in names:
        machine, _, fatal = load(boot, kernel)
        machine.post(fatal, FATAL_ODD[name])
        shown = last_log(machine)
        assert re.search(
            r"source 4 \(\w+\) reports a (fatal|undefined) error", shown
        ), f"{name}: not shown"
        machine.close()


def check_order(shown: str, count: int) -> None:
    """Every queued record is there, in order and before the fatal one, each named by its FRU
    text.
    """
    texts = re.findall(r"fru_text: (\w+)", shown)
    assert texts == [f"queued{number}" for number in range(count)] + ["the_last_one"], texts
    heads = re.findall(r"Hardware error from APEI Generic Hardware Error Source: (\d)", shown)
    assert heads == ["3"] * count + ["4"], heads


def queued(number: int) -> bytes:
    return cper.block(
        cper.CORRECTED, [cper.memory(pa=1 << 60, entry={"fru_text": f"queued{number}"})]
    )


LAST = cper.block(cper.FATAL, [cper.memory(pa=1 << 60, entry={"fru_text": "the_last_one"})])


@pytest.mark.arch("x86_64")
@pytest.mark.expect_console(PANIC)
def test_queued_records_are_shown_by_nmi(boot, kernel):
    """The NMI of a fatal record finds one of another source first: nothing has shown that when the
    machine dies.
    """
    machine, first, fatal = load(boot, kernel)
    machine.post(first, queued(0), notify=False)
    machine.post(fatal, LAST)
    check_order(last_log(machine), 1)


@pytest.mark.expect_console("Kernel panic - not syncing: Memory failure")
def test_record_whose_page_ends_the_machine_is_shown(boot, kernel):
    """An administrator has the machine panic of a lost page: the log, which is written after the
    page was failed, has the record all the same.
    """
    machine, first, _ = load(boot, kernel)
    machine.vm.check("echo 0 >/proc/sys/vm/memory_failure_recovery")
    pa = 0x5000_0000 if kernel.arch == "arm64" else 0x1000_0000
    section = cper.memory(pa=pa, entry={"fru_text": "the_page"})
    machine.post(first, cper.block(cper.RECOVERABLE, [section]))
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    assert re.search(r"source 3 \(\w+\) reports a recoverable error", text), text[-2000:]
    assert re.findall(r"fru_text: (\w+)", text) == ["the_page"]


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.expect_console(PANIC)
def test_queued_records_are_shown_by_sdei(boot, kernel):
    """Collected with interrupts masked, so that no drain runs, then the fatal one."""
    machine, first, fatal = load(boot, kernel)
    machine.post(first, queued(0), gated=True)
    machine.vm.agent.start(f"insmod /lib/modules/hold.ko source={first.index} irqs_off=1 ms=20000")
    machine.quiesce()
    machine.post_many(first, [queued(number) for number in range(1, 4)])
    machine.quiesce()
    machine.post(fatal, LAST)
    check_order(last_log(machine), 4)


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.expect_console("Kernel panic - not syncing: hold")
def test_queued_records_are_shown_at_any_panic(boot, kernel):
    """Collected with interrupts masked; then the kernel panics for a reason of its own."""
    machine, first, _ = load(boot, kernel)
    machine.post(first, queued(0), gated=True)
    machine.vm.agent.start(
        f"insmod /lib/modules/hold.ko source={first.index} irqs_off=1 ms=20 die=1"
    )
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    shown = text[text.index("Kernel panic - not syncing: hold") :]
    assert re.findall(r"fru_text: (\w+)", shown) == ["queued0"], shown


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.expect_console(PANIC)
def test_queued_records_are_bounded(boot, kernel):
    """A queue full of long records: some in whole, the rest counted, and the fatal one is there."""
    machine, first, fatal = load(boot, kernel, queue_kib=2048)
    long = cper.block(cper.CORRECTED, [cper.pcie() for _ in range(25)])
    machine.post(first, queued(0), gated=True)
    machine.vm.agent.start(f"insmod /lib/modules/hold.ko source={first.index} irqs_off=1 ms=20000")
    machine.quiesce()
    machine.post_many(first, [long] * 100)
    machine.quiesce()
    machine.post(fatal, LAST)
    shown = last_log(machine)
    texts = re.findall(r"fru_text: (\w+)", shown)
    assert texts == ["queued0", "the_last_one"], texts
    assert re.search(r"\d+ of 25 sections are not shown", shown)
    left = int(
        re.search(r"(\d+) more records that were collected before the end are not shown", shown)[1]
    )
    assert 50 < left < 100
    last = shown[shown.index("records that were collected before") :]
    assert len(last.splitlines()) < 1000


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
@pytest.mark.expect_console(PANIC)
@pytest.mark.parametrize("offset", [4_000, 30_000, 200_000])
def test_fatal_inside_the_drain(boot, kernel, offset):
    """At its first sink, in its log lines: the record that the drain had in its hands is shown, and
    those behind it.
    """
    machine = boot(SOURCES[kernel.arch], icount=True)
    driver.load(machine)
    first, fatal = machine.sources
    machine.nest(first, queued(0), fatal, LAST, offset)
    shown = last_log(machine)
    texts = re.findall(r"fru_text: (\w+)", shown)
    assert "queued0" in texts and texts[-1] == "the_last_one", texts


# Seconds to the reboot with panic=0: what the in-tree driver of that kernel does; None: never.
TIMEOUT = {"5.10": 30}


@pytest.mark.enough("5.10", "6.12")
@pytest.mark.expect_console(PANIC)
@pytest.mark.limit(300)
def test_panic_timeout_is_the_machines(boot, kernel):
    """panic=0 stays where the in-tree driver leaves it, and the parameter overrides."""
    cases = [({}, TIMEOUT.get(kernel.version)), ({"fatal_timeout": 8}, 8)]
    for parameters, seconds in cases:
        machine = boot(
            [driver.rung(kernel, 1, id=4)] if kernel.rings else [Source(id=4, notify="sea")],
            append="panic=0",
            **({} if kernel.rings else {"el": 1}),
        )
        driver.load(machine, **parameters)
        if kernel.rings:
            machine.post(machine.sources[0], LAST)
        else:
            driver.load_hooks(machine)
            machine.vm.agent.start(
                f"poison -r {machine.recipe(machine.sources[0], LAST)} -e -x 1 -n 1"
            )
        machine.vm.wait_console(PANIC)
        start = time.monotonic()
        if seconds is None:
            time.sleep(6)
            assert machine.vm.running(), "the machine was reset although panic=0"
        else:
            # The kernel counts milliseconds of its own CPU; a busy host gives it a part of them.
            machine.vm.wait_exit(60 + 5 * seconds)
            # The host may be busy, so the machine may be late.
            assert time.monotonic() - start > seconds / 4, "reset too early"
        machine.close()
