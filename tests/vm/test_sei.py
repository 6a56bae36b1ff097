# SPDX-License-Identifier: GPL-2.0-only
"""SErrors with a record: claimed, and the machine goes on where the architecture allows it."""

import re

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source
from aborts import CORRECTED, RECOVERABLE, at_rest, corrupted, numbers

KERNELS = ("6.1", "6.12", "7.3")
RESTARTABLE, CORRECTED_ERROR, UNRECOVERABLE, UNCONTAINABLE, REPAIRABLE, OWN_CODE = (
    0xBE000811,
    0xBE001811,
    0xBE000411,
    0xBE000011,
    0xBE000C11,
    0xBF000000,
)


def open_sei(boot, **more):
    machine = boot([Source(id=5, notify="sei")], **more)
    machine.vm.check("dmesg -n 1")
    driver.load(machine)
    driver.load_hooks(machine)
    assert driver.bound(machine, machine.sources[0]) == "ghes_nmi"
    return machine


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_goes_on(boot):
    """Restartable and corrected ones anywhere, recoverable ones in a program and in a guest."""
    machine = open_sei(boot)
    src = machine.sources[0]
    corrected, recoverable = (machine.recipe(src, block) for block in (CORRECTED, RECOVERABLE))
    received = 0
    for esr in (RESTARTABLE, CORRECTED_ERROR):
        for where in ("", "-k "):
            got = numbers(
                machine.vm.check(f"raise -s -e {esr:#x} {where}-n 3 -r {corrected}"), "raised"
            )[0]
            assert got["raised"] == 3 and got["signals"] == 0, (hex(esr), where, got)
            received += 3
        for shot in numbers(machine.vm.check(f"vmm -s -e {esr:#x} -n 2 -r {corrected}"), "shot"):
            assert shot["raised"] == shot["on"] == 1 and shot["signals"] == 0, (hex(esr), shot)
            received += 1
    at_rest(machine)
    stats = driver.stats(machine, src)
    assert stats["received"] == stats["delivered"] == stats["corrected"] == received == 16, stats
    # A recoverable one: the task is told, as for a synchronous error.
    before = corrupted(machine)
    got = numbers(machine.vm.check(f"raise -s -e {REPAIRABLE:#x} -r {recoverable}"), "raised")[0]
    assert got["signals"] == got["right"] == 1, got
    shots = numbers(machine.vm.check(f"vmm -s -e {REPAIRABLE:#x} -n 2 -r {recoverable}"), "shot")
    assert len(shots) == 2 and all(
        shot["signals"] == shot["right"] == 1 and shot["ran"] == 0 for shot in shots
    ), shots
    assert corrupted(machine) == before + 3
    # Without a record: as without the module.
    got = numbers(
        machine.vm.check(f"raise -s -e {RESTARTABLE:#x} -r {machine.recipe()}"), "raised"
    )[0]
    assert got["raised"] == 1 and got["signals"] == 0, got
    shot = numbers(machine.vm.check(f"vmm -s -e {REPAIRABLE:#x} -r {machine.recipe()}"), "shot")[0]
    assert shot["raised"] == 1 and shot["signals"] == 0 and shot["on"] == 0, shot
    at_rest(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
@pytest.mark.expect_console("Kernel panic - not syncing: Asynchronous SError Interrupt")
@pytest.mark.parametrize(
    "esr, where",
    [
        (UNCONTAINABLE, "el0"),
        (UNRECOVERABLE, "kernel"),
        (OWN_CODE, "el0"),
        (REPAIRABLE, "kernel"),
        (UNCONTAINABLE, "guest"),
    ],
)
def test_dies(boot, esr, where):
    """The kernel's own way, and the record is shown before the panic."""
    machine = open_sei(boot)
    recipe = machine.recipe(machine.sources[0], RECOVERABLE)
    program = {"el0": "raise", "kernel": "raise -k", "guest": "vmm"}[where]
    machine.vm.agent.start(f"{program} -s -e {esr:#x} -r {recipe}")
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    panic = text.find("Kernel panic")
    shown = re.search(r"source 5 \(SEI\) reports a recoverable error", text)
    assert (
        shown
        and shown.start() < panic
        and "section_type: memory error" in text[shown.start() : panic]
    ), text[-3000:]


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
@pytest.mark.expect_console(
    "Kernel panic - not syncing: Asynchronous SError Interrupt|synchronous external abort|Internal"
    " error"
)
@pytest.mark.parametrize(
    "notify, program",
    [
        ("sei", f"raise -s -e {UNCONTAINABLE:#x}"),
        ("sei", f"raise -k -s -e {UNRECOVERABLE:#x}"),
        ("sea", "raise -k"),
    ],
)
def test_malformed_block_that_the_kernel_dies_of(boot, notify, program):
    """The source is named before: the block is in no log and no file afterwards."""
    machine = boot([Source(id=5, notify=notify)], el=1)
    machine.vm.check("dmesg -n 1")
    driver.load(machine)
    driver.load_hooks(machine)
    recipe = machine.recipe(
        machine.sources[0], cper.block(cper.RECOVERABLE, [cper.memory(pa=cper.PA)], data_length=12)
    )
    machine.vm.agent.start(f"{program} -r {recipe}")
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    died = re.search("Kernel panic|Internal error", text)
    named = re.search(r"source 5: a malformed error status block of \d+ bytes", text)
    assert died and named and named.start() < died.start(), text[-3000:]


@pytest.mark.arch("arm64")
@pytest.mark.kernels("5.10")
def test_kernel_without(boot):
    """A kernel whose do_serror() cannot be hooked: said, and SEA works."""
    machine = boot([Source(id=5, notify="sei"), Source(id=7, notify="sea")], el=1)
    driver.load(machine)
    said = driver.load_hooks(machine)
    assert (
        "no function do_serror that can be hooked" in said
        and "SEI sources cannot be served" in said
    ), said
    assert driver.bound(machine, machine.sources[1]) == "ghes_nmi"
    assert driver.bound(machine, machine.sources[0]) != "ghes_nmi"
    refused = machine.vm.run("insmod /lib/modules/ghes_nmi_kvm.ko")
    assert refused.rc
    assert "ghes_nmi_kvm: this kernel has no function kvm_handle_guest_sea" in machine.vm.check(
        "dmesg"
    )
