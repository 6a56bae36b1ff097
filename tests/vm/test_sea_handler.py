# SPDX-License-Identifier: GPL-2.0-only
"""The handler of synchronous external aborts itself: nested with SDEI events, and what it costs."""

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source
from aborts import at_rest, open_sea


def nest_all(machine, tries: int, shoot) -> None:
    """shoot(n) for all of them, a program running meanwhile; everything is taken after each."""
    machine.vm.check("sh -c 'while :; do :; done' >/dev/null 2>&1 & echo $! >/tmp/busy")
    for n in range(tries):
        shoot(n)
        machine.ring()
        machine.quiesce()
    machine.vm.check("kill $(cat /tmp/busy)")


def abort_and_events() -> list[Source]:
    """A source of aborts, one of a normal and one of a critical SDEI event."""
    return [
        Source(id=7, notify="sea"),
        Source(id=8, event=804),
        Source(id=9, event=805, critical=True),
    ]


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
@pytest.mark.limit(240)
def test_nested_with_sdei(boot):
    """SDEI events, normal and critical, at 200 offsets inside the handling of an abort."""
    machine = open_sea(
        boot,
        el=2,
        icount=True,
        sources=abort_and_events(),
    )
    sea, normal, critical = machine.sources
    tries = 200
    # An abort's handling is some 2,500 instructions, with the kernel's way in and out.
    for inner in (normal, critical):

        def inside_abort(n: int) -> None:
            machine.post(inner, cper.sized(172, n), gated=True)
            machine.sea(sea, cper.sized(172, n), nest=(inner, 20 + 15 * n)).wait()

        nest_all(machine, tries, inside_abort)
    at_rest(machine)
    got = [driver.stats(machine, src) for src in machine.sources]
    assert (
        [s["received"] for s in got] == [s["delivered"] for s in got] == [2 * tries, tries, tries]
    ), got
    assert driver.shown(machine, "sync_unclaimed")["sea"] == "0"


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12", "7.3")
@pytest.mark.enough("6.12")
@pytest.mark.limit(240)
def test_abort_in_sdei_handler(boot):
    """Aborts at 200 offsets inside the handler of an SDEI event, normal and critical.

    The events interrupt a program. The first and the last instructions are left out: there the
    kernel has a user's stack pointer for its current task. Nor does it save its syndrome registers
    for an event: one that interrupts the kernel's own entry code does not survive an abort, whoever
    handles it; the kernel calls that unsafe.
    """
    machine = open_sea(
        boot,
        el=2,
        icount=True,
        sources=abort_and_events(),
    )
    sea, *events = machine.sources
    tries = 200
    for outer in events:
        for n in range(tries):
            abort = machine.sea(
                sea, cper.sized(172, n), inside=(outer, cper.sized(172, n), 60 + 3 * n), bell=True
            )
            machine.vm.check(f"doorbell {outer.index}")
            abort.wait()
            machine.ring()
            machine.quiesce()
    at_rest(machine)
    got = [driver.stats(machine, src) for src in machine.sources]
    assert (
        [s["received"] for s in got] == [s["delivered"] for s in got] == [2 * tries, tries, tries]
    ), got
    assert driver.shown(machine, "sync_unclaimed")["sea"] == "0"
    inside = [event for event in machine.events() if event.kind == "sea"]
    assert all(
        event.pstate & 0x3CF == 0x3C9 for event in inside
    ), "not in a handler, with everything masked"


@pytest.mark.stock
@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.enough("6.12")
def test_cost_of_sea_handler(boot, kernel, record_property, capsys):
    """The notification itself, from call to return: at most a fourth and a third of the in-tree
    driver's.
    """
    machine = boot([Source(id=7, notify="sea", length=16384)], el=1, icount=True, gdb=True)
    src = machine.sources[0]
    machine.vm.check("dmesg -n 1")
    sizes = {172: 4, 8188: 3}
    # Records that differ: identical ones cost the in-tree driver more.
    recipes = {
        size: machine.recipe(src, cper.sized(size, cper.SERIAL, cper.RECOVERABLE)) for size in sizes
    }

    def costs(function: str, size: int) -> int:
        with machine.call_costs(function) as calls:
            machine.vm.check(f"poison -q -n 5 -x 1 -r {recipes[size]}")
        assert len(calls.costs) >= 5, calls.costs
        return sorted(calls.costs)[len(calls.costs) // 2]

    theirs = {size: costs("ghes_notify_sea", size) for size in sizes}
    driver.load(machine)
    driver.load_hooks(machine)
    ours = {size: costs("ghes_nmi_claim_sea", size) for size in sizes}
    for size, part in sizes.items():
        line = (
            f"{kernel.version}: SEA, {size} bytes: in-tree {theirs[size]}, ghes_nmi"
            f" {ours[size]} instructions: {ours[size] / theirs[size]:.3f}"
        )
        record_property("cost", line)
        with capsys.disabled():
            print("\n" + line)
        assert part * ours[size] <= theirs[size], line
