# SPDX-License-Identifier: GPL-2.0-only
"""Section bodies for vectors: well-formed unless told otherwise (UEFI 2.10, appendix N)."""

import struct
import uuid

from bed.lib.cper import ARM_PROCESSOR, MEMORY, PCIE, VENDOR, Section

IA32 = uuid.UUID("dc3ea0b0-a144-4797-b95b-53fa242b6e1d")
GENERIC = uuid.UUID("9876ccad-47b4-4bdb-b65e-16f193c4f3db")
FIRMWARE = uuid.UUID("81212a96-09ed-4996-9471-8d729c8e69ed")
CXL = uuid.UUID("80b9efb4-52b5-4de3-a777-68784b771048")
MEMORY2 = uuid.UUID("61ec04fc-48e6-d813-25c9-8daa44750b12")
CXL_EVENTS = {
    "media": uuid.UUID("fbcd0a77-c260-417f-85a9-088b1621eba6"),
    "dram": uuid.UUID("601dcbb3-9c06-4eab-b8af-4e9bfb5c9624"),
    "module": uuid.UUID("fe927475-dd59-4339-a586-79bab113b774"),
    "sparing": uuid.UUID("e71f3a40-2d29-4092-8a39-4d1c966c7c65"),
}

# System RAM on both platforms: were it believed, a page would be lost.
RAM = 0x41000000
ALL = 0xFFFFFFFFFFFFFFFF
M32 = 0xFFFFFFFF


def memory(
    size: int = 80, valid: int = 1 << 1 | 1 << 14, pa: int = RAM, **entry: object
) -> Section:
    body = struct.pack("<QQQQ", valid, 0, pa, ALL & ~0xFFF) + bytes(40) + b"\2" + bytes(7)
    return Section(MEMORY, (body + bytes(max(0, size - 80)))[:size], **entry)


def memory2(
    size: int = 96, valid: int = 1 << 1 | 1 << 13, pa: int = RAM, **entry: object
) -> Section:
    """Memory error section 2."""
    body = struct.pack("<QQQQ", valid, 0x40400, pa, ALL & ~0xFFF) + bytes(range(1, 65))
    return Section(MEMORY2, (body + bytes(max(0, size - 96)))[:size], **entry)


def pcie(size: int = 208, valid: int = ALL, **entry: object) -> Section:
    body = struct.pack("<QIIHHI", valid, 4, 0x0101, 0x407, 0x10, 0) + bytes(16) + b"\xff" * 168
    return Section(PCIE, (body + bytes(max(0, size - 208)))[:size], **entry)


def generic(size: int = 192, **entry: object) -> Section:
    return Section(
        GENERIC, (struct.pack("<QBBBBB", ALL, 2, 4, 0xFF, 1, 0xFF) + bytes(400))[:size], **entry
    )


def firmware(revision: int, size: int, **entry: object) -> Section:
    return Section(
        FIRMWARE,
        (struct.pack("<BB6xQ", 2, revision, 7) + bytes(range(100)) + bytes(400))[:size],
        **entry,
    )


def info(length: int = 32, takes: int | None = None, kind: int = 2) -> bytes:
    """ARM error information; all fields valid, the address in RAM."""
    head = struct.pack(
        "<BBHBHBQQQ", 0, length & 0xFF, 0x1F, kind, 3, 0xF, 1 << 26 | 0xFFFF, 0x1000, RAM
    )
    takes = length if takes is None else takes
    return (head + b"\xee" * 255)[:takes]


def context(size: int, takes: int | None = None, kind: int = 4, fill: int = 0xC0) -> bytes:
    """ARM context: what its size field says, and how many bytes it takes, header included."""
    takes = 8 + size if takes is None else takes
    return (struct.pack("<HHI", 0, kind, size & M32) + bytes([fill]) * max(0, takes - 8))[:takes]


def arm(
    infos: list[bytes],
    contexts: list[bytes] = [],
    vendor: bytes = b"",
    *,
    info_count: int | None = None,
    context_count: int | None = None,
    length: int | None = None,
    size: int | None = None,
    **entry: object,
) -> Section:
    tail = b"".join(infos) + b"".join(contexts) + vendor
    body = (
        struct.pack(
            "<IHHIB3xQQII",
            0xF,
            len(infos) if info_count is None else info_count,
            len(contexts) if context_count is None else context_count,
            40 + len(tail) if length is None else length,
            1,
            0x80000000,
            0x410FD0C1,
            1,
            0,
        )
        + tail
    )
    return Section(ARM_PROCESSOR, body if size is None else body[:size], **entry)


def ia_context(size: int, takes: int | None = None, kind: int = 3) -> bytes:
    takes = 16 + size if takes is None else takes
    return (struct.pack("<HHIQ", kind, size & 0xFFFF, 0xC0002001, 0x1234) + b"\xff" * 4096)[:takes]


def ia(
    checks: int,
    contexts: list[bytes] = [],
    *,
    check_count: int | None = None,
    context_count: int | None = None,
    size: int | None = None,
    **entry: object,
) -> Section:
    valid = 3 | (checks if check_count is None else check_count) << 2
    valid |= (len(contexts) if context_count is None else context_count) << 8
    check = (
        uuid.UUID("a55701f5-e3ef-43de-ac72-249b573fad2c").bytes_le
        + struct.pack("<QQ", 0x1F, ALL)
        + bytes(32)
    )
    body = struct.pack("<QQ48x", valid, 1) + check * checks + b"".join(contexts)
    return Section(IA32, body if size is None else body[:size], **entry)


def cxl(
    dvsec: int = 0,
    log: int = 0,
    *,
    valid: int = 0x7F,
    size: int | None = None,
    says: tuple[int, int] | None = None,
    agent: int = 2,
    **entry: object,
) -> Section:
    dvsec_says, log_says = says or (dvsec, log)
    body = (
        struct.pack("<QB7xQ", valid, agent, 0x10)
        + bytes(84)
        + struct.pack("<HH4x", dvsec_says, log_says)
    )
    body += b"\xd5" * dvsec + b"\x10" * log
    return Section(CXL, body if size is None else body[:size], **entry)


def cxl_event(
    kind: str = "dram", size: int = 144, says: int | None = None, valid: int = 7, **entry: object
) -> Section:
    body = struct.pack("<IQ", (size if says is None else says) & M32, valid) + b"\x33" * 400
    return Section(CXL_EVENTS[kind], body[:size], **entry)


def vendor(size: int = 88, **entry: object) -> Section:
    return Section(VENDOR, b"v" * size, **entry)
