# SPDX-License-Identifier: GPL-2.0-only
"""Notifications that are no NMI: every record once, in order, at once, whoever holds the source before and after."""


import pytest

from bed.lib import cper, driver
from bed.lib.driver import Trace
from bed.lib.sources import Source

from test_delivery import check_counters, check_delivered, numbered

IN_TREE, OURS = "GHES", "ghes_nmi"
RECORDS = 1000


def kinds(arch: str, **more: object) -> list[Source]:
    """One source of each kind that this machine can raise, GHESv2 and GHES."""
    sources = [Source(id=10, notify="polled", poll_ms=10, **more),
               Source(id=11, notify="polled", poll_ms=10, type="ghes", **more)]
    if arch == "x86_64":  # two on one line
        sources += [Source(id=20, notify="irq", event=6, **more), Source(id=21, notify="irq", event=6, **more),
                    Source(id=22, notify="irq", event=7, type="ghes", **more)]
    return sources


def equal(a: list[bytes], b: list[bytes]) -> bool:
    return sorted(a) == sorted(b)


@pytest.mark.enough("6.12", "7.3")
def test_each_kind(boot, kernel):
    """A thousand records of each kind and a hundred that are all the same; then other drivers have them again."""
    machine = boot(kinds(kernel.arch), smp=2)
    said = driver.load(machine)
    assert all(f"source {src.id} taken" in said for src in machine.sources), said
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine, kib=16384)
    posted = numbered(machine.sources, RECORDS)
    for src in machine.sources:
        machine.post_many(src, posted[src.index])
    machine.quiesce(60)
    driver.settle(machine)
    check_delivered(posted, trace.payloads())
    check_counters(machine, RECORDS, empty=0)

    same = cper.sized(172, 7)
    for src in machine.sources:
        machine.post_many(src, [same] * 100)
    machine.quiesce(30)
    driver.settle(machine)
    assert trace.payloads() == [same[84:]] * 100 * len(machine.sources)

    driver.unload(machine)
    for src in machine.sources:
        assert driver.bound(machine, src) == IN_TREE
        block = cper.sized(172, 1000 + src.index)
        machine.post(src, block)
        machine.quiesce()
        assert trace.payloads() == [block[84:]]
