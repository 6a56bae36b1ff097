# SPDX-License-Identifier: GPL-2.0-only
"""A CPU goes and comes back while sources of every kind ring."""

import pytest

from bed.lib import driver
from bed.lib.driver import RAS_EVENT, Trace
from records import check_delivered, numbered
from kinds import every_kind, options, unacknowledged

pytestmark = pytest.mark.enough("6.12")
SIZE = 108
CPU = "/sys/devices/system/cpu/cpu1/online"
# Its interrupts are that CPU's while it is there: they move when it goes.
GO_AND_COME = (
    "for irq in /proc/irq/*/smp_affinity; do echo 2 >$irq; done 2>/dev/null;"
    f" echo 0 >{CPU} && sleep 0.05 && echo 1 >{CPU}"
)


@pytest.mark.limit(900)
def test_every_kind_while_a_cpu_goes(boot, kernel, request):
    """Each record once and in order, however often the CPU goes: 4 times; with --full 1,000."""
    full = request.config.getoption("full")
    sources = [*every_kind(kernel.arch), *unacknowledged(kernel.arch)]
    machine = boot(sources, smp=2, **options(kernel.arch))
    machine.vm.check("dmesg -n 1")
    driver.load(machine)
    trace = Trace(machine, RAS_EVENT, 16_384)
    turns, count = (1000, 10) if full else (4, 40)
    for turn in range(turns):
        posted = numbered(machine.sources, count, SIZE, first=turn * count)
        machine.vm.agent.start(GO_AND_COME)
        for src in machine.sources:
            machine.post_many(src, posted[src.index])
        result = machine.vm.agent.finish(60)
        assert result.rc == 0, f"turn {turn}: {result.out}"
        machine.quiesce()
        driver.settle(machine)
        check_delivered(posted, trace.payloads())
    for src in machine.sources:
        stats = driver.stats(machine, src)
        assert stats["received"] == stats["delivered"] == turns * count, f"source {src.id}"
        assert driver.bound(machine, src) == "ghes_nmi", f"source {src.id}"
