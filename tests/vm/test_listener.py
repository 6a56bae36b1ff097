# SPDX-License-Identifier: GPL-2.0-only
"""The exported interface: another module gets every record."""

from bed.lib import cper, driver

HEARD = "/sys/module/listener/parameters/heard"
BEHIND = "/sys/module/listener/parameters/behind"


def test_listener(boot, kernel):
    machine = boot(
        [driver.rung(kernel, 1, id=10), driver.rung(kernel, 2, id=20, critical=True, length=8192)]
    )
    first, second = machine.sources
    driver.load(machine)
    machine.vm.check("insmod /lib/modules/listener.ko")
    assert machine.vm.run("rmmod ghes_nmi").rc, "unloaded under its user"
    expected = []
    for seq in range(1, 6):
        for src, size in ((first, 172), (second, 5000)):
            machine.post(src, cper.sized(size, seq))
            driver.settle(machine)
            expected.append(f"{src.id}:{size}:{seq}")
    assert machine.vm.check(f"cat {HEARD}").split() == expected
    assert (
        machine.vm.check(f"cat {BEHIND}").split() == expected
    ), "one listener hid records from the next"
    # A malformed one is nobody's.
    machine.post(first, cper.block(cper.CORRECTED, [], data_length=8, raw=bytes(64)))
    driver.settle(machine)
    assert machine.vm.check(f"cat {HEARD}").split() == expected
    machine.vm.check("rmmod listener")
    machine.post(first, cper.sized(172, 9))
    driver.settle(machine)
    assert driver.stats(machine, first)["delivered"] == 6
    driver.unload(machine)
