# SPDX-License-Identifier: GPL-2.0-only
"""What became of each record that was raised.

A record is counted when user space has all of it, as ras:non_standard_event, which both drivers
emit. A record larger than such an event holds has several sections: each driver could deliver all
of them.
"""

import re
import struct
import time
from collections import Counter
from dataclasses import dataclass, field

from bed.lib import cper, driver
from ghes_ab.workload import SEVERITIES, Workload
from bed.lib.platform import Platform
from bed.lib.sources import Source

HEAD = struct.Struct("<IHHQ")  # source, part, parts, number: at the start of each section
PART_MAX = 1024  # the kernel prints a line of at most 4 KiB up to 6.1
PATIENCE = 3.0  # seconds without any progress before a record counts as left lying
PAYLOAD = re.compile(r"non_standard_event: .* raw data:([0-9a-f ]*)$", re.MULTILINE)
UHHUH = "Uhhuh. NMI received for unknown reason"
TRACE_KIB = 16384


@dataclass
class Fate:
    """Counts of one round."""

    raised: int = 0
    delivered: int = 0
    duplicated: int = 0
    disordered: int = 0
    wakeups: int = 0  # times that firmware waited until it rang again
    stuck: int = 0  # records that firmware still had in the end
    unknown_nmis: int = 0
    console_lines: int = 0
    detail: dict = field(default_factory=dict)

    @property
    def lost(self) -> int:
        return self.raised - self.delivered


def record(src: Source, number: int, size: int, severity: int) -> bytes:
    """A block of about `size` bytes, exactly that if it is small, in sections that fit a trace
    event.
    """
    room = size - cper.BLOCK_HEADER
    parts = -(-room // (PART_MAX + cper.ENTRY_V2))
    sections = []
    for part in range(parts):
        length = room // parts - cper.ENTRY_V2 if parts > 1 else room - cper.ENTRY_V2
        fill = struct.pack("<I", (number * 2654435761 + src.index + part) & 0xFFFFFFFF)
        head = HEAD.pack(src.index, part, parts, number)
        sections.append(
            cper.vendor(payload=(head + fill * (length // 4))[: max(length, HEAD.size)])
        )
    return cper.block(severity, sections)


def plan(workload: Workload, src: Source, first: int) -> list[tuple[int, bytes]]:
    """The records of one source and round: (number, bytes). An identical one has the number of the
    one before.
    """
    result, number = [], first
    for n in range(workload.records):
        same = result and n * workload.identical // 100 != (n - 1) * workload.identical // 100
        if same:
            result.append(result[-1])
            continue
        result.append(
            (
                number,
                record(
                    src,
                    number,
                    workload.sizes[number % len(workload.sizes)],
                    SEVERITIES[workload.severities[number % len(workload.severities)]],
                ),
            )
        )
        number += 1
    return result


def arrivals(text: str) -> dict[int, list[int]]:
    """Per source the numbers of its whole records, in the order in which they became whole."""
    found: dict[int, list[int]] = {}
    parts_seen: Counter = Counter()
    for match in PAYLOAD.finditer(text):
        payload = bytes.fromhex(match[1])
        if len(payload) < HEAD.size:
            continue
        index, part, parts, number = HEAD.unpack_from(payload)
        parts_seen[index, number, part] += 1
        copies = min(parts_seen[index, number, each] for each in range(parts))
        if part == parts - 1 and copies >= parts_seen[index, number, part]:
            found.setdefault(index, []).append(number)
    return found


def judge(raised: dict[int, list[int]], found: dict[int, list[int]]) -> Fate:
    """Compare what was raised with what arrived, per source."""
    fate = Fate(raised=sum(map(len, raised.values())))
    for index, numbers in raised.items():
        wanted, got = Counter(numbers), Counter(found.get(index, []))
        fate.delivered += sum((wanted & got).values())
        fate.duplicated += sum((got - wanted).values())
        highest = -1
        seen = set()
        for number in found.get(index, []):
            if number < highest and number not in seen:
                fate.disordered += 1
            seen.add(number)
            highest = max(highest, number)
    return fate


class Storm:
    """One round: raise everything, help along what is left lying, see what arrived."""

    def __init__(
        self, machine: Platform, workload: Workload, sources: list[Source], first: int
    ) -> None:
        self.machine, self.workload = machine, workload
        self.sources = sources
        self.plans = {src.index: plan(workload, src, first) for src in sources}

    def raise_all(self) -> None:
        workload = self.workload
        step = workload.burst or workload.records
        for at in range(0, workload.records, step):
            began = time.monotonic()
            for src in self.sources:
                self.machine.post_many(
                    src, [data for _, data in self.plans[src.index][at : at + step]]
                )
            if workload.rate:
                time.sleep(max(0, step / workload.rate - (time.monotonic() - began)))

    def wait(self) -> tuple[int, int]:
        """Until firmware has everything back: (times it had to ring again, records nobody ever
        took).
        """
        machine = self.machine
        again, taken, since, rang = 0, machine.taken(), time.monotonic(), False
        while True:
            try:
                machine.quiesce(0.2)
                return again, 0
            except TimeoutError:
                pass
            now = machine.taken()
            if now != taken:
                again += rang
                taken, since, rang = now, time.monotonic(), False
            elif time.monotonic() - since < PATIENCE:
                continue
            elif not rang:
                # The drivers have had their time: would they take it if somebody rang?
                for src in self.sources:
                    if machine.status(src):
                        machine.notify(src)
                since, rang = time.monotonic(), True
            else:
                stuck = sum(machine.status(src) != 0 for src in self.sources)
                for src in self.sources:
                    machine.withdraw(src)
                return again, stuck

    def run(self) -> Fate:
        machine = self.machine
        run = machine.vm.check
        run("dmesg -c >/dev/null")
        trace = driver.Trace(machine, driver.RAS_EVENT, TRACE_KIB)
        self.raise_all()
        again, stuck = self.wait()
        run("sleep 0.2")
        # Queues of ours that still hold records; the in-tree driver's are emptied by interrupts
        # that have run.
        run(
            f"for i in $(seq 200); do cat {driver.DEVICES}/GHES.*/ghes_nmi/queue 2>/dev/null | grep"
            " -qv '^0/' || break; sleep 0.02; done"
        )
        text = trace.text()
        run(f"echo 0 >{driver.TRACING}/events/{driver.RAS_EVENT}/enable")
        if "LINE TOO BIG" in text:
            raise machine.vm.error("a section has more bytes than this kernel prints of an event")
        log = run("dmesg -c")
        fate = judge(
            {index: [number for number, _ in records] for index, records in self.plans.items()},
            arrivals(text),
        )
        fate.wakeups, fate.stuck = again, stuck
        fate.unknown_nmis = log.count(UHHUH)
        fate.console_lines = len(log.splitlines())
        return fate
