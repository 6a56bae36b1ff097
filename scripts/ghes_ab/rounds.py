# SPDX-License-Identifier: GPL-2.0-only
"""One workload on one kernel: the sources go from A to B to A to B, and the same is measured each
time.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import median

import bed.lib.platform
from bed.lib import BUILD
from ghes_ab import latency, memory
from ghes_ab.delivery import Storm
from ghes_ab.drivers import Driver, archive, release
from ghes_ab.interrupt import Interrupt, Polled, Sci
from ghes_ab.notification import KINDS as NMI_LIKE
from ghes_ab.notification import WARM, blocks
from ghes_ab.results import Row
from ghes_ab.wakeups import overtaken
from ghes_ab.workload import Workload
from bed.lib.platform import Platform
from bed.lib.sources import Source
from bed.lib.trouble import EXCEPT_NMI
from bed.lib.vm import VMError

KINDS = {**NMI_LIKE, **{each.name: each for each in (Interrupt, Sci, Polled)}}

SHOTS_SIGNAL = 5
WAKEUP_TRIES = 20
NMI_SETTLED = 0.005  # between two tries, so that the in-tree driver has none under way

Tell = Callable[[str], None]


class Run:
    """One boot: a workload, a kernel, a number of sources and a kind of notification."""

    def __init__(
        self,
        arch: str,
        kernel: str,
        workload: Workload,
        kind: str,
        count: int,
        drivers: list[Driver],
        run_dir: Path | None,
        tell: Tell,
    ) -> None:
        self.arch, self.kernel, self.workload, self.count = arch, kernel, workload, count
        self.kind = KINDS[kind]()
        self.drivers, self.tell = drivers, tell
        name = f"{arch}-{kernel}-{workload.name}" + (
            f"-{count}" if len(workload.sources) > 1 else ""
        )
        self.run_dir = run_dir or BUILD / "run/ab" / name
        self.rows: dict[tuple, Row] = {}
        self.salt = 0  # records of different rounds differ
        self.number = 0

    def add(
        self,
        who: Driver,
        metric: str,
        unit: str,
        value: float,
        variant: str = "",
        better: str = "lower",
        samples: list[float] | None = None,
    ) -> None:
        row = Row(
            self.arch, self.kernel, self.workload.name, metric, unit, variant, self.count, better
        )
        row = self.rows.setdefault(row.key, row)
        (row.a if who is self.drivers[0] else row.b).append(value)
        if samples:
            (row.samples_a if who is self.drivers[0] else row.samples_b).extend(samples)

    def both(self, metric: str, unit: str, value: float, variant: str = "") -> None:
        """A figure of the machine, whoever drives it."""
        for who in self.drivers:
            self.add(who, metric, unit, value, variant, "none")

    def run(self) -> list[Row]:
        workload = self.workload
        sources = self.kind.sources(
            self.count,
            workload.critical,
            "cost" in workload.measure,
            length=workload.length,
            cpu=workload.target_cpu(),
        )
        with bed.lib.platform.open(
            self.arch,
            self.kernel,
            sources=sources,
            smp=workload.cpus,
            icount=workload.counted,
            append="log_buf_len=4M",
            run_dir=self.run_dir,
            extra_files=archive(self.drivers),
            **self.kind.options(workload),
        ) as machine:
            machine.vm.check("dmesg -n 1")
            self.raised = [src for src in machine.sources if src.enabled]
            if {"latency", "sigbus"} & set(workload.measure):
                self.kind.prepare_clock(machine)
            if "sigbus" in workload.measure:
                latency.to_signal(
                    machine, self.kind, self.raised[0], SHOTS_SIGNAL, 0
                )  # the kernel's first ones take longer
                self.number = SHOTS_SIGNAL
            for number in range(workload.rounds):
                for who in self.drivers:
                    self.tell(
                        f"{self.run_dir.name}: round {number + 1} of {workload.rounds}, {who.name}"
                    )
                    self.round(machine, who)
            if "cost" in workload.measure:
                release(machine)
                for variant, value in self.kind.floor(machine).items():
                    self.both("empty handler", "instructions", value, variant)
            trouble = EXCEPT_NMI.search(machine.vm.console_text())
            if trouble:
                raise machine.vm.error(f"the kernel said {trouble[0]!r}")
        return list(self.rows.values())

    def round(self, machine: Platform, who: Driver) -> None:
        measures = self.workload.measure
        if "memory" in measures:
            self.add(
                who,
                "memory",
                "bytes",
                memory.used(machine, who),
                f"{self.workload.length} byte blocks",
            )
        else:
            who.take(machine)
        for measure in measures:
            if measure != "memory":
                getattr(self, measure)(machine, who)

    # The measures, by their names in the workload
    # ---------------------------------------------------------

    def shown(self) -> list[Source]:
        """The first source, and the last one if it has another priority."""
        first, last = self.raised[0], self.raised[-1]
        return [first] if first.critical == last.critical else [first, last]

    def cost(self, machine: Platform, who: Driver) -> None:
        for src in self.shown():
            for variant, size, how in self.kind.cases(src, self.workload.sizes):
                if self.count == 1 and how.get("pending") == 0:
                    continue  # all is one
                self.salt += 1
                found = self.kind.cost(
                    machine,
                    who,
                    src,
                    blocks(WARM + self.workload.records, size, src.index, self.salt),
                    **how,
                )
                self.add(who, "cost", "instructions", median(found), f"{size} bytes, {variant}")

    def idle(self, machine: Platform, who: Driver) -> None:
        found = [self.kind.idle(machine, who) for _ in range(3)]
        self.add(who, "idle", "instructions", median(found))

    def delivery(self, machine: Platform, who: Driver) -> None:
        if who.in_tree:
            machine.vm.check(f"sleep {self.workload.quiet}")
        fate = Storm(machine, self.workload, self.raised, self.number).run()
        self.number += self.workload.records
        for metric, value, better in (
            ("raised", fate.raised, "none"),
            ("delivered", fate.delivered, "higher"),
            ("lost", fate.lost, "lower"),
            ("duplicated", fate.duplicated, "lower"),
            ("out of order", fate.disordered, "lower"),
            ("lost wake-ups", fate.wakeups, "lower"),
            ("left with firmware for ever", fate.stuck, "lower"),
            ("unknown NMIs in the log", fate.unknown_nmis, "lower"),
            ("console lines", fate.console_lines, "none"),
        ):
            self.add(who, metric, "", value, better=better)

    def wakeups(self, machine: Platform, who: Driver) -> None:
        self.number += WAKEUP_TRIES
        machine.vm.check("dmesg -c >/dev/null")
        left = overtaken(machine, WAKEUP_TRIES, self.number, NMI_SETTLED)
        self.add(who, "lost wake-ups", "", left, f"of {WAKEUP_TRIES} overtaken")
        self.add(
            who,
            "unknown NMIs in the log",
            "",
            machine.vm.check("dmesg -c").count("Uhhuh."),
            f"of {WAKEUP_TRIES} overtaken",
        )

    def latency(self, machine: Platform, who: Driver) -> None:
        for severity in self.workload.severities:
            found = latency.to_event(
                machine,
                self.kind,
                who,
                self.raised[0],
                self.workload.shots,
                self.workload.sizes[0],
                severity,
                self.number,
            )
            self.number += WARM + self.workload.shots
            self.add(who, "to trace event", "ns", median(found), severity, samples=found)
            self.add(who, "to trace event", "ns", max(found), f"{severity}, longest")
            if len(found) >= 100:
                nearly = sorted(found)[len(found) * 99 // 100 - 1]
                self.add(who, "to trace event", "ns", nearly, f"{severity}, 99th percentile")

    def sigbus(self, machine: Platform, who: Driver) -> None:
        found = latency.to_signal(machine, self.kind, self.raised[0], SHOTS_SIGNAL, self.number)
        self.number += SHOTS_SIGNAL
        self.add(who, "to SIGBUS", "ns", median(found), samples=found)
        # In between the kernel may wait, for workers and ticks, whichever driver asked it.
        self.add(who, "to SIGBUS", "ns", min(found), "at best")


def run(
    arch: str,
    kernel: str,
    workload: Workload,
    drivers: list[Driver],
    tell: Tell = print,
    run_dir: Path | None = None,
) -> tuple[list[Row], list[str]]:
    """All boots of a workload; returns the figures, and what went wrong."""
    rows, failures = [], []
    for kind in workload.notifications(arch):
        if reason := KINDS[kind].why_not():
            tell(f"{workload.name} is left out: {reason}")
            continue
        for count in workload.sources:
            try:
                rows += Run(arch, kernel, workload, kind, count, drivers, run_dir, tell).run()
            except (VMError, TimeoutError, OSError) as error:
                failures.append(f"{workload.name}, {count} sources: {error}")
    return rows, failures
