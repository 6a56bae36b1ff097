# SPDX-License-Identifier: GPL-2.0-only
"""A fatal record is on the serial line, and the machine resets, whatever the kernel was doing."""

import re

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source

pytestmark = pytest.mark.enough(
    "arm64-6.12", "x86_64-7.3"
)  # what a change has time for; the oldest: test_nmi.py
ADDRESS = 0x4_1234_5000
FATAL = cper.block(cper.FATAL, [cper.memory(pa=ADDRESS, entry={"fru_text": "DIMM 3"})])
SECOND = 1_000_000_000  # ticks
PANIC = r"Kernel panic - not syncing: ghes_nmi: fatal hardware error"


def two(boot):
    machine = boot([Source(id=3, event=804), Source(id=4, event=805, critical=True)], icount=True)
    driver.load(machine)
    return machine, *machine.sources


def check_death(machine, fatal: Source, within: int = 2 * SECOND) -> None:
    """The record is in the serial log before the panic's text, firmware has its block back, reset
    within 2 s.
    """
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    panic = re.search(PANIC, text)
    assert panic, "no panic"
    shown = text[: panic.start()]
    assert re.search(r"source 4 \(SDEI\) reports a fatal error", shown), "the record is not shown"
    assert (
        f"physical_address: 0x{ADDRESS:016x}" in shown and "fru_text: DIMM 3" in shown
    ), "the record is not whole"
    raised = [
        event.time
        for event in machine.events()
        if event.kind == "publish" and event.source == fatal.index
    ][-1]
    lasted = machine.control.ended - raised
    print(f"reset {lasted / SECOND:.3f} s after the record was raised")
    assert 0 < lasted < within, f"{lasted / SECOND:.3f} s from record to reset"
    assert machine.status(fatal) == 0 and machine.ack(fatal) & 1, "not given back before the panic"


@pytest.mark.arch("arm64")
@pytest.mark.expect_console(PANIC)
def test_fatal(boot):
    machine, _, fatal = two(boot)
    machine.post(fatal, FATAL)
    check_death(machine, fatal)


@pytest.mark.arch("arm64")
@pytest.mark.expect_console(PANIC)
@pytest.mark.parametrize("offset", [100, 450, 600, 750])
def test_fatal_inside_normal(boot, offset):
    """In the middle of the handler of a normal event."""
    machine, normal, fatal = two(boot)
    machine.nest(normal, cper.sized(172, 1), fatal, FATAL, offset)
    check_death(machine, fatal)
    nested = [event for event in machine.events() if event.kind == "nest"]
    assert not any(event.late for event in nested)


@pytest.mark.arch("arm64")
@pytest.mark.expect_console(PANIC)
@pytest.mark.parametrize("irqs_off", [0, 1])
def test_fatal_with_console_locked(boot, irqs_off):
    """The interrupted code holds the console lock."""
    machine, _, fatal = two(boot)
    machine.post(fatal, FATAL, gated=True)
    machine.vm.agent.start(f"insmod /lib/modules/hold.ko source={fatal.index} irqs_off={irqs_off}")
    check_death(machine, fatal)


@pytest.mark.arch("arm64")
@pytest.mark.expect_console(PANIC)
def test_fatal_with_queue_full(boot):
    """No room in the queue, and interrupts masked for seconds, so that no drain makes any."""
    machine = boot(
        [Source(id=3, event=804), Source(id=4, event=805, critical=True, length=2000)], icount=True
    )
    fatal = machine.sources[1]
    driver.load(machine, queue_kib=1)
    machine.post(fatal, cper.sized(2000, 1), gated=True)
    machine.post(fatal, FATAL)
    machine.vm.agent.start(f"insmod /lib/modules/hold.ko source={fatal.index} irqs_off=1 ms=3000")
    check_death(machine, fatal, SECOND)
