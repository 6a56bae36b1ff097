# SPDX-License-Identifier: GPL-2.0-only
"""Notifications that are no NMI: every record once, in order and at once."""


import pytest

from bed.lib import cper, driver
from bed.lib.driver import Trace
from bed.lib.sources import Source
from records import check_counters, check_delivered, numbered


IN_TREE, OURS = "GHES", "ghes_nmi"
RECORDS = 1000


def kinds(arch: str, **more: object) -> list[Source]:
    """One source of each kind that this machine can raise, GHESv2 and GHES."""
    sources = [
        Source(id=10, notify="polled", poll_ms=10, **more),
        Source(id=11, notify="polled", poll_ms=10, type="ghes", **more),
    ]
    if arch == "x86_64":  # two on one line
        sources += [
            Source(id=20, notify="irq", event=6, **more),
            Source(id=21, notify="irq", event=6, **more),
            Source(id=22, notify="irq", event=7, type="ghes", **more),
        ]
    return sources


def equal(a: list[bytes], b: list[bytes]) -> bool:
    return sorted(a) == sorted(b)


@pytest.mark.enough("arm64-6.12", "x86_64-7.3")
def test_each_kind(boot, kernel):
    """A thousand records of each kind, a hundred that are all the same; then all goes back."""
    machine = boot(kinds(kernel.arch), smp=2)
    said = driver.load(machine)
    assert all(f"source {src.id} taken" in said for src in machine.sources), said
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine, kib=16384)
    posted = numbered(machine.sources, RECORDS)
    for src in machine.sources:
        machine.post_many(src, posted[src.index])
    machine.quiesce()
    driver.settle(machine)
    check_delivered(posted, trace.payloads())
    check_counters(machine, RECORDS, empty=0)

    same = cper.sized(172, 7)
    for src in machine.sources:
        machine.post_many(src, [same] * 100)
    machine.quiesce()
    driver.settle(machine)
    assert trace.payloads() == [same[84:]] * 100 * len(machine.sources)

    driver.unload(machine)
    for src in machine.sources:
        assert driver.bound(machine, src) == IN_TREE
        block = cper.sized(172, 1000 + src.index)
        machine.post(src, block)
        machine.quiesce()
        assert trace.payloads() == [block[84:]]


@pytest.mark.enough("7.3")
@pytest.mark.arch("x86_64")
@pytest.mark.limit(240)
def test_kinds_change_hands_under_fire(boot, kernel):
    """Fifty takeovers while firmware raises: each record is delivered once.

    The in-tree driver drops a record that is equal to a recent one; these all differ.
    """
    machine = boot(kinds(kernel.arch), smp=2)
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine, kib=16384)
    posted = numbered(machine.sources, 2000)
    for src in machine.sources:
        machine.gap(src, 3_000_000)
        machine.post_many(src, posted[src.index])
    changes = 0
    while changes < 50 or machine.unfinished():
        driver.load(machine)
        driver.unload(machine)
        changes += 1
        if changes > 50:
            for src in machine.sources:
                machine.gap(src, 0)
    machine.quiesce()
    driver.load(machine)
    driver.settle(machine)
    check_delivered(posted, trace.payloads(), ordered=False)
    assert changes >= 50


@pytest.mark.enough("6.12")
@pytest.mark.arch("x86_64")
def test_source_whose_block_cannot_be_mapped(boot):
    """A block in the kernel's own memory: the in-tree driver keeps the source, which works."""
    machine = boot(
        [Source(id=10, notify="polled", poll_ms=10), Source(id=20, notify="irq", event=6)]
    )
    stays, taken = machine.sources
    machine.retarget(stays, 0x0100_0000)  # kernel text
    said = driver.load(machine)
    stay = "source 10 stays with the in-tree driver: the error status block cannot be mapped"
    assert stay in said
    assert [driver.bound(machine, src) for src in machine.sources] == [IN_TREE, OURS]
    machine.retarget(stays, stays.block)
    trace = Trace(machine)
    for src in machine.sources:
        block = cper.sized(172, 5 + src.index)
        machine.post(src, block)
        machine.quiesce()
        assert trace.payloads() == [block[84:]]


@pytest.mark.enough("6.12")
@pytest.mark.arch("x86_64")
def test_storm_is_polled_until_it_is_calm(boot):
    """More records in a second than allowed: the interrupt goes, and comes back; none is lost."""
    machine = boot(
        [Source(id=20, notify="irq", event=6), Source(id=21, notify="irq", event=7)], smp=2
    )
    noisy, other = machine.sources
    driver.load(machine, storm_rate=100)
    said = driver.lines(machine)
    trace = Trace(machine, kib=16384)
    handlers = "grep -c ghes_nmi /proc/interrupts || true"
    assert machine.vm.check(handlers).strip() == "2"
    posted = numbered([noisy], 800)
    for start in (0, 400):
        machine.post_many(noisy, posted[noisy.index][start : start + 400])
        machine.quiesce()
        storms = driver.stats(machine, noisy)["storms"]
        assert storms == 1 + start // 400
        # Calm for two seconds: the interrupt is back.
        machine.vm.check(
            "for i in $(seq 50); do [ $(grep -c ghes_nmi /proc/interrupts) = 2 ] && "
            "exit 0; sleep 0.1; done; exit 1"
        )
    driver.settle(machine)
    check_delivered(posted, trace.payloads())
    # And it rings: at once, not at a poll.
    before = machine.vm.check("grep ghes_nmi /proc/interrupts")
    machine.post(noisy, cper.sized(172, 900))
    machine.quiesce()
    assert machine.vm.check("grep ghes_nmi /proc/interrupts") != before
    assert driver.stats(machine, other)["storms"] == 0
    log = "\n".join(machine.vm.check("dmesg").splitlines()[said:])
    assert log.count("source 20: more than 100 records in a second: it is polled") == 1
    driver.unload(machine)
    assert [driver.bound(machine, src) for src in machine.sources] == [IN_TREE] * 2


@pytest.mark.enough("6.12")
@pytest.mark.arch("x86_64")
def test_poll_intervals(boot):
    """None, one that is too short, one of seven weeks: each delivers its next record in time."""
    machine = boot(
        [
            Source(id=10, notify="polled", poll_ms=0),
            Source(id=11, notify="polled", poll_ms=1),
            Source(id=12, notify="polled", poll_ms=0xFFFFFFFF),
        ]
    )
    said = driver.load(machine)
    for src, ms in zip(machine.sources, (1000, 10, 60000)):
        assert (
            f"source {src.id}: a poll interval of {src.poll_ms} ms makes no sense: "
            f"it is polled every {ms} ms" in said
        )
    trace = Trace(machine)
    for src, seconds in zip(machine.sources, (5, 5, 90)):
        block = cper.sized(172, src.id)
        machine.post(src, block)
        machine.quiesce(seconds)
        assert trace.payloads() == [block[84:]]


@pytest.mark.enough("6.12")
@pytest.mark.arch("x86_64")
def test_unbound_by_hand_while_given_back(boot):
    """Somebody unbinds the sources while the module goes: each works again afterwards."""
    machine = boot(
        [
            Source(id=10, notify="polled", poll_ms=10),
            Source(id=20, notify="irq", event=6),
            Source(id=30, notify="nmi"),
        ],
        smp=2,
    )
    machine.vm.check("dmesg -n 1")
    ids = [src.id for src in machine.sources]
    by_hand = "; ".join(f"echo GHES.{n} >/sys/bus/platform/drivers/ghes_nmi/unbind" for n in ids)
    for delay in range(0, 60, 3):
        driver.load(machine)
        assert [driver.bound(machine, src) for src in machine.sources] == [OURS] * 3
        machine.vm.check(f"(sleep 0.0{delay:02}; {by_hand}) 2>/dev/null & rmmod ghes_nmi; wait")
        # What was unbound by hand is nobody's: that is what was asked for.
        for n in ids:
            machine.vm.run(f"echo GHES.{n} >/sys/bus/platform/drivers/GHES/bind 2>/dev/null")
        assert [driver.bound(machine, src) for src in machine.sources] == [IN_TREE] * 3
    trace = Trace(machine)
    driver.load(machine)
    for src in machine.sources:
        block = cper.sized(172, src.id)
        machine.post(src, block)
        driver.settle(machine)
        assert trace.payloads() == [block[84:]]


@pytest.mark.enough("6.12")
@pytest.mark.arch("x86_64")
def test_no_memory_for_a_block_that_moved(boot):
    """Three times there is no memory to map a block's new place: its record waits."""
    machine = boot(
        [
            Source(id=10, notify="polled", poll_ms=10, length=16384),
            Source(id=20, notify="irq", event=6, length=16384),
        ]
    )
    driver.load(machine)
    trace = Trace(machine)
    for src in machine.sources:
        machine.vm.check("insmod /lib/modules/nomem.ko times=3")
        machine.move(src, 2)
        block = cper.sized(172, src.id)
        machine.post(src, block)
        machine.quiesce()
        driver.settle(machine)
        left = machine.vm.check("cat /sys/module/nomem/parameters/times").strip()
        assert left == "0", "memory never ran out"
        assert trace.payloads() == [block[84:]]
        assert driver.stats(machine, src)["bad_address"] == 0
        machine.vm.check("rmmod nomem")
