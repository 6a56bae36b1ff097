# SPDX-License-Identifier: GPL-2.0-only
"""Taking sources over, giving them back, and refusing to."""

import struct
import time

import pytest

from bed.lib import cper, driver
from bed.lib.driver import Trace
from bed.lib.sources import Source, entry, number
from records import deliver_one

pytestmark = pytest.mark.enough(
    "arm64-6.12", "x86_64-7.3"
)  # what a change has time for; the oldest: test_nmi.py
IN_TREE, OURS = "GHES", "ghes_nmi"


@pytest.mark.arch("arm64")
def test_take_and_give_back(boot):
    """What is served is taken, the rest stays and is named; rmmod gives all back, and it works
    there.
    """
    machine = boot(
        [
            Source(id=10, event=804),
            Source(id=2, notify="local"),
            Source(id=300, event=805, critical=True),
            Source(id=4, event=806, shared=False, type="ghes"),
            Source(id=5, event=807, enabled=False),
        ]
    )
    sdei = [src for src in machine.sources if src.notify == "sdei" and src.enabled]
    local = machine.sources[1]
    assert [driver.bound(machine, src) for src in sdei] == [IN_TREE] * 3
    maps = (
        "sleep 0.2; grep -c phys=0x000000007e /proc/vmallocinfo; grep -c gn_ /proc/vmallocinfo ||"
        " true"
    )
    before = machine.vm.check(maps)
    for round in range(3):
        said = driver.load(machine)
        assert [driver.bound(machine, src) for src in sdei] == [OURS] * 3
        assert driver.bound(machine, local) is None
        for src in sdei:
            assert f"source {src.id} taken" in said
            deliver_one(machine, src, 10 * round + src.index)
        assert "source 2 stays with the in-tree driver: LOCAL" in said
        assert "source 5" not in said, "a source that firmware switched off is nobody's business"
        driver.unload(machine)
        assert [driver.bound(machine, src) for src in [*sdei, local]] == [IN_TREE] * 3 + [None]
        for src in sdei:
            deliver_one(machine, src, 100 + 10 * round + src.index)
    assert machine.vm.check(maps) == before, "mappings were left behind"


@pytest.mark.core
def test_parameters_at_binding(boot, kernel):
    machine = boot([driver.rung(kernel, n, id=10 * n) for n in (1, 2, 3)])
    first, second, third = machine.sources
    driver.load(machine, sources="20,30", queue_kib=256)
    assert [driver.bound(machine, src) for src in machine.sources] == [IN_TREE, OURS, OURS]
    assert driver.stats(machine, second)["queue_size"] == 256 << 10
    deliver_one(machine, second)
    deliver_one(machine, first)
    driver.unload(machine)

    # takeover=0: only what no driver holds.
    lines = driver.load_refused(machine, takeover=0)
    assert any("no source to take" in line for line in lines), lines
    machine.vm.check(f"echo GHES.{third.id} >/sys/bus/platform/drivers/GHES/unbind")
    driver.load(machine, takeover=0)
    assert [driver.bound(machine, src) for src in machine.sources] == [IN_TREE, IN_TREE, OURS]
    deliver_one(machine, third)


@pytest.mark.core
def test_ghes_disabled(boot, kernel):
    """ghes.disable=1: no driver and no devices but ours."""
    machine = boot(
        [driver.rung(kernel, 1, id=10), driver.rung(kernel, 2, id=20, critical=True)],
        append="ghes.disable=1",
    )
    assert "GHES" not in machine.vm.check(f"ls {driver.DEVICES}")
    driver.load(machine)
    for src in machine.sources:
        assert driver.bound(machine, src) == OURS
        deliver_one(machine, src, src.id)
    driver.unload(machine)
    assert "GHES" not in machine.vm.check(f"ls {driver.DEVICES}")
    driver.load(machine)
    deliver_one(machine, machine.sources[0], 3)


@pytest.mark.arch("arm64")
def test_broken_hest_at_binding(boot):
    """One entry that makes no sense costs that entry; the in-tree driver gives the whole table
    up.
    """
    bad_register = bytearray(entry(number([Source(id=7, event=900)])[0]))
    bad_register[21] = 8  # an address register of 8 bits
    unknown = struct.pack("<HH", 5, 66) + bytes(60)
    machine = boot(
        [
            Source(id=10, event=804),
            Source(raw=bytes(bad_register)),
            Source(id=20, event=805),
            Source(id=10, event=806),
            Source(raw=unknown),
            Source(id=40, event=807),
        ]
    )
    assert "GHES" not in machine.vm.check(
        f"ls {driver.DEVICES}"
    ), "the in-tree driver has grown: change this case"
    said = driver.load(machine)
    for index in (0, 2):
        deliver_one(machine, machine.sources[index], index)
    assert (
        "source 7 is left out: error status address register is too narrow for an address" in said
    )
    assert "source 10 is left out: its id is used twice" in said
    assert "source 66 is left out: the HEST ends or an unknown entry begins here" in said
    assert machine.vm.run(
        f"ls -d {driver.DEVICES}/GHES.40"
    ).rc, "what stands behind an unknown length was believed"


@pytest.mark.core
def test_no_hest_at_binding(boot):
    machine = boot([], hest=False)
    lines = driver.load_refused(machine)
    assert len(lines) == 1 and "no HEST" in lines[0], lines


@pytest.mark.core
def test_refusals(boot, kernel):
    """A wrong source id, a second load: one clear line, and all stays as it was."""
    machine = boot([driver.rung(kernel, 1, id=10), Source(id=20, notify="cmci")])
    src = machine.sources[0]
    lines = driver.load_refused(machine, sources="10,11")
    assert len(lines) == 1 and "sources=: the HEST has no usable source 11" in lines[0], lines
    lines = driver.load_refused(machine, sources="20")
    assert [
        line for line in lines if "source 20 stays with the in-tree driver: CMCI" in line
    ], lines
    assert driver.bound(machine, src) == IN_TREE
    driver.load(machine)
    second = machine.vm.run(f"insmod {driver.MODULE}")
    assert second.rc and "File exists" in second.out, second
    assert driver.bound(machine, src) == OURS
    deliver_one(machine, src)


@pytest.mark.arch("arm64")
def test_event_unknown_to_firmware(boot):
    """A source whose event cannot be had is refused by name; the others are taken."""
    machine = boot(
        [
            Source(id=10, event=804),
            Source(id=20, event=805, extra={"unknown_event": True}),
            Source(id=30, event=806),
        ]
    )
    good, bad, last = machine.sources
    said = driver.load(machine)
    assert "source 20: SDEI event 805 cannot be registered" in said
    assert [driver.bound(machine, src) for src in (good, last)] == [OURS] * 2
    assert driver.bound(machine, bad) != OURS
    deliver_one(machine, good)
    deliver_one(machine, last)


@pytest.mark.arch("arm64")
def test_event_zero(boot):
    """SDEI event 0 is the kernel's own."""
    machine = boot([Source(id=10, event=0), Source(id=20, event=805)])
    said = driver.load(machine)
    assert "source 10: SDEI event 0 belongs to the kernel" in said
    assert driver.bound(machine, machine.sources[1]) == OURS
    deliver_one(machine, machine.sources[1])


@pytest.mark.arch("arm64")
def test_firmware_without_sdei(boot):
    machine = boot([Source(id=10, event=804)], sdei=False)
    lines = driver.load_refused(machine)
    assert any("SDEI event 804 cannot be registered" in line for line in lines), lines
    assert any("no source to take" in line for line in lines), lines


@pytest.mark.arch("arm64")
def test_unload_while_handler_runs(boot):
    """A handler runs on another CPU while its driver goes: the event is let go by both drivers, and
    not lost.
    """
    machine = boot([Source(id=10, event=804, extra={"cpu": 1}), Source(id=20, event=805)], smp=2)
    src = machine.sources[0]
    machine.vm.check(
        "taskset -p 1 1"
    )  # the agent and what it runs stay away from the CPU that stalls
    driver.load(machine)
    driver.unload(machine)  # both drivers have been at work once
    # The in-tree driver drops what it saw within the last seconds: no two records are equal.
    hands = ((f"insmod {driver.MODULE}", OURS), ("rmmod ghes_nmi", IN_TREE)) * 2
    for n, (command, holder) in enumerate(hands):
        machine.stall(1)
        machine.post(src, cper.sized(172, 2 * n))
        time.sleep(0.1)
        machine.vm.agent.start(command)
        time.sleep(0.3)
        assert "event" not in [
            event.kind for event in machine.events()
        ], "the handler does not run any more"
        machine.stall(None)
        assert machine.vm.agent.finish(20).rc == 0
        assert driver.bound(machine, src) == holder
        machine.quiesce()
        assert [event.cpu for event in machine.events() if event.kind == "event"][0] == 1
        deliver_one(machine, src, 2 * n + 1)
        machine.events()


@pytest.mark.arch("arm64")
def test_hotplug(boot):
    """Private and shared events survive CPUs going and coming."""
    machine = boot(
        [Source(id=10, event=804, shared=False, extra={"cpu": 1}), Source(id=20, event=805)], smp=2
    )
    private, shared = machine.sources
    driver.load(machine)
    deliver_one(machine, private, 1)
    for round in range(5):
        machine.vm.check("echo 0 >/sys/devices/system/cpu/cpu1/online")
        deliver_one(machine, shared, 10 + round)
        machine.vm.check("echo 1 >/sys/devices/system/cpu/cpu1/online")
        deliver_one(machine, private, 20 + round)
        deliver_one(machine, shared, 30 + round)
    cpus = {
        event.cpu
        for event in machine.events()
        if event.kind == "event" and event.source == private.index
    }
    assert cpus == {1}


@pytest.mark.arch("arm64")
def test_block_moves_at_binding(boot):
    """Firmware rewrites the address register: inside the window, outside, and back; longest records
    too.
    """
    machine = boot([Source(id=10, event=804, length=4096)])
    src = machine.sources[0]
    driver.load(machine)
    trace = Trace(machine, driver.SECTION_EVENT)
    seq = 0
    for where in (1, 2, 0, 1, 0, 2, 1):
        machine.move(src, where)
        for size in (172, 4096, 4090):
            seq += 1
            block = cper.sized(size, seq)
            machine.post(src, block)
            driver.settle(machine)
            assert trace.payloads() == [block[84:]], f"place {where}, {size} bytes"
    stats = driver.stats(machine, src)
    assert stats["malformed"] == stats["bad_address"] == 0 and stats["delivered"] == seq


@pytest.mark.arch("arm64")
def test_impossible_address(boot):
    """An address in the kernel's own memory is refused; the source works again with a good one."""
    machine = boot([Source(id=10, event=804)])
    src = machine.sources[0]
    driver.load(machine)
    for address in (0x5000_0000, 0x7FFF_FFFF_FFFF_F000, 3):
        machine.memory.write64(src.status_reg, address)
        machine.notify(src)
        machine.vm.check("sleep 0.1")
        machine.notify(src)
        machine.vm.check("sleep 0.1")
    assert driver.stats(machine, src)["bad_address"] >= 3
    assert machine.vm.check("dmesg").count("cannot be mapped") == 3
    machine.memory.write64(src.status_reg, src.block)
    deliver_one(machine, src)
