# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel finds at boot: device tree, EFI system table and memory map, ACPI tables, as one
blob.

Linux takes ACPI when the device tree has nothing but /chosen, and finds the EFI tables through it
as if its EFI stub had left them there.
"""

import struct
import uuid

from bed.arm64 import acpi
from bed.arm64 import pci as pci_bridge

EFI_SIGNATURE = 0x5453595320494249
EFI_REVISION = 0x20046
ACPI_20_GUID = uuid.UUID("8868e871-e4f1-11d3-bc22-0080c73c8881")

EFI_RESERVED, EFI_CONVENTIONAL, EFI_ACPI_RECLAIM = 0, 7, 9
EFI_WRITE_BACK = 8
EFI_PAGE = 4096
DESCRIPTOR = struct.Struct("<IIQQQQ")

FDT_MAGIC, FDT_BEGIN, FDT_END, FDT_PROP, FDT_DONE = 0xD00DFEED, 1, 2, 3, 9
SECURE_BOOT_DISABLED = 2

PAGE = 4096
DTB_MAX = 0x4000


def align(value: int, to: int = PAGE) -> int:
    return (value + to - 1) // to * to


def device_tree(chosen: dict[str, bytes]) -> bytes:
    """A flattened device tree (version 17) with /chosen alone."""
    strings = b""
    tree = b""

    def prop(name: str, value: bytes) -> None:
        nonlocal strings, tree
        tree += struct.pack(">III", FDT_PROP, len(value), len(strings)) + value.ljust(
            align(len(value), 4), b"\0"
        )
        strings += name.encode() + b"\0"

    def node(name: str) -> None:
        nonlocal tree
        raw = name.encode() + b"\0"
        tree += struct.pack(">I", FDT_BEGIN) + raw.ljust(align(len(raw), 4), b"\0")

    node("")
    prop("#address-cells", struct.pack(">I", 2))
    prop("#size-cells", struct.pack(">I", 2))
    node("chosen")
    for name, value in chosen.items():
        prop(name, value)
    tree += struct.pack(">III", FDT_END, FDT_END, FDT_DONE)

    head, reserve = 40, bytes(16)
    at = head + len(reserve)
    return (
        struct.pack(
            ">10I",
            FDT_MAGIC,
            at + len(tree) + len(strings),
            at,
            at + len(tree),
            head,
            17,
            16,
            0,
            len(strings),
            len(tree),
        )
        + reserve
        + tree
        + strings
    )


def memory_map(ranges: list[tuple[int, int, int]]) -> bytes:
    """Descriptors of (EFI type, start, end)."""
    return b"".join(
        DESCRIPTOR.pack(kind, 0, start, 0, (end - start) // EFI_PAGE, EFI_WRITE_BACK)
        for kind, start, end in ranges
    )


class Blob:
    """Things one after the other, from a physical address on."""

    def __init__(self, base: int, size: int) -> None:
        self.base = base
        self.size = size
        self.data = b""

    def add(self, data: bytes, to: int = 64) -> int:
        """Returns the address it got."""
        self.data = self.data.ljust(align(len(self.data), to), b"\0")
        address = self.base + len(self.data)
        self.data += data
        if len(self.data) > self.size:
            raise ValueError(f"tables take more than {self.size:#x} bytes")
        return address


def build(
    base: int,
    size: int,
    *,
    ram: tuple[int, int],
    reserved: tuple[int, int],
    initrd: tuple[int, int],
    command_line: str,
    cpus: int,
    hest: bytes | None,
    sdei: bool,
    errors: str = "",
    more: tuple[bytes, ...] = (),
    pci: bool = False,
) -> bytes:
    """The blob for address `base`; it begins with the device tree. Ranges are (start, end).

    `hest` is what follows the header of the HEST, None: no such table. `errors`: devices for the
    DSDT. `more`: tables beside those. `pci`: there is a PCI host bridge.
    """
    blob = Blob(base, size)
    blob.add(bytes(DTB_MAX))

    tables = [
        acpi.fadt(blob.add(acpi.dsdt(cpus, errors + (pci_bridge.DEVICES if pci else "")))),
        acpi.madt(cpus),
        acpi.gtdt(),
        acpi.spcr(),
    ]
    if pci:
        tables.append(pci_bridge.mcfg())
    if sdei:
        tables.append(acpi.sdei())
    if hest is not None:
        tables.append(acpi.hest(hest))
    tables += more
    rsdp = blob.add(acpi.rsdp(blob.add(acpi.xsdt([blob.add(table) for table in tables]))))

    vendor = blob.add("emulated firmware-first platform\0".encode("utf-16-le"))
    config = blob.add(ACPI_20_GUID.bytes_le + struct.pack("<Q", rsdp))
    system = blob.add(
        struct.pack(
            "<QIIIIQI4x6QQQQQ",
            EFI_SIGNATURE,
            EFI_REVISION,
            120,
            0,
            0,
            vendor,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            1,
            config,
        )
    )
    efi_map = memory_map(
        [
            (EFI_CONVENTIONAL, ram[0], base),
            (EFI_ACPI_RECLAIM, base, base + size),
            (EFI_CONVENTIONAL, base + size, reserved[0]),
            (EFI_RESERVED, *reserved),
            *([(EFI_CONVENTIONAL, reserved[1], ram[1])] if reserved[1] < ram[1] else []),
        ]
    )
    map_at = blob.add(efi_map)

    tree = device_tree(
        {
            "bootargs": command_line.encode() + b"\0",
            "linux,initrd-start": struct.pack(">Q", initrd[0]),
            "linux,initrd-end": struct.pack(">Q", initrd[1]),
            "linux,uefi-system-table": struct.pack(">Q", system),
            "linux,uefi-mmap-start": struct.pack(">Q", map_at),
            "linux,uefi-mmap-size": struct.pack(">I", len(efi_map)),
            "linux,uefi-mmap-desc-size": struct.pack(">I", DESCRIPTOR.size),
            "linux,uefi-mmap-desc-ver": struct.pack(">I", 1),
            "linux,uefi-secure-boot": struct.pack(">I", SECURE_BOOT_DISABLED),
        }
    )
    if len(tree) > DTB_MAX:
        raise ValueError(f"device tree takes {len(tree)} bytes")
    return tree.ljust(DTB_MAX, b"\0") + blob.data[DTB_MAX:]
