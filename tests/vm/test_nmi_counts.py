# SPDX-License-Identifier: GPL-2.0-only
"""x86: what is counted of NMIs that find nothing, on four CPUs, one of which firmware rings."""

import re

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source

pytestmark = [pytest.mark.arch("x86_64"), pytest.mark.limit(300), pytest.mark.enough("7.3")]

UHHUH = "Uhhuh. NMI received for unknown reason"
BELIEVED = 8  # GN_OWED_DOUBTS


def unknown(machine) -> int:
    machine.vm.check("sleep 0.1")  # an NMI just sent has been seen
    return machine.vm.check("dmesg").count(UHHUH)


def seen_by(machine, cpu: int) -> int:
    """NMIs that a CPU has had."""
    return int(
        re.search(r"NMI:(?:\s+\d+){%d}\s+(\d+)" % cpu, machine.vm.check("cat /proc/interrupts"))[1]
    )


def rung_on(machine, src: Source, first: int, count: int, cpu) -> None:
    for n in range(first, first + count):
        machine.post(src, cper.sized(200, n), cpu=cpu)
        machine.quiesce()


@pytest.mark.expect_console("Uhhuh")
def test_foreign_nmi_after_each_record(boot):
    """Records rung on one CPU do not swallow another CPU's NMIs for ever; records rung on all make
    none unknown.
    """
    machine = boot([Source(id=n, notify="nmi") for n in range(2)], smp=4)
    machine.vm.check("dmesg -n 1")
    driver.load(machine)
    first, second = machine.sources
    # Firmware that rings every CPU: the first to come takes the record, the others were not sent
    # for nothing.
    rung_on(machine, first, 0, 100, "all")
    machine.post_many(second, [cper.sized(200, n) for n in range(1000)], cpu="all")
    machine.quiesce()
    driver.settle(machine)
    assert unknown(machine) == 0, "NMIs of firmware that rings all CPUs were reported as unknown"
    for src in machine.sources:
        assert (
            driver.stats(machine, src)["empty"] == 0
        ), f"source {src.id}: NMIs for another CPU's find count as empty"
    # One that rings CPU 0, and somebody else's NMI on CPU 2 right after each record.
    before, swallowed = seen_by(machine, 2), int(driver.attribute(machine, "nmi_swallowed"))
    for n in range(14):
        rung_on(machine, first, 100 + n, 1, 0)
        # Whoever collected the record has done so: an NMI that comes meanwhile is explained by it.
        machine.vm.check("for cpu in 0 1 2 3; do taskset -c $cpu true; done")
        machine.nmi(2)
        machine.vm.check("sleep 0.5")
        while seen_by(machine, 2) == before + n:  # a busy host
            machine.vm.check("sleep 0.1")
    reported, swallowed = (
        unknown(machine),
        int(driver.attribute(machine, "nmi_swallowed")) - swallowed,
    )
    assert (
        reported + swallowed == 14 and 0 < swallowed <= BELIEVED
    ), f"{reported} reported, {swallowed} swallowed"
    # All CPUs again: for its first record CPU 2 may still be taken at its word of before.
    machine.vm.check("sleep 1.2")
    rung_on(machine, first, 114, 50, "all")
    assert (
        unknown(machine) <= reported + 1
    ), "NMIs of firmware that rings all CPUs were reported as unknown"
