# SPDX-License-Identifier: GPL-2.0-only
"""What a notification costs and when it began, whatever kind it is. Another kind is another class
of this shape.
"""

import re
from collections.abc import Callable
from statistics import median

import bed.lib.platform
from bed.lib import cper, driver
from ghes_ab.drivers import Driver
from ghes_ab.workload import Workload
from bed.lib.platform import Platform
from bed.lib.sources import Source

SETTLE = "sleep 0.02"  # the drain has run
# The in-tree driver keeps up to four records it has printed for ten seconds, two each five seconds,
# and what it costs depends on their lengths. So that each measurement finds the same: they are old
# when it begins, and four records as long as those that count come first, half of them after this
# pause.
FORGET = "sleep 11"
PAUSE = "sleep 5.5"
WARM = 4
BUS_MCEERR_AR = 4


class Sdei:
    """Firmware itself measures: instructions below EL3 from dispatch to completion."""

    name, arch = "sdei", "arm64"
    why_not = staticmethod(lambda: None)
    EMPTY = 790  # an event no driver registers

    def sources(self, count: int, critical: int, floor: bool, **more: object) -> list[Source]:
        """floor: one more that is no driver's; its event is for the handler that does nothing."""
        more.pop("cpu", None)
        real = [
            Source(id=n, notify="sdei", event=800 + n, critical=n >= count - critical, **more)
            for n in range(count)
        ]
        return (
            real
            + [Source(id=count, notify="sdei", event=self.EMPTY, enabled=False, length=1024)]
            * floor
        )

    def options(self, workload: Workload) -> dict:
        return {}

    def cases(self, src: Source, sizes: list[int]) -> list[tuple[str, int, dict]]:
        """Every size when the event interrupts a program; the other ways with the first and the
        last.
        """
        kind = "critical" if src.critical else "normal"
        few = sizes if len(sizes) < 3 else [sizes[0], sizes[-1]]
        running = [
            (f"{kind}, running CPU", size, {"busy": True})
            for size in (few if src.critical else sizes)
        ]
        return (
            running
            if src.critical
            else running + [(f"{kind}, idle CPU", size, {"busy": False}) for size in few]
        )

    def cost(
        self, machine: Platform, who: Driver, src: Source, blocks: list[bytes], busy: bool = True
    ) -> list[int]:
        """busy: the program that rings is what is interrupted, with a timer tick to come."""
        found = self.shots(machine, src, blocks, busy, lambda number: steady(machine, who, number))[
            WARM:
        ]
        # Whether an idle CPU's tick has stopped, so that the drain needs an interrupt of its own,
        # is chance: the worst.
        return found if busy else [max(found)]

    def shots(
        self,
        machine: Platform,
        src: Source,
        blocks: list[bytes],
        busy: bool,
        before: Callable[[int], None] = lambda number: None,
    ) -> list[int]:
        """What each record's handler cost."""
        machine.events()
        for number, block in enumerate(blocks):
            before(number)
            self.once(machine, src, block, busy)
            machine.quiesce()
            machine.vm.check(SETTLE)
        return self.handlers(machine, len(blocks), busy)

    @staticmethod
    def once(machine: Platform, src: Source, block: bytes, busy: bool) -> None:
        machine.post(src, block, gated=busy)
        if busy:
            machine.vm.check(f"doorbell {src.index}")

    @staticmethod
    def handlers(machine: Platform, count: int, busy: bool) -> list[int]:
        """busy: a program was interrupted each time, or nothing has been measured."""
        found = [event for event in machine.events() if event.kind == "event"]
        if len(found) != count:
            raise machine.vm.error(f"{len(found)} notifications instead of {count}")
        if busy:
            outside = [
                f"{number}: {event}" for number, event in enumerate(found) if event.pstate & 0xC
            ]
            if outside:
                said = "\n".join([*outside, machine.states()])
                raise machine.vm.error(f"these notifications interrupted no program:\n{said}")
        return [event.lower_ticks for event in found]

    def floor(self, machine: Platform) -> dict[str, int]:
        """What the kernel's own way to a handler and back costs: a handler that does nothing."""
        src = machine.sources[-1]
        found = {}
        machine.vm.check(f"insmod /lib/modules/empty.ko event={self.EMPTY}")
        for variant, busy in (("running CPU", True), ("idle CPU", False)):
            machine.events()
            for block in blocks(5, 172, src.index, 0):
                self.once(machine, src, block, busy)
                machine.vm.check(SETTLE)
                machine.withdraw(src)  # that handler takes no record
                machine.quiesce()
            found[variant] = int(median(self.handlers(machine, 5, busy)))
        machine.vm.check("rmmod empty")
        return found

    def prepare_clock(self, machine: Platform) -> None:
        """Firmware's time is the counter, the guest's what it made of it."""
        self.offset = int(machine.vm.check("bystander offset"))

    def watch(self, machine: Platform) -> None:
        machine.events()

    def began(self, machine: Platform, events: list[tuple[int, str]]) -> list[int]:
        """When each notification since watch() began, in the guest's CLOCK_MONOTONIC_RAW."""
        return [event.time + self.offset for event in machine.events() if event.kind == "event"]


class Sea:
    """A load from a poisoned page. QEMU's gdb stub counts the instructions of the driver's
    function, call to return.

    The records that cost is measured with differ, for the in-tree driver compares; they name no
    page, and the page heals with the first access.

    The kernel starts at EL1, as poisoned pages need. In front of the function is what the driver
    cannot choose: the exception, and for a module the hook by which it comes to know. "whole"
    counts all of it, and for the in-tree driver the delivery, which it does before it returns; the
    least of several, for it can be interrupted.
    """

    name, arch = "sea", "arm64"
    HANDLERS = {"GHES": "ghes_notify_sea", "ghes_nmi": "ghes_nmi_claim_sea"}
    WHOLE = "do_sea"

    def __init__(self) -> None:
        self.recipes: dict[int, int] = {}
        self.warm = 0  # length of the records that the in-tree driver keeps

    @staticmethod
    def why_not() -> str | None:
        """A platform without poisoned pages."""
        if not hasattr(bed.lib.platform.platform_class("arm64"), "call_costs"):
            return "the platform has no poisoned pages"
        return None

    def sources(self, count: int, critical: int, floor: bool, **more: object) -> list[Source]:
        more.pop("cpu", None)
        return [Source(id=n, notify="sea", **more) for n in range(count)]

    def options(self, workload: Workload) -> dict:
        # With gdb's stub an idle guest waits in real time: no machine for latencies.
        return {"el": 1, "gdb": "cost" in workload.measure}

    def cases(self, src: Source, sizes: list[int]) -> list[tuple[str, int, dict]]:
        return [("handler", size, {"whole": False}) for size in sizes] + [
            ("whole", sizes[0], {"whole": True})
        ]

    def cost(
        self, machine: Platform, who: Driver, src: Source, blocks: list[bytes], whole: bool = False
    ) -> list[int]:
        size, count = len(blocks[0]), len(blocks) - WARM
        if size not in self.recipes:
            self.recipes[size] = machine.recipe(
                src, cper.sized(size, cper.SERIAL, cper.RECOVERABLE)
            )
        poison = f"poison -q -x 1 -r {self.recipes[size]}"
        for number in range(WARM):
            if self.warm != size:
                steady(machine, who, number)
            machine.vm.check(f"{poison} -n 1")
        if who.in_tree:
            self.warm = size
        with machine.call_costs(self.WHOLE if whole else self.HANDLERS[who.bus_name]) as calls:
            # At rest each: whether the drain of the one before has run is chance on a machine that
            # is stopped to count.
            out = machine.vm.check(
                f"for n in $(seq {count}); do {poison} -n 1; sleep 0.02; done", 120
            )
        machine.ring()
        machine.quiesce()
        if len(calls.costs) != count:
            raise machine.vm.error(f"{len(calls.costs)} calls for {count} records: {out}")
        # A stop takes milliseconds of the guest's time: a timer tick may come in what it can
        # interrupt.
        return [min(calls.costs)] if whole else calls.costs

    def floor(self, machine: Platform) -> dict[str, int]:
        return {}

    def prepare_clock(self, machine: Platform) -> None:
        """Firmware and the program that touches read the same counter."""
        self.page = machine.recipe(
            machine.sources[0],
            cper.block(cper.RECOVERABLE, [cper.memory(pa=cper.PA, mask=0xFFFF_FFFF_FFFF_F000)]),
        )

    def touch(self, machine: Platform, count: int) -> list[int]:
        """From the first abort of each touch to the SIGBUS of the task that touched."""
        machine.events()
        out = machine.vm.check(f"poison -r {self.page} -n {count}", 120)
        machine.ring()
        machine.quiesce()
        began: dict[int, int] = {}
        for event in machine.events():
            if event.kind == "sea":
                began.setdefault(event.detail, event.time)
        found = []
        for line in out.splitlines():
            touch = {name: int(value, 0) for name, value in re.findall(r"(\w+)=(-?\w+)", line)}
            if "touch" in touch:
                if (touch["signals"], touch["code"]) != (1, BUS_MCEERR_AR) or touch[
                    "pa"
                ] not in began:
                    raise machine.vm.error(f"no SIGBUS about the page: {line}")
                found.append(touch["at"] - began[touch["pa"]])
        return found


class Nmi:
    """The kernel's own nmi:nmi_handler tracepoint measures; what it costs itself is subtracted."""

    name, arch = "nmi", "x86_64"
    why_not = staticmethod(lambda: None)
    HANDLERS = {"GHES": "ghes_notify_nmi", "ghes_nmi": "ghes_nmi_ring"}
    EVENT = f"{driver.TRACING}/events/nmi/nmi_handler/enable"

    def sources(self, count: int, critical: int, floor: bool, **more: object) -> list[Source]:
        cpu = more.pop("cpu", 0)
        return [Source(id=n, notify="nmi", extra={"cpu": cpu}, **more) for n in range(count)]

    def options(self, workload: Workload) -> dict:
        return {"registers": workload.registers}

    def cases(self, src: Source, sizes: list[int]) -> list[tuple[str, int, dict]]:
        """One record, or one of every source, when the NMI comes."""
        return [
            (variant, size, {"pending": pending})
            for variant, pending in (("one pending", 1), ("all pending", 0))
            for size in sizes
        ]

    def one(self, machine: Platform, who: Driver, action: Callable | None = None) -> int:
        return handler_cost(machine, self.HANDLERS[who.bus_name], action)

    def cost(
        self, machine: Platform, who: Driver, src: Source, blocks: list[bytes], pending: int = 1
    ) -> list[int]:
        """pending: so many sources have a record when the NMI comes; 0: all."""
        found = []
        for number, block in enumerate(blocks):
            steady(machine, who, number)

            def action(number=number, block=block):
                others = machine.sources[: (pending or len(machine.sources)) - 1]
                for other in others:
                    if other is not src:
                        machine.post(
                            other,
                            cper.sized(len(block), other.index << 32 | number | 1 << 20),
                            notify=False,
                        )
                machine.post(src, block)
                machine.quiesce()

            found.append(self.one(machine, who, action))
            machine.vm.check(SETTLE)
        return found[WARM:]

    def idle(self, machine: Platform, who: Driver) -> int:
        return self.one(machine, who)

    def floor(self, machine: Platform) -> dict[str, int]:
        return {}  # subtracted already

    def prepare_clock(self, machine: Platform) -> None:
        pass

    def watch(self, machine: Platform) -> None:
        machine.vm.check(f"echo 1 >{self.EVENT}")

    def began(self, machine: Platform, events: list[tuple[int, str]]) -> list[int]:
        """A handler's tracepoint comes at its end and says how long it was."""
        machine.vm.check(f"echo 0 >{self.EVENT}")
        found = []
        for time, text in events:
            match = re.search(
                r"nmi_handler: (\w+)[^:]*? delta_ns: (-?\d+) handled: ([1-9]\d*)", text
            )
            if match and match[1] in self.HANDLERS.values():
                found.append(time - int(match[2]))
        return found


def handler_cost(machine: Platform, handler: str, action: Callable | None = None) -> int:
    """Instructions of an NMI handler in the one NMI that action() raises, less what the instrument
    itself costs.
    """
    calls = machine.nmi_costs(action)
    floor = min(call.cost for call in calls if call.handler == "nmi_cpu_backtrace_handler")
    costs = [call.cost for call in calls if call.handler == handler]
    if len(costs) != 1:
        raise machine.vm.error(f"{handler} was called {len(costs)} times: {calls}")
    return costs[0] - floor


KINDS = {each.name: each for each in (Sdei, Sea, Nmi)}


def steady(machine: Platform, who: Driver, number: int) -> None:
    """Before record `number` of a measurement."""
    if who.in_tree and number in (0, WARM // 2):
        machine.vm.check(PAUSE if number else FORGET)


def blocks(count: int, size: int, index: int, salt: int) -> list[bytes]:
    """Records that differ from each other and from those of other salts."""
    return [cper.sized(size, index << 32 | salt << 10 | n) for n in range(count)]
