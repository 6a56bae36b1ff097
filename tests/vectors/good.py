# SPDX-License-Identifier: GPL-2.0-only
"""Well-formed blocks, those first that in-tree helpers get wrong. No address is memory."""

import uuid

from bed.lib.cper import CORRECTED, FATAL, NONE, RECOVERABLE, Section

from blocks import UNDEFINED, V2, V3, Collection
from sections import (
    ALL,
    CXL_EVENTS,
    arm,
    context,
    cxl,
    cxl_event,
    firmware,
    generic,
    ia,
    ia_context,
    info,
    memory,
    memory2,
    pcie,
    vendor,
)
from vectors import Vector

TEXT = "DIMM_A1"
WHOLE = b"twenty bytes, no NUL"
FRU = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
DATE = 0x2026112401235959


def sections(c: Collection) -> None:
    def good(
        kind: str, why: str, *what: Section, severity: int = CORRECTED, **header: object
    ) -> None:
        c.add(kind, "good", why, severity, list(what), **header)

    good("memory_old", "73 bytes, as UEFI 2.1 had it", memory(size=73))
    good(
        "memory_old",
        "73 bytes, and bits of fields that lie behind them",
        memory(size=73, valid=ALL),
    )
    good(
        "memory_old",
        "73 bytes at the very end of the block's data",
        vendor(),
        memory(size=73, revision=V3),
    )
    good("memory_new", "80 bytes, every field valid", memory(valid=ALL))
    good("memory_new", "longer than the structure", memory(size=100))
    good("memory_far", "an address no machine has, corrected", memory(pa=ALL & ~0xFFF))
    good(
        "memory_far",
        "an address no machine has, recoverable",
        memory(pa=1 << 60, severity=RECOVERABLE),
        severity=RECOVERABLE,
    )
    good(
        "memory_far",
        "no valid address, recoverable",
        memory(valid=0, severity=RECOVERABLE),
        severity=RECOVERABLE,
    )
    good("memory_2", "96 bytes, every field valid", memory2(valid=ALL, pa=1 << 60))
    good(
        "memory_2",
        "longer than the structure, recoverable",
        memory2(size=120, pa=1 << 60, severity=RECOVERABLE),
        severity=RECOVERABLE,
    )
    good("pcie", "every field valid", pcie())
    good("pcie", "registers of all ones behind a longer structure", pcie(size=240, revision=V3))
    good("generic", "every field valid, types beyond the names", generic())
    good("arm", "one entry", arm([info()]))
    good("arm", "no entry at all", arm([]))
    good(
        "arm",
        "every type of error, and types that are none",
        arm([info(kind=k) for k in (2, 4, 8, 16, 0xFF, 0)]),
    )
    good("arm_info_steps", "entries of 32, 48 and 255 bytes", arm([info(), info(48), info(255)]))
    good(
        "arm_info_steps",
        "an entry of 33 bytes, contexts behind it",
        arm([info(33)], [context(24)], b"vendor"),
    )
    good("arm_contexts", "sizes of a multiple of 16", arm([info()], [context(24), context(40)]))
    good(
        "arm_contexts",
        "sizes of anything, rounded up",
        arm([info()], [context(20, 32, fill=0xFF), context(9, 32)]),
    )
    good(
        "arm_contexts",
        "sizes of anything, not rounded",
        arm([info()], [context(20, fill=0xFF), context(9)]),
    )
    good(
        "arm_contexts", "contexts of no registers", arm([info()], [context(0, 16), context(0, 16)])
    )
    good(
        "arm_contexts",
        "a type beyond the names, and a vendor part",
        arm([info()], [context(24, kind=77)], b"v" * 40),
    )
    good("arm_vendor", "the vendor part is all there is", arm([], vendor=b"v" * 100))
    good(
        "arm_vendor",
        "the section goes on behind section_length",
        arm([info()], vendor=b"v" * 100, length=72 + 40),
    )
    good(
        "ia",
        "a check and an X64 context of 244 bytes, rounded",
        ia(1, [ia_context(244, 272), ia_context(64)]),
    )
    good("ia", "the same, not rounded", ia(1, [ia_context(244), ia_context(64)]))
    good(
        "ia",
        "machine check registers, one short of what is looked for",
        ia(0, [ia_context(40, kind=1)]),
    )
    good("ia", "neither check nor context", ia(0))
    good("firmware", "revision 0, 16 bytes", firmware(0, 16))
    good("firmware", "revision 2 with its GUID, and more behind it", firmware(2, 80))
    good("cxl", "DVSEC and log", cxl(60, 88))
    good("cxl", "no log, and an agent that is none", cxl(0, 0, valid=0x3F, agent=200))
    for kind in CXL_EVENTS:
        good("cxl_event", f"a {kind} event", cxl_event(kind))
    good(
        "cxl_event",
        "only its header: whoever takes a whole event reads on",
        cxl_event(size=32, valid=3),
    )
    good("vendor", "no bytes at all", vendor(0))
    good("vendor", "as many as there is room for", vendor(4096 - 84))


def rest(c: Collection) -> None:
    def good(
        kind: str, why: str, *what: Section, severity: int = CORRECTED, **header: object
    ) -> None:
        c.add(kind, "good", why, severity, list(what), **header)

    good("fru_whole", "20 bytes of text and no NUL", vendor(fru_text=WHOLE))
    good(
        "fru_whole",
        "the same, with a timestamp right behind it",
        memory(fru_text=WHOLE, revision=V3, timestamp=DATE),
    )
    good(
        "fru_own",
        "the second section has no FRU: it is not the first one's",
        vendor(fru_text=TEXT, fru_id=FRU),
        vendor(),
    )
    good("fru_own", "the same with memory sections", memory(fru_text=TEXT), memory(size=73))
    good("timestamp", "no BCD", vendor(revision=V3, timestamp=ALL))
    good("timestamp", "valid, but revision 0x201 has none", vendor(revision=V2, validation=4))
    good("revision", "of the future", vendor(revision=0xFFFF))
    good("entry_count", "says 1023, there is one", vendor(), status=2 | 0x3FF << 4)
    good("entry_count", "says 0, there are three", vendor(), vendor(8), memory(size=73), status=1)
    good("many", "40 empty sections", *[vendor(0) for _ in range(40)])
    good("severity", "of the section: undefined", vendor(severity=99))
    good("severity", "informational", vendor(), severity=NONE)
    for severity in (CORRECTED, RECOVERABLE, NONE, FATAL, UNDEFINED):
        good("empty", "data_length 0: no section, and none is cut off", severity=severity)
    good("empty", "the same before bytes that are nobody's", vendor(), data_length=0)
    good("raw", "raw data and no section", raw=bytes(64))
    good("raw", "the same, and fatal", raw=bytes(64), severity=FATAL)
    good("raw", "behind the sections", vendor(), raw=bytes(64))
    good(
        "raw",
        "to the last byte of the block",
        vendor(),
        raw_offset=4095,
        raw_length=1,
        raw=bytes(4096 - 172),
    )


def well_formed() -> list[Vector]:
    c = Collection()
    sections(c)
    rest(c)
    return c.vectors
