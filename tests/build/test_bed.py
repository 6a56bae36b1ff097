# SPDX-License-Identifier: GPL-2.0-only
"""The builders of HEST entries and records, against the sizes and offsets of the specifications."""

import struct
import uuid

import pytest

from bed.lib import cper
from bed.lib.sources import Source, hest, load, number


def test_hest_entries_have_the_length_of_their_type():
    ghes, ghesv2 = number([Source(type="ghes", notify="sea"), Source(event=804)])
    assert len(hest([ghes])) == 64
    assert len(hest([ghesv2])) == 92
    assert hest([ghesv2])[:6] == struct.pack("<HHH", 10, 1, 0xFFFF)


def test_hest_entry_places():
    source = Source(index=0, id=7, event=804, length=8192, status_reg=0x1000, ack_reg=0x1008)
    entry = hest([source])
    assert struct.unpack_from("<BBBBQ", entry, 20) == (0, 64, 0, 4, 0x1000)
    assert entry[32] == 11 and entry[33] == 28  # notification: SDEI, its length
    assert struct.unpack_from("<I", entry, 40) == (804,)
    assert struct.unpack_from("<I", entry, 60) == (8192,)
    assert struct.unpack_from("<Q", entry, 68) == (0x1008,)


def test_hest_raw_entry_is_used_as_it_is():
    assert hest([Source(raw="0a00ff")]) == b"\x0a\x00\xff"


def test_sources_from_a_file(tmp_path):
    file = tmp_path / "sources.toml"
    file.write_text(
        '[[source]]\ncount = 3\nevent = 804\n[[source]]\nid = 9\ntype = "ghes"\nnotify = "polled"\n'
    )
    sources = load(file)
    assert [source.event for source in sources] == [804, 805, 806, 0]
    assert [source.id for source in sources] == [0, 1, 2, 9]


def test_unknown_notification_is_refused():
    with pytest.raises(ValueError, match="semaphore"):
        Source(notify="semaphore")


def test_section_lengths():
    assert len(cper.memory(pa=1).payload) == 80
    assert len(cper.memory(pa=1, size=73).payload) == 73
    assert len(cper.pcie().payload) == 208
    assert len(cper.ArmError().encode()) == 32
    assert len(cper.arm_processor(errors=[cper.ArmError()] * 2, mpidr=1).payload) == 40 + 2 * 32


def test_entry_lengths():
    assert len(cper.vendor(payload=b"").encode(cper.CORRECTED)) == cper.ENTRY_V2
    assert len(cper.vendor(payload=b"", revision=0x300).encode(cper.CORRECTED)) == cper.ENTRY_V3


def test_memory_section_fields():
    payload = cper.memory(pa=0x1234, mask=0xFF00, node=3, error_type=2).payload
    assert struct.unpack_from("<Q", payload) == (1 << 1 | 1 << 2 | 1 << 3 | 1 << 14,)
    assert struct.unpack_from("<QQH", payload, 16) == (0x1234, 0xFF00, 3)
    assert payload[72] == 2


def test_block_header():
    data = cper.block(cper.CORRECTED, [cper.memory(pa=1), cper.memory(pa=2)])
    status, raw_offset, raw_length, length, severity = struct.unpack_from("<IIIII", data)
    assert status == 1 << 1 | 1 << 3 | 2 << 4
    assert (raw_offset, raw_length) == (0, 0)
    assert length == len(data) - cper.BLOCK_HEADER == 2 * (64 + 80)
    assert severity == cper.CORRECTED


def test_every_header_field_can_be_wrong():
    section = cper.Section(
        cper.VENDOR, b"12345678", severity=7, revision=0x300, length=0xFFFFFFC0, validation=0xFF
    )
    data = cper.block(cper.FATAL, [section], status=0x55, raw_offset=4, raw_length=5, data_length=6)
    assert struct.unpack_from("<IIIII", data) == (0x55, 4, 5, 6, cper.FATAL)
    assert uuid.UUID(bytes_le=data[20:36]) == cper.VENDOR
    assert struct.unpack_from("<IHBBI", data, 36) == (7, 0x300, 0xFF, 0, 0xFFFFFFC0)


@pytest.mark.parametrize("total", [92, 93, 172, 8188, 60000])
def test_sized_block(total):
    data = cper.sized(total, 0x1122334455)
    assert len(data) == total
    assert struct.unpack_from("<Q", data, cper.BLOCK_HEADER + cper.ENTRY_V2) == (0x1122334455,)
    assert data != cper.sized(total, 0x1122334456)
