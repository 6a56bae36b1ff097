# SPDX-License-Identifier: GPL-2.0-only
"""The core cases: what must work on every kernel of kernels.list, in one boot."""

import pytest

from gn import cper, driver
from gn.driver import Trace
from gn.sources import Source

IN_TREE, OURS = "GHES", "ghes_nmi"


def served(kernel) -> bool:
    """Can this kernel's NMI-like notification be had at all?"""
    return kernel.arch != "arm64" or kernel.config("CONFIG_ARM_SDE_INTERFACE")


@pytest.mark.core
@pytest.mark.every_kernel
def test_core(boot, kernel):
    """Taken over, a record of each severity and a malformed one and a long one, counters, given back, and again."""
    machine = boot([driver.rung(kernel, 1, id=10, length=65536), Source(id=20, notify="polled")])
    assert machine.vm.check("uname -r").strip() == kernel.release
    src, polled = machine.sources
    if not served(kernel):
        lines = driver.load_refused(machine)
        assert any("source 10 stays with the in-tree driver: no SDEI on this kernel" in line for line in lines), lines
        assert driver.bound(machine, polled) == IN_TREE
        return
    for round in range(2):
        assert driver.bound(machine, src) == IN_TREE
        said = driver.load(machine)
        assert "source 10 taken" in said and driver.bound(machine, src) == OURS
        assert driver.bound(machine, polled) == IN_TREE
        trace = Trace(machine, driver.SECTION_EVENT)
        blocks = [cper.sized(172, 1, cper.CORRECTED), cper.sized(4096, 2, cper.RECOVERABLE),
                  cper.sized(65536, 3, cper.NONE)]
        for block in blocks:
            machine.post(src, block)
            driver.settle(machine)
        machine.post(src, cper.block(cper.CORRECTED, [cper.vendor(payload=bytes(88), length=89)]))
        driver.settle(machine)
        assert trace.payloads() == [block[84:] for block in blocks]
        stats = driver.stats(machine, src)
        wanted = {"received": 3, "delivered": 3, "corrected": 1, "recoverable": 1, "informational": 1, "malformed": 1,
                  "section_length": 1, "deferred": 0, "queue_used": 0}
        assert {name: stats[name] for name in wanted} == wanted
        # What rasdaemon reads.
        plain = Trace(machine)
        machine.vm.check(f"echo 1 >{driver.TRACING}/events/ras/enable")
        machine.post(src, cper.block(cper.CORRECTED, [cper.memory(pa=0x80_0000_0000, error_type=2),
                                                      cper.arm_processor(), cper.vendor(payload=b"twelve bytes")]))
        driver.settle(machine)
        text = plain.text()
        assert "mc_event: " in text and "non_standard_event: " in text
        if kernel.arch == "arm64":
            assert "arm_event: " in text
        driver.unload(machine)
        assert driver.bound(machine, src) == IN_TREE
    assert "ghes_nmi" not in machine.vm.check("cat /proc/modules")
