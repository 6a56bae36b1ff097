# SPDX-License-Identifier: GPL-2.0-only
"""The host's ends of what it shares with the firmware: words, spools, the command ring, the report
ring.
"""

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bed.lib.platform import Event

from bed.arm64 import layout

KINDS = {
    layout.REPORT_PUBLISH: "publish",
    layout.REPORT_EVENT: "event",
    layout.REPORT_ACK: "ack",
    layout.REPORT_REFUSED: "refused",
    layout.REPORT_PATCH: "patch",
    layout.REPORT_NEST: "nest",
    layout.REPORT_MOVE: "move",
    layout.REPORT_SEA: "sea",
    layout.REPORT_SERROR: "serror",
}
NO_SOURCE = (1 << 64) - 1


@dataclass
class Report(Event):
    """A line of the firmware's report ring; kind: publish, event, ack, refused, patch, nest, move,
    sea or serror.

    An "event" is a handler's run, from dispatch to completion. For "patch" and "nest" lower_ticks
    says when it happened, counted from the dispatch of the handler it happened in; late: after the
    handler's end, which for a patch means not at all. detail: patch: byte offset; nest: index of
    the outer source; move: place.

    "sea" and "serror": the exception is about to be entered. detail: the physical address, va: the
    virtual one; serial: how many of both there were before on this machine; seq is of the record.
    source -1: without record.
    """

    time: int = 0
    flags: int = 0
    pc: int = 0
    pstate: int = 0
    detail: int = 0
    va: int = 0
    serial: int = 0

    @property
    def critical(self) -> bool:
        return bool(self.flags & layout.REPORT_CRITICAL)

    @property
    def nested(self) -> bool:
        """A critical handler that interrupted a normal one."""
        return bool(self.flags & layout.REPORT_NESTED)

    @property
    def resumed(self) -> bool:
        """Ended by COMPLETE_AND_RESUME."""
        return bool(self.flags & layout.REPORT_RESUME)

    @property
    def late(self) -> bool:
        return bool(self.flags & layout.REPORT_LATE)


class Memory:
    """Guest memory by physical address. A u64 is read and written at once."""

    def __init__(self, map_: mmap.mmap, base: int) -> None:
        self.map = map_
        self.base = base
        self.words = memoryview(map_).cast("Q")

    def read(self, address: int, n: int) -> bytes:
        return self.map[address - self.base : address - self.base + n]

    def write(self, address: int, data: bytes) -> None:
        self.map[address - self.base : address - self.base + len(data)] = data

    def read64(self, address: int) -> int:
        return self.words[(address - self.base) // 8]

    def write64(self, address: int, value: int) -> None:
        self.words[(address - self.base) // 8] = value

    def close(self) -> None:
        self.words.release()


class Shared:
    """A structure of layout.h in guest memory, its members as attributes."""

    def __init__(self, memory: Memory, address: int, what: "layout.Struct") -> None:
        vars(self).update(memory=memory, address=address, what=what)

    def at(self, name: str, index: int = 0) -> int:
        return self.address + 8 * (self.what.words[name] + index)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.memory.read64(self.at(name))
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: int) -> None:
        self.memory.write64(self.at(name), value)


def pad(data: bytes, to: int) -> bytes:
    return data + bytes(-len(data) % to)


def entry(
    kind: int,
    flags: int = 0,
    block: bytes = b"",
    place: int = 0,
    inner: int = 0,
    offset: int = 0,
    patch: Sequence[tuple[int, int, bytes]] = (),
) -> bytes:
    """One entry for a spool. inner: 1 + index of a source, patch: (tick, byte offset, bytes)."""
    patches = b"".join(
        struct.pack("<3Q", tick, at, len(data)) + pad(data, 8) for tick, at, data in sorted(patch)
    )
    if len(patches) > layout.PATCH_BYTES_MAX:
        raise ValueError(f"{len(patches)} bytes of patches, at most {layout.PATCH_BYTES_MAX}")
    body = pad(block, 8) + patches
    size = len(pad(bytes(layout.entry.size) + body, layout.ENTRY_ALIGN))
    head = struct.pack("<8Q", kind, size, flags, len(block), place, inner, offset, len(patches))
    return pad(head + body, layout.ENTRY_ALIGN)


class Spool:
    """A source's queue towards the firmware: a byte ring in which no entry wraps around."""

    def __init__(self, source: Shared) -> None:
        self.source = source
        self.start = source.spool
        self.size = source.spool_size

    def empty(self) -> bool:
        return self.source.spool_head == self.source.spool_tail

    def put(self, data: bytes) -> bool:
        """False: no room now."""
        tail = self.source.spool_tail
        at = tail % self.size
        skip = self.size - at if at + len(data) > self.size else 0
        if tail + skip + len(data) - self.source.spool_head > self.size:
            return False
        memory = self.source.memory
        if skip:
            memory.write(
                self.start + at, struct.pack("<8Q", layout.ENTRY_SKIP, skip, 0, 0, 0, 0, 0, 0)
            )
            at = 0
        memory.write(self.start + at, data)
        self.source.spool_tail = tail + skip + len(data)
        return True


class Reports:
    """The firmware's reports, taken out before the ring fills."""

    def __init__(self, control: Shared) -> None:
        self.control = control
        self.taken: list[Report] = []

    def collect(self) -> None:
        memory = self.control.memory
        head, tail = self.control.report_head, self.control.report_tail
        while head != tail:
            address = layout.REPORTS_AT + head % layout.REPORTS_MAX * layout.report.size
            (
                kind,
                source,
                event,
                cpu,
                seq,
                time,
                ticks,
                lower,
                flags,
                pc,
                pstate,
                detail,
                va,
                serial,
            ) = struct.unpack("<14Q", memory.read(address, layout.report.size))
            head += 1
            if source == NO_SOURCE:
                source = -1
            self.taken.append(
                Report(
                    KINDS.get(kind, str(kind)),
                    source,
                    event,
                    cpu,
                    ticks,
                    lower,
                    seq,
                    time,
                    flags,
                    pc,
                    pstate,
                    detail,
                    va,
                    serial,
                )
            )
        self.control.report_head = head

    def take(self) -> list[Report]:
        self.collect()
        taken, self.taken = self.taken, []
        return taken
