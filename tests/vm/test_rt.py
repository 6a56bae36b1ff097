# SPDX-License-Identifier: GPL-2.0-only
"""PREEMPT_RT: a CPU that a real-time task never leaves keeps nobody's records."""

import time

import pytest

from bed.lib import cper, driver

pytestmark = [pytest.mark.arch("x86_64"), pytest.mark.kernels("7.3-rt")]

HOG = "echo -1 >/proc/sys/kernel/sched_rt_runtime_us; taskset 1 insmod /lib/modules/hog.ko cpu=1"
LISTENER = "/sys/module/listener/parameters"


def delivered(machine, src, count: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if driver.stats(machine, src)["delivered"] == count:
            return True
        time.sleep(0.1)
    return False


def test_busy_cpu(boot, kernel):
    """Rung on a CPU where nothing but a real-time task runs, a record is delivered, and so are the
    next ones.
    """
    machine = boot([driver.rung(kernel, 1)], smp=2)
    driver.load(machine)
    src = machine.sources[0]
    machine.vm.check("insmod /lib/modules/listener.ko")
    machine.vm.check(HOG)
    for n, cpu in enumerate((1, 0, 1)):
        machine.post(src, cper.sized(200, n), cpu=cpu)
        machine.quiesce()
        assert delivered(
            machine, src, n + 1
        ), f"record {n}, rung on CPU {cpu}, waits for a task that never sleeps"
    machine.vm.check("rmmod hog")
    # What listeners may do there takes locks that sleep.
    assert (
        machine.vm.check(f"cat {LISTENER}/irqs_off").strip() == "0"
    ), "a listener was called with interrupts off"
    machine.vm.check("rmmod listener")
    driver.unload(machine)
