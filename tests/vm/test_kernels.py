# SPDX-License-Identifier: GPL-2.0-only
"""The core cases: what must work on every kernel of kernels.list, in one boot."""

import re

import pytest

from bed.lib import TOP, cper, driver
from bed.lib.driver import Trace
from bed.lib.sources import Source
from aborts import CORRECTED, RECOVERABLE, at_rest, corrupted, poison
from records import deliver_one

IN_TREE, OURS = "GHES", "ghes_nmi"


def documented(kernel) -> set[str]:
    """What docs/user/ABI describes and this architecture has."""
    text = (TOP / "docs/user/ABI").read_text(encoding="utf-8")
    other = {"arm64": "x86", "x86_64": "arm64"}[kernel.arch]
    names = set()
    for entry in text.split("\n\n"):
        if f"Description:\t{other}: " not in entry:
            names |= set(re.findall(r"^What:\t+(\S+)", entry, re.MULTILINE))
    # What is there after a fatal record only; test_erst.py looks at it.
    return {name for name in names if not name.startswith("/sys/fs/pstore/")}


def interfaces(machine) -> set[str]:
    """What the loaded module shows, by the names of docs/user/ABI."""
    out = machine.vm.check(
        "cd /; find sys/module/ghes_nmi*/parameters sys/bus/platform/drivers/ghes_nmi"
        " sys/bus/platform/devices/GHES.*/ghes_nmi -type f; ls -d"
        f" {driver.TRACING}/events/ghes_nmi/*/ | sed 's,/$,,'"
    )
    names = {re.sub(r"GHES\.\d+", "GHES.N", "/" + name.lstrip("/")) for name in out.split()}
    # Every driver has these.
    return {name for name in names if name.rpartition("/")[2] not in ("bind", "unbind", "uevent")}


@pytest.mark.core
@pytest.mark.every_kernel
def test_core(boot, kernel, record_property):
    """Taken over, a record of each severity and a malformed one and a long one, counters, given
    back, and again.
    """
    machine = boot(
        [
            driver.rung(kernel, 1, id=10, length=65536),
            Source(id=20, notify="polled", poll_ms=20),
            Source(id=30, notify="local"),
        ]
    )
    assert machine.vm.check("uname -r").strip() == kernel.release
    src, polled, local = machine.sources
    if not kernel.rings:
        said = driver.load(machine)
        assert said.count("this kernel has no SDEI") == 1, said
        assert "source 10 stays with the in-tree driver: no SDEI on this kernel" in said
        assert driver.bound(machine, polled) == OURS
        deliver_one(machine, polled)
        record_property(
            "lacks",
            (
                "no SDEI in this kernel (CONFIG_ARM_SDE_INTERFACE): such sources stay where they"
                " are; SEA is served"
            ),
        )
        return
    for round in range(2):
        assert driver.bound(machine, src) == IN_TREE
        said = driver.load(machine)
        assert "source 10 taken" in said and driver.bound(machine, src) == OURS
        assert driver.bound(machine, polled) == OURS
        assert "source 30 stays with the in-tree driver: LOCAL" in said
        assert driver.bound(machine, local) is None
        # An attribute, a parameter or an event without a description, or a description of nothing.
        ours = {name for name in documented(kernel) if "/events/ras/" not in name}
        assert interfaces(machine) ^ ours == set(), "docs/user/ABI and the module differ"
        trace = Trace(machine, driver.SECTION_EVENT)
        blocks = [
            cper.sized(172, 1, cper.CORRECTED),
            cper.sized(4096, 2, cper.RECOVERABLE),
            cper.sized(65536, 3, cper.NONE),
        ]
        for block in blocks:
            machine.post(src, block)
            driver.settle(machine)
        machine.post(src, cper.block(cper.CORRECTED, [cper.vendor(payload=bytes(88), length=89)]))
        driver.settle(machine)
        assert trace.payloads() == [block[84:] for block in blocks]
        stats = driver.stats(machine, src)
        wanted = {
            "received": 3,
            "delivered": 3,
            "corrected": 1,
            "recoverable": 1,
            "informational": 1,
            "malformed": 1,
            "section_length": 1,
            "deferred": 0,
            "queue_used": 0,
        }
        assert {name: stats[name] for name in wanted} == wanted
        # What rasdaemon reads.
        plain = Trace(machine)
        machine.vm.check(f"echo 1 >{driver.TRACING}/events/ras/enable")
        machine.post(
            src,
            cper.block(
                cper.CORRECTED,
                [
                    cper.memory(pa=0x80_0000_0000, error_type=2),
                    cper.arm_processor(),
                    cper.vendor(payload=b"twelve bytes"),
                ],
            ),
        )
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


@pytest.mark.core
@pytest.mark.arch("arm64")
@pytest.mark.every_kernel
@pytest.mark.enough("5.10")  # test_sea.py has the others that a change is tested on
def test_core_sea(boot, kernel):
    """The hooks: a task that touches a broken page is told, one that met a corrected error goes on;
    given back, and again.
    """
    machine = boot([Source(id=30, notify="sea")], el=1)
    src = machine.sources[0]
    machine.vm.check("dmesg -n 1")
    recoverable, corrected = machine.recipe(src, RECOVERABLE), machine.recipe(src, CORRECTED)
    lost = 0
    for _ in range(2):
        said = driver.load(machine)
        assert "source 30 stays where it is until ghes_nmi_mm is loaded" in said, said
        assert driver.bound(machine, src) == IN_TREE
        driver.load_hooks(machine)
        assert driver.bound(machine, src) == OURS
        got = poison(machine, f"-n 3 -r {recoverable}")
        assert got["ar"] == got["right"] == got["trapped"] == 3, got
        lost += 3
        assert corrupted(machine) == lost
        got = poison(machine, f"-n 2 -x 1 -r {corrected}")
        assert got["none"] == 2 and got["wrong"] == 0, got
        at_rest(machine)
        stats = driver.stats(machine, src)
        wanted = {
            "received": 5,
            "delivered": 5,
            "recoverable": 3,
            "corrected": 2,
            "malformed": 0,
            "bad_page": 0,
        }
        assert {name: stats[name] for name in wanted} == wanted
        machine.vm.check("rmmod ghes_nmi_mm")
        assert driver.bound(machine, src) == IN_TREE
        driver.unload(machine)
