# SPDX-License-Identifier: GPL-2.0-only
"""What is where in the machine's memory.

    0            the guest's memory
    RESERVED_AT  agent mailbox | registers | blocks      firmware's, reserved on the kernel command line
    ...          the rest of the guest's memory

A guest physical address is an offset in the shared memory: all memory is below the PCI hole.
"""

from bed.lib.agent import MAILBOX_SIZE
from bed.lib.sources import Source

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


def align(n: int, to: int) -> int:
    return (n + to - 1) // to * to


class Layout:
    """Gives every source its registers and the places of its block.

    registers: "packed", the address and ack registers of all sources side by side, or "spread", a page per
    source. block_align: where blocks may start.
    """

    def __init__(self, sources: list[Source], registers: str = "packed", block_align: int = PAGE) -> None:
        if registers not in ("packed", "spread"):
            raise ValueError(f"registers {registers!r}: packed or spread")
        self.next = REGISTERS_AT
        real = [source for source in sources if source.raw is None]
        for source in real:
            source.status_reg = self.take(16, PAGE if registers == "spread" else 16)
            source.ack_reg = source.status_reg + 8
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

    def take(self, size: int, to: int) -> int:
        at = align(self.next, to)
        self.next = at + size
        return at
