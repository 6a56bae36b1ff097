# SPDX-License-Identifier: GPL-2.0-only
"""What a machine does with a record, line by line, whichever driver has the source; and what
explains a difference.

A line is what somebody can see: a page out of use, a signal, a trace event of the kernel's own, an
EDAC counter, a callback of a PCIe driver, a headline of the log.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aborts import corrupted
from bed.lib import driver, pcie
from bed.lib.platform import Platform

TABLE = Path(__file__).with_name("differences.toml")
# Each driver prints two corrected records in 5 s. Such a time passes at once where time is
# instructions.
PAUSE = 2.6
EVENTS = ("ras", "mce", "memory_failure", "cxl")
EVENT = re.compile(r"^ *\S+-\d+ +\[\d+\] +\S+ +[\d.]+: (\w+): (.*)$", re.MULTILINE)
LOG = re.compile(r"^<(\d+)>(?:\[ *[\d.]+\] )?(.*)$", re.MULTILINE)
HEAD = re.compile(
    r"^(?:\{\d+\})?\[Hardware Error\]: (Hardware error from .*|event severity: .*)$|"
    r"^(Memory failure: .*|Soft offlin.*|soft offline: .*)$"
)
# What no two machines have alike.
OWN = (
    (r"\b(TSC|TIME|time): \w+", r"\1: -"),
    (r"\[LINE TOO BIG\].*", "[LINE TOO BIG]"),
    (r"victim:\d+", "victim"),
)
PANIC, CRASH = "panic", "crash"  # of the record, as a driver means to; of what a driver made of it

Build = Callable[["Victim"], bytes]
Lines = Counter[str]


@dataclass
class Victim:
    """A program in the guest whose pages records name; each record has one of its own."""

    pages: list[int]
    huge: int
    used: int = 0
    current: list[int] = field(
        default_factory=list
    )  # those of the record that is raised, by their numbers

    @classmethod
    def start(cls, machine: Platform, pages: int) -> "Victim":
        out = machine.vm.check(
            f"(victim {pages} >/tmp/victim 2>&1 &); "
            "until grep -q huge /tmp/victim; do sleep 0.02; done; cat /tmp/victim"
        )
        found = [int(pa, 0) for pa in re.findall(r"pa=(\w+)", out)]
        return cls(found[:-1], found[-1])

    @property
    def page(self) -> int:
        """The address of a page that no record has named before."""
        self.current.append(self.used)
        self.used += 1
        return self.pages[self.current[-1]]

    def block(self, build: "Build") -> bytes:
        self.current = []
        return build(self)

    def named(self, text: str) -> str:
        """Addresses and frame numbers by the names of their pages."""

        def name(match: re.Match) -> str:
            value = int(match[0], 16)
            for at in (value & -4096, value << 12):
                for place, page in enumerate(self.current):
                    if at == self.pages[page]:
                        return f"PAGE{place}"
                if self.huge <= at < self.huge + (2 << 20):
                    return "HUGE"
            return match[0]

        text = re.sub(r"\b(?:0x[0-9a-f]{3,16}|[0-9a-f]{6,16})\b", name, text)
        for place, page in enumerate(self.current):
            raw = self.pages[page].to_bytes(8, "little").hex(" ")
            text = re.sub(rf"\bpage={page}\b", f"page=PAGE{place}", text).replace(
                raw, f"PAGE{place}"
            )
        return text


@dataclass
class Watch:
    """The machine's own view of what became of a record."""

    machine: Platform
    victim: Victim
    callbacks: tuple[int, ...] = (0, 0, 0)
    signals: int = 0
    counters: Lines = field(default_factory=Counter)

    def start(self) -> None:
        run = self.machine.vm.check
        driver.Trace(self.machine, "ras/non_standard_event", kib=8192)
        for group in EVENTS:
            run(
                f"[ ! -e {driver.TRACING}/events/{group} ] || echo 1"
                f" >{driver.TRACING}/events/{group}/enable"
            )
        run("dmesg -n 1; dmesg -c >/dev/null")
        self.callbacks = pcie.seen(self.machine)
        self.counters = self._counted()

    def _counted(self) -> Lines:
        """EDAC's counters and the pages out of use."""
        found: Lines = Counter({"page out of use": corrupted(self.machine)})
        out = self.machine.vm.check(
            "cd /sys/devices/system/edac/mc 2>/dev/null && find . -name '*_count' -exec grep -H ."
            " {} +; true"
        )
        for name, value in re.findall(r"^\./(\S+):(\d+)$", out, re.MULTILINE):
            found[f"edac {name}"] = int(value)
        return found

    def of(self, build: "Build") -> Lines:
        """Raise the block, wait until everything is done that comes of it, and tell; VMError if the
        machine ends of it.
        """
        lines: Lines = Counter()
        machine = self.machine
        machine.post(machine.sources[0], self.victim.block(build))
        out = machine.vm.check(
            f"sleep {PAUSE}; cat {driver.TRACING}/trace; echo >{driver.TRACING}/trace; "
            "echo @@; dmesg -r -c; echo @@; grep signal /tmp/victim; true"
        )
        # at the start of a line: a section's bytes, which the log shows, may end in "@@" too
        trace, log, signals = re.split(r"^@@\n", out, flags=re.MULTILINE)
        for name, text in EVENT.findall(trace):
            lines[self.tidy(f"event {name}: {text}")] += 1
        for level, text in LOG.findall(log):
            head = HEAD.match(text)
            if head:
                lines[self.tidy(f"log <{level}> {head[1] or head[2]}")] += 1
        said = signals.splitlines()
        lines.update(self.victim.named(line) for line in said[self.signals :])
        self.signals = len(said)
        now = pcie.seen(machine)
        for name, before, after in zip(pcie.CALLBACKS, self.callbacks, now):
            lines[f"pcie {name}"] += after - before
        self.callbacks = now
        counted = self._counted()
        lines.update(counted - self.counters)
        self.counters = counted
        return +lines

    def end(self) -> Lines:
        """What was said before the machine ended of the record."""
        lines: Lines = Counter()
        text = self.machine.vm.console_text()
        end = re.search(
            (
                r"Kernel panic - not syncing: ((?:GHES: )?Fatal hardware error|ghes_nmi: fatal"
                r" hardware error)?"
            ),
            text,
        )
        if end is None:
            raise self.machine.vm.error("the machine is gone without a panic")
        lines[PANIC if end[1] else CRASH] = 1
        if end[1]:
            for line in text[: end.start()].splitlines():
                head = HEAD.match(re.sub(r"^\[ *[\d.]+\] ", "", line))
                if head:
                    lines[f"console {head[1] or head[2]}"] += 1
        return lines

    def tidy(self, line: str) -> str:
        line = self.victim.named(line)
        for pattern, text in OWN:
            line = re.sub(pattern, text, line)
        return line.rstrip()


@dataclass
class Difference:
    """A row of the table: lines that one driver's machine shows and the other's does not, and why.

    `line`, `blocks` and `kernels` are regular expressions; `only` is "in-tree", "ghes_nmi" or
    "either".
    """

    reason: str
    only: str
    line: str
    blocks: str = ""
    kernels: str = ""
    explained: int = 0

    def explains(self, kernel: str, name: str, only: str, line: str) -> bool:
        return self.only in (only, "either") and all(
            re.search(pattern, text)
            for pattern, text in ((self.line, line), (self.blocks, name), (self.kernels, kernel))
        )


def table() -> list[Difference]:
    return [
        Difference(**row) for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["difference"]
    ]


def unexplained(
    kernel: str, theirs: dict[str, Lines], ours: dict[str, Lines], rows: list[Difference]
) -> list[str]:
    """What the table has no reason for. Nothing is compared after a crash; every row counts what it
    explains.
    """
    found = []
    for name, lines in theirs.items():
        apart = {"in-tree": lines - ours[name], "ghes_nmi": ours[name] - lines}
        if CRASH in lines and CRASH not in ours[name]:
            apart = {"in-tree": Counter([CRASH])}
        for only, rest in apart.items():
            for line, count in rest.items():
                fitting = [row for row in rows if row.explains(kernel, name, only, line)]
                for row in fitting:
                    row.explained += count
                if not fitting:
                    found.append(f"{name}: {only} alone, {count} times: {line}")
    return found
