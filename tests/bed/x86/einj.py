# SPDX-License-Identifier: GPL-2.0-only
"""Error injection on request of the guest: the EINJ table (ACPI 6.5, 18.6) and the firmware behind
it.

The table tells the kernel to write what it wants into a structure in firmware's memory and then 1
into a register. A thread of this process sees that and raises the error, as firmware would.
"""

import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bed.lib.ram import Ram

from bed.x86.layout import DOORBELL_AT
from bed.x86.table import CREATOR, OEM, OEM_TABLE

# In the doorbell's page: registers, what to inject, and a trigger table in which nothing is to do.
REGISTERS_AT = DOORBELL_AT + 0x400
EXECUTE, BUSY, STATUS, TYPES, TRIGGER = (REGISTERS_AT + 8 * n for n in range(5))
REQUEST_AT = DOORBELL_AT + 0x500
TRIGGER_TABLE_AT = DOORBELL_AT + 0x600
REQUEST = struct.Struct(
    "<IIIIQQI"
)  # type, vendor extension, flags, APIC id, address, range, device

(
    BEGIN,
    GET_TRIGGER_TABLE,
    SET_TYPE,
    GET_TYPES,
    END,
    EXECUTE_OPERATION,
    CHECK_BUSY,
    GET_STATUS,
    SET_TYPE_WITH_ADDRESS,
) = range(9)
READ, READ_VALUE, WRITE, WRITE_VALUE, NOTHING = range(5)
ALL_BITS = (1 << 64) - 1

MEMORY_CORRECTED, MEMORY_UNCORRECTED, PROCESSOR_CORRECTED = 0x8, 0x10, 0x1
OFFERED = PROCESSOR_CORRECTED | MEMORY_CORRECTED | MEMORY_UNCORRECTED | 0x20  # 0x20: fatal


def entry(
    action: int,
    instruction: int,
    address: int,
    value: int = 0,
    mask: int = ALL_BITS,
    width: int = 64,
) -> bytes:
    return struct.pack(
        "<BBBBBBBBQQQ",
        action,
        instruction,
        0,
        0,
        0,
        width,
        0,
        {32: 3, 64: 4}[width],
        address,
        value,
        mask,
    )


def table() -> bytes:
    """What follows the ACPI table header."""
    entries = [
        entry(BEGIN, NOTHING, EXECUTE),
        entry(GET_TRIGGER_TABLE, READ, TRIGGER),
        entry(SET_TYPE, WRITE, REQUEST_AT, width=32),
        entry(GET_TYPES, READ, TYPES),
        entry(END, NOTHING, EXECUTE),
        entry(EXECUTE_OPERATION, WRITE_VALUE, EXECUTE, 1),
        entry(CHECK_BUSY, READ_VALUE, BUSY, 1, 1),
        entry(GET_STATUS, READ, STATUS),
        entry(SET_TYPE_WITH_ADDRESS, WRITE, REQUEST_AT, width=32),
    ]
    return struct.pack("<IB3xI", 12, 0, len(entries)) + b"".join(entries)


def install(run_dir: Path) -> list[str]:
    """QEMU arguments."""
    file = run_dir / "einj.bin"
    file.write_bytes(table())
    return [
        "-acpitable",
        (
            f"sig=EINJ,rev=1,oem_id={OEM.decode()},oem_table_id={OEM_TABLE.decode()},oem_rev=1,"
            f"asl_compiler_id={CREATOR.decode()},asl_compiler_rev=1,"
            f"data={str(file).replace(',', ',,')}"
        ),
    ]


class Injector:
    """The firmware's part: calls raise_error(type, address) for each request."""

    def __init__(self, ram: Ram, raise_error: Callable[[int, int], None]) -> None:
        self.ram, self.raise_error = ram, raise_error
        self.ended = False
        self.requests: list[tuple[int, int]] = []
        for register in (EXECUTE, BUSY, STATUS):
            ram.write64(register, 0)
        ram.write64(TYPES, OFFERED)
        ram.write64(TRIGGER, TRIGGER_TABLE_AT)
        ram.write(REQUEST_AT, bytes(REQUEST.size))
        ram.write(TRIGGER_TABLE_AT, struct.pack("<IIII", 16, 1, 16, 0))
        self.thread = threading.Thread(target=self._run, name="einj", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.ended:
            if self.ram.read64(EXECUTE) & 1:
                kind, _, _, _, address, _, _ = REQUEST.unpack(
                    self.ram.read(REQUEST_AT, REQUEST.size)
                )
                self.ram.write64(EXECUTE, 0)
                self.requests.append((kind, address))
                self.raise_error(kind, address)
            time.sleep(0.002)

    def end(self) -> None:
        self.ended = True
        self.thread.join(10)
