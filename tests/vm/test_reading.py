# SPDX-License-Identifier: GPL-2.0-only
"""What people and programs read of a record: log lines as the in-tree driver has them, every field
of mc_event.
"""

import re
import struct
import uuid

import pytest

from bed.lib import cper, driver
from bed.lib.driver import Trace

pytestmark = pytest.mark.enough("6.12")
MEMORY2 = uuid.UUID("61ec04fc-48e6-d813-25c9-8daa44750b12")
HEADLINE = "Hardware error from APEI Generic Hardware Error Source: 5"
FAR = 1 << 50
DIMM = 0x1100  # QEMU's first memory device in SMBIOS, which the arm64 platform has not
TEXT = "twenty letters, all."
OURS = re.compile(
    r"\{\d+\}\[Hardware Error\]: "
)  # x86's machine check log has lines of its own for a memory error


def memory2(valid: int, **entry: object) -> cper.Section:
    body = struct.pack(
        "<QQQQHHHHIIIIIBBBxQQQII",
        valid,
        0x400,
        FAR,
        0xFFFFFFFFFFFFF000,
        1,
        2,
        3,
        4,
        5,
        0x12345,
        7,
        8,
        9,
        1,
        2,
        0,
        10,
        11,
        12,
        13,
        14,
    )
    return cper.vendor(MEMORY2, body, **entry)


def test_what_is_read_of_a_record(boot, kernel):
    machine = boot([driver.rung(kernel, 1, id=5, length=65536)])
    src = machine.sources[0]
    driver.load(machine)
    trace = Trace(machine, "ghes_nmi/record")
    machine.vm.check(f"echo 1 >{driver.TRACING}/events/ras/enable; dmesg -n 1")

    def said(block: bytes) -> tuple[str, list[str]]:
        machine.vm.check("sleep 6; dmesg -c >/dev/null")
        machine.post(src, block)
        driver.settle(machine)
        return trace.text(), machine.vm.check("dmesg -r").splitlines()

    # Headline and levels.
    for severity, level in (cper.CORRECTED, 4), (cper.NONE, 4), (cper.RECOVERABLE, 3):
        _, log = said(cper.block(severity, [cper.memory(pa=FAR, entry={"fru_text": TEXT})]))
        assert any(
            re.match(rf"<{level}>.*\[Hardware Error\]: {HEADLINE}$", line) for line in log
        ), log
        assert any(line.endswith(f"fru_text: {TEXT}") for line in log), log
        assert {line[1] for line in log if OURS.search(line)} == {str(level)}

    # mc_event: name, grain, row and status.
    text, _ = said(
        cper.block(
            cper.CORRECTED,
            [
                cper.memory(
                    pa=FAR,
                    mask=0x000FFFFFFFFFF000,
                    error_status=0x40400,
                    node=1,
                    extended=2,
                    device_handle=DIMM,
                )
            ],
        )
    )
    name = "DIMM 0" if kernel.arch == "x86_64" else "unknown memory"
    assert re.search(rf" on {name} \(mc:0 .* grain:4096 ", text), text
    assert (
        "APEI location: node:1 row:131072 " in text
        and "status:0x40400 (storage error in DRAM)" in text
    ), text

    # The second type of a memory section means the same.
    text, log = said(cper.block(cper.CORRECTED, [memory2(0xFFFFF & ~(1 << 14), fru_text="DIMM 2")]))
    assert re.search(
        r"mc_event: .* on DIMM 2 \(.*APEI location: node:1 card:2 module:3 rank:8 bank:4 device:5 "
        r"row:74565 col:7 bit:9 ",
        text,
    ), text
    assert any("physical_address: 0x0004000000000000" in line for line in log), log

    # What the status says beside its severity.
    before = driver.stats(machine, src)
    text, _ = said(
        cper.block(cper.CORRECTED, [cper.vendor(payload=b"one")], status=1 << 1 | 1 << 3 | 1 << 4)
    )
    assert " sections=1 " in text and re.search(r"multiple=1 entries=1$", text, re.M), text
    text, _ = said(
        cper.block(cper.CORRECTED, [cper.vendor(payload=b"one")], status=1 << 1 | 3 << 4)
    )
    assert " sections=1 " in text and re.search(r"multiple=0 entries=3$", text, re.M), text
    after = driver.stats(machine, src)
    assert (
        after["multiple"] - before["multiple"],
        after["entries_wrong"] - before["entries_wrong"],
    ) == (1, 1)

    # A legal record of a thousand sections.
    text, log = said(cper.block(cper.CORRECTED, [cper.vendor(payload=b"x") for _ in range(1000)]))
    assert " sections=1000 " in text
    lines = [line for line in log if OURS.search(line)]
    assert len(lines) < 300 and any(
        line.endswith("of 1000 sections are not shown") for line in lines
    ), len(lines)
