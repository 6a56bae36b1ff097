# SPDX-License-Identifier: GPL-2.0-only
"""HESTs. The verdict names the GHES entries in order: +ID kept, -ID left out and named; "refused"
is no HEST at all.

An entry whose length is not known is -ID too, and the last word: nothing says where the next one
begins.
"""

import struct
from collections.abc import Callable

from bed.lib.sources import Source, entry

from vectors import Vector

MIB = 1 << 20


def ghes(source_id: int, kind: str = "ghesv2", **more: object) -> bytes:
    fields = {
        "notify": "sdei",
        "event": 800 + source_id,
        "status_reg": 0x7E000000 + 16 * source_id,
        "ack_reg": 0x7E001000 + 16 * source_id,
        "length": 4096,
    } | more
    return entry(Source(id=source_id, type=kind, **fields))


def patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def machine_check(banks: int = 0, room: int | None = None) -> bytes:
    return (
        struct.pack("<HH", 0, 90)
        + bytes(28)
        + bytes([banks])
        + bytes(7 + 28 * (banks if room is None else room))
    )


def corrected_check(kind: int = 1, banks: int = 0, room: int | None = None) -> bytes:
    return (
        struct.pack("<HH", kind, 91)
        + bytes(40)
        + bytes([banks])
        + bytes(3 + 28 * (banks if room is None else room))
    )


def plain(kind: int, size: int) -> bytes:
    return struct.pack("<HH", kind, 92) + bytes(size - 4)


def self_sized(kind: int, says: int, takes: int | None = None) -> bytes:
    return struct.pack("<HH", kind, says) + bytes((says if takes is None else takes) - 4)


def table(
    entries: list[bytes],
    *,
    count: int | None = None,
    length: int | None = None,
    signature: bytes = b"HEST",
    cut: int | None = None,
    tail: bytes = b"",
) -> bytes:
    body = b"".join(entries)
    size = 40 + len(body)
    head = signature + struct.pack(
        "<IBB6s8sI4sI", size if length is None else length, 1, 0, b"GN", b"VECTORS", 1, b"GN", 1
    )
    data = head + struct.pack("<I", len(entries) if count is None else count) + body + tail
    return data if cut is None else data[:cut]


class Collection:
    def __init__(self) -> None:
        self.vectors: list[Vector] = []

    def add(self, kind: str, verdict: str, why: str, data: bytes) -> None:
        number = sum(vector.kind == kind for vector in self.vectors) + 1
        self.vectors.append(Vector(f"{kind}-{number}", kind, verdict, why, data))


def tables(c: Collection) -> None:
    g = ghes(1)
    for cut in (0, 3, 4, 35, 39):
        c.add(
            "table_cut",
            "refused",
            f"{cut} bytes are no table header and count",
            table([g], cut=cut),
        )
    for length in (0, 39, 133, 0x7FFFFFFF, 0xFFFFFFFF):
        c.add(
            "table_length",
            "refused",
            f"length {length:#x}, and there are 132 bytes",
            table([g], length=length),
        )
    c.add("table_signature", "refused", "another table", table([g], signature=b"BERT"))
    c.add("table_signature", "refused", "no signature", table([g], signature=bytes(4)))
    c.add("table_empty", "none", "no entry", table([]))
    c.add("table_empty", "none", "entries, but a count of 0", table([g], count=0))
    c.add("count", "+1", "one of two entries", table([g, ghes(2)], count=1))
    c.add("count", "+1 -0", "two entries where one is: the kept one stays", table([g], count=2))
    c.add("count", "+1 -0", "2^32 - 1 entries where one is", table([g], count=0xFFFFFFFF))
    c.add("count", "+1", "bytes behind the table's length are nobody's", table([g], tail=ghes(2)))
    c.add("count", "-1", "the length ends inside the only entry", table([g], length=40 + 91))
    c.add(
        "count",
        "+1 -2",
        "the length ends inside the second entry",
        table([g, ghes(2)], length=132 + 63),
    )
    for left in (1, 3):
        c.add("entry_cut", "+1 -0", f"{left} bytes are no entry", table([g, bytes(left)], count=2))
    for left in (4, 20, 63):
        c.add(
            "entry_cut",
            "+1 -2",
            f"{left} bytes of a GHES entry",
            table([g, ghes(2, "ghes")[:left]]),
        )
    for left in (64, 91):
        c.add("entry_cut", "+1 -2", f"{left} bytes of a GHESv2 entry", table([g, ghes(2)[:left]]))


def others(c: Collection) -> None:
    """Entries of other types: stepped over where their length is known."""
    g = ghes(1)
    for what, data in (
        ("machine check without banks", machine_check()),
        ("machine check, 3 banks", machine_check(3)),
        ("corrected machine check, 2 banks", corrected_check(1, 2)),
        ("NMI", plain(2, 20)),
        ("AER root port", plain(6, 48)),
        ("AER endpoint", plain(7, 44)),
        ("AER bridge", plain(8, 56)),
        ("deferred machine check, 1 bank", corrected_check(11, 1)),
        ("a type of the future that holds its length", self_sized(12, 40)),
    ):
        c.add("stepped_over", "+1 +2", what, table([g, data, ghes(2)]))
    for what, data in (
        ("machine check of 255 banks, there are 3", machine_check(255, 3)),
        ("corrected machine check of 1 bank that is cut", corrected_check(1, 1)[:-1]),
        ("machine check that ends before its count of banks", machine_check()[:20]),
        ("corrected machine check that ends before its count", corrected_check()[:30]),
        ("AER bridge that is cut", plain(8, 55)),
        ("NMI that is cut", plain(2, 19)),
    ):
        c.add("other_cut", f"+1 -{struct.unpack_from('<H', data, 2)[0]}", what, table([g, data]))
    for kind in (3, 4, 5):
        c.add(
            "unknown_type",
            "+1 -92",
            f"type {kind} is reserved: nothing says how long it is",
            table([g, plain(kind, 64), ghes(2)]),
        )
    for says in (0, 3, 0xFFFF):
        c.add(
            "own_length",
            f"+1 -{says}",
            f"a type of the future of {says} bytes",
            table([g, self_sized(12, says, 64), ghes(2)]),
        )
    c.add(
        "own_length",
        "+1 +2",
        "types of the future of 4 bytes, the least there is",
        table([g, self_sized(12, 4), self_sized(0xFFFF, 4), ghes(2)]),
    )


def fields(c: Collection) -> None:
    """One field of the second of three entries is wrong: it is left out, its neighbours are not."""

    def middle(
        kind: str,
        why: str,
        change: Callable[[bytes], bytes],
        kept: bool = False,
        version: str = "ghesv2",
        **more: object,
    ) -> None:
        data = change(ghes(2, version, **more))
        c.add(kind, f"+1 {'+' if kept else '-'}2 +3", why, table([ghes(1), data, ghes(3)]))

    def same(data: bytes) -> bytes:
        return data

    middle("disabled", "firmware did not enable it", same, enabled=False)
    middle("disabled", "a GHES entry, not enabled", same, version="ghes", enabled=False)
    for length in (0, 19):
        middle("block_length", f"a block of {length} bytes holds no record", same, length=length)
    for length in (20, 83):
        middle(
            "block_length",
            f"{length} bytes hold a header and no section",
            same,
            kept=True,
            length=length,
        )
    for length in (MIB + 1, 0x80000000, 0xFFFFFFFF):
        middle(
            "block_length",
            f"a block of {length:#x} bytes: the first MiB is used",
            same,
            kept=True,
            length=length,
        )
    middle("block_length", "the least with a section", same, kept=True, length=84)
    middle("block_length", "the most that is used", same, kept=True, length=MIB)
    for register, at, least in (("status", 20, 64), ("ack", 64, 32)):
        for space in (1, 2, 127):
            middle(
                "register_space",
                f"{register} register in address space {space}",
                lambda data, at=at, space=space: patched(data, at, bytes([space])),
            )
        for width in (0, 8, 16, 32, 255):
            middle(
                "register_width",
                f"{register} register of {width} bits",
                lambda data, at=at, width=width: patched(data, at + 1, bytes([width])),
                kept=0 < width <= 32 and width >= (32 if register == "status" else 8),
            )
        for access in (0, 1, 2, 3, 5):
            middle(
                "register_access",
                f"{register} register of 64 bits with access size {access}",
                lambda data, at=at, access=access: patched(data, at + 3, bytes([access])),
                kept=access < 5,
            )
        for shape, address, kept in (
            (b"\1\x20\0\3", 0xA04, True),
            (b"\1\x20\0\3", 0xFFFE, False),
            (b"\1\x40\0\4", 0xA08, False),
        ):
            gas = shape + struct.pack("<Q", address)
            middle(
                "register_port",
                f"{register} register of {shape[1]} bits at I/O port {address:#x}",
                lambda data, at=at, gas=gas: patched(data, at, gas),
                kept=kept,
            )
        middle(
            "register_offset",
            f"{register} register from bit 1 on",
            lambda data, at=at: patched(data, at + 2, b"\1"),
        )
        for address in (0, 0x7E000001, 0x7E000004 + (least == 32), 0xFFFFFFFFFFFFFFFF):
            middle(
                "register_address",
                f"{register} register at {address:#x}",
                lambda data, at=at, address=address: patched(
                    data, at + 4, struct.pack("<Q", address)
                ),
            )
    middle(
        "ack_32", "an ack register of 32 bits", lambda data: patched(data, 65, b"\x20"), kept=True
    )
    middle(
        "ack_32",
        "of 32 bits at an address of 4 bytes",
        lambda data: patched(patched(data, 65, b"\x20"), 68, struct.pack("<Q", 0x7E000004)),
        kept=True,
    )
    for width, offset, access, kept in (
        (8, 0, 1, True),
        (8, 24, 3, True),
        (16, 16, 3, True),
        (8, 4, 1, False),
        (1, 63, 4, True),
        (1, 32, 3, False),
    ):
        middle(
            "ack_field",
            f"an ack register of {width} bits from bit {offset} on, access size {access}",
            lambda data, shape=bytes([width, offset, access]): patched(data, 65, shape),
            kept=kept,
        )
    for kind in (0, 4, 8, 12, 255):
        middle(
            "notification",
            f"notification type {kind}: whether it can be served is not the table's business",
            lambda data, kind=kind: patched(data, 32, bytes([kind])),
            kept=True,
        )
    c.add(
        "same_id",
        "+1 +1",
        "two entries with one id: who binds them keeps the first",
        table([ghes(1), ghes(1)]),
    )
    c.add(
        "same_id",
        "+1 +1 +2",
        "the same with another behind",
        table([ghes(1), ghes(1, "ghes"), ghes(2)]),
    )
    c.add(
        "many",
        " ".join(f"+{i}" for i in range(1, 65)),
        "64 sources",
        table([ghes(i) for i in range(1, 65)]),
    )


def assistants(c: Collection) -> None:
    """GHES entries that a machine check entry is helped by (GHES_ASSIST) are nobody's to take."""

    def related(data: bytes, to: int) -> bytes:
        return patched(data, 4, struct.pack("<H", to))

    for what, check, source_id in (
        ("machine check", machine_check(), 90),
        ("corrected machine check", corrected_check(), 91),
        ("deferred machine check", corrected_check(11), 91),
    ):
        flagged = patched(check, 6, bytes([4]))
        c.add(
            "assist",
            "-1 +2 +3",
            f"{what} that is assisted by source 1",
            table([flagged, related(ghes(1), source_id), ghes(2), related(ghes(3), 7)]),
        )
        c.add(
            "assist",
            "-1 +2",
            f"{what} behind its assistant",
            table([related(ghes(1, "ghes"), source_id), flagged, ghes(2)]),
        )
        c.add(
            "assist",
            "+1 +2",
            f"{what} without the flag: source 1 is related, and a source",
            table([patched(check, 6, bytes([0xFB])), related(ghes(1), source_id), ghes(2)]),
        )


def vectors() -> list[Vector]:
    c = Collection()
    for part in (tables, others, fields, assistants):
        part(c)
    return c.vectors
