# SPDX-License-Identifier: GPL-2.0-only
"""PREEMPT_RT: a CPU that other tasks never leave keeps nobody's records, and nobody is freed under
them.
"""

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


def test_takeover_waits_for_the_thread(boot, kernel):
    """A record that the in-tree driver has queued is delivered before its source is taken."""
    # RCU's threads go before the hog, the one that runs irq_work on CPU 1 does not.
    machine = boot([driver.rung(kernel, 1)], smp=2, append="rcutree.kthread_prio=10")
    src, trace = machine.sources[0], driver.Trace(machine)
    run = machine.vm.check
    run(f"{HOG} before=irq_work/1")
    block = cper.sized(200, 1)
    machine.post(src, block, cpu=1)
    machine.quiesce()
    assert trace.payloads() == [], "the thread is not kept from it: this case tests nothing"
    run(f"(taskset 1 insmod {driver.MODULE} && touch /tmp/loaded) >/dev/null 2>&1 &")
    run("sleep 4")
    assert driver.bound(machine, src) == "GHES", "the source is freed under the thread"
    run("taskset 1 rmmod hog")
    run("for i in $(seq 100); do [ -e /tmp/loaded ] && break; sleep 0.1; done")
    assert driver.bound(machine, src) == "ghes_nmi"
    assert trace.payloads() == [block[84:]]
    driver.unload(machine)
