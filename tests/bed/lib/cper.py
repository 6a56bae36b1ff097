# SPDX-License-Identifier: GPL-2.0-only
"""Error status blocks (ACPI 6.5, 18.3.2.7) with CPER sections (UEFI 2.10, appendix N).

    block(CORRECTED, [memory(pa=0x1000)])
    block(RECOVERABLE, [memory(pa=0x1000), vendor(GUID, b"...", fru_text="CPU0")])

Blocks are well-formed unless a keyword says otherwise: every header field can be overridden.
"""

import struct
import uuid
from dataclasses import dataclass, field
from typing import Any

RECOVERABLE, FATAL, CORRECTED, NONE = range(4)
SEC_RESET, SEC_THRESHOLD = 4, 8  # flags of a section

BLOCK_HEADER = 20
ENTRY_V2 = 64
ENTRY_V3 = 72

MEMORY = uuid.UUID("a5bc1114-6f64-4ede-b863-3e83ed7c83b1")
ARM_PROCESSOR = uuid.UUID("e19e3d16-bc11-11e4-9caa-c2051d5d46b0")
PCIE = uuid.UUID("d995e954-bbc1-430f-ad91-b44dcb3c6f35")
# Not any vendor's: records made for tests.
VENDOR = uuid.UUID("6e2d4d7b-51b6-4b52-9a54-0f5c3a1f9c11")

# Values of eight bytes that stand for what only firmware knows when the error happens: the physical
# address, the virtual one, the number of the exception. The arm64 platform's recipes are made of
# records with these.
PA, VA, SERIAL = 0xFD5C_9E31_7A64_0B01, 0xFD5C_9E31_7A64_0B02, 0xFD5C_9E31_7A64_0B03


@dataclass
class Section:
    """A section and the fields of the generic error data entry before it. None: as a correct record
    has it.
    """

    guid: uuid.UUID
    payload: bytes
    severity: int | None = None
    revision: int = 0x201  # 0x300: with a timestamp field
    fru_id: uuid.UUID | None = None
    fru_text: bytes | str | None = None  # 20 bytes need no terminating NUL
    timestamp: int | None = None
    flags: int = 0
    validation: int | None = None
    length: int | None = None  # error data length

    def encode(self, severity: int) -> bytes:
        text = self.fru_text.encode() if isinstance(self.fru_text, str) else self.fru_text
        validation = self.validation
        if validation is None:
            validation = (
                (self.fru_id is not None)
                | (text is not None) << 1
                | (self.timestamp is not None) << 2
            )
        data = self.guid.bytes_le + struct.pack(
            "<IHBBI16s20s",
            severity if self.severity is None else self.severity,
            self.revision,
            validation,
            self.flags,
            len(self.payload) if self.length is None else self.length,
            self.fru_id.bytes_le if self.fru_id else b"",
            text or b"",
        )
        if self.revision >= 0x300:
            data += struct.pack("<Q", self.timestamp or 0)
        return data + self.payload


def block(
    severity: int,
    sections: list[Section | bytes],
    *,
    status: int | None = None,
    raw_offset: int = 0,
    raw_length: int = 0,
    raw: bytes = b"",
    data_length: int | None = None,
) -> bytes:
    """An error status block. Sections given as bytes are used as they are; `raw` is appended to the
    end.
    """
    data = b"".join(s if isinstance(s, bytes) else s.encode(severity) for s in sections)
    if status is None:
        kind = 1 if severity == CORRECTED else 0
        many = len(sections) > 1
        status = 1 << kind | many << (kind + 2) | min(len(sections), 0x3FF) << 4
    if raw and not raw_length:
        raw_offset, raw_length = BLOCK_HEADER + len(data), len(raw)
    header = struct.pack(
        "<IIIII",
        status,
        raw_offset,
        raw_length,
        len(data) if data_length is None else data_length,
        severity,
    )
    return header + data + raw


MEMORY_FIELDS = {  # name: (validation bit, offset, format)
    "error_status": (0, 8, "Q"),
    "pa": (1, 16, "Q"),
    "mask": (2, 24, "Q"),
    "node": (3, 32, "H"),
    "card": (4, 34, "H"),
    "module": (5, 36, "H"),
    "bank": (6, 38, "H"),
    "device": (7, 40, "H"),
    "row": (8, 42, "H"),
    "column": (9, 44, "H"),
    "bit": (10, 46, "H"),
    "requestor": (11, 48, "Q"),
    "responder": (12, 56, "Q"),
    "target": (13, 64, "Q"),
    "error_type": (14, 72, "B"),
    "rank": (15, 74, "H"),
    "array_handle": (16, 76, "H"),
    "device_handle": (17, 78, "H"),
    "extended": (18, 73, "B"),  # of the row: bits 16 and 17
}


def memory(
    *,
    size: int = 80,
    payload_validation: int | None = None,
    entry: dict | None = None,
    **fields: int,
) -> Section:
    """A platform memory error, N.2.5; fields by the names above. 73 bytes: as of UEFI 2.1.

    `entry` holds fields of Section.
    """
    payload = bytearray(80)
    valid = 0
    for name, value in fields.items():
        bit, offset, code = MEMORY_FIELDS[name]
        valid |= 1 << bit
        struct.pack_into("<" + code, payload, offset, value)
    struct.pack_into("<Q", payload, 0, valid if payload_validation is None else payload_validation)
    return Section(MEMORY, bytes(payload[:size]), **(entry or {}))


CACHE, TLB, BUS, MICROARCH = 2, 4, 8, 16


@dataclass
class ArmError:
    """An ARM processor error information structure, N.2.4.4.1."""

    type: int = CACHE
    multiple: int | None = None
    flags: int | None = None
    info: int | None = None
    va: int | None = None
    pa: int | None = None
    length: int = 32
    version: int = 0
    validation: int | None = None

    def encode(self) -> bytes:
        values = (self.multiple, self.flags, self.info, self.va, self.pa)
        valid = sum((value is not None) << bit for bit, value in enumerate(values))
        multiple, flags, info, va, pa = (value or 0 for value in values)
        return struct.pack(
            "<BBHBHBQQQ",
            self.version,
            self.length,
            valid if self.validation is None else self.validation,
            self.type,
            multiple,
            flags,
            info,
            va,
            pa,
        )


@dataclass
class ArmContext:
    """An ARM processor context information structure, N.2.4.4.2: type and registers."""

    type: int
    registers: bytes
    size: int | None = None
    version: int = 0

    def encode(self) -> bytes:
        size = len(self.registers) if self.size is None else self.size
        return struct.pack("<HHI", self.version, self.type, size) + self.registers


@dataclass
class ArmProcessor:
    """The fields before those structures, N.2.4.4."""

    errors: list[ArmError] = field(default_factory=lambda: [ArmError()])
    contexts: list[ArmContext] = field(default_factory=list)
    vendor: bytes = b""
    mpidr: int | None = None
    midr: int = 0
    affinity: int | None = None
    running_state: int | None = None
    psci_state: int = 0
    validation: int | None = None
    error_count: int | None = None
    context_count: int | None = None
    section_length: int | None = None

    def encode(self) -> bytes:
        body = (
            b"".join(e.encode() for e in self.errors)
            + b"".join(c.encode() for c in self.contexts)
            + self.vendor
        )
        valid = (
            (self.mpidr is not None)
            | (self.affinity is not None) << 1
            | (self.running_state is not None) << 2
            | bool(self.vendor) << 3
        )
        return (
            struct.pack(
                "<IHHIB3xQQII",
                valid if self.validation is None else self.validation,
                len(self.errors) if self.error_count is None else self.error_count,
                len(self.contexts) if self.context_count is None else self.context_count,
                40 + len(body) if self.section_length is None else self.section_length,
                self.affinity or 0,
                self.mpidr or 0,
                self.midr,
                self.running_state or 0,
                self.psci_state,
            )
            + body
        )


def arm_processor(entry: dict | None = None, **fields: Any) -> Section:
    """An ARM processor error; fields of ArmProcessor, `entry` those of Section."""
    return Section(ARM_PROCESSOR, ArmProcessor(**fields).encode(), **(entry or {}))


def pcie(
    *,
    segment: int = 0,
    bus: int = 0,
    device: int = 0,
    function: int = 0,
    vendor_id: int = 0,
    device_id: int = 0,
    aer: bytes = b"",
    size: int = 208,
    validation: int = 0b10001001,
    port_type: int = 4,
    entry: dict | None = None,
) -> Section:
    """A PCI Express error, N.2.7. Valid by default: port type, device id, AER information."""
    payload = struct.pack(
        "<QIIHHIHH3sBBHBBHBQI60s96s",
        validation,
        port_type,
        0x0101,
        0,
        0,
        0,
        vendor_id,
        device_id,
        b"",
        function,
        device,
        segment,
        bus,
        0,
        0,
        0,
        0,
        0,
        b"",
        aer,
    )
    return Section(PCIE, payload[:size], **(entry or {}))


def vendor(guid: uuid.UUID = VENDOR, payload: bytes = b"", **entry: Any) -> Section:
    """A section no standard describes."""
    return Section(guid, payload, **entry)


def sized(total: int, seq: int, severity: int = CORRECTED, guid: uuid.UUID = VENDOR) -> bytes:
    """A block of exactly `total` bytes with one vendor section that starts with `seq` as a u64.

    The bytes after it depend on `seq` too, so that records mixed up are recognised.
    """
    room = total - BLOCK_HEADER - ENTRY_V2
    if room < 8:
        raise ValueError(f"a block with a sequence number has at least {total - room + 8} bytes")
    fill = struct.pack("<I", (seq * 2654435761 + 1) & 0xFFFFFFFF)
    payload = struct.pack("<Q", seq) + (fill * (room // 4 + 1))[: room - 8]
    return block(severity, [vendor(guid, payload)])
