# SPDX-License-Identifier: GPL-2.0-only
"""Records and notifications of a running machine: the host's end of the firmware's spools."""

import socket
import time
from collections.abc import Callable
from typing import Any

from bed.arm64 import layout
from bed.arm64.spool import Memory, Report, Reports, Shared, Spool, entry
from bed.lib import PATIENCE
from bed.lib.platform import Platform
from bed.lib.ram import Ram
from bed.lib.sources import Register, Source
from bed.lib.vm import VM

PLACES = 3
DOORBELL = b"!"
REGISTER = 8  # bytes; what a shorter register leaves of them is nobody's, and filled with this
NOBODYS = 0xA5


class Records(Platform):
    """Part of Arm64, which places all this before the machine runs."""

    ram: Ram
    memory: Memory
    control: Shared
    reports: Reports
    bell: socket.socket
    _shared: list[Shared]  # by index of the source, as the next two
    _spools: list[Spool]
    _posted: list[int]

    def _register(self, at: int, shape: Register) -> int:
        return self.ram.read_word(at - layout.RAM_AT, shape.size)

    def _put_register(self, at: int, shape: Register, value: int) -> None:
        self.ram.write_word(at - layout.RAM_AT, shape.size, value)

    def _give_back(self, src: Source) -> None:
        """As if the operating system had acknowledged."""
        self._shared[src.index].heard = 1
        if not src.ack_bell:
            self._put_register(src.ack_reg, src.ack_shape, self.ack(src) | src.ack_bits)

    # Talking to the firmware
    # ------------------------------------------------------------------------------

    def ring(self) -> None:
        """The doorbell: whatever is in spools and command ring is looked at now."""
        try:
            self.bell.send(DOORBELL)
        except BlockingIOError:
            pass  # so many rings are on their way that one more changes nothing
        self._drain()

    def _drain(self) -> None:
        """The firmware's log comes back over the doorbell; QEMU has written it to a file
        already.
        """
        try:
            while self.bell.recv(65536):
                pass
        except BlockingIOError:
            pass

    def _wait(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            self._drain()
            self.reports.collect()
            self.vm.alive()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {timeout} s\n{self.states()}")
            time.sleep(0.0005)

    def command(self, op: int, source: int = 0, event: int = 0, cpu: int = 0) -> None:
        control = self.control
        self._wait(
            lambda: control.command_tail - control.command_head < layout.COMMANDS_MAX,
            10,
            "command ring",
        )
        at = layout.COMMANDS_AT + control.command_tail % layout.COMMANDS_MAX * layout.command.size
        for i, word in enumerate((op, source, event, cpu)):
            self.memory.write64(at + 8 * i, word)
        control.command_tail += 1
        self.ring()

    def _put(self, src: Source, data: bytes, ring: bool = True) -> None:
        spool = self._spools[src.index]
        if len(data) + layout.ENTRY_ALIGN > spool.size // 2:
            raise ValueError(f"{len(data)} bytes do not fit the spool of source {src.index}")
        if not spool.put(data):
            self.ring()
            self._wait(lambda: spool.put(data), 60, f"spool of source {src.index}")
        if ring:
            self.ring()

    def _record(self, src: Source, block: bytes, ring: bool = True, **more: Any) -> int:
        if len(block) > src.length:
            raise ValueError(f"{len(block)} bytes for a block of {src.length}")
        self._put(src, entry(layout.ENTRY_RECORD, block=block, **more), ring)
        self._posted[src.index] += 1
        return self._posted[src.index] - 1

    # Raising errors
    # ---------------------------------------------------------------------------------------

    def post(self, src: Source, block: bytes, *, notify: bool = True, gated: bool = False) -> int:
        """gated: it waits for open_gate(), for the guest's doorbell or for a handler it is nested
        in.
        """
        flags = layout.ENTRY_SILENT * (not notify) | layout.ENTRY_GATED * gated
        return self._record(src, block, flags=flags)

    def post_many(self, src: Source, blocks: list[bytes]) -> list[int]:
        numbers = [self._record(src, block, ring=False) for block in blocks]
        self.ring()
        return numbers

    def quiesce(self, timeout: float = 30 * PATIENCE) -> None:
        def quiet() -> bool:
            return all(
                spool.empty() and spool.source.published == spool.source.acked
                for spool in self._spools
            )

        self._wait(quiet, timeout, "every record taken and every source free")

    def taken(self) -> int:
        self._drain()
        self.reports.collect()
        return sum(shared.acked for shared in self._shared)

    def taken_of(self, src: Source) -> int:
        return self._shared[src.index].acked

    def withdraw(self, src: Source) -> None:
        """While nothing takes the source's records: firmware reads its spool only when the source
        is free.
        """
        spool = self._spools[src.index].source
        spool.spool_head = spool.spool_tail
        self.write_block(src, bytes(4))
        self._give_back(src)
        self.ring()

    def states(self) -> str:
        """One line per source, for people."""
        lines = []
        for source, shared, posted in zip(self.sources, self._shared, self._posted):
            if source.raw is None:
                lines.append(
                    f"source {source.index}: posted {posted} published {shared.published} acked "
                    f"{shared.acked} refused {shared.refused} status {self.status(source):#x} "
                    f"ack {self.ack(source):#x} gates {shared.gates} hold {shared.hold}"
                )
        return "\n".join(lines)

    def notify(self, src: Source) -> None:
        self.command(layout.COMMAND_NOTIFY, source=src.index)

    def signal(self, event: int, cpu: int | None = None) -> None:
        """Signal an SDEI event by its number."""
        self.command(layout.COMMAND_SIGNAL, event=event, cpu=0 if cpu is None else cpu + 1)

    def open_gate(self, src: Source) -> None:
        """Let one gated record of the source go."""
        self.command(layout.COMMAND_GATE, source=src.index)

    def refused(self, src: Source) -> int:
        """Notifications of the source that found no handler."""
        return self._shared[src.index].refused

    def _block(self, src: Source) -> int:
        return self._register(src.status_reg, src.status_shape)

    def write_block(self, src: Source, data: bytes, offset: int = 0) -> None:
        self.memory.write(self._block(src) + offset, data)

    def read_block(self, src: Source, n: int, offset: int = 0) -> bytes:
        return self.memory.read(self._block(src) + offset, n)

    def ack(self, src: Source) -> int:
        """For a doorbell: whether it was heard."""
        return (
            self._shared[src.index].heard
            if src.ack_bell
            else self._register(src.ack_reg, src.ack_shape)
        )

    def bell_rings(self, src: Source) -> int:
        """How often the source was acknowledged at its doorbell."""
        return self._shared[src.index].rings

    def strays(self) -> int:
        """How many writes came to doorbells that are no source's."""
        return self.control.strays

    def neighbours(self, src: Source) -> bytes:
        """The bytes behind the source's registers that no driver has a reason to touch: all
        NOBODYS.
        """
        return b"".join(
            self.memory.read(at + shape.size, REGISTER - shape.size)
            for at, shape in ((src.status_reg, src.status_shape), (src.ack_reg, src.ack_shape))
            if at != src.ack_reg or not src.ack_bell
        )

    def status(self, src: Source) -> int:
        return int.from_bytes(self.read_block(src, 4), "little")

    def move(self, src: Source, where: int) -> None:
        """In order with the source's records: after those posted before, as soon as the source is
        free.
        """
        if not 0 <= where < PLACES:
            raise ValueError(f"place {where}: 0 to {PLACES - 1}")
        self._put(src, entry(layout.ENTRY_MOVE, place=where))

    def hold_ack(self, src: Source, on: bool = True) -> None:
        self._shared[src.index].hold = int(on)
        self.ring()

    def gap(self, src: Source, ticks: int) -> None:
        """At least so many ticks between two publications of the source."""
        self._shared[src.index].gap = ticks

    def stall(self, cpu: int | None) -> None:
        """The CPU does not complete a handler until stall(None); the rest of the machine goes
        on.
        """
        self.control.stall = 0 if cpu is None else 1 + cpu

    # Shaping
    # ----------------------------------------------------------------------------------------------

    def nest(
        self, outer: Source, outer_block: bytes, inner: Source, inner_block: bytes, offset: int
    ) -> None:
        self._record(inner, inner_block, ring=False, flags=layout.ENTRY_GATED)
        self._record(outer, outer_block, inner=inner.index + 1, offset=offset)

    def patch_at(self, src: Source, block: bytes, patch: list[tuple[int, int, bytes]]) -> None:
        self._record(src, block, patch=patch)

    def reraise(self, src: Source, blocks: list[bytes]) -> None:
        self.post_many(src, blocks)

    # Observation
    # ------------------------------------------------------------------------------------------

    def events(self) -> list[Report]:
        return self.reports.take()

    def reports_lost(self) -> int:
        return self.control.report_lost

    def fw_log(self) -> str:
        return VM.read_log(self.vm.run_dir / "firmware.log")
