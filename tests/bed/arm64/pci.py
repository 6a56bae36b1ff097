# SPDX-License-Identifier: GPL-2.0-only
"""The PCI host bridge of QEMU's virt machine with highmem=off, as ACPI describes it."""

import struct

from bed.arm64 import acpi

ECAM, BUSES, MMIO, MMIO_SIZE = 0x3F000000, 16, 0x10000000, 0x2EFF0000


def mcfg() -> bytes:
    return acpi.table(b"MCFG", 1, struct.pack("<8xQHBB4x", ECAM, 0, 0, BUSES - 1))


# No _PRT and no _OSC: no interrupt lines, and error reporting stays firmware's.
DEVICES = f"""
        Device (PCI0)
        {{
            Name (_HID, "PNP0A08")
            Name (_CID, "PNP0A03")
            Name (_SEG, 0)
            Name (_BBN, 0)
            Name (_UID, 0)
            Name (_CCA, 1)
            Name (_CRS, ResourceTemplate ()
            {{
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                               0, 0, {BUSES - 1}, 0, {BUSES})
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                             ReadWrite, 0, {MMIO:#x}, {MMIO + MMIO_SIZE - 1:#x}, 0, {MMIO_SIZE:#x})
            }})
        }}
        Device (RES0)
        {{
            Name (_HID, "PNP0C02")
            Name (_CRS, ResourceTemplate ()
            {{
                Memory32Fixed (ReadWrite, {ECAM:#x}, {BUSES << 20:#x})
            }})
        }}
"""
