# SPDX-License-Identifier: GPL-2.0-only
"""Aborts and SErrors: machines, records, and what the guest's programs say of them."""

import re

from bed.lib import cper, driver
from bed.lib.sources import Source

PAGE_MASK = 0xFFFF_FFFF_FFFF_F000
RECOVERABLE = cper.block(cper.RECOVERABLE, [cper.memory(pa=cper.PA, mask=PAGE_MASK)])
CORRECTED = cper.block(cper.CORRECTED, [cper.memory(pa=cper.PA)])
ENOENT, EFAULT, EINPROGRESS = 2, 14, 115


def open_sea(boot, *, sources=None, el=1, **more):
    """A machine with a SEA source, taken by the module."""
    machine = boot(sources or [Source(id=7, notify="sea")], el=el, **more)
    machine.vm.check("dmesg -n 1")
    driver.load(machine)
    driver.load_hooks(machine)
    assert driver.bound(machine, machine.sources[0]) == "ghes_nmi"
    return machine


def numbers(out: str, first: str = "task") -> list[dict[str, int]]:
    """The lines of poison, raise and vmm that begin with this word."""
    return [
        {name: int(value, 0) for name, value in re.findall(r"(\w+)=(-?\w+)", line)}
        for line in out.splitlines()
        if line.startswith(first + "=")
    ]


def poison(machine, options: str, timeout: float = 60) -> dict[str, int]:
    return numbers(machine.vm.check(f"poison -q {options}", timeout))[0]


def corrupted(machine) -> int:
    """Pages taken out of use."""
    return (
        int(machine.vm.check("grep HardwareCorrupted /proc/meminfo").split()[1])
        // machine.kernel.page_kib
    )


def at_rest(machine) -> None:
    """Nobody waits any more."""
    machine.ring()  # the firmware looks whether its last record was taken
    driver.settle(machine)
    assert machine.vm.check("cat /sys/bus/platform/drivers/ghes_nmi/sync_waiting").strip() == "0"
