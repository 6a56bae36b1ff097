# SPDX-License-Identifier: GPL-2.0-only
"""Blocks that are records, with a section whose body breaks a rule of its type: bytes, and no
decoder's.

No address in them is memory but in an odd section: were that believed, a page would be lost.
"""

from bed.lib.cper import CORRECTED, FATAL, RECOVERABLE

from blocks import V3, Collection
from sections import (
    CXL_EVENTS,
    M32,
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

FAR = 1 << 60  # an address no machine has


def neighbours(c: Collection) -> None:
    far = memory(pa=FAR)
    c.odd(
        "neighbours",
        "short",
        "the middle one is too short, the others are decoded",
        RECOVERABLE,
        [far, pcie(size=100), far],
        at=1,
    )
    c.odd(
        "neighbours",
        "short",
        "the same behind the good one",
        RECOVERABLE,
        [vendor(), memory(size=40)],
        at=1,
    )
    c.odd(
        "neighbours",
        "length",
        "the same before it",
        RECOVERABLE,
        [arm([info()], length=0), vendor()],
    )


def fixed(c: Collection) -> None:
    """Types whose structure has one size."""
    for size in (0, 8, 23, 24, 72):
        c.odd(
            "memory_short",
            "short",
            f"{size} bytes: validation bits and address would be somebody else's",
            RECOVERABLE,
            [memory(size=size)],
        )
    c.odd(
        "memory_short",
        "short",
        "too short, and the block calls itself fatal",
        FATAL,
        [memory(size=8)],
    )
    c.odd(
        "memory_short",
        "short",
        "too short, revision 0x300",
        RECOVERABLE,
        [memory(size=16, revision=V3)],
    )
    for size in (0, 80, 95):
        c.odd("memory_2_short", "short", f"{size} of 96 bytes", RECOVERABLE, [memory2(size=size)])
    for size in (0, 8, 112, 144, 207):
        c.odd(
            "pcie_short",
            "short",
            f"{size} bytes, and the AER registers are read up to 208",
            CORRECTED,
            [pcie(size=size)],
        )
    c.odd(
        "pcie_short",
        "short",
        "too short, revision 0x300",
        RECOVERABLE,
        [pcie(size=200, revision=V3)],
    )
    for size in (0, 8, 100, 191):
        c.odd("generic_short", "short", f"{size} of 192 bytes", CORRECTED, [generic(size=size)])
    for revision, size in ((0, 0), (0, 8), (0, 15), (1, 15), (2, 16), (2, 31), (3, 31), (255, 31)):
        c.odd(
            "firmware_short",
            "short",
            (
                f"revision {revision} needs more than {size} bytes: what is left is "
                "counted from there, below 0"
            ),
            CORRECTED,
            [firmware(revision, size)],
        )


def arms(c: Collection) -> None:
    one = [info()]
    for size in (0, 8, 39):
        c.odd("arm_short", "short", f"{size} of 40 bytes", CORRECTED, [arm([], size=size)])
    for length in (0, 39, 73, 0x7FFFFFFF, 0x80000000, M32):
        c.odd(
            "arm_length",
            "length",
            f"section_length {length:#x}, and there are 72 bytes",
            RECOVERABLE,
            [arm(one, length=length)],
        )
    for length in (0, 1, 31):
        c.odd(
            "arm_info_step",
            "entry",
            f"an entry of {length} bytes: the walk stays on it",
            RECOVERABLE,
            [arm([info(length, 32)])],
        )
    c.odd(
        "arm_info_step",
        "entry",
        "65,535 entries of 0 bytes: as many pages offlined",
        RECOVERABLE,
        [arm([info(0, 32)], info_count=0xFFFF)],
    )
    c.odd(
        "arm_info_step",
        "entry",
        "an entry of 33 bytes where 32 are left",
        RECOVERABLE,
        [arm([info(33, 32)])],
    )
    c.odd(
        "arm_info_step",
        "entry",
        "an entry of 255 bytes where 64 are left",
        RECOVERABLE,
        [arm([info(255, 32), info()])],
    )
    c.odd(
        "arm_info_count", "entry", "two entries where one is", RECOVERABLE, [arm(one, info_count=2)]
    )
    c.odd(
        "arm_info_count",
        "entry",
        "65,535 entries where one is: 2 MiB are logged",
        RECOVERABLE,
        [arm(one, info_count=0xFFFF)],
    )
    c.odd(
        "arm_info_count",
        "entry",
        "entries up to section_length only, though the section is longer",
        RECOVERABLE,
        [arm([info(), info()], length=72)],
    )
    c.odd(
        "arm_info_count",
        "entry",
        "one entry in a section that is only its header",
        RECOVERABLE,
        [arm([], info_count=1)],
    )
    for size in (17, 0x7FFFFFF8, 0x80000000, 0xFFFFFFF0, 0xFFFFFFF8, 0xFFFFFFF9, M32):
        c.odd(
            "arm_context_size",
            "context",
            f"a context of 8 + {size:#x} bytes where 24 are left",
            CORRECTED,
            [arm(one, [context(size, 24)])],
        )
    for cut in (1, 7):
        c.odd(
            "arm_context_cut",
            "context",
            f"a context header of {cut} bytes",
            CORRECTED,
            [arm(one, [context(0, cut)])],
        )
    c.odd(
        "arm_context_count",
        "context",
        "two contexts where one is",
        CORRECTED,
        [arm(one, [context(24)], context_count=2)],
    )
    c.odd(
        "arm_context_count",
        "context",
        "65,535 contexts of no registers where 16 are",
        CORRECTED,
        [arm(one, [context(0, 16) for _ in range(16)], context_count=0xFFFF)],
    )


def ias(c: Collection) -> None:
    for size in (0, 8, 63):
        c.odd("ia_short", "short", f"{size} of 64 bytes", CORRECTED, [ia(0, size=size)])
    for there, says in ((0, 1), (1, 2), (2, 63)):
        c.odd(
            "ia_check_count",
            "entry",
            f"{says} checks where {there} are: the printer has no length",
            RECOVERABLE,
            [ia(there, check_count=says)],
        )
    c.odd(
        "ia_check_count",
        "entry",
        "the last check is cut by a byte",
        CORRECTED,
        [ia(2, size=64 + 127)],
    )
    for size in (17, 0x7FF8, 0xFFFF):
        c.odd(
            "ia_context_size",
            "context",
            f"{size} bytes of registers where 16 are",
            CORRECTED,
            [ia(1, [ia_context(size, 32)])],
        )
    c.odd(
        "ia_context_count",
        "context",
        "two contexts where one is",
        CORRECTED,
        [ia(1, [ia_context(32)], context_count=2)],
    )
    c.odd(
        "ia_context_count",
        "context",
        "63 contexts where one is",
        CORRECTED,
        [ia(0, [ia_context(64)], context_count=63)],
    )
    c.odd(
        "ia_context_count",
        "context",
        "a context header of 15 bytes",
        CORRECTED,
        [ia(0, [ia_context(0, 15)])],
    )


def cxls(c: Collection) -> None:
    for size in (0, 8, 115):
        c.odd("cxl_short", "short", f"{size} of 116 bytes", CORRECTED, [cxl(size=size)])
    for says in ((1, 0), (0xFFFF, 0), (60, 88)):
        c.odd(
            "cxl_lengths",
            "length",
            f"a DVSEC of {says[0]} and a log of {says[1]} bytes where none are",
            CORRECTED,
            [cxl(valid=0x3F, says=says)],
        )
    c.odd(
        "cxl_lengths", "length", "the log is cut by a byte", CORRECTED, [cxl(24, 87, says=(24, 88))]
    )
    for log in (0, 24, 87):
        c.odd(
            "cxl_log_short",
            "length",
            f"a valid log of {log} bytes: all 88 of it are read",
            CORRECTED,
            [cxl(24, log)],
        )
    for size in (0, 4, 31):
        c.odd(
            "cxl_event_short",
            "short",
            f"{size} of 32 bytes",
            CORRECTED,
            [cxl_event(size=size, says=144)],
        )
    for kind, says in zip(CXL_EVENTS, (145, 0, 31, M32)):
        c.odd(
            "cxl_event_length",
            "length",
            f"length {says} in a section of 144 bytes",
            CORRECTED,
            [cxl_event(kind, says=says)],
        )
    c.odd(
        "cxl_event_length",
        "length",
        "a whole event is announced, the section ends before",
        RECOVERABLE,
        [cxl_event("media", size=100, says=144)],
    )


def odd() -> list[Vector]:
    c = Collection()
    for part in (neighbours, fixed, arms, ias, cxls):
        part(c)
    return c.vectors
