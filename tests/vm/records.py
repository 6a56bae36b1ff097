# SPDX-License-Identifier: GPL-2.0-only
"""Numbered records: raised by tests, and compared with what was delivered."""

import struct
import uuid

from bed.lib import cper, driver
from bed.lib.driver import Trace
from bed.lib.sources import Source

HEADERS = cper.BLOCK_HEADER + cper.ENTRY_V2
CXL_MEDIA = "fbcd0a77-c260-417f-85a9-088b1621eba6"
FIRMWARE = "81212a96-09ed-4996-9471-8d729c8e69ed"


def raw(guid: str, payload: bytes) -> cper.Section:
    return cper.vendor(uuid.UUID(guid), payload)


# Each was malformed once, and the machine went on. The first three are for every run, all with
# --full.
FATAL_ODD = {
    "raw data only": cper.block(cper.FATAL, [], raw=bytes(64)),
    "PCIe of 204 bytes": cper.block(cper.FATAL, [cper.pcie(size=204)]),
    "ARM, section_length 0": cper.block(cper.FATAL, [cper.arm_processor(section_length=0)]),
    "nothing at all": cper.block(cper.FATAL, []),
    "nothing, undefined severity": cper.block(7, []),
    "PCIe of 192 bytes": cper.block(cper.FATAL, [cper.pcie(size=192)]),
    "memory of 72 bytes": cper.block(cper.FATAL, [cper.memory(pa=1 << 60, size=72)]),
    "ARM, entry of 0 bytes": cper.block(
        cper.FATAL, [cper.arm_processor(errors=[cper.ArmError(length=0)])]
    ),
    "ARM, length of the entry header too": cper.block(
        cper.FATAL, [cper.arm_processor(section_length=72 + 72)]
    ),
    "firmware reference, revision 2": cper.block(
        cper.FATAL, [raw(FIRMWARE, struct.pack("<BB14x", 2, 2))]
    ),
    "CXL event, length 0": cper.block(cper.FATAL, [raw(CXL_MEDIA, bytes(144))]),
}


def numbered(
    sources: list[Source], count: int, size: int = 172, first: int = 0
) -> dict[int, list[bytes]]:
    """`count` records for each source; the source stands in the upper half of the sequence
    number.
    """
    return {
        src.index: [cper.sized(size, src.index << 32 | n) for n in range(first, first + count)]
        for src in sources
    }


def check_delivered(
    posted: dict[int, list[bytes]], payloads: list[bytes], ordered: bool = True
) -> None:
    """Exactly once each, every byte, in order per source."""
    seen: dict[int, list[bytes]] = {index: [] for index in posted}
    for payload in payloads:
        seen[int.from_bytes(payload[4:8], "little")].append(payload)
    for index, blocks in posted.items():
        expected = [block[HEADERS:] for block in blocks]
        got = seen[index] if ordered else sorted(seen[index], key=lambda payload: payload[:4][::-1])
        if got != expected:
            order = [int.from_bytes(payload[:4], "little") for payload in got]
            first = next(
                (i for i, pair in enumerate(zip(got, expected)) if pair[0] != pair[1]),
                min(len(got), len(expected)),
            )
            raise AssertionError(
                f"source {index}: {len(got)} delivered, {len(expected)} raised,"
                f" {len(order) - len(set(order))} twice, missing"
                f" {sorted(set(range(len(expected))) - set(order))[:10]}; differs from number"
                f" {first}: {order[max(0, first - 2):first + 5]}"
            )


def check_counters(machine, count: int, **expected: int) -> list[dict[str, int]]:
    every = [driver.stats(machine, src) for src in machine.sources]
    for src, stats in zip(machine.sources, every):
        wanted = {
            "received": count,
            "delivered": count,
            "malformed": 0,
            "queue_used": 0,
            **expected,
        }
        assert {name: stats[name] for name in wanted} == wanted, f"source {src.id}"
    return every


def deliver_one(machine, src, seq: int = 1) -> None:
    """One record reaches the trace, whoever holds the source."""
    trace = Trace(machine)
    block = cper.sized(172, seq)
    machine.post(src, block)
    driver.settle(machine)
    for _ in range(50):  # the in-tree driver has no counters to wait for
        payloads = trace.payloads()
        if payloads:
            break
    assert payloads == [block[84:]], f"source {src.id}"
