# SPDX-License-Identifier: GPL-2.0-only
"""A block that moved is mapped anew without keeping anybody from collecting."""

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source

pytestmark = [pytest.mark.arch("x86_64"), pytest.mark.enough("7.3")]

BUSY = "cat /sys/module/reader/initstate"


def test_grace_period_of_a_new_window(boot):
    """While RCU takes its time, records are collected from the new place, and NMIs for them are not
    unknown.
    """
    machine = boot([Source(id=n, notify="nmi") for n in range(2)], smp=2)
    driver.load(machine)
    src, other = machine.sources
    machine.vm.check("taskset 2 insmod /lib/modules/reader.ko ms=15000 >/dev/null 2>&1 & sleep 0.5")
    assert machine.vm.check(BUSY).strip() == "coming"
    machine.move(src, 2)
    for n in range(5):
        for each in (src, other):
            machine.post(each, cper.sized(200, n), cpu=0)
        try:
            machine.quiesce(3)
        except TimeoutError as error:
            pytest.fail(f"record {n} waits for a grace period: {error}")
    assert (
        machine.vm.check(BUSY).strip() == "coming"
    ), "the grace period is over: this case tests nothing"
    driver.settle(machine)
    for each in machine.sources:
        assert driver.stats(machine, each)["delivered"] == 5
    assert machine.vm.check("dmesg").count("Uhhuh") == 0
    machine.vm.check("echo 1 >/sys/module/reader/parameters/done")
    machine.vm.check("while test $(cat /sys/module/reader/initstate) != live; do sleep 0.2; done")
    # The place that it came from is given up, and can be mapped again.
    machine.move(src, 0)
    machine.post(src, cper.sized(200, 5), cpu=0)
    machine.quiesce()
    driver.settle(machine)
    assert driver.stats(machine, src)["delivered"] == 6
