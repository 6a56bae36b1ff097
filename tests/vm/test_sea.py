# SPDX-License-Identifier: GPL-2.0-only
"""Synchronous external aborts: whoever touches a poisoned page is told, and nobody else."""

import re

import pytest

from gn import cper, driver
from gn.sources import Source

KERNELS = ("5.10", "6.1", "6.12", "7.3")
RECOVERABLE = cper.block(cper.RECOVERABLE, [cper.memory(pa=cper.PA, mask=0xFFFF_FFFF_FFFF_F000)])
CORRECTED = cper.block(cper.CORRECTED, [cper.memory(pa=cper.PA)])


def open_sea(boot, *, sources=None, **more):
    """A machine with a SEA source, taken by the module."""
    machine = boot(sources or [Source(id=7, notify="sea")], el=1, **more)
    machine.vm.check("dmesg -n 1")
    driver.load(machine)
    driver.load_hooks(machine)
    assert driver.bound(machine, machine.sources[0]) == "ghes_nmi"
    return machine


def summary(out: str) -> list[dict[str, int]]:
    return [{name: int(value) for name, value in re.findall(r"(\w+)=(-?\d+)", line)}
            for line in out.splitlines() if line.startswith("task=")]


def corrupted_pages(machine) -> int:
    return int(machine.vm.check("grep HardwareCorrupted /proc/meminfo").split()[1]) // 4


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_hundred_touches(boot):
    machine = open_sea(boot)
    src = machine.sources[0]
    recipe = machine.recipe(src, RECOVERABLE)
    out = machine.vm.check(f"poison -r {recipe} -n 100 -q")
    got = summary(out)[0]
    assert got["touches"] == got["ar"] == got["right"] == got["trapped"] == 100, out
    driver.settle(machine)
    stats = driver.stats(machine, src)
    assert stats["received"] == stats["delivered"] == stats["recoverable"] == 100, stats
    assert corrupted_pages(machine) == 100
