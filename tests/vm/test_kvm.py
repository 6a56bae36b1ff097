# SPDX-License-Identifier: GPL-2.0-only
"""External aborts of KVM guests: the VMM is told by its vCPU thread, before the guest runs
again.
"""

import pytest

from bed.lib import driver
from aborts import CORRECTED, RECOVERABLE, at_rest, corrupted, numbers, open_sea

HOOKS = {
    "5.10": False,
    "6.1": False,
    "6.12": False,
    "7.3": True,
}  # has KVM a function of its own to hook?


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*HOOKS)
def test_guest(boot, kernel):
    machine = open_sea(boot, el=2)
    src = machine.sources[0]
    result = machine.vm.run("insmod /lib/modules/ghes_nmi_kvm.ko")
    assert (result.rc == 0) == HOOKS[kernel.of], result
    if result.rc:
        assert "which ghes_nmi_mm serves" in machine.vm.check("dmesg | grep ghes_nmi_kvm:")
    recoverable, corrected = (machine.recipe(src, block) for block in (RECOVERABLE, CORRECTED))

    out = machine.vm.check(f"vmm -n 20 -r {recoverable}", 60)
    shots = numbers(out, "shot")
    assert len(shots) == 20, out
    for shot in shots:
        assert shot["raised"] == shot["signals"] == shot["right"] == 1 and shot["ran"] == 0, shot
    assert corrupted(machine) == 20
    assert machine.vm.check("dmesg | grep -c 'Sending SIGBUS to vmm'").strip() == "20"

    shots = numbers(machine.vm.check(f"vmm -n 5 -r {corrected}", 60), "shot")
    assert len(shots) == 5 and all(
        shot["raised"] == shot["on"] == 1 and shot["signals"] == 0 for shot in shots
    ), shots
    at_rest(machine)
    stats = driver.stats(machine, src)
    assert (stats["received"], stats["delivered"], stats["corrected"]) == (25, 25, 5), stats

    # No record: what the kernel does without the module: the guest takes an SError.
    nothing = machine.recipe()
    ours = numbers(machine.vm.check(f"vmm -r {nothing}"), "shot")[0]
    machine.vm.check("lsmod | grep -q ghes_nmi_kvm && rmmod ghes_nmi_kvm; rmmod ghes_nmi_mm")
    theirs = numbers(machine.vm.check(f"vmm -r {nothing}"), "shot")[0]
    for name in ("raised", "signals", "exit", "errno", "vector", "esr", "on"):
        assert ours[name] == theirs[name], (name, ours, theirs)
    assert ours["raised"] == 1 and ours["on"] == 0
