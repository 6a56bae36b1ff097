# SPDX-License-Identifier: GPL-2.0-only
"""UEFI for tests of Secure Boot: a variable store with a machine owner's key, and a disk to boot
from.
"""

import struct
import subprocess
import uuid
from pathlib import Path

# Platform Initialization specification, volume 3; layout of the authenticated variable store as in
# EDK II.
NV_DATA = uuid.UUID("fff12b8d-7696-4c8b-a985-2747075b4f50")
AUTHENTICATED = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
VOLUME = struct.Struct("<16s16sQ4sIHHHBB")
STORE = struct.Struct("<16sIBBHI")
VARIABLE = struct.Struct("<HBBIQ16sIII16s")
START, ADDED, NON_VOLATILE_BOOT_ONLY = 0x55AA, 0x3F, 3

# UEFI 2.10, 32.4.1: signature database.
CERT_X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
SHIM = uuid.UUID("605dab50-e046-4300-abb6-3dd810dd8b23")


def signature_list(certificate: bytes) -> bytes:
    """An EFI_SIGNATURE_LIST of one X.509 certificate (DER)."""
    size = 16 + len(certificate)
    return (
        CERT_X509.bytes_le + struct.pack("<III", 28 + size, 0, size) + SHIM.bytes_le + certificate
    )


def add_variable(store: bytes, name: str, vendor: uuid.UUID, data: bytes) -> bytes:
    """The variable store file with one more variable, as if it had been set before the machine was
    switched off.
    """
    fields = VOLUME.unpack_from(store)
    if fields[1] != NV_DATA.bytes_le or fields[3] != b"_FVH":
        raise ValueError("not a UEFI variable store")
    at = fields[5]
    signature, size = STORE.unpack_from(store, at)[:2]
    if signature != AUTHENTICATED.bytes_le:
        raise ValueError("not an authenticated variable store")
    end, at = at + size, at + STORE.size
    while struct.unpack_from("<H", store, at)[0] == START:
        name_size, data_size = VARIABLE.unpack_from(store, at)[7:9]
        at = (at + VARIABLE.size + name_size + data_size + 3) & ~3
    text = name.encode("utf-16-le") + b"\0\0"
    new = (
        VARIABLE.pack(
            START,
            ADDED,
            0,
            NON_VOLATILE_BOOT_ONLY,
            0,
            bytes(16),
            0,
            len(text),
            len(data),
            vendor.bytes_le,
        )
        + text
        + data
    )
    if at + len(new) > end:
        raise ValueError("the variable store is full")
    return store[:at] + new + store[at + len(new) :]


def enrol(store: bytes, certificate: bytes) -> bytes:
    """The machine owner's key, where shim keeps what was confirmed on its console."""
    return add_variable(store, "MokList", SHIM, signature_list(certificate))


def boot_disk(image: Path, files: dict[str, Path | bytes], mib: int = 96) -> None:
    """A disk of one FAT file system with these files."""
    with open(image, "wb") as file:
        file.truncate(mib << 20)
    subprocess.run(["/sbin/mkfs.vfat", image], check=True, capture_output=True)
    made = set()
    for name, content in files.items():
        for parent in reversed(Path(name).parents):
            if str(parent) not in (".", "/") and parent not in made:
                subprocess.run(["mmd", "-i", image, f"::{parent}"], check=True, capture_output=True)
                made.add(parent)
        if isinstance(content, bytes):
            subprocess.run(
                ["mcopy", "-i", image, "-", f"::{name}"],
                input=content,
                check=True,
                capture_output=True,
            )
        else:
            subprocess.run(
                ["mcopy", "-i", image, content, f"::{name}"], check=True, capture_output=True
            )
