# SPDX-License-Identifier: GPL-2.0-only
"""With ghes_edac, EDAC's counters are right whoever has the sources, and whoever comes first."""

import re

import pytest

from bed.lib import cper, driver, edac
from bed.lib.platform import Platform

# From 6.3 on ghes_edac listens to the in-tree driver's chain; before, it is called by name.
pytestmark = [pytest.mark.kernels("6.12", "7.3"), pytest.mark.enough("6.12")]
CORRECTED, UNCORRECTED = 5, 2  # errors of a turn


class Errors:
    """What was raised since ghes_edac came, and that each was counted once and is one mc_event."""

    def __init__(self, machine: Platform) -> None:
        self.machine, self.turns, self.serial = machine, 0, 0
        self.trace = driver.Trace(machine, "ras/mc_event")

    def blocks(self, **fields: int) -> list[bytes]:
        """Of addresses that no machine has; no two alike, which the in-tree driver would leave
        out.
        """
        self.serial += 1
        return [
            cper.block(
                severity,
                [
                    cper.memory(
                        pa=(1 << 60) + 4096 * (100 * self.serial + n), error_type=2, **fields
                    )
                ],
            )
            for n, severity in enumerate(
                [cper.CORRECTED] * CORRECTED + [cper.RECOVERABLE] * UNCORRECTED
            )
        ]

    def turn(self, heard: bool = True, **fields: int) -> None:
        machine = self.machine
        machine.post_many(machine.sources[0], self.blocks(**fields))
        machine.quiesce()
        if not heard:
            machine.vm.check("sleep 1")
            self.trace.text()
            return
        self.turns += 1
        wanted = self.turns * CORRECTED, self.turns * UNCORRECTED
        assert edac.counted(machine, *wanted) == wanted, f"turn {self.turns}"
        events = re.findall(r" mc_event: 1 (Corrected|Uncorrected) error", self.trace.text())
        assert [events.count("Corrected"), events.count("Uncorrected"), len(events)] == [
            CORRECTED,
            UNCORRECTED,
            CORRECTED + UNCORRECTED,
        ], f"turn {self.turns}"


def started(boot, kernel, sources: int = 1) -> tuple[Platform, Errors]:
    machine = boot(
        [driver.rung(kernel, n + 1) for n in range(sources)],
        append=edac.APPEND,
        extra_files=edac.archive(kernel),
    )
    machine.vm.check("dmesg -n 1")
    return machine, Errors(machine)


def load_edac(machine: Platform) -> int:
    return machine.vm.run(f"insmod {edac.MODULE} 2>/dev/null").rc


def unload_edac(machine: Platform) -> bool:
    return machine.vm.run("rmmod ghes_edac 2>/dev/null").rc == 0


@pytest.mark.limit(400)
def test_counters_across_takeovers(boot, kernel, pytestconfig):
    machine, errors = started(boot, kernel)
    edac.load(machine)
    for _ in range(20 if pytestconfig.getoption("full") else 3):
        errors.turn()
        driver.load(machine)
        errors.turn()
        # ghes_edac makes a grain of 0 of it, of which EDAC warns.
        errors.turn(mask=0)
        assert driver.stats(machine, machine.sources[0])["unserved"] == 0
        driver.unload(machine)
    errors.turn()


def test_comes_first(boot, kernel):
    """It cannot go while its sources are here; afterwards it can, and nothing of it is left."""
    machine, errors = started(boot, kernel, 2)
    if edac.built_in(kernel):
        pytest.skip("ghes_edac is built in")
    assert load_edac(machine) == 0
    driver.load(machine)
    errors.turn()
    assert not unload_edac(machine)
    errors.turn()
    driver.unload(machine)
    errors.turn()
    assert unload_edac(machine)
    assert machine.vm.run(f"ls {edac.COUNTERS}").rc
    errors.turn(heard=False)
    driver.load(machine)
    errors.turn(heard=False)
    driver.unload(machine)
    errors.turns = 0
    assert load_edac(machine) == 0
    errors.turn()
    assert unload_edac(machine)


def test_comes_meanwhile(boot, kernel):
    """With all sources taken it refuses, as without any; with one of two left it comes, and stays
    for good.
    """
    machine, errors = started(boot, kernel, 2)
    if edac.built_in(kernel):
        pytest.skip("ghes_edac is built in")
    driver.load(machine)
    assert load_edac(machine) and machine.vm.run("grep -q ghes_edac /proc/modules").rc
    errors.turn(heard=False)
    driver.unload(machine)
    driver.load(machine, sources=machine.sources[0].id)
    assert load_edac(machine) == 0
    errors.turn()
    assert not unload_edac(machine)
    driver.unload(machine)
    errors.turn()
    assert not unload_edac(machine)
    errors.turn()
