# SPDX-License-Identifier: GPL-2.0-only
"""The ACPI tables of the platform (ACPI 6.3 unless said otherwise)."""

import struct

from bed.lib.hed import Line, assemble, interrupt

GICD, GICR, UART = 0x08000000, 0x080A0000, 0x09000000
GICR_STRIDE = 0x20000
UART_GSIV = 33
GPIO, GPIO_GSIV = 0x09030000, 39
GIC_MAINTENANCE_GSIV = 25
TIMER_SECURE, TIMER_EL1, TIMER_VIRTUAL, TIMER_EL2 = 29, 30, 27, 26

FADT_HW_REDUCED = 1 << 20
FADT_PSCI = 1 << 0
MADT_GICC, MADT_GICD, MADT_GICR = 11, 12, 14
GTDT_ALWAYS_ON = 1 << 2
SPCR_PL011 = 3
SPCR_GIC = 1 << 3

OEM = b"GNTEST"
OEM_TABLE = b"ARM64   "


def checksum(data: bytes) -> int:
    return -sum(data) & 0xFF


def table(signature: bytes, revision: int, body: bytes) -> bytes:
    head = struct.pack(
        "<4sIBB6s8sI4sI", signature, 36 + len(body), revision, 0, OEM, OEM_TABLE, 1, b"GN  ", 1
    )
    data = bytearray(head + body)
    data[9] = checksum(data)
    return bytes(data)


def gas(address: int, width: int) -> bytes:
    return struct.pack("<BBBBQ", 0, width, 0, {32: 3, 64: 4}[width], address)


def rsdp(xsdt: int) -> bytes:
    data = bytearray(struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, OEM, 2, 0, 36, xsdt, 0))
    data[8] = checksum(data[:20])
    data[32] = checksum(data)
    return bytes(data)


def xsdt(tables: list[int]) -> bytes:
    return table(b"XSDT", 1, struct.pack(f"<{len(tables)}Q", *tables))


def fadt(dsdt: int) -> bytes:
    data = bytearray(276 - 36)

    def put(offset: int, form: str, value: int) -> None:
        struct.pack_into(form, data, offset - 36, value)

    put(112, "<I", FADT_HW_REDUCED)
    put(129, "<H", FADT_PSCI)
    put(131, "<B", 3)  # minor version
    put(140, "<Q", dsdt)
    return table(b"FACP", 6, bytes(data))


def madt(cpus: int) -> bytes:
    body = struct.pack("<II", 0, 0)
    body += struct.pack("<BBHIQIB3x", MADT_GICD, 24, 0, 0, GICD, 0, 3)
    for cpu in range(cpus):
        body += struct.pack(
            "<BBHIIIIIQQQQIQQBBH",
            MADT_GICC,
            80,
            0,
            cpu,
            cpu,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            GIC_MAINTENANCE_GSIV,
            0,
            cpu,
            0,
            0,
            0,
        )
    body += struct.pack("<BBHQI", MADT_GICR, 16, 0, GICR, GICR_STRIDE * cpus)
    return table(b"APIC", 4, body)


def gtdt() -> bytes:
    nowhere = 0xFFFFFFFFFFFFFFFF
    body = struct.pack("<QI", nowhere, 0)
    for timer in (TIMER_SECURE, TIMER_EL1, TIMER_VIRTUAL, TIMER_EL2):
        body += struct.pack("<II", timer, GTDT_ALWAYS_ON)
    body += struct.pack("<QII", nowhere, 0, 0)
    return table(b"GTDT", 2, body)


def spcr() -> bytes:
    body = struct.pack("<B3x", SPCR_PL011) + gas(UART, 32)
    body += struct.pack(
        "<BBIBBBBBBHHBBBIBI",
        SPCR_GIC,
        0,
        UART_GSIV,
        3,
        0,
        1,
        2,
        3,
        0,
        0xFFFF,
        0xFFFF,
        0,
        0,
        0,
        0,
        0,
        0,
    )
    return table(b"SPCR", 2, body)


def sdei() -> bytes:
    return table(b"SDEI", 1, b"")


def hest(body: bytes) -> bytes:
    """`body`: the u32 count and the entries."""
    return table(b"HEST", 1, body)


def gpio(pin: int) -> str:
    """The GPIO controller (PL061); an edge at its pin notifies the hardware error device."""
    return f"""
        Device (GPO0)
        {{
            Name (_HID, "ARMH0061")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {{
                Memory32Fixed (ReadWrite, {GPIO:#x}, 0x1000)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) {{ {GPIO_GSIV} }}
            }})
            Name (_AEI, ResourceTemplate ()
            {{
                GpioInt (Edge, ActiveHigh, Exclusive, PullDown, 0, "\\_SB.GPO0", 0,
                         ResourceConsumer) {{ {pin} }}
            }})
            Method (_E{pin:02X}) {{ Notify (\\_SB.HED0, 0x80) }}
        }}
"""


def owner(line: Line) -> str:
    """A device without a driver that has the interrupt: the kernel maps what devices have."""
    return f"""
        Device (E{line.gsi:03})
        {{
            Name (_HID, "GNTE0001")
            Name (_UID, {line.gsi})
            Name (_CRS, ResourceTemplate () {{ {interrupt(line, "Shared")} }})
        }}
"""


def asl(cpus: int, errors: str) -> str:
    devices = "".join(
        f'Device (C{cpu:03}) {{ Name (_HID, "ACPI0007") Name (_UID, {cpu}) }}\n'
        for cpu in range(cpus)
    )
    return f"""
DefinitionBlock ("", "DSDT", 2, "{OEM.decode()}", "{OEM_TABLE.decode().strip()}", 1)
{{
    Scope (\\_SB)
    {{
        {devices}
        Device (COM0)
        {{
            Name (_HID, "ARMH0011")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {{
                Memory32Fixed (ReadWrite, {UART:#x}, 0x1000)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) {{ {UART_GSIV} }}
            }})
        }}
        {errors}
    }}
}}
"""


def dsdt(cpus: int, errors: str = "") -> bytes:
    """`errors`: devices beside those that every machine has."""
    return assemble(asl(cpus, errors))
