# SPDX-License-Identifier: GPL-2.0-only
"""The comparison on the machine this runs on: turn by turn, and everything as it was in the end."""

import argparse
import platform
import signal
import sys
import time
from pathlib import Path

from ghes_ab import einj, results, table
from ghes_ab.host import Host, Refused, check, sources
from ghes_ab.observe import (
    RAS_EVENTS,
    UHHUH,
    Instance,
    KernelLog,
    NmiSource,
    handlers,
    percentiles,
    reported,
)
from ghes_ab.results import Part, Row

ROUNDS = 2
WAIT = 2.0  # seconds for an error to be reported
SETTLE = 0.5


class Comparison:
    def __init__(self, options: argparse.Namespace, host: Host) -> None:
        self.options, self.host = options, host
        self.part = Part(
            platform.machine(),
            platform.release(),
            platform.release(),
            "in-tree",
            "ghes_nmi",
            options.rounds or ROUNDS,
        )
        self.rows: dict[tuple, Row] = {}
        self.start = time.monotonic()
        self.injector = None if options.observe else einj.find(host)
        self.types = (
            self.injector.types(options.uncorrected, options.allow_fatal) if self.injector else []
        )
        self.trace = Instance()
        host.undo.append(self.trace.remove)

    def tell(self, text: str) -> None:
        if not self.options.quiet:
            print(f"[{time.monotonic() - self.start:4.0f} s] {text}", file=sys.stderr, flush=True)

    def add(
        self,
        side: int,
        metric: str,
        unit: str,
        value: float,
        variant: str = "",
        better: str = "lower",
    ) -> Row:
        row = Row(
            self.part.arch,
            self.part.kernel,
            "here",
            metric,
            unit,
            variant,
            len(self.host.before),
            better,
        )
        row = self.rows.setdefault(row.key, row)
        (row.b if side else row.a).append(value)
        return row

    def run(self) -> Part:
        if self.types:
            self.tell("injecting by EINJ: " + ", ".join(einj.NAMES[kind] for kind in self.types))
        else:
            self.tell(
                "observing only: "
                + (
                    "as asked"
                    if self.options.observe
                    else (
                        "firmware offers no injection"
                        if self.injector is None
                        else "no allowed kind of error is offered"
                    )
                )
            )
        for number in range(self.part.rounds):
            for side, name in enumerate((self.part.a, self.part.b)):
                self.tell(f"round {number + 1} of {self.part.rounds}, {name}")
                (self.host.ours if side else self.host.in_tree)()
                self.turn(side)
        # Without a value on both sides there is nothing to compare.
        self.part.rows = [row for row in self.rows.values() if row.a and row.b]
        self.part.seconds = time.monotonic() - self.start
        return self.part

    def turn(self, side: int) -> None:
        log, nmis = KernelLog(), NmiSource()
        self.trace.clear()
        self.trace.switch(True)
        try:
            if self.types:
                self.inject(side)
            deadline = time.monotonic() + self.options.seconds
            while time.monotonic() < deadline:
                time.sleep(min(0.2, max(0, deadline - time.monotonic())))
        finally:
            nmis.close()
            self.trace.switch(False)
        idle, busy = handlers(self.trace.read())
        for metric, found in (("idle NMI", idle), ("NMI with a record", busy)):
            for name, value in percentiles(found).items():
                self.add(side, metric, "ns", value, name)
            if found:
                self.add(side, f"{metric}: calls", "", len(found), better="none")
        lines = log.lines()
        log.close()
        self.add(side, "unknown NMIs in the log", "", sum(UHHUH in line for line in lines))
        self.add(side, "records in the kernel log", "", reported(lines), better="none")
        self.add(side, "console lines", "", len(lines), better="none")

    def inject(self, side: int) -> None:
        """One error after the other, each kind in turn."""
        told, signalled, delays, to_bus = 0, 0, [], []
        for number in range(self.options.errors):
            kind = self.types[number % len(self.types)]
            victim = einj.Victim() if kind in einj.MEMORY else None
            try:
                seen = len(self.events())
                began = self.injector.inject(kind, victim)
                when = self.wait(seen)
                if when is not None:
                    told += 1
                    delays.append(when - began)
                if victim and kind in einj.UNCORRECTED:
                    at = self.signalled(victim)
                    if at is not None:
                        signalled += 1
                        to_bus.append(at - began)
            finally:
                if victim:
                    victim.end()
            self.tell(
                f"error {number + 1} of {self.options.errors}: {einj.NAMES[kind]}: "
                + ("reported" if when is not None else "no trace event")
            )
        self.add(side, "errors injected", "", self.options.errors, better="none")
        self.add(side, "errors with a trace event", "", told, better="higher")
        for metric, found in (("to trace event", delays), ("to SIGBUS", to_bus)):
            for name, value in percentiles(found).items():
                row = self.add(side, metric, "ns", value, name)
                if name == "median":
                    (row.samples_b if side else row.samples_a).extend(found)
        if to_bus or any(kind in einj.UNCORRECTED & einj.MEMORY for kind in self.types):
            self.add(side, "processes told by SIGBUS", "", signalled, better="higher")

    def events(self) -> list[int]:
        return [when for when, name, _ in self.trace.read() if name in RAS_EVENTS]

    def wait(self, seen: int) -> int | None:
        """When the next event came."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            found = self.events()
            if len(found) > seen:
                return found[seen]
            time.sleep(0.01)
        return None

    @staticmethod
    def signalled(victim: einj.Victim) -> int | None:
        deadline = time.monotonic() + SETTLE
        while time.monotonic() < deadline:
            at = victim.told()
            if at is not None:
                return at
            time.sleep(0.01)
        return None


def end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def main(options: argparse.Namespace) -> int:
    out = options.out or Path("ghes-ab-here")
    try:
        check(options.module)
    except Refused as error:
        print(f"ghes-ab: {error}", file=sys.stderr)
        return 2
    # Whatever a shell made of it: Ctrl-C brings everything back.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    host = Host(options.module)
    part, status = None, 0
    try:
        part = Comparison(options, host).run()
    except KeyboardInterrupt:
        print("ghes-ab: interrupted", file=sys.stderr)
        status = 130
    except (Refused, OSError) as error:
        print(f"ghes-ab: {error}", file=sys.stderr)
        status = 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        wrong = host.restore()
        for each in wrong:
            print(f"ghes-ab: not as it was: {each}", file=sys.stderr)
        if not wrong:
            names = sorted(set(filter(None, sources().values())))
            print(
                f"ghes-ab: the sources are with {', '.join(names) or 'no driver'} again, as before",
                file=sys.stderr,
            )
    if part:
        part.save(out / "parts")
        (out / "figures.tsv").write_text(results.tsv([part]))
        (out / "figures.json").write_text(results.as_json([part]))
        print(table.text([part]))
        page(part, out)
    return status or (1 if wrong else 0)


def page(part: Part, out: Path) -> None:
    """Plots need gnuplot, which a server need not have: the figures are written already."""
    from ghes_ab import page as pages

    try:
        (out / "report.html").write_text(pages.html([part]))
    except FileNotFoundError:
        print(
            f"written: {out}/figures.tsv, figures.json; no report.html without gnuplot (apt-get"
            " install gnuplot-nox)"
        )
    else:
        print(f"written: {out}/figures.tsv, figures.json, report.html")
