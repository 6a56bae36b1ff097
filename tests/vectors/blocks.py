# SPDX-License-Identifier: GPL-2.0-only
"""Malformed error status blocks. A block of the source has BLOCK bytes; nothing behind a vector's
bytes is read.
"""

from bed.lib.cper import CORRECTED, FATAL, RECOVERABLE, Section, block

from sections import M32, memory, vendor
from vectors import Vector

BLOCK = 4096
UNDEFINED = 7
V2, V3 = 0x201, 0x300


class Collection:
    def __init__(self) -> None:
        self.vectors: list[Vector] = []

    def add(
        self,
        kind: str,
        verdict: str,
        why: str,
        severity: int,
        sections: list[Section | bytes],
        **header: object,
    ) -> None:
        number = sum(vector.kind == kind for vector in self.vectors) + 1
        self.vectors.append(
            Vector(f"{kind}-{number}", kind, verdict, why, block(severity, sections, **header))
        )

    def odd(
        self,
        kind: str,
        reason: str,
        why: str,
        severity: int,
        sections: list[Section | bytes],
        *,
        at: int = 0,
        **header: object,
    ) -> None:
        """A record whose section number `at` is odd."""
        self.add(
            kind,
            "good",
            f"{why}: a record, that section's bytes as they are",
            severity,
            sections,
            **header,
        )
        self.vectors[-1].odd = f"{at} {reason}"


def headers(c: Collection) -> None:
    v = vendor()
    for size, severity in ((1, RECOVERABLE), (63, CORRECTED), (63, UNDEFINED), (32, FATAL)):
        c.add(
            "no_data",
            "no_data",
            f"data_length {size} holds no section header",
            severity,
            [v],
            data_length=size,
        )
    c.add(
        "no_data",
        "no_data",
        "the same, and raw data behind it",
        CORRECTED,
        [],
        data_length=8,
        raw=bytes(64),
    )
    for size in (BLOCK - 19, BLOCK, 0x7FFFFFFF, 0x80000000):
        c.add(
            "data_beyond_block",
            "too_long",
            f"20 + {size:#x} is more than the block's {BLOCK} bytes",
            FATAL if size == 0x7FFFFFFF else CORRECTED,
            [v],
            data_length=size,
        )
    for size, total in ((M32 - 19, 0), (M32 - 11, 8), (M32, 19), (M32 - 19 + 152, 152)):
        size &= M32
        if size > BLOCK:
            c.add(
                "data_wraps",
                "too_long",
                f"20 + {size:#x} is {total} in 32 bits: a copy of nothing, a walk of 4 GiB",
                CORRECTED,
                [v],
                data_length=size,
            )
    c.add(
        "data_wraps",
        "too_long",
        "the same in a block that calls itself fatal",
        FATAL,
        [v],
        data_length=M32 - 19,
    )
    for offset, length in ((0, 1), (20, 8), (4, 4096), (151 + 20, 8), (1, M32)):
        c.add(
            "raw_inside",
            "raw_range",
            f"raw data at {offset} lie in header or sections, which end at 172",
            CORRECTED,
            [v],
            raw_offset=offset,
            raw_length=length,
        )
    for offset, length in ((172, BLOCK - 171), (BLOCK, 1), (BLOCK - 1, 2), (0x10000, 16)):
        c.add(
            "raw_beyond_block",
            "too_long",
            f"raw data end at {offset + length}, behind the block's {BLOCK}",
            CORRECTED,
            [v],
            raw_offset=offset,
            raw_length=length,
        )
    for offset, length in (
        (0xFFFFFFF0, 0x20),
        (172, 0xFFFFFF60),
        (M32, M32),
        (0x80000000, 0x80000000),
    ):
        c.add(
            "raw_wraps",
            "too_long",
            f"{offset:#x} + {length:#x} is {offset + length & M32:#x} in 32 bits",
            CORRECTED,
            [v],
            raw_offset=offset,
            raw_length=length,
        )


def entries(c: Collection) -> None:
    v = vendor()
    for cut in (1, 32, 60, 63):
        c.add(
            "header_cut",
            "section_header",
            f"{cut} bytes behind the last section are no section header",
            CORRECTED,
            [v, bytes(cut)],
        )
    for cut in (64, 68, 71):
        c.add(
            "header_cut_v3",
            "section_header",
            f"revision 0x300 has a header of 72 bytes, {cut} are left",
            CORRECTED,
            [v, vendor(revision=V3).encode(CORRECTED)[:cut]],
        )
    c.add(
        "header_cut_v3",
        "section_header",
        "the only section's header is cut, its revision is in it",
        RECOVERABLE,
        [memory(revision=V3).encode(RECOVERABLE)[:70]],
    )
    for revision, header in ((V2, 64), (V3, 72)):
        for severity in (CORRECTED, FATAL):
            c.add(
                "size_wraps_to_0",
                "section_length",
                f"{header} + 2^32 - {header} is 0: the walk never advances",
                severity,
                [vendor(revision=revision, length=M32 + 1 - header)],
            )
        c.add(
            "size_wraps_to_0",
            "section_length",
            "the same behind a good section",
            CORRECTED,
            [v, vendor(revision=revision, length=M32 + 1 - header)],
        )
        c.add(
            "size_wraps_to_8",
            "section_length",
            f"{header} + 2^32 - {header - 8} is 8: accepted, then 4 GiB are dumped",
            CORRECTED,
            [vendor(revision=revision, length=M32 + 1 - header + 8)],
        )
        c.add(
            "size_wraps_to_56",
            "section_length",
            "the next header is found inside this one",
            CORRECTED,
            [vendor(revision=revision, length=M32 + 1 - header + 56)],
        )
        for more in (1, 64, 0x1000):
            c.add(
                "body_beyond_data",
                "section_length",
                f"a body of {88 + more} bytes where 88 are left",
                RECOVERABLE,
                [vendor(revision=revision, length=88 + more)],
            )
    for length in (0x7FFFFFFF, 0x80000000, M32):
        c.add(
            "body_beyond_data",
            "section_length",
            f"error_data_length {length:#x} is negative for who takes it as int",
            CORRECTED,
            [vendor(length=length)],
        )
    c.add(
        "body_beyond_data",
        "section_length",
        "raw data behind the sections do not lengthen them",
        CORRECTED,
        [vendor(length=100)],
        raw=bytes(64),
    )
    c.add(
        "second_of_three",
        "section_length",
        "the middle one leaves the block: its neighbours are not believed either",
        RECOVERABLE,
        [memory(), vendor(length=5000), memory()],
    )
    c.add(
        "second_of_three",
        "section_length",
        "the same, and the block calls itself fatal: nobody panics",
        FATAL,
        [memory(), vendor(length=5000), memory()],
    )


def malformed() -> list[Vector]:
    c = Collection()
    for part in (headers, entries):
        part(c)
    return c.vectors
