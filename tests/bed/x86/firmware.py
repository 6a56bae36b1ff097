# SPDX-License-Identifier: GPL-2.0-only
"""The firmware, or rather the management controller: publishes records and rings NMIs from outside the guest.

A source is free when its block's status is 0 and, for GHESv2, bit 0 of its ack register is set. The next
record of a source is published as soon as the source is free: ack bit cleared, block written, its first
word last, then the notification. A thread of its own does that, so that the guest is served whatever the
test is doing.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bed.lib.platform import Event
from bed.lib.ram import Ram
from bed.lib.sources import Source

from bed.x86.layout import DOORBELL_AT
from bed.x86.qtest import EVERY_APIC, Qtest

ACK = 1
STATUS_SIZE = 4
EVENTS_MAX = 1 << 20  # older ones are forgotten
PAUSE = 0.0001  # between two looks at sources that are not free

# Which CPU an NMI goes to: a number, every one at once, or one after the other.
ALL, ROTATE = "all", "rotate"
Cpu = int | str | None


@dataclass
class Entry:
    """What the firmware does next for a source: publish a record, or move the block."""

    block: bytes = b""
    ring: bool = True
    cpu: Cpu = None  # None: the source's own
    gated: bool = False
    place: int | None = None  # move the block there instead


@dataclass
class Feed:
    """The firmware's view of one source."""

    source: Source
    spool: deque[Entry] = field(default_factory=deque)
    place: int = 0
    outstanding: bool = False  # a record is with the operating system
    hold: bool = False
    gates: int = 0  # gated records that may go
    posted: int = 0
    published: int = 0
    acked: int = 0
    gap: float = 0  # least time between two publications, seconds
    next: float = 0  # not before this time
    rang: int = 0  # notifications

    @property
    def at(self) -> int:
        return self.source.extra["places"][self.place]

    def busy(self) -> bool:
        return self.outstanding or bool(self.spool)


class Firmware:
    def __init__(self, ram: Ram, sources: list[Source], qtest: Qtest, cpus: int) -> None:
        self.ram, self.qtest, self.cpus = ram, qtest, cpus
        self.feeds = {source.index: Feed(source) for source in sources if source.raw is None}
        self.failure: Exception | None = None
        self._active: dict[int, Feed] = {}
        self._events: deque[Event] = deque(maxlen=EVENTS_MAX)
        self._rotation = 0
        self._doorbell = 0
        self._ended = False
        self._change = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._run, name="firmware", daemon=True)
        for feed in self.feeds.values():
            ram.write64(feed.source.status_reg, feed.at)
            ram.write64(feed.source.ack_reg, ACK)

    # the thread ---------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._change:
            self._ended = True
            self._change.notify_all()
        if self._thread.ident is not None:
            self._thread.join(60)

    def _run(self) -> None:
        try:
            while not self._ended:
                with self._change:
                    self._change.wait_for(lambda: self._active or self._ended)
                    progress = self.look()
                if not progress:
                    time.sleep(PAUSE)
        except (OSError, ValueError) as error:  # the guest is gone
            with self._change:
                self.failure = error
                self._change.notify_all()

    def look(self) -> bool:
        """One look at every source that has something to do; True if something was done."""
        self._look_at_doorbell()
        progress = False
        for feed in list(self._active.values()):
            progress |= self._step(feed)
            if not feed.busy():
                del self._active[feed.source.index]
        if not self._active:
            self._change.notify_all()
        return progress

    def _look_at_doorbell(self) -> None:
        index = self.ram.read64(DOORBELL_AT) - 1
        if index in self.feeds:
            self.feeds[index].gates += 1
            self.ram.write64(DOORBELL_AT, 0)

    def _step(self, feed: Feed) -> bool:
        if not self.free(feed):
            return False
        if feed.outstanding:
            feed.outstanding = False
            feed.acked += 1
            self._note("ack", feed)
        while feed.spool and feed.spool[0].place is not None:
            self._move(feed, feed.spool.popleft().place)
        if not feed.spool or time.monotonic() < feed.next:
            return False
        if feed.spool[0].gated:
            if not feed.gates:
                return False
            feed.gates -= 1
        self.publish(feed, feed.spool.popleft())
        return True

    # what firmware does -------------------------------------------------------------------------------

    def free(self, feed: Feed) -> bool:
        if feed.hold or self.ram.read32(feed.at):
            return False
        return not feed.source.v2 or bool(self.ram.read64(feed.source.ack_reg) & ACK)

    def prepare(self, feed: Feed, block: bytes) -> None:
        """All of a record but the word that makes it valid."""
        if feed.source.v2:
            self.ram.write64(feed.source.ack_reg, self.ram.read64(feed.source.ack_reg) & ~ACK)
        self.ram.write(feed.at + STATUS_SIZE, block[STATUS_SIZE:])

    def validate(self, feed: Feed, block: bytes) -> None:
        # x86 hosts keep the order of stores; memory is coherent between host and guest.
        self.ram.write32(feed.at, int.from_bytes(block[:STATUS_SIZE], "little"))

    def published(self, feed: Feed) -> None:
        feed.published += 1
        feed.outstanding = True
        feed.next = time.monotonic() + feed.gap if feed.gap else 0
        self._active[feed.source.index] = feed
        self._note("publish", feed)

    def publish(self, feed: Feed, entry: Entry) -> None:
        self.prepare(feed, entry.block)
        self.validate(feed, entry.block)
        self.published(feed)
        if entry.ring:
            self.ring(feed, entry.cpu)

    def ring(self, feed: Feed, cpu: Cpu = None) -> None:
        """The notification the HEST promises for the source."""
        source = feed.source
        if source.notify == "nmi":
            apic_id = self.apic_id(source.extra.get("cpu", 0) if cpu is None else cpu)
            self.qtest.nmi(apic_id)
            self.rang(feed, apic_id)
        elif source.notify == "irq":
            self.qtest.gsi(source.event)
            self.rang(feed, 0)

    def rang(self, feed: Feed, apic_id: int) -> None:
        feed.rang += 1
        self._note("notify", feed, -1 if apic_id == EVERY_APIC else apic_id)

    def apic_id(self, cpu: int | str) -> int:
        if cpu == ALL:
            return EVERY_APIC
        if cpu == ROTATE:
            self._rotation += 1
            cpu = self._rotation % self.cpus
        if not isinstance(cpu, int) or not 0 <= cpu < self.cpus:
            raise ValueError(f"cpu {cpu!r}: 0 to {self.cpus - 1}, {ALL!r} or {ROTATE!r}")
        return cpu

    def _move(self, feed: Feed, place: int) -> None:
        feed.place = place
        self.ram.write32(feed.at, 0)
        self.ram.write64(feed.source.status_reg, feed.at)
        self._note("move", feed)

    def _note(self, kind: str, feed: Feed, cpu: int = -1) -> None:
        self._events.append(Event(kind, feed.source.index, feed.source.event, cpu, seq=feed.published - 1))

    # from the test ------------------------------------------------------------------------------------

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The thread does nothing meanwhile."""
        with self._change:
            if self.failure:
                raise self.failure
            yield

    def put(self, feed: Feed, entries: list[Entry]) -> list[int]:
        """Queue entries; returns the numbers of the records among them."""
        with self.stopped():
            first = feed.posted
            feed.spool.extend(entries)
            feed.posted += sum(entry.place is None for entry in entries)
            self._active[feed.source.index] = feed
            # Without waiting for the thread, if it can be: it is there when this returns.
            self._step(feed)
            self._change.notify_all()
            return list(range(first, feed.posted))

    def open_gate(self, feed: Feed) -> None:
        with self.stopped():
            feed.gates += 1
            if feed.busy():
                self._step(feed)

    def overtake(self, first: tuple[Feed, bytes, int], second: tuple[Feed, bytes, int], timeout: float) -> bool:
        """See X86.overtake()."""
        feed, block, cpu = first
        behind, behind_block, behind_cpu = second
        with self.stopped():
            for each in (feed, behind):
                if each.busy() or not self.free(each):
                    raise ValueError(f"source {each.source.index} is not free")
            status, read32 = feed.at, self.ram.read32
            line = self.qtest.nmi_line(self.apic_id(behind_cpu))
            deadline = time.monotonic() + timeout
            self.prepare(behind, behind_block)
            self.publish(feed, Entry(block, cpu=cpu))
            while read32(status):
                if time.monotonic() > deadline:
                    self.ram.write64(behind.source.ack_reg, ACK)
                    return False
            self.validate(behind, behind_block)
            self.qtest.send(line)
            self.qtest.finish()
            self.published(behind)
            self.rang(behind, behind_cpu)
            self._change.notify_all()
            return True

    def wait_idle(self, timeout: float) -> bool:
        """Wait until every source is free and has nothing to publish; False: a source is not."""
        with self.stopped():
            self._change.wait_for(lambda: not self._active or self.failure, timeout)
            if self.failure:
                raise self.failure
            return not self._active

    def taken(self) -> int:
        with self._change:
            return sum(feed.acked for feed in self.feeds.values())

    def withdraw(self, feed: Feed) -> None:
        """Forget what it has for the source; whoever calls has stopped it."""
        feed.spool.clear()
        feed.outstanding = False
        self.ram.write32(feed.at, 0)
        self.ram.write64(feed.source.ack_reg, ACK)

    def unfinished(self) -> list[Source]:
        with self._change:
            return [feed.source for feed in self.feeds.values() if feed.busy()]

    def events(self) -> list[Event]:
        with self._change:
            events = list(self._events)
            self._events.clear()
            return events

    def states(self) -> str:
        """One line per source, for people."""
        with self._change:
            return "\n".join(
                f"source {index}: posted {feed.posted} published {feed.published} acked {feed.acked} rang {feed.rang} "
                f"place {feed.place} status {self.ram.read32(feed.at):#x} ack {self.ram.read64(feed.source.ack_reg):#x} "
                f"gates {feed.gates} hold {feed.hold}" for index, feed in self.feeds.items())
