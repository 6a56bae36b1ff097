# SPDX-License-Identifier: GPL-2.0-only
"""The firmware, or rather the management controller: publishes records and rings from outside the
guest.

A source is free when its block's status is 0 and, for GHESv2, the bits that the HEST wants written
are set in its ack register, or its doorbell has been heard. The next record of a source is
published as soon as the source is free: ack bit cleared, block written, its first word last, then
the notification. A thread of its own does that, so that the guest is served whatever the test is
doing.
"""

import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bed.lib.hed import Line, line_of
from bed.lib.platform import Event
from bed.lib.ram import Ram
from bed.lib.sources import HED, Register, Source

from bed.x86.layout import DOORBELL_AT, NOBODYS, REGISTER
from bed.lib.qtest import EVERY_APIC, Qtest

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
    heard: bool = True  # its doorbell since the last publication
    rings: int = 0  # of its doorbell
    line: Line | None = None  # its interrupt

    @property
    def held_high(self) -> bool:
        """Firmware's own business: the method of a generic event device lowers its line itself."""
        return self.line is not None and self.line.level and self.source.notify not in HED

    @property
    def at(self) -> int:
        return self.source.extra["places"][self.place]

    def busy(self) -> bool:
        return self.outstanding or bool(self.spool)


class Firmware:
    def __init__(
        self,
        ram: Ram,
        sources: list[Source],
        qtest: Qtest,
        cpus: int,
        hed_gsi: int,
        bells: dict[str, socket.socket],
    ) -> None:
        self.ram, self.qtest, self.cpus = ram, qtest, cpus
        self.bells = bells  # our ends of the doorbells, by name
        self.strays: list[tuple[str, int]] = []  # doorbell values that are no source's
        self.feeds = {source.index: Feed(source) for source in sources if source.raw is None}
        self.failure: Exception | None = None
        self._active: dict[int, Feed] = {}
        self._events: deque[Event] = deque(maxlen=EVENTS_MAX)
        self._rotation = 0
        self._doorbell = 0
        self._ended = False
        self._change = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._run, name="firmware", daemon=True)
        for bell in bells.values():
            bell.setblocking(False)
        for feed in self.feeds.values():
            feed.line = line_of(feed.source, hed_gsi)
            for at, shape in self._memory_registers(feed.source):
                ram.write(at, bytes([NOBODYS] * REGISTER))
                self._put_register(at, shape, 0)
            self._power_on(feed, ports=False)

    def _power_on(self, feed: Feed, ports: bool) -> None:
        """First values of a source's registers: those in memory, or those that need a machine with
        ports.
        """
        if feed.source.status_shape.io == ports:
            self._put_register(feed.source.status_reg, feed.source.status_shape, feed.at)
        if feed.source.ack_shape.io == ports:
            self.give_back(feed)

    # the thread
    # ---------------------------------------------------------------------------------------

    def start(self) -> None:
        for feed in self.feeds.values():
            self._power_on(feed, ports=True)
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
                    # The guest is interrupted until a level is lowered.
                    time.sleep(
                        0 if any(feed.held_high for feed in list(self._active.values())) else PAUSE
                    )
        except (OSError, ValueError) as error:  # the guest is gone
            with self._change:
                self.failure = error
                self._change.notify_all()

    def look(self) -> bool:
        """One look at every source that has something to do; True if something was done."""
        self._look_at_doorbell()
        self._listen()
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

    def _listen(self) -> None:
        """Doorbells that the operating system acknowledges at."""
        for name, bell in self.bells.items():
            try:
                data = bell.recv(65536)
            except BlockingIOError:
                continue
            for value in data:
                feed = self._feed_of(name, value)
                if feed is None:
                    self.strays.append((name, value))
                else:
                    feed.heard = True
                    feed.rings += 1

    def _feed_of(self, bell: str, value: int) -> Feed | None:
        return next(
            (
                feed
                for feed in self.feeds.values()
                if feed.source.ack_bell == bell and feed.source.ack_bits == value
            ),
            None,
        )

    def _step(self, feed: Feed) -> bool:
        if not self.free(feed):
            return False
        if feed.outstanding:
            feed.outstanding = False
            feed.acked += 1
            self._note("ack", feed)
            self._lower(feed)
        while feed.spool and (place := feed.spool[0].place) is not None:
            feed.spool.popleft()
            self._move(feed, place)
        if not feed.spool or time.monotonic() < feed.next:
            return False
        if feed.spool[0].gated:
            if not feed.gates:
                return False
            feed.gates -= 1
        self.publish(feed, feed.spool.popleft())
        return True

    # what firmware does
    # -------------------------------------------------------------------------------

    def free(self, feed: Feed) -> bool:
        if feed.hold or self.ram.read32(feed.at):
            return False
        if feed.source.ack_bell:
            return feed.heard
        bits = feed.source.ack_bits
        return not bits or self.ack(feed) & bits == bits

    def ack(self, feed: Feed) -> int:
        return self._register(feed.source.ack_reg, feed.source.ack_shape)

    def give_back(self, feed: Feed) -> None:
        """As if the operating system had acknowledged."""
        feed.heard = True
        if not feed.source.ack_bell and feed.source.ack_bits:
            self._put_register(
                feed.source.ack_reg, feed.source.ack_shape, self.ack(feed) | feed.source.ack_bits
            )

    def take_back(self, feed: Feed) -> None:
        feed.heard = False
        if not feed.source.ack_bell and feed.source.ack_bits:
            self._put_register(
                feed.source.ack_reg, feed.source.ack_shape, self.ack(feed) & ~feed.source.ack_bits
            )

    @staticmethod
    def _memory_registers(source: Source) -> list[tuple[int, Register]]:
        both = [(source.status_reg, source.status_shape), (source.ack_reg, source.ack_shape)]
        return [(at, shape) for at, shape in both if not shape.io]

    def neighbours(self, feed: Feed) -> bytes:
        """What stands in memory behind the source's registers and is no part of them."""
        return b"".join(
            self.ram.read(at + shape.size, REGISTER - shape.size)
            for at, shape in self._memory_registers(feed.source)
        )

    def _register(self, at: int, shape: Register) -> int:
        if shape.io:
            return self.qtest.read_port(at, shape.size)
        return self.ram.read64(at) if shape.size == 8 else self.ram.read_word(at, shape.size)

    def _put_register(self, at: int, shape: Register, value: int) -> None:
        if shape.io:
            self.qtest.write_port(at, shape.size, value)
        elif shape.size == 8:
            self.ram.write64(at, value)
        else:
            self.ram.write_word(at, shape.size, value)

    def prepare(self, feed: Feed, block: bytes) -> None:
        """All of a record but the word that makes it valid."""
        self.take_back(feed)
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
        elif feed.line:
            if feed.line.level:
                self.qtest.line(feed.line.gsi, True)
            else:
                self.qtest.gsi(feed.line.gsi)
            self.rang(feed, 0)

    def _lower(self, feed: Feed) -> None:
        """A level ends when no source that raised it has a record with the operating system any
        more.
        """
        if (
            feed.line
            and feed.held_high
            and not any(
                other.outstanding for other in self.feeds.values() if other.line == feed.line
            )
        ):
            self.qtest.line(feed.line.gsi, False)

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
        self._put_register(feed.source.status_reg, feed.source.status_shape, feed.at)
        self._note("move", feed)

    def _note(self, kind: str, feed: Feed, cpu: int = -1) -> None:
        self._events.append(
            Event(kind, feed.source.index, feed.source.event, cpu, seq=feed.published - 1)
        )

    # from the test
    # ------------------------------------------------------------------------------------

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

    def overtake(
        self, first: tuple[Feed, bytes, int], second: tuple[Feed, bytes, int], timeout: float
    ) -> bool:
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
                    self.give_back(behind)
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
        self.give_back(feed)
        self._lower(feed)

    def unfinished(self) -> list[Source]:
        with self._change:
            return [feed.source for feed in self.feeds.values() if feed.busy()]

    def events(self) -> list[Event]:
        with self._change:
            events = list(self._events)
            self._events.clear()
            return events

    def _ack_state(self, feed: Feed) -> str:
        if feed.source.ack_bell:
            return f"{'heard' if feed.heard else 'not heard'} ({feed.rings})"
        return "port" if feed.source.ack_shape.io else f"{self.ack(feed):#x}"

    def states(self) -> str:
        """One line per source, for people."""
        with self._change:
            return "\n".join(
                f"source {index}: posted {feed.posted} published {feed.published} acked"
                f" {feed.acked} rang {feed.rang} place {feed.place} status"
                f" {self.ram.read32(feed.at):#x} ack {self._ack_state(feed)} gates"
                f" {feed.gates} hold {feed.hold}"
                for index, feed in self.feeds.items()
            )
