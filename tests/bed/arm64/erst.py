# SPDX-License-Identifier: GPL-2.0-only
"""Firmware's storage for error records: QEMU's ERST device, and the table that says how to use it
(ACPI 6.3, 18.5).

The device is a PCI function. The kernel gets no PCI host from us, so that it leaves its registers
where they are put here, as firmware would, before the kernel looks.
"""

import struct
from pathlib import Path

from bed.arm64 import acpi
from bed.lib.qtest import Qtest

ECAM = 0x40_1000_0000  # of QEMU's virt machine
SLOT = 1
REGISTERS, EXCHANGE = 0x10000000, 0x10010000  # in its window for 32-bit PCI memory
ACTION, VALUE = REGISTERS, REGISTERS + 8
COMMAND, BAR0, BAR1 = 0x04, 0x10, 0x14
MEMORY_ENABLED = 2

READ, READ_VALUE, WRITE, WRITE_VALUE = range(4)
EXECUTE = 0x9C  # what the device wants to be told
# What each action does beside being announced; widths are those of the value register.
BEFORE = {4: (WRITE, 32), 5: (WRITE_VALUE, 32), 9: (WRITE, 64)}
AFTER = {
    6: (READ_VALUE, 32),
    7: (READ, 32),
    8: (READ, 64),
    10: (READ, 32),
    13: (READ, 64),
    14: (READ, 64),
    15: (READ, 32),
    16: (READ, 64),
}
ACTIONS = (*range(12), 13, 14, 15, 16)


def instruction(action: int, kind: int, register: int, width: int, value: int = 0) -> bytes:
    return (
        struct.pack("<BBBx", action, kind, 0)
        + acpi.gas(register, width)
        + struct.pack("<QQ", value, (1 << width) - 1)
    )


def table() -> bytes:
    body = []
    for action in ACTIONS:
        if action in BEFORE:
            body.append(
                instruction(
                    action,
                    *BEFORE[action][:1],
                    VALUE,
                    BEFORE[action][1],
                    EXECUTE if action == 5 else 0,
                )
            )
        body.append(instruction(action, WRITE_VALUE, ACTION, 32, action))
        if action in AFTER:
            body.append(
                instruction(action, *AFTER[action][:1], VALUE, AFTER[action][1], int(action == 6))
            )
    return acpi.table(b"ERST", 1, struct.pack("<III", 48, 0, len(body)) + b"".join(body))


def argv(storage: Path) -> list[str]:
    return [
        "-object",
        f"memory-backend-file,id=erst,mem-path={storage},size={storage.stat().st_size},share=on",
        "-device",
        f"acpi-erst,memdev=erst,addr={SLOT}.0",
    ]


def place(qtest: Qtest) -> None:
    """Give the device its addresses."""
    config = ECAM + (SLOT << 15)
    for register, value in (BAR0, REGISTERS), (BAR1, EXCHANGE), (COMMAND, MEMORY_ENABLED):
        qtest.command(f"writel {config + register:#x} {value:#x}")
