# SPDX-License-Identifier: GPL-2.0-only
"""How the HEST gets into the machine.

QEMU takes an ACPI table of up to 64 KiB on its command line, which is 711 GHESv2 entries. A larger
one goes where Linux looks for tables before the firmware's: an uncompressed archive in front of the
initramfs (Documentation/admin-guide/acpi/initrd_table_override.rst).
"""

import stat
import struct
from pathlib import Path

from bed.lib.cpio import Cpio

HEADER = struct.Struct("<4sIBB6s8sI4sI")
QEMU_MAX = 0xFFFF
OEM, OEM_TABLE, CREATOR = b"EMUFW", b"EMUHEST", b"EMUL"
PLACE = "kernel/firmware/acpi/hest.aml"


def whole(body: bytes) -> bytes:
    """The table with its header and a checksum that is right."""

    def table(checksum: int) -> bytes:
        return (
            HEADER.pack(
                b"HEST", HEADER.size + len(body), 1, checksum, OEM, OEM_TABLE, 1, CREATOR, 1
            )
            + body
        )

    return table(-sum(table(0)) & 0xFF)


def install(body: bytes, initramfs: Path, run_dir: Path) -> tuple[Path, list[str]]:
    """Returns the initramfs to boot with, and QEMU arguments. `body` is what follows the table's
    header.
    """
    if HEADER.size + len(body) > QEMU_MAX:
        early = run_dir / "initramfs.cpio"
        archive = Cpio()
        archive.add(PLACE, stat.S_IFREG | 0o644, whole(body))
        early.write_bytes(archive.bytes() + initramfs.read_bytes())
        return early, []
    file = run_dir / "hest.bin"
    file.write_bytes(body)
    return initramfs, [
        "-acpitable",
        (
            f"sig=HEST,rev=1,oem_id={OEM.decode()},oem_table_id={OEM_TABLE.decode()},oem_rev=1,"
            f"asl_compiler_id={CREATOR.decode()},asl_compiler_rev=1,"
            f"data={str(file).replace(',', ',,')}"
        ),
    ]
