# SPDX-License-Identifier: GPL-2.0-only
"""What interrupts and polling cost, by the kernel's own tracepoints at their beginning and end.

The machine's clock counts instructions. The tracepoints cost some themselves, the same for either
driver.
"""

import re

from bed.lib import driver
from bed.lib.platform import Platform
from bed.lib.sources import Source
from ghes_ab.drivers import Driver
from ghes_ab.latency import read_trace, start_trace, stop_trace
from ghes_ab.notification import SETTLE, WARM, steady
from ghes_ab.workload import Workload

POLL_MS = 20
WATCH = "sleep 3"  # the in-tree driver rounds its timer to whole seconds


class Interrupt:
    """From the entry of the interrupt's handler to its end: the record is delivered in between."""

    name, arch = "irq", "x86_64"
    why_not = staticmethod(lambda: None)
    NOTIFY: dict[str, object] = {"notify": "irq", "event": 6}
    HANDLERS = ("GHES IRQ", "ghes_nmi")
    EVENTS = ("irq/irq_handler_entry", "irq/irq_handler_exit")

    def sources(self, count: int, critical: int, floor: bool, **more: object) -> list[Source]:
        more.pop("cpu", None)
        return [Source(id=n, **self.NOTIFY, **more) for n in range(count)]

    def options(self, workload: Workload) -> dict:
        return {}

    def cases(self, src: Source, sizes: list[int]) -> list[tuple[str, int, dict]]:
        return [("handler", size, {}) for size in sizes]

    def spans(self, events: list[tuple[int, str]]) -> list[int]:
        """How long each run of the handler was."""
        found, began = [], {}
        for time, text in events:
            entry = re.search(r"irq_handler_entry: irq=(\d+) name=(.*)$", text)
            ended = re.search(r"irq_handler_exit: irq=(\d+) ", text)
            if entry and entry[2] in self.HANDLERS:
                began[entry[1]] = time
            elif ended and ended[1] in began:
                found.append(time - began.pop(ended[1]))
        return found

    def cost(self, machine: Platform, who: Driver, src: Source, blocks: list[bytes]) -> list[int]:
        start_trace(machine)
        self.watch(machine)
        for number, block in enumerate(blocks):
            steady(machine, who, number)
            machine.post(src, block)
            machine.quiesce()
            machine.vm.check(SETTLE)
        found = self.spans(self.watched(machine))
        stop_trace(machine)
        if len(found) != len(blocks):
            raise machine.vm.error(f"{len(found)} interrupts for {len(blocks)} records")
        return found[WARM:]

    def floor(self, machine: Platform) -> dict[str, int]:
        return {}

    def prepare_clock(self, machine: Platform) -> None:
        pass

    def switch(self, machine: Platform, on: bool) -> None:
        machine.vm.check(
            "; ".join(
                f"echo {int(on)} >{driver.TRACING}/events/{event}/enable" for event in self.EVENTS
            )
        )

    def watch(self, machine: Platform) -> None:
        self.switch(machine, True)

    def watched(self, machine: Platform) -> list[tuple[int, str]]:
        self.switch(machine, False)
        return read_trace(machine)

    def began(self, machine: Platform, events: list[tuple[int, str]]) -> list[int]:
        self.switch(machine, False)
        return [
            time
            for time, text in events
            if (entry := re.search(r"irq_handler_entry: irq=\d+ name=(.*)$", text))
            and entry[1] in self.HANDLERS
        ]


class Sci(Interrupt):
    """The interrupt of a generic event device, whose method notifies the hardware error device: two
    tasks run before the driver does, so there is no handler to be measured.
    """

    name, arch = "sci", "arm64"
    NOTIFY = {"notify": "sci"}
    HANDLERS = ("ACPI:Ged",)

    def cases(self, src: Source, sizes: list[int]) -> list[tuple[str, int, dict]]:
        return []


class Polled(Interrupt):
    """A look of the timer that finds nothing."""

    name, arch = "polled", "x86_64"
    NOTIFY = {"notify": "polled", "poll_ms": POLL_MS}
    HANDLERS = ("ghes_poll_func", "poll [ghes_nmi]")
    EVENTS = ("timer/timer_expire_entry", "timer/timer_expire_exit")

    def spans(self, events: list[tuple[int, str]]) -> list[int]:
        found, began = [], {}
        for time, text in events:
            entry = re.search(r"timer_expire_entry: timer=(\S+) function=(.*?) now=", text)
            ended = re.search(r"timer_expire_exit: timer=(\S+)", text)
            if entry and entry[2] in self.HANDLERS:
                began[entry[1]] = time
            elif ended and ended[1] in began:
                found.append(time - began.pop(ended[1]))
        return found

    def idle(self, machine: Platform, who: Driver) -> int:
        start_trace(machine)
        self.watch(machine)
        machine.vm.check(WATCH)
        found = self.spans(self.watched(machine))
        stop_trace(machine)
        if not found:
            raise machine.vm.error("nobody has looked")
        return sorted(found)[len(found) // 2]
