# SPDX-License-Identifier: GPL-2.0-only
"""Every record is delivered once, whole and in order, whatever happens meanwhile."""

import re
import struct
import time

import pytest

from bed.lib import cper, driver
from bed.lib.driver import RAS_EVENT, SECTION_EVENT, Trace
from bed.lib.sources import Source
from records import check_counters, check_delivered, numbered

pytestmark = pytest.mark.enough(
    "arm64-6.12", "x86_64-7.3"
)  # what a change has time for; the oldest: test_nmi.py
RECORDS = 10_000


def four_sources(length: int = 4096) -> list[Source]:
    """Normal and critical, shared and private, GHESv2 and GHES."""
    return [
        Source(id=10, event=804, length=length),
        Source(id=21, event=805, length=length, critical=True),
        Source(id=32, event=806, length=length, shared=False),
        Source(id=43, event=807, length=length, critical=True, type="ghes"),
    ]


def storm(machine, size: int, event: str, kib: int, **parameters: int) -> list[dict[str, int]]:
    driver.load(machine, **parameters)
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine, event, kib)
    posted = numbered(machine.sources, RECORDS // 4, size)
    # In turns, so that the sources are busy at the same time.
    for at in range(0, RECORDS // 4, 100):
        for src in machine.sources:
            machine.post_many(src, posted[src.index][at : at + 100])
    machine.quiesce(360)
    driver.settle(machine)
    check_delivered(posted, trace.payloads())
    return check_counters(machine, RECORDS // 4)


@pytest.mark.arch("arm64")
@pytest.mark.limit(240)
@pytest.mark.parametrize("smp", [1, 2])
def test_storm(boot, smp):
    """10,000 records over four sources, as fast as firmware can."""
    storm(boot(four_sources(), smp=smp), 172, RAS_EVENT, 8192)


@pytest.mark.arch("arm64")
@pytest.mark.limit(240)
@pytest.mark.enough("6.12")
@pytest.mark.parametrize("smp", [1, 2])
def test_queue_of_one_record(boot, smp):
    """The queue holds one record: firmware is held back and nothing is lost."""
    every = storm(boot(four_sources(2000), smp=smp), 2000, SECTION_EVENT, 32768, queue_kib=1)
    assert all(stats["queue_size"] == 4096 for stats in every)
    assert all(
        stats["deferred"] > 0 for stats in every
    ), "the queue was never full: this case tests nothing"


def change_hands(machine, posted: dict[int, list[bytes]], every: int) -> int:
    """Post all records, and load or unload the module after each `every` of them; returns how
    often.

    Marks in the trace say whose turn it is. The module is loaded at the end.
    """

    def mark(text):
        machine.vm.check(f"echo {text} >{driver.TRACING}/trace_marker")

    total = sum(map(len, posted.values()))
    at = taken = changes = 0
    deadline = time.monotonic() + 200
    while taken < total - every or changes % 2 == 0:
        taken += sum(event.kind == "ack" for event in machine.events())
        # Enough for firmware to do, not so much that one driver gets all.
        while at * len(posted) < min(total, taken + every):
            for src in machine.sources:
                machine.post_many(src, posted[src.index][at : at + 50])
            at += 50
        # The in-tree driver leaves a record lying when its pool is empty: then it is our turn.
        if taken >= changes * every or time.monotonic() > deadline - 150 + 5 * changes:
            changes += 1
            mark("unload" if changes % 2 == 0 else "load")
            (driver.unload if changes % 2 == 0 else driver.load)(machine)
            mark("unloaded" if changes % 2 == 0 else "loaded")
        if time.monotonic() > deadline:
            raise machine.vm.error(f"{taken} of {total} records taken\n{machine.states()}")
        machine.ring()
        time.sleep(0.001)
    return changes


def check_order(text: str) -> None:
    """While the module has the sources no record comes after a younger one of its source."""
    ours, newest = False, {}
    for line in text.splitlines():
        mark = re.search(r"tracing_mark_write: (\w+)", line)
        if mark:
            ours = mark[1] == "loaded"
        data = re.search(r"non_standard_event: .* raw data:([0-9a-f ]*)$", line)
        if data:
            number, source = struct.unpack("<II", bytes.fromhex(data[1])[:8])
            assert not ours or number > newest.get(
                source, -1
            ), f"source {source}: {number} after {newest[source]}"
            newest[source] = max(number, newest.get(source, -1))


@pytest.mark.arch("arm64")
@pytest.mark.limit(240)
@pytest.mark.parametrize("smp", [1, 2])
def test_takeover_under_fire(boot, smp):
    """The sources change hands every 500 records while firmware goes on raising."""
    machine = boot(four_sources(), smp=smp)
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine, RAS_EVENT, 8192)
    posted = numbered(machine.sources, RECORDS // 4)
    for src in machine.sources:
        machine.gap(src, 100_000)  # the in-tree driver's pool is small
    changes = change_hands(machine, posted, 500)
    machine.quiesce()
    driver.settle(machine)
    text = trace.text()
    # On two CPUs the in-tree driver mixes up records by itself: then only our turns are judged.
    check_order(text)
    check_delivered(posted, trace.parse(text), ordered=smp == 1)
    assert changes >= 15, "the sources hardly changed hands: this case tests nothing"
    assert machine.reports_lost() == 0


@pytest.mark.arch("arm64")
@pytest.mark.limit(240)
def test_critical_inside_normal(boot):
    """A critical event comes at 200 instructions all over the handler of a normal one."""
    machine = boot([Source(id=1, event=804), Source(id=2, event=805, critical=True)], icount=True)
    outer, inner = machine.sources
    driver.load(machine)
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine)
    for _ in range(5):
        machine.post(outer, cper.sized(172, 0))
        machine.quiesce()
    handler = min(event.lower_ticks for event in machine.events() if event.kind == "event")
    # The timer that raises the inner event takes some instructions itself, so a few offsets fall
    # together.
    tries = 240
    posted = numbered(machine.sources, tries, first=1)
    for n in range(tries):
        machine.nest(outer, posted[0][n], inner, posted[1][n], 1 + n * handler // tries)
        machine.quiesce()
        assert machine.ack(outer) & 1 and machine.ack(inner) & 1, f"try {n}: not acknowledged"
    driver.settle(machine)
    inside = {
        event.lower_ticks for event in machine.events() if event.kind == "nest" and not event.late
    }
    assert (
        len(inside) >= 200
    ), f"only {len(inside)} different offsets inside the handler of {handler} instructions"
    assert (
        min(inside) < 40 and max(inside) > handler - 60
    ), f"offsets {min(inside)} to {max(inside)} of {handler}"
    payloads = [payload for payload in trace.payloads() if payload[:8] != bytes(8)]
    check_delivered(posted, payloads)
    stats = driver.stats(machine, inner)
    assert stats["received"] == stats["delivered"] == tries


@pytest.mark.arch("arm64")
def test_long_record(boot):
    """60,000 bytes, fifteen pages."""
    machine = boot([Source(id=1, event=804, length=65536)])
    driver.load(machine)
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine, SECTION_EVENT)
    src = machine.sources[0]
    posted = numbered([src], 20, 60_000)
    machine.post_many(src, posted[0])
    driver.settle(machine)
    check_delivered(posted, trace.payloads())
    largest = [cper.sized(65536, n) for n in range(3)]
    machine.post_many(src, largest)
    driver.settle(machine)
    check_delivered({0: largest}, trace.payloads())
    check_counters(machine, 23)
