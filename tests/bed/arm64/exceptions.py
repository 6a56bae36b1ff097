# SPDX-License-Identifier: GPL-2.0-only
"""Poisoned pages, and exceptions without one: what the host asks the firmware for by call slots."""

import struct
from dataclasses import dataclass
from typing import Any

from bed.lib import PATIENCE, cper
from bed.lib.sources import Source

from bed.arm64 import layout
from bed.arm64.records import Records
from bed.arm64.spool import Shared

# The host's own call slots, and the recipes that go with them; the others are programs' and tests'.
SLOTS = range(layout.CALLS_GUEST, layout.CALLS_MAX)
OWN_RECIPES = layout.RECIPES_MAX - len(SLOTS)
BLOCK_MAX = layout.RECIPE_SIZE - layout.recipe.size

INTO = {
    "el0": layout.INTO_EL0,
    "kernel": layout.INTO_KERNEL,
    "guest": layout.INTO_GUEST,
    "handler": layout.INTO_HANDLER,
}
ABORT = 0x92000010  # a data abort from a lower exception level: synchronous external abort


def places(block: bytes, mark: int) -> list[int]:
    """1 + offset of each place in the block where the firmware is to put something in."""
    what = struct.pack("<Q", mark)
    found, at = [], block.find(what)
    while at >= 0:
        found.append(1 + at)
        at = block.find(what, at + len(what))
    if len(found) > layout.RECIPE_PLACES:
        raise ValueError(f"{len(found)} places for one value, at most {layout.RECIPE_PLACES}")
    return found


@dataclass
class Raised:
    """Exceptions on their way."""

    machine: "Exceptions"
    slot: Shared

    @property
    def count(self) -> int:
        """How many have been raised."""
        return self.slot.result

    def done(self) -> bool:
        return self.slot.op == layout.CALL_NONE

    def wait(self, timeout: float = 20 * PATIENCE) -> int:
        """Until all are raised; returns the word `witness` pointed at in that instant."""
        try:
            self.machine._wait(self.done, timeout, "the exception")
        except TimeoutError:
            self.cancel()
            raise
        self.slot.owner = 0
        return self.slot.seen

    def cancel(self) -> None:
        self.slot.op = layout.CALL_CANCEL
        self.machine.ring()
        self.machine._wait(self.done, 10, "the end of an exception")
        self.slot.owner = 0


class Exceptions(Records):
    """Part of Arm64."""

    _next_recipe = 0

    def _write_recipe(
        self,
        index: int,
        src: Source | None,
        block: bytes,
        status: int,
        nest: tuple[Source, int] | None,
    ) -> None:
        if len(block) > BLOCK_MAX:
            raise ValueError(f"a record of {len(block)} bytes, at most {BLOCK_MAX}")
        if src and len(block) > src.length:
            raise ValueError(f"{len(block)} bytes for a block of {src.length}")
        at = layout.RECIPES_AT + index * layout.RECIPE_SIZE
        shared = Shared(self.memory, at, layout.recipe)
        shared.source = 1 + src.index if src else 0
        shared.length, shared.status = len(block), status
        shared.inner, shared.offset = (1 + nest[0].index, nest[1]) if nest else (0, 0)
        for name, mark in (("pa", cper.PA), ("va", cper.VA), ("serial", cper.SERIAL)):
            found = places(block, mark)
            for i in range(layout.RECIPE_PLACES):
                self.memory.write64(shared.at(name, i), found[i] if i < len(found) else 0)
        self.memory.write(at + layout.recipe.size, block)

    def recipe(
        self,
        src: Source | None = None,
        block: bytes = b"",
        *,
        status: int = 0,
        nest: tuple[Source, int] | None = None,
        instead: int | None = None,
    ) -> int:
        """What is to become of an access to a poisoned page; returns the number programs know it
        by.

        block: the record for src, with cper.PA, cper.VA and cper.SERIAL where the firmware puts in
        the addresses and the exception's number. Without src there is an abort and no record.
        status: fault status code of the abort. nest: (source, offset): opens its gate, so many
        ticks after the vector was entered. instead: the number of an older recipe that is no more.
        """
        if instead is not None:
            self._write_recipe(instead, src, block, status, nest)
            return instead
        if self._next_recipe == OWN_RECIPES:
            raise ValueError(f"at most {OWN_RECIPES} recipes")
        self._write_recipe(self._next_recipe, src, block, status, nest)
        self._next_recipe += 1
        return self._next_recipe - 1

    def _slot(self) -> tuple[int, Shared]:
        for n, index in enumerate(SLOTS):
            slot = Shared(self.memory, layout.CALLS_AT + index * layout.call.size, layout.call)
            if slot.owner and slot.op == layout.CALL_NONE:
                slot.owner = 0
            if not slot.owner:
                for name in layout.call.words:
                    setattr(slot, name, 0)
                slot.owner = 1
                return n, slot
        raise ValueError(f"{len(SLOTS)} exceptions are waiting already")

    def _call(self, op: int, **words: int) -> int:
        _, slot = self._slot()
        for name, value in words.items():
            setattr(slot, name, value)
        slot.op = op
        self.ring()
        self._wait(lambda: slot.op == layout.CALL_NONE, 10, "the firmware's answer")
        slot.owner = 0
        return slot.result

    def poison(self, pa: int, recipe: int, *, times: int = 0) -> None:
        """Accesses to the page trap from now on: so many of them, or (0) all."""
        if not self._call(layout.CALL_POISON, pa=pa, recipe=recipe, times=times):
            raise ValueError(
                f"{pa:#x}: no page that can be poisoned on this machine (el=1 is needed)"
            )

    def heal(self, pa: int) -> int:
        """Returns how many accesses have trapped. What was written to the page before is still
        there.
        """
        return self._call(layout.CALL_HEAL, pa=pa)

    def trapped(self, pa: int) -> int:
        """How many accesses have trapped since the page was poisoned, 0 if it is not."""
        return self._call(layout.CALL_QUERY, pa=pa)

    def sea(
        self, src: Source | None = None, block: bytes = b"", *, syndrome: int = ABORT, **more: Any
    ) -> Raised:
        """A synchronous external abort out of nothing, as soon as a CPU does what `into` says.

        into: "el0": a program, "kernel", "guest" of KVM, "handler" of an SDEI event; several with
        "|". va, ipa, pa: addresses for FAR, HPFAR (guest) and the record; witness: physical address
        of a word to read. times; cpu: only there; nest, block: as for recipe(). gated: source with
        one of whose gates it goes; inside: (source, block, offset): raises that record, and the
        exception in its SDEI handler, so many ticks after dispatch; bell: when the guest's
        `doorbell` opens the source's gate, so that the event interrupts that program.
        """
        return self._raise(src, block, syndrome=syndrome, **more)

    def serror(
        self, src: Source | None = None, block: bytes = b"", *, syndrome: int, **more: Any
    ) -> Raised:
        """An SError with this ESR; the rest as for sea()."""
        return self._raise(src, block, syndrome=syndrome, serror=1, **more)

    def _raise(
        self,
        src: Source | None,
        block: bytes,
        *,
        into: str | None = None,
        cpu: int | None = None,
        gated: Source | None = None,
        inside: tuple[Source, bytes, int] | None = None,
        bell: bool = False,
        nest: tuple[Source, int] | None = None,
        times: int = 1,
        **words: int,
    ) -> Raised:
        if inside:
            gated = src or inside[0]
        into = into or ("handler" if inside else "el0")
        n, slot = self._slot()
        self._write_recipe(OWN_RECIPES + n, src, block, 0, nest)
        words |= {
            "recipe": OWN_RECIPES + n,
            "times": times,
            "cpu": 0 if cpu is None else 1 + cpu,
            "gated": 1 + gated.index if gated else 0,
            "into": sum(INTO[name] for name in into.split("|")),
        }
        for name, value in words.items():
            setattr(slot, name, value)
        slot.op = layout.CALL_RAISE
        self.ring()
        if inside and gated:
            self._wait(lambda: slot.op != layout.CALL_RAISE, 10, "the firmware's answer")
            self._record(
                inside[0],
                inside[1],
                inner=gated.index + 1,
                offset=inside[2],
                flags=layout.ENTRY_GATED * bell,
            )
        return Raised(self, slot)
