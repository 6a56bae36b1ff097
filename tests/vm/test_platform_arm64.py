# SPDX-License-Identifier: GPL-2.0-only
"""The emulated arm64 platform itself, with the kernel's own driver as the consumer of errors."""

import hashlib
import re
import time

import pytest

from bed.lib import PATIENCE, cper
from bed.lib.driver import Trace
from bed.lib.sources import Source

pytestmark = [pytest.mark.arch("arm64"), pytest.mark.enough("6.12")]
# What the kernel has no part in needs no second one.
one_kernel = pytest.mark.kernels("6.12")

# The in-tree driver's cost in guest instructions, dispatch to completion, as measured on another
# platform of this kind: what this one says must be close to it.
COST = {"6.1": {172: 2738, 8188: 8440}, "6.12": {172: 2729, 8188: 8395}}
PACE = 2_000_000  # ticks between records: the in-tree driver's memory for them is small


def sequences(payloads: list[bytes]) -> list[int]:
    return [int.from_bytes(payload[:8], "little") for payload in payloads]


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def runs(machine) -> list:
    """Handlers that ran since the last call."""
    return [event for event in machine.events() if event.kind == "event"]


def one_by_one(machine, src: Source, numbers: range, size: int = 172) -> None:
    for number in numbers:
        machine.post(src, cper.sized(size, number))
        machine.quiesce()


def wait_for(condition, what: str, timeout: float = 10 * PATIENCE) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_boot_arm64_platform(boot):
    """The kernel finds PSCI, SDEI and every source, at EL2 on two CPUs, and powers off."""
    machine = boot(
        [Source(event=804), Source(event=805, critical=True), Source(notify="polled", type="ghes")],
        smp=2,
    )
    log = machine.vm.check("dmesg")
    for line in (
        "PSCIv1.1 detected in firmware",
        "All CPU(s) started at EL2",
        "SDEIv1.1 (0x0) detected in firmware",
    ):
        assert line in log
    assert machine.vm.check("nproc").strip() == "2"
    assert machine.vm.check("ls -d /sys/bus/platform/devices/GHES.*/driver").count("GHES.") == 3
    machine.vm.agent.start("poweroff -f")
    assert machine.vm.wait_exit(20) == 0
    assert machine.fw_log().endswith("firmware: off\n")


@one_kernel
def test_reset(boot):
    """PSCI SYSTEM_RESET ends a machine that may not reboot."""
    machine = boot([])
    machine.vm.agent.start("reboot -f")
    machine.vm.wait_exit(20)
    assert machine.fw_log().endswith("firmware: reset\n")


@pytest.mark.parametrize("el", [1, 2])
def test_notifications_arm64_platform(boot, el):
    """Every kind of SDEI event and polling delivers each record once, in order, at either exception
    level.
    """
    machine = boot(
        [
            Source(event=804),
            Source(event=805, critical=True),
            Source(event=0x40000001, shared=False),
            Source(event=807, shared=False, critical=True),
            Source(event=808, type="ghes"),
            Source(notify="polled", poll_ms=20),
            Source(notify="polled", poll_ms=20, type="ghes"),
        ],
        el=el,
    )
    assert f"started at EL{el}" in machine.vm.check("dmesg")
    trace = Trace(machine)
    for src in machine.sources:
        one_by_one(machine, src, range(10 * src.index, 10 * src.index + 10))
    events = machine.events()
    assert sequences(trace.payloads()) == list(range(70))
    for src in machine.sources:
        mine = [event for event in events if event.source == src.index]
        assert [event.seq for event in mine if event.kind == "publish"] == list(range(10))
        assert [event.seq for event in mine if event.kind == "ack"] == list(range(10))
        handlers = [event for event in mine if event.kind == "event"]
        assert [event.seq for event in handlers] == (
            list(range(10)) if src.notify == "sdei" else []
        )
        assert all(
            event.event == src.event and event.critical == src.critical for event in handlers
        )
        assert all(0 < event.lower_ticks < event.ticks for event in handlers)
        assert machine.refused(src) == 0


@one_kernel
def test_many_sources_arm64_platform(boot):
    """Sixty-four sources, of any block length up to 64 KiB."""
    machine = boot(
        [
            Source(event=1000 + n, length=(1024, 4096, 65536)[n % 3], critical=n % 4 == 3)
            for n in range(64)
        ]
    )
    trace = Trace(machine)
    for src in machine.sources:
        machine.post(src, cper.sized(172, src.index))
        machine.quiesce()
    assert sequences(trace.payloads()) == list(range(64))


def test_burst(boot):
    """A thousand records over four sources, given at once, come in order and once."""
    machine = boot(
        [
            Source(event=804),
            Source(event=805, critical=True),
            Source(event=806, shared=False),
            Source(event=807, type="ghes"),
        ],
        icount=True,
    )
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine)
    for src in machine.sources:
        machine.gap(src, PACE)
        machine.post_many(src, [cper.sized(172, src.index << 32 | n) for n in range(250)])
    # every register of what is interrupted must come back, or this fails
    assert machine.vm.check("seq 200000 | md5sum").split()[0] == md5(
        "".join(f"{n}\n" for n in range(1, 200_001))
    )
    machine.quiesce()
    seen = sequences(trace.payloads())
    for src in machine.sources:
        assert [number & 0xFFFFFFFF for number in seen if number >> 32 == src.index] == list(
            range(250)
        )
    assert machine.reports_lost() == 0


@one_kernel
def test_long_record_arm64_platform(boot):
    """A 60,000-byte record fills its block byte by byte and is taken."""
    machine = boot([Source(event=804, length=65536)])
    src, block = machine.sources[0], cper.sized(60_000, 1)
    machine.post(src, block)
    machine.quiesce()
    assert machine.read_block(src, 60_000, 0)[4:] == block[4:]
    assert machine.status(src) == 0
    last = (60_000 - cper.BLOCK_HEADER - cper.ENTRY_V2) // 16 * 16
    wait_for(
        lambda: f"{last:08x}: " in machine.vm.console_text(),
        "the end of the hex dump on the console",
        40,
    )


@one_kernel
def test_publishing_arm64_platform(boot):
    """Status word last; nothing is published before the block is cleared and, for GHESv2,
    acknowledged.
    """
    machine = boot(
        [Source(event=804), Source(event=805, type="ghes"), Source(notify="polled")],
        append="ghes.disable=1",
    )
    blocks = [cper.sized(172, n) for n in range(3)]
    for src in machine.sources:
        machine.post_many(src, blocks)
        wait_for(lambda: machine.status(src), "the first record")
        assert machine.read_block(src, 172) == blocks[0]
        if src.v2:
            assert machine.ack(src) == 0
            machine.write_block(src, bytes(4))  # cleared, not acknowledged
            time.sleep(0.1)
            assert machine.status(src) == 0
            machine.memory.write64(src.ack_reg, 1)
        else:
            machine.write_block(src, bytes(4))
        wait_for(lambda: machine.status(src), "the second record")
        assert machine.read_block(src, 172) == blocks[1]
        machine.memory.write64(src.ack_reg, 1)  # acknowledged, not cleared
        time.sleep(0.1)
        assert machine.read_block(src, 172) == blocks[1]
        machine.write_block(src, bytes(4))
        wait_for(lambda: machine.read_block(src, 172) == blocks[2], "the third record")
    kinds = [event.kind for event in machine.events() if event.source == 0]
    # nobody has registered the event: every notification is refused and counted
    assert kinds == ["publish", "refused", "ack", "publish", "refused", "ack", "publish", "refused"]
    assert [machine.refused(src) for src in machine.sources] == [3, 3, 0]


@one_kernel
def test_withheld_ack(boot):
    """A source held by the host gets no record, whatever its ack register says."""
    machine = boot([Source(event=804)])
    (src,) = machine.sources
    trace = Trace(machine)
    machine.hold_ack(src)
    machine.post_many(src, [cper.sized(172, n) for n in range(3)])
    time.sleep(0.2)
    assert not any(event.kind == "publish" for event in machine.events())
    machine.hold_ack(src, False)
    machine.quiesce()
    machine.hold_ack(src)
    machine.post(src, cper.sized(172, 3))
    time.sleep(0.2)
    assert [event.seq for event in machine.events() if event.kind == "publish"] == [0, 1, 2]
    machine.hold_ack(src, False)
    machine.quiesce()
    assert sequences(trace.payloads()) == [0, 1, 2, 3]


@pytest.mark.kernels("6.1", "6.12")  # 7.3 maps the block once and does not see it move
def test_move_arm64_platform(boot):
    """The block moves between two records, inside its window and out of it."""
    machine = boot([Source(event=804)])
    (src,) = machine.sources
    trace = Trace(machine)
    home = machine.memory.read64(src.status_reg)
    places = []
    for number, place in enumerate((0, 1, 2, 0)):
        machine.move(src, place)
        one_by_one(machine, src, range(number, number + 1))
        places.append(machine.memory.read64(src.status_reg))
        assert machine.read_block(src, 168, 4) == cper.sized(172, number)[4:]
    assert places[0] == home and places[1] == home + 64 and places[3] == home
    assert not home <= places[2] < home + src.length
    assert sequences(trace.payloads()) == [0, 1, 2, 3]


@one_kernel
def test_notify_without_record(boot):
    """A notification alone reaches the handler."""
    machine = boot([Source(event=804)])
    machine.notify(machine.sources[0])
    wait_for(lambda: any(event.event == 804 for event in runs(machine)), "the handler")
    machine.signal(804)
    wait_for(lambda: any(event.event == 804 for event in runs(machine)), "the handler")


def test_cost_arm64_platform(boot, kernel):
    """Guest instructions from dispatch to completion repeat exactly and agree with an independent
    measurement.
    """
    machine = boot([Source(event=804, length=8192)], icount=True)
    (src,) = machine.sources
    machine.vm.check("dmesg -n 1")
    for size, expected in COST[kernel.version].items():
        cost = []
        for number in range(5):
            machine.post(src, cper.sized(size, size + number), gated=True)
            machine.events()
            machine.vm.check("doorbell 0")  # the event interrupts this program, at EL0
            machine.quiesce()
            (event,) = runs(machine)
            assert event.resumed and event.pstate & 0xF == 0
            cost.append(event.lower_ticks)
        print(f"in-tree driver, {kernel.version}, {size} bytes: {cost} guest instructions")
        assert cost[-1] == cost[-2] == cost[-3], "the same again takes the same"
        assert abs(cost[0] - expected) < expected * 0.02


def test_nest(boot):
    """A critical event comes at the asked instruction of a normal one's handler, or right after its
    end.
    """
    machine = boot([Source(event=804), Source(event=805, critical=True)], icount=True)
    outer, inner = machine.sources
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine)
    numbers = []
    for n, offset in enumerate((1, 50, 500, 1000, 1001, 1002, 2000, 100_000)):
        machine.events()
        machine.nest(outer, cper.sized(172, 2 * n), inner, cper.sized(172, 2 * n + 1), offset)
        machine.quiesce()
        time.sleep(0.05)
        events = machine.events()
        (raised,) = (event for event in events if event.kind == "nest")
        first, second = (event for event in events if event.kind == "event")
        inside = offset < 100_000
        numbers += [2 * n, 2 * n + 1]
        assert raised.late != inside
        assert (first.source, second.source) == ((1, 0) if inside else (0, 1))
        assert (first if inside else second).nested == inside
        if inside:
            # some instructions of entering and leaving EL3 count, too
            assert offset <= raised.lower_ticks <= offset + 10
            assert second.lower_ticks > first.lower_ticks + offset
    assert sorted(sequences(trace.payloads())) == numbers


def test_patch(boot):
    """Bytes of a block change at the asked instruction after dispatch."""
    machine = boot([Source(event=804)], icount=True)
    (src,) = machine.sources
    one_by_one(machine, src, range(4, 5))
    (handler,) = runs(machine)
    trace = Trace(machine)
    payload = cper.BLOCK_HEADER + cper.ENTRY_V2
    # before the handler has read anything; after it has copied the record; after its end
    ticks = (0, handler.lower_ticks - 150, 1_000_000)
    for number, tick in enumerate(ticks):
        machine.patch_at(src, cper.sized(172, number), [(tick, payload, bytes([100 + number]))])
        machine.quiesce()
    time.sleep(0.1)
    patches = [event for event in machine.events() if event.kind == "patch"]
    assert [event.late for event in patches] == [False, False, True]
    assert all(tick <= event.lower_ticks <= tick + 10 for tick, event in zip(ticks[:2], patches))
    assert all(event.detail == payload for event in patches)
    assert sequences(trace.payloads()) == [100, 1, 2]
    assert machine.read_block(src, 1, payload) == b"\x02", "what comes too late changes nothing"


@one_kernel
def test_reraise(boot):
    """The next record comes at the completion of the last one's handler, before the kernel gets any
    further.
    """
    machine = boot([Source(event=804)], icount=True)
    machine.vm.check("dmesg -n 1")
    machine.reraise(machine.sources[0], [cper.sized(172, n) for n in range(8)])
    machine.quiesce()
    events = runs(machine)
    assert len(events) == 8
    for before, after in zip(events, events[1:]):
        assert after.time - (before.time + before.ticks) < 5_000  # EL3's own instructions
        assert after.pc == (before.pc if not before.resumed else after.pc)


@one_kernel
def test_unknown_event(boot):
    """The kernel cannot register an event the firmware does not know; the other source works."""
    machine = boot([Source(event=804, extra={"unknown_event": True}), Source(event=805)])
    assert machine.vm.run("readlink /sys/bus/platform/devices/GHES.0/driver").rc != 0
    one_by_one(machine, machine.sources[1], range(1))
    machine.post(machine.sources[0], cper.sized(172, 0))
    wait_for(lambda: machine.refused(machine.sources[0]) == 1, "the refusal")


def test_no_hest_arm64_platform(boot):
    machine = boot([Source(event=804)], hest=False)
    assert "HEST" not in machine.vm.check("dmesg")
    assert machine.vm.run("ls -d /sys/bus/platform/devices/GHES.*").rc != 0


def test_broken_hest_arm64_platform(boot):
    """Bytes of our own: more entries announced than there are."""
    machine = boot([Source(event=804)], hest=(7).to_bytes(4, "little") + bytes(20))
    assert re.search(
        r"HEST: .*(invalid|overflow|unknown|incorrect|not supported|enabled)",
        machine.vm.check("dmesg"),
        re.IGNORECASE,
    )
    assert machine.vm.run("ls -d /sys/bus/platform/devices/GHES.*").rc != 0


def test_two_cpus_arm64_platform(boot):
    """Shared and private events run on both CPUs, a private one where it is sent."""
    machine = boot(
        [
            Source(event=804),
            Source(event=805, critical=True),
            Source(event=806, shared=False),
            Source(event=807, shared=False, extra={"cpu": 1}),
        ],
        smp=2,
    )
    trace = Trace(machine)
    for src in machine.sources:
        one_by_one(machine, src, range(10 * src.index, 10 * src.index + 10))
    events = runs(machine)
    cpus = [{event.cpu for event in events if event.source == src.index} for src in machine.sources]
    assert cpus == [{0, 1}, {0, 1}, {0, 1}, {1}]
    assert sorted(sequences(trace.payloads())) == list(range(40))


def test_event_signalled_while_it_runs(boot):
    """Another CPU publishes the source's next record while the handler of its event has not
    completed: the event comes again.
    """
    machine = boot(
        [Source(event=804, extra={"cpu": 1}), Source(event=805, extra={"cpu": 0})], smp=2
    )
    busy, stalled = machine.sources
    machine.vm.check("taskset -p 2 1")  # the agent stays away from the CPU that stalls
    trace = Trace(machine)
    machine.stall(0)
    for src in machine.sources:
        for number in range(3):
            machine._record(src, cper.sized(172, src.index << 32 | number), ring=False)
    machine.ring()  # once, so that the CPU that will stall sees both sources
    wait_for(lambda: machine.taken_of(busy) == 3, "the end of what the other CPU has to do")
    assert machine.taken_of(stalled) == 1, "acknowledged, and its event still runs"
    machine.stall(None)
    machine.quiesce()
    assert [event.source for event in runs(machine)].count(stalled.index) == 3
    assert len(trace.payloads()) == 6


def test_cpu_hotplug(boot):
    """Either CPU goes and comes back; what is left takes the events."""
    machine = boot([Source(event=804), Source(event=805, shared=False)], smp=2)
    trace = Trace(machine)
    number = 0
    for command, online in (
        ("echo 0 >cpu1/online", {0}),
        ("echo 1 >cpu1/online", {0, 1}),
        ("echo 0 >cpu0/online", {1}),
        ("echo 1 >cpu0/online", {0, 1}),
    ) * 2:
        machine.vm.check(f"cd /sys/devices/system/cpu && {command}")
        machine.events()
        for src in machine.sources:
            one_by_one(machine, src, range(number, number + 4))
            number += 4
        assert {event.cpu for event in runs(machine)} == online
    assert sorted(sequences(trace.payloads())) == list(range(number))
    assert len(re.findall(r"psci: CPU[01] killed", machine.vm.check("dmesg"))) == 4


@pytest.mark.expect_console("Kernel panic - not syncing: (GHES: )?Fatal hardware error")
def test_fatal_arm64_platform(boot):
    """A fatal record makes the kernel panic, and the panic resets the machine."""
    machine = boot([Source(event=804, critical=True)])
    machine.post(machine.sources[0], cper.sized(172, 1, cper.FATAL))
    machine.vm.wait_exit(20)
    assert machine.fw_log().endswith("firmware: reset\n")
