# SPDX-License-Identifier: GPL-2.0-only
"""Malformed error status blocks. A block of the source has BLOCK bytes; nothing behind a vector's bytes is read."""

from bed.lib.cper import CORRECTED, FATAL, RECOVERABLE, Section, block

from sections import (CXL_EVENTS, M32, arm, context, cxl, cxl_event, firmware, generic, ia, ia_context, info,
                      memory, pcie, vendor)
from vectors import Vector

BLOCK = 4096
UNDEFINED = 7
V2, V3 = 0x201, 0x300


class Collection:
    def __init__(self) -> None:
        self.vectors: list[Vector] = []

    def add(self, kind: str, verdict: str, why: str, severity: int, sections: list[Section | bytes],
            **header: object) -> None:
        number = sum(vector.kind == kind for vector in self.vectors) + 1
        self.vectors.append(Vector(f"{kind}-{number}", kind, verdict, why, block(severity, sections, **header)))


def headers(c: Collection) -> None:
    v = vendor()
    for size, severity in ((0, CORRECTED), (1, RECOVERABLE), (63, CORRECTED), (0, FATAL), (63, UNDEFINED)):
        c.add("no_data", "no_data", f"data_length {size} holds no section header", severity, [v], data_length=size)
    c.add("no_data", "no_data", "raw data alone make no record", CORRECTED, [], raw=bytes(64))
    for size in (BLOCK - 19, BLOCK, 0x7FFFFFFF, 0x80000000):
        c.add("data_beyond_block", "too_long", f"20 + {size:#x} is more than the block's {BLOCK} bytes",
              FATAL if size == 0x7FFFFFFF else CORRECTED, [v], data_length=size)
    for size, total in ((M32 - 19, 0), (M32 - 11, 8), (M32, 19), (M32 - 19 + 152, 152)):
        size &= M32
        if size > BLOCK:
            c.add("data_wraps", "too_long", f"20 + {size:#x} is {total} in 32 bits: a copy of nothing, a walk of 4 GiB",
                  CORRECTED, [v], data_length=size)
    c.add("data_wraps", "too_long", "the same in a block that calls itself fatal", FATAL, [v], data_length=M32 - 19)
    for offset, length in ((0, 1), (20, 8), (4, 4096), (151 + 20, 8), (1, M32)):
        c.add("raw_inside", "raw_range", f"raw data at {offset} lie in header or sections, which end at 172",
              CORRECTED, [v], raw_offset=offset, raw_length=length)
    for offset, length in ((172, BLOCK - 171), (BLOCK, 1), (BLOCK - 1, 2), (0x10000, 16)):
        c.add("raw_beyond_block", "too_long", f"raw data end at {offset + length}, behind the block's {BLOCK}",
              CORRECTED, [v], raw_offset=offset, raw_length=length)
    for offset, length in ((0xFFFFFFF0, 0x20), (172, 0xFFFFFF60), (M32, M32), (0x80000000, 0x80000000)):
        c.add("raw_wraps", "too_long", f"{offset:#x} + {length:#x} is {offset + length & M32:#x} in 32 bits",
              CORRECTED, [v], raw_offset=offset, raw_length=length)


def entries(c: Collection) -> None:
    v = vendor()
    for cut in (1, 32, 60, 63):
        c.add("header_cut", "section_header", f"{cut} bytes behind the last section are no section header",
              CORRECTED, [v, bytes(cut)])
    for cut in (64, 68, 71):
        c.add("header_cut_v3", "section_header", f"revision 0x300 has a header of 72 bytes, {cut} are left",
              CORRECTED, [v, vendor(revision=V3).encode(CORRECTED)[:cut]])
    c.add("header_cut_v3", "section_header", "the only section's header is cut, its revision is in it", RECOVERABLE,
          [memory(revision=V3).encode(RECOVERABLE)[:70]])
    for revision, header in ((V2, 64), (V3, 72)):
        for severity in (CORRECTED, FATAL):
            c.add("size_wraps_to_0", "section_length", f"{header} + 2^32 - {header} is 0: the walk never advances",
                  severity, [vendor(revision=revision, length=M32 + 1 - header)])
        c.add("size_wraps_to_0", "section_length", "the same behind a good section", CORRECTED,
              [v, vendor(revision=revision, length=M32 + 1 - header)])
        c.add("size_wraps_to_8", "section_length", f"{header} + 2^32 - {header - 8} is 8: accepted, then 4 GiB are dumped",
              CORRECTED, [vendor(revision=revision, length=M32 + 1 - header + 8)])
        c.add("size_wraps_to_56", "section_length", "the next header is found inside this one", CORRECTED,
              [vendor(revision=revision, length=M32 + 1 - header + 56)])
        for more in (1, 64, 0x1000):
            c.add("body_beyond_data", "section_length", f"a body of {88 + more} bytes where 88 are left", RECOVERABLE,
                  [vendor(revision=revision, length=88 + more)])
    for length in (0x7FFFFFFF, 0x80000000, M32):
        c.add("body_beyond_data", "section_length", f"error_data_length {length:#x} is negative for who takes it as int",
              CORRECTED, [vendor(length=length)])
    c.add("body_beyond_data", "section_length", "raw data behind the sections do not lengthen them", CORRECTED,
          [vendor(length=100)], raw=bytes(64))
    c.add("second_of_three", "section_length", "the middle one leaves the block: its neighbours are not believed either",
          RECOVERABLE, [memory(), vendor(length=5000), memory()])
    c.add("second_of_three", "section_body", "the middle one is too short for its type", RECOVERABLE,
          [memory(), pcie(size=100), memory()])


def fixed(c: Collection) -> None:
    """Types whose structure has one size."""
    for size in (0, 8, 23, 24, 72):
        c.add("memory_short", "section_body", f"{size} bytes: validation bits and address would be somebody else's",
              RECOVERABLE, [memory(size=size)])
    c.add("memory_short", "section_body", "too short, and the block calls itself fatal", FATAL, [memory(size=8)])
    c.add("memory_short", "section_body", "too short behind a good one", RECOVERABLE, [vendor(), memory(size=40)])
    c.add("memory_short", "section_body", "too short, revision 0x300", RECOVERABLE, [memory(size=16, revision=V3)])
    for size in (0, 8, 112, 144, 207):
        c.add("pcie_short", "section_body", f"{size} bytes, and the AER registers are read up to 208", CORRECTED,
              [pcie(size=size)])
    c.add("pcie_short", "section_body", "too short, revision 0x300", RECOVERABLE, [pcie(size=200, revision=V3)])
    for size in (0, 8, 100, 191):
        c.add("generic_short", "section_body", f"{size} of 192 bytes", CORRECTED, [generic(size=size)])
    for revision, size in ((0, 0), (0, 8), (0, 15), (1, 15), (2, 16), (2, 31), (3, 31), (255, 31)):
        c.add("firmware_short", "section_body", f"revision {revision} needs more than {size} bytes: what is left is "
              "counted from there, below 0", CORRECTED, [firmware(revision, size)])


def arms(c: Collection) -> None:
    one = [info()]
    for size in (0, 8, 39):
        c.add("arm_short", "section_body", f"{size} of 40 bytes", CORRECTED, [arm([], size=size)])
    for length in (0, 39, 73, 0x7FFFFFFF, 0x80000000, M32):
        c.add("arm_length", "section_body", f"section_length {length:#x}, and there are 72 bytes", RECOVERABLE,
              [arm(one, length=length)])
    for length in (0, 1, 31):
        c.add("arm_info_step", "section_body", f"an entry of {length} bytes: the walk stays on it", RECOVERABLE,
              [arm([info(length, 32)])])
    c.add("arm_info_step", "section_body", "65,535 entries of 0 bytes: as many pages offlined", RECOVERABLE,
          [arm([info(0, 32)], info_count=0xFFFF)])
    c.add("arm_info_step", "section_body", "an entry of 33 bytes where 32 are left", RECOVERABLE, [arm([info(33, 32)])])
    c.add("arm_info_step", "section_body", "an entry of 255 bytes where 64 are left", RECOVERABLE,
          [arm([info(255, 32), info()])])
    c.add("arm_info_count", "section_body", "two entries where one is", RECOVERABLE, [arm(one, info_count=2)])
    c.add("arm_info_count", "section_body", "65,535 entries where one is: 2 MiB are logged", RECOVERABLE,
          [arm(one, info_count=0xFFFF)])
    c.add("arm_info_count", "section_body", "entries up to section_length only, though the section is longer",
          RECOVERABLE, [arm([info(), info()], length=72)])
    c.add("arm_info_count", "section_body", "one entry in a section that is only its header", RECOVERABLE,
          [arm([], info_count=1)])
    for size in (17, 0x7FFFFFF8, 0x80000000, 0xFFFFFFF0, 0xFFFFFFF8, 0xFFFFFFF9, M32):
        c.add("arm_context_size", "section_body", f"a context of 8 + {size:#x} bytes where 24 are left", CORRECTED,
              [arm(one, [context(size, 24)])])
    for cut in (1, 7):
        c.add("arm_context_cut", "section_body", f"a context header of {cut} bytes", CORRECTED,
              [arm(one, [context(0, cut)])])
    c.add("arm_context_count", "section_body", "two contexts where one is", CORRECTED,
          [arm(one, [context(24)], context_count=2)])
    c.add("arm_context_count", "section_body", "65,535 contexts of no registers where 16 are", CORRECTED,
          [arm(one, [context(0, 16) for _ in range(16)], context_count=0xFFFF)])


def ias(c: Collection) -> None:
    for size in (0, 8, 63):
        c.add("ia_short", "section_body", f"{size} of 64 bytes", CORRECTED, [ia(0, size=size)])
    for there, says in ((0, 1), (1, 2), (2, 63)):
        c.add("ia_check_count", "section_body", f"{says} checks where {there} are: the printer has no length", RECOVERABLE,
              [ia(there, check_count=says)])
    c.add("ia_check_count", "section_body", "the last check is cut by a byte", CORRECTED, [ia(2, size=64 + 127)])
    for size in (17, 0x7FF8, 0xFFFF):
        c.add("ia_context_size", "section_body", f"{size} bytes of registers where 16 are", CORRECTED,
              [ia(1, [ia_context(size, 32)])])
    c.add("ia_context_count", "section_body", "two contexts where one is", CORRECTED,
          [ia(1, [ia_context(32)], context_count=2)])
    c.add("ia_context_count", "section_body", "63 contexts where one is", CORRECTED,
          [ia(0, [ia_context(64)], context_count=63)])
    c.add("ia_context_count", "section_body", "a context header of 15 bytes", CORRECTED, [ia(0, [ia_context(0, 15)])])


def cxls(c: Collection) -> None:
    for size in (0, 8, 115):
        c.add("cxl_short", "section_body", f"{size} of 116 bytes", CORRECTED, [cxl(size=size)])
    for says in ((1, 0), (0xFFFF, 0), (60, 88)):
        c.add("cxl_lengths", "section_body", f"a DVSEC of {says[0]} and a log of {says[1]} bytes where none are", CORRECTED,
              [cxl(valid=0x3F, says=says)])
    c.add("cxl_lengths", "section_body", "the log is cut by a byte", CORRECTED, [cxl(24, 87, says=(24, 88))])
    for log in (0, 24, 87):
        c.add("cxl_log_short", "section_body", f"a valid log of {log} bytes: all 88 of it are read", CORRECTED,
              [cxl(24, log)])
    for size in (0, 4, 31):
        c.add("cxl_event_short", "section_body", f"{size} of 32 bytes", CORRECTED, [cxl_event(size=size, says=144)])
    for kind, says in zip(CXL_EVENTS, (145, 0, 31, M32)):
        c.add("cxl_event_length", "section_body", f"length {says} in a section of 144 bytes", CORRECTED,
              [cxl_event(kind, says=says)])
    c.add("cxl_event_length", "section_body", "a whole event is announced, the section ends before", RECOVERABLE,
          [cxl_event("media", size=100, says=144)])


def malformed() -> list[Vector]:
    c = Collection()
    for part in (headers, entries, fixed, arms, ias, cxls):
        part(c)
    return c.vectors
