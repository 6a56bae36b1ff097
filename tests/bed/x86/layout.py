# SPDX-License-Identifier: GPL-2.0-only
"""What is where in the machine's memory.

    0            the guest's memory
    RESERVED_AT  agent mailbox | registers | blocks      firmware's, reserved on the command line
    ...          the rest of the guest's memory

A guest physical address is an offset in the shared memory: all memory is below the PCI hole.
"""

from bed.lib.agent import MAILBOX_SIZE
from bed.lib.sources import Register, Source

PAGE = 4096
MIB = 1 << 20

RESERVED_AT = 512 * MIB
RESERVED_MIN = 16 * MIB
AFTER_RESERVED = 256 * MIB
BELOW_PCI_HOLE = 2048 * MIB

AGENT_AT = RESERVED_AT
# The guest may open gates here, without any help of its kernel: see Firmware.
DOORBELL_AT = RESERVED_AT + MAILBOX_SIZE
REGISTERS_AT = DOORBELL_AT + PAGE

INSIDE = 64  # how far place 1 is from home

# I/O ports. A pc-testdev stores what is written to the first one; it is there for one register. Its
# lines lower an ISA interrupt when the guest writes 0. A debugcon's port is a doorbell: every byte
# written comes to this process.
STORAGE_PORT = 0xE0
LINES_PORT = 0x2000
BELL_PORT = 0xA00

REGISTER = 8  # bytes; what a shorter register leaves of them is nobody's, and filled with this
NOBODYS = 0xA5


def align(n: int, to: int) -> int:
    return (n + to - 1) // to * to


class Layout:
    """Gives every source its registers and the places of its block.

    registers: "packed", the address and ack registers of all sources side by side, or "spread", a
    page per source. block_align: where blocks may start.
    """

    def __init__(
        self, sources: list[Source], registers: str = "packed", block_align: int = PAGE
    ) -> None:
        if registers not in ("packed", "spread"):
            raise ValueError(f"registers {registers!r}: packed or spread")
        self.next = REGISTERS_AT
        real = [source for source in sources if source.raw is None]
        self.bells: dict[str, int] = {}  # name of a doorbell: its port
        self.storage = False  # the storage port is somebody's register
        for source in real:
            at = self.take(2 * REGISTER, PAGE if registers == "spread" else 2 * REGISTER)
            source.status_reg = self.register(source.status_shape, at)
            if source.ack_bell:
                if source.ack_shape.size != 1 or not source.ack_shape.io:
                    raise ValueError(f"source {source.index}: a doorbell is an I/O port of 8 bits")
                source.ack_reg = self.bells.setdefault(source.ack_bell, BELL_PORT + len(self.bells))
            else:
                source.ack_reg = self.register(source.ack_shape, at + REGISTER)
        # What an operating system maps for a block in whole pages must not reach into registers.
        self.next = align(self.next, PAGE)
        for source in real:
            home = self.take(source.length + INSIDE, block_align)
            source.block = home
            source.extra["places"] = [home, home + INSIDE, 0]
        self.next = align(self.next, PAGE)
        for source in real:
            source.extra["places"][2] = self.take(source.length, block_align)
        self.reserved = max(RESERVED_MIN, align(self.next - RESERVED_AT, MIB))
        self.ram = RESERVED_AT + self.reserved + AFTER_RESERVED
        if self.ram > BELOW_PCI_HOLE:
            raise ValueError("the error sources need more memory than there is below the PCI hole")

    def register(self, shape: Register, at: int) -> int:
        """The address of a register: a place in memory, or the storage port."""
        if not shape.io:
            return at
        if self.storage or shape.size > 4:
            raise ValueError("there is one I/O port for one register of up to 32 bits")
        self.storage = True
        return STORAGE_PORT

    def take(self, size: int, to: int) -> int:
        at = align(self.next, to)
        self.next = at + size
        return at
