# SPDX-License-Identifier: GPL-2.0-only
"""The core cases: what must work on every kernel of kernels.list, in one boot."""

import re

import pytest

from gn import TOP, cper, driver
from gn.driver import Trace
from gn.sources import Source

IN_TREE, OURS = "GHES", "ghes_nmi"


def served(kernel) -> bool:
    """Can this kernel's NMI-like notification be had at all?"""
    return kernel.arch != "arm64" or kernel.config("CONFIG_ARM_SDE_INTERFACE")


def documented(kernel) -> set[str]:
    """What docs/ABI describes and this architecture has."""
    text = (TOP / "docs/ABI").read_text(encoding="utf-8")
    other = {"arm64": "x86", "x86_64": "arm64"}[kernel.arch]
    names = set()
    for entry in text.split("\n\n"):
        if f"Description:\t{other}: " not in entry:
            names |= set(re.findall(r"^What:\t+(\S+)", entry, re.MULTILINE))
    return names


def interfaces(machine) -> set[str]:
    """What the loaded module shows, by the names of docs/ABI."""
    out = machine.vm.check(
        "cd /; find sys/module/ghes_nmi*/parameters sys/bus/platform/drivers/ghes_nmi sys/bus/platform/devices/GHES.*/ghes_nmi "
        f"-type f; ls -d {driver.TRACING}/events/ghes_nmi/*/ | sed 's,/$,,'")
    names = {re.sub(r"GHES\.\d+", "GHES.N", "/" + name.lstrip("/")) for name in out.split()}
    # Every driver has these.
    return {name for name in names if name.rpartition("/")[2] not in ("bind", "unbind", "uevent")}


@pytest.mark.core
@pytest.mark.every_kernel
def test_core(boot, kernel, record_property):
    """Taken over, a record of each severity and a malformed one and a long one, counters, given back, and again."""
    machine = boot([driver.rung(kernel, 1, id=10, length=65536), Source(id=20, notify="polled")])
    assert machine.vm.check("uname -r").strip() == kernel.release
    src, polled = machine.sources
    if not served(kernel):
        lines = driver.load_refused(machine)
        assert any("source 10 stays with the in-tree driver: no SDEI on this kernel" in line for line in lines), lines
        assert driver.bound(machine, polled) == IN_TREE
        record_property("refused", "this kernel has no SDEI (CONFIG_ARM_SDE_INTERFACE): its sources stay where they are")
        return
    for round in range(2):
        assert driver.bound(machine, src) == IN_TREE
        said = driver.load(machine)
        assert "source 10 taken" in said and driver.bound(machine, src) == OURS
        assert driver.bound(machine, polled) == IN_TREE
        # An attribute, a parameter or an event without a description, or a description of nothing.
        ours = {name for name in documented(kernel) if "/events/ras/" not in name}
        assert interfaces(machine) ^ ours == set(), "docs/ABI and the module differ"
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
        # Longer sections than the kernel prints come in the next round.
        machine.vm.check(f"echo 0 >{driver.TRACING}/events/ras/enable")
        assert "mc_event: " in text and "non_standard_event: " in text
        if kernel.arch == "arm64":
            assert "arm_event: " in text
        driver.unload(machine)
        assert driver.bound(machine, src) == IN_TREE
    assert "ghes_nmi" not in machine.vm.check("cat /proc/modules")
