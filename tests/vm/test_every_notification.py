# SPDX-License-Identifier: GPL-2.0-only
"""Every kind of notification: each record once and in order, on one machine with all the others,
whoever holds the source.
"""

import re
import time

import pytest

from bed.lib import PATIENCE, cper, driver
from bed.lib.driver import RAS_EVENT, TRACING, Trace
from bed.lib.platform import Platform
from bed.lib.sources import Source
from bed.lib.trouble import UNKNOWN_NMI
from records import HEADERS, check_delivered, numbered
from kinds import bind_externals, every_kind, options, ours_alone, unacknowledged

pytestmark = pytest.mark.enough("6.12")
IN_TREE, OURS = "GHES", "ghes_nmi"
SIZE = 108
MILLISECOND = 1_000_000
# What firmware gives a source before each change of hands: enough to last through it.
AHEAD = 60


@pytest.fixture
def full(request) -> bool:
    return request.config.getoption("full")


def quiet(machine: Platform, kib: int = 16_384) -> Trace:
    machine.vm.check("dmesg -n 1")
    return Trace(machine, RAS_EVENT, kib)


def settled(machine: Platform, timeout: float = 60 * PATIENCE) -> None:
    machine.quiesce(timeout)
    driver.settle(machine)


@pytest.mark.limit(900)
def test_every_kind_in_turn_and_at_once(boot, kernel, full):
    """Some dozen records of each kind, some that are all the same, then all kinds at the same time;
    with --full a thousand.
    """
    sources = [*every_kind(kernel.arch), *unacknowledged(kernel.arch), *ours_alone(kernel.arch)]
    machine = boot(sources, smp=2, **options(kernel.arch))
    said = driver.load(machine)
    for src in machine.sources:
        assert f"source {src.id} taken" in said and driver.bound(machine, src) == OURS
    trace = quiet(machine, 65_536 if full else 8192)
    count, few = (1000, 100) if full else (24, 24)

    for src in machine.sources:
        mine = numbered([src], count, SIZE)
        machine.post_many(src, mine[src.index])
        settled(machine)
        check_delivered(mine, trace.payloads())
        same = cper.sized(SIZE, src.index << 32)
        machine.post_many(src, [same] * few)
        settled(machine)
        seen = trace.payloads()
        assert (
            seen == [same[HEADERS:]] * few
        ), f"source {src.id}: {len(seen)} of {few} equal records"

    posted = numbered(machine.sources, few, SIZE, first=count)
    for src in machine.sources:
        machine.post_many(src, posted[src.index])
    settled(machine)
    check_delivered(posted, trace.payloads())
    for src in machine.sources:
        stats = driver.stats(machine, src)
        assert (
            stats["received"] == stats["delivered"] == count + 2 * few and stats["malformed"] == 0
        ), f"source {src.id}"
        if src.ack_bell:
            assert (
                machine.bell_rings(src) == count + 2 * few
            ), f"source {src.id}: acknowledged more or less than once a record"
    assert not machine.strays()


@pytest.mark.limit(900)
@pytest.mark.allow_console(UNKNOWN_NMI)  # the in-tree driver's part
@pytest.mark.parametrize("stays", ["all taken", "one stays in-tree"])
def test_one_doorbell_on_two_cpus(boot, kernel, full, stays):
    """Two CPUs acknowledge at the same doorbell all the time, and so does a source that may stay
    with the in-tree driver: each record is acknowledged once. With --full 10,000 of each source.
    """
    by_name = {src.id: src for src in every_kind(kernel.arch) if src.ack_bell}
    first, last, sibling = by_name[72], by_name[71], by_name[70]
    last.notify, last.event, last.critical = first.notify, 806, False
    first.extra["cpu"], last.extra["cpu"] = 0, 1
    sources = [first, last, sibling]
    machine = boot(sources, smp=2, **options(kernel.arch))
    driver.load(machine, **({} if stays == "all taken" else {"sources": "71,72"}))
    assert [driver.bound(machine, src) for src in machine.sources] == [
        OURS,
        OURS,
        OURS if stays == "all taken" else IN_TREE,
    ]
    count = 10_000 if full else 200
    trace = quiet(machine, 65_536)
    posted = numbered(machine.sources, count, SIZE)
    for begin in range(0, count, 1000):
        for src in machine.sources:
            machine.post_many(src, posted[src.index][begin : begin + 1000])
        settled(machine, 240 * PATIENCE)
    check_delivered(posted, trace.payloads())
    assert [machine.bell_rings(src) for src in machine.sources] == [count] * 3
    assert not machine.strays()


class Feed:
    """Keeps every source busy, and knows what it was given."""

    def __init__(self, machine: Platform) -> None:
        self.machine = machine
        self.posted: dict[int, list[bytes]] = {src.index: [] for src in machine.sources}

    def fill(self) -> None:
        for src in self.machine.sources:
            mine = self.posted[src.index]
            more = AHEAD - (len(mine) - self.machine.taken_of(src))
            if more > 0:
                blocks = [
                    cper.sized(SIZE, src.index << 32 | n)
                    for n in range(len(mine), len(mine) + more)
                ]
                mine += blocks
                self.machine.post_many(src, blocks)

    def wait_for_each(self, least: int = 3, timeout: float = 60 * PATIENCE) -> list[Source]:
        """Until each source has had some records taken; returns those that have had none."""
        before = {src.index: self.machine.taken_of(src) for src in self.machine.sources}
        deadline = time.monotonic() + timeout
        while True:
            self.fill()
            late = [
                src
                for src in self.machine.sources
                if self.machine.taken_of(src) < before[src.index] + least
            ]
            if not late or time.monotonic() > deadline:
                return late
            time.sleep(0.005)


def phases(text: str) -> dict[int, list[tuple[str, int]]]:
    """Of each source, in the order of the trace: (who had it or what went on, number of the
    record).
    """
    phase, found = "unloaded", {}
    for line in text.splitlines():
        mark = re.search(r"tracing_mark_write: (\w+)", line)
        if mark:
            phase = mark[1]
        data = re.search(r"non_standard_event: .* raw data:([0-9a-f ]*)$", line)
        if data:
            number = int.from_bytes(bytes.fromhex(data[1])[:8], "little")
            found.setdefault(number >> 32, []).append((phase, number & 0xFFFFFFFF))
    return found


def lost(seen: list[tuple[str, int]], count: int) -> dict[str, list[int]]:
    """What is missing, by whoever had the records before and after it."""
    found: dict[str, list[int]] = {}
    have = {number: phase for phase, number in seen}
    before = "unloaded"
    for number in range(count):
        if number in have:
            before = have[number]
            continue
        after = next((have[n] for n in range(number + 1, count) if n in have), before)
        found.setdefault(before if before == after else f"{before} to {after}", []).append(number)
    return found


@pytest.mark.limit(900)
@pytest.mark.allow_console(UNKNOWN_NMI)  # the in-tree driver's part
def test_every_kind_changes_hands(boot, kernel, full, run_dir):
    """Sources of every kind change hands while firmware goes on raising: none is lost, none comes
    twice.

    What is missing among records that the in-tree driver had is its own loss: it is counted, and
    kept in lost.txt. That driver leaves NMIs unclaimed, too (two sources, two NMIs, both records
    with the first); in our hands there is none.
    """
    # An x86 level is lowered from outside. Under fire that takes long enough for the 100,000 empty
    # interrupts after which the kernel switches the line off, which is the in-tree driver's line
    # here.
    machine = boot(
        [*every_kind(kernel.arch), *unacknowledged(kernel.arch)],
        smp=2,
        **options(kernel.arch),
        append="noirqdebug" if kernel.arch == "x86_64" else "",
    )
    bind_externals(machine)
    trace = quiet(machine, 65_536 if full else 16_384)
    feed = Feed(machine)
    for src in machine.sources:
        machine.gap(
            src, 10 * MILLISECOND
        )  # an emulated CPU that has no time left but for interrupts does nothing else

    def mark(text: str) -> None:
        machine.vm.check(f"echo {text} >{TRACING}/trace_marker")

    def unclaimed() -> int:
        return int(machine.vm.check(f"dmesg | grep -c {UNKNOWN_NMI} || true"))

    strange = 0
    for turn in range(50 if full else 3):
        for begin, change, end in (
            ("load", driver.load, "loaded"),
            ("unload", driver.unload, "unloaded"),
        ):
            late = feed.wait_for_each()
            assert not late, (
                f"turn {turn}, before {begin}: nothing taken of"
                f" {[src.id for src in late]}\n{machine.states()}"
            )
            if begin == "unload":
                assert (
                    unclaimed() == strange
                ), f"turn {turn}: an NMI was nobody's while we had the sources"
            mark(begin)
            change(machine)
            mark(end)
            strange = unclaimed()
    feed.wait_for_each()
    driver.load(machine)
    mark("loaded")
    settled(machine)
    text = trace.text()
    seen = phases(text)

    report = []
    for src in machine.sources:
        mine, count = seen[src.index], len(feed.posted[src.index])
        numbers = [number for _, number in mine]
        assert len(numbers) == len(
            set(numbers)
        ), f"source {src.id}: {len(numbers) - len(set(numbers))} came twice"
        missing = lost(mine, count)
        # Without an acknowledgement nothing holds firmware back while the in-tree driver binds.
        theirs = {"unloaded"} | (
            set()
            if src.v2
            else {"unload", "unload to unloaded", "loaded to unloaded", "loaded to unload"}
        )
        ours = {who: what for who, what in missing.items() if who not in theirs}
        assert not ours, f"source {src.id} ({src.notify}): lost {ours} of {count}"
        report += [
            f"source {src.id} ({src.notify}): the in-tree driver lost {len(what)} of"
            f" {count} ({who})"
            for who, what in missing.items()
        ]
        ordered = [number for phase, number in mine if phase == "loaded"]
        assert ordered == sorted(ordered), f"source {src.id}: out of order in our hands"
    text = "\n".join(report) or "the in-tree driver lost none"
    (run_dir / "lost.txt").write_text(text + "\n")
    print(text)
