# SPDX-License-Identifier: GPL-2.0-only
"""What notifications that are no NMI cost, in guest instructions, beside the in-tree driver."""

import re
import statistics

import pytest

from bed.lib import cper, driver
from bed.lib.driver import TRACING
from bed.lib.sources import Source

pytestmark = [pytest.mark.enough("6.12"), pytest.mark.arch("x86_64"), pytest.mark.stock]
RECORDS = 30


def spans(text: str, begin: str, end: str) -> list[int]:
    """Instructions between each line with `begin` and the next one with `end`."""
    result, since = [], None
    for line in text.splitlines():
        stamp = re.match(r".*?\] +\S+ +(\d+): (.*)", line)
        if not stamp:
            continue
        if re.search(begin, stamp[2]):
            since = int(stamp[1])
        elif since is not None and re.search(end, stamp[2]):
            result.append(int(stamp[1]) - since)
            since = None
    return result


def trace_on(machine, *events: str) -> None:
    run = machine.vm.check
    run(
        f"cd {TRACING} && echo 0 >options/record-cmd && echo 0 >tracing_on && echo >trace && "
        "echo 0 >events/enable && echo 8192 >buffer_size_kb && echo x86-tsc >trace_clock"
    )
    for event in events:
        run(f"echo 1 >{TRACING}/events/{event}/enable")
    run(f"echo 1 >{TRACING}/tracing_on")


def trace_off(machine) -> str:
    text = machine.vm.check(f"cd {TRACING} && echo 0 >tracing_on && cat trace")
    machine.vm.check(f"cd {TRACING} && echo 0 >events/enable && echo >trace")
    return text


def interrupts(machine, src, handler: str, first: int) -> tuple[float, float]:
    """Median of a record's handler, and from its entry to the trace event."""
    trace_on(machine, "irq/irq_handler_entry", "irq/irq_handler_exit", "ras/non_standard_event")
    for n in range(first, first + RECORDS):
        machine.post(src, cper.sized(172, n))
        machine.quiesce()
    text = trace_off(machine)
    entry = rf"irq_handler_entry: irq=\d+ name={handler}$"
    whole = spans(text, entry, r"irq_handler_exit: .*ret=handled")
    delay = spans(text, entry, r"non_standard_event:")
    assert len(whole) == len(delay) == RECORDS, text[-2000:]
    return statistics.median(whole), statistics.median(delay)


def tell(capsys, record_property, line: str) -> None:
    record_property("cost", line)
    with capsys.disabled():
        print("\n" + line)


def test_interrupt_costs_no_more(boot, capsys, record_property):
    """A record's interrupt, and the time to its trace event: at most the in-tree driver's."""
    machine = boot([Source(id=20, notify="irq", event=6)], icount=True)
    machine.vm.check("dmesg -n 1")
    src = machine.sources[0]
    theirs = interrupts(machine, src, "GHES IRQ", 0)
    driver.load(machine)
    ours = interrupts(machine, src, "ghes_nmi", RECORDS)
    tell(
        capsys,
        record_property,
        (
            f"interrupt, 172 bytes: in-tree {theirs[0]:.0f}, ghes_nmi {ours[0]:.0f} instructions; "
            f"to the trace event {theirs[1]:.0f}, {ours[1]:.0f}"
        ),
    )
    assert ours[0] <= theirs[0] and ours[1] <= theirs[1], (ours, theirs)


def idle(machine, function: str) -> float:
    trace_on(machine, "timer/timer_expire_entry", "timer/timer_expire_exit")
    machine.vm.check("sleep 5")
    found = spans(
        trace_off(machine), rf"timer_expire_entry: .*function={function}\b", r"timer_expire_exit:"
    )
    assert len(found) >= 3
    return statistics.median(found)


def test_idle_poll_costs_no_more(boot, capsys, record_property):
    """Instructions of a look at a polled source that has no record."""
    machine = boot([Source(id=10, notify="polled", poll_ms=1000)], icount=True)
    machine.vm.check("dmesg -n 1")
    theirs = idle(machine, "ghes_poll_func")
    driver.load(machine)
    ours = idle(machine, r"poll")
    tell(
        capsys,
        record_property,
        f"idle poll: in-tree {theirs:.0f}, ghes_nmi {ours:.0f} instructions",
    )
    assert ours <= theirs
