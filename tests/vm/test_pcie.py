# SPDX-License-Identifier: GPL-2.0-only
"""A PCIe error that firmware reports first reaches AER: the event, and recovery by the device's
driver.
"""

import pytest

from bed.lib import cper, driver, pcie

SERVED = ("6.1", "6.12", "7.3")
BURST = 100  # AER's own queue holds 16
NOT_BY_US = "non_standard_event"


def started(boot, kernel):
    machine = boot(
        [driver.rung(kernel, 1, length=8192)], argv=pcie.ARGV, append=pcie.append(kernel)
    )
    name = pcie.bind(machine)
    driver.load(machine)
    return machine, machine.sources[0], name, pcie.trace(machine)


@pytest.mark.kernels(*SERVED)
@pytest.mark.enough("6.1", "6.12")
def test_pcie_recovery(boot, kernel):
    """A burst, one of each severity, a reset that firmware asks for, and what nobody can
    recover.
    """
    machine, src, name, trace = started(boot, kernel)

    def raised(*blocks: bytes, resumed: int) -> tuple[list[tuple[str, str]], str]:
        """Events and text of the trace."""
        before = pcie.seen(machine)
        machine.post_many(src, list(blocks))
        driver.settle(machine)
        after = pcie.await_seen(machine, before[2] + resumed)
        assert [b - a for a, b in zip(before, after)] == [resumed] * 3
        machine.vm.check("sleep 0.2")
        text = trace.text()
        return pcie.events(text), text

    machine.vm.check("dmesg -n 1")
    found, text = raised(*[pcie.block()] * BURST, resumed=BURST)
    assert found == [(name, "Uncorrected, non-fatal")] * BURST
    assert NOT_BY_US not in text, "reported twice"

    found, text = raised(pcie.block(cper.CORRECTED), resumed=0)
    assert found == [(name, "Corrected")] and NOT_BY_US not in text

    # No such device, one of the root bus that has no port to recover from (the kernel's own driver
    # dies of that), no device named, no registers: bytes, as of any section that nobody decodes.
    for block in (
        pcie.block(bus=7),
        pcie.block(bus=0),
        pcie.block(validation=0xC7),
        pcie.block(validation=0x4F),
    ):
        found, text = raised(block, resumed=0)
        assert found == [] and text.count(NOT_BY_US) == 1

    # The last of a record's sections; firmware wants the device reset, so it is fatal for the
    # device. What the reset of an emulated link comes to is not ours.
    last = pcie.section(entry={"flags": cper.SEC_RESET})
    before = pcie.seen(machine)
    machine.post(src, cper.block(cper.RECOVERABLE, [cper.vendor(payload=bytes(8)), last]))
    driver.settle(machine)
    machine.vm.check("sleep 1")
    text = trace.text()
    assert pcie.seen(machine)[0] == before[0] + 1
    assert pcie.events(text) == [(name, "Fatal")] and text.count(NOT_BY_US) == 1

    counted = driver.stats(machine, src)
    assert counted["unserved"] == 0 and counted["received"] == counted["delivered"] == BURST + 6
    driver.unload(machine)


@pytest.mark.kernels(*SERVED)
@pytest.mark.enough("6.12")
@pytest.mark.limit(300)
def test_pcie_unload_meanwhile(boot, kernel, pytestconfig):
    """What was taken is handed on before the module is gone; the in-tree driver does the rest. With
    --full 108 errors.
    """
    machine, src, _, _ = started(boot, kernel)
    machine.vm.check("dmesg -n 1")
    for turn in range(1, 10 if pytestconfig.getoption("full") else 6):
        machine.post_many(src, [pcie.block()] * 12)
        driver.unload(machine)
        machine.quiesce()
        assert pcie.await_seen(machine, 12 * turn) == (12 * turn,) * 3
        driver.load(machine)
