# SPDX-License-Identifier: GPL-2.0-only
"""A section whose body breaks the rules of its type costs only itself; a block without sections is
a record.
"""

import re
import struct

import pytest

from bed.lib import cper, driver
from bed.lib.driver import Trace

pytestmark = pytest.mark.enough("arm64-6.12", "x86_64-7.3")
RAM = 0x41000000  # a page of it would be lost
GOOD = cper.vendor(payload=b"neighbour")

# name: the odd section, and which rule it breaks
ODD = {
    "memory of 8 bytes": (cper.memory(pa=RAM, size=8), "short"),
    "PCIe of 204 bytes": (cper.pcie(size=204), "short"),
    "ARM, section_length 0": (cper.arm_processor(section_length=0), "length"),
    "ARM, entry of 0 bytes": (
        cper.arm_processor(errors=[cper.ArmError(length=0, pa=RAM)]),
        "entry",
    ),
    "ARM, context of 4 GiB": (
        cper.arm_processor(contexts=[cper.ArmContext(4, bytes(8), size=0xFFFFFFFF)]),
        "context",
    ),
}


def one(boot, kernel):
    machine = boot([driver.rung(kernel, 1, id=5)])
    driver.load(machine)
    return machine, machine.sources[0]


def sections(text: str) -> list[tuple[str, bytes]]:
    """What ghes_nmi:section says of each body, and the body."""
    return [
        (body, bytes.fromhex(data))
        for body, data in re.findall(
            r" section: .* body=(\w+) total=\d+ offset=0 bytes=([0-9a-f]*)$", text, re.M
        )
    ]


@pytest.mark.core
def test_odd_section_costs_only_itself(boot, kernel):
    """Its bytes are delivered, counted by reason and kept for root; what stands beside it is as
    ever.
    """
    machine, src = one(boot, kernel)
    directory = f"{driver.device(src)}/ghes_nmi"
    trace = Trace(machine, "ghes_nmi/section")
    ras = f"{driver.TRACING}/events/ras"
    machine.vm.check(f"echo 1 >{ras}/enable")
    page = cper.memory(pa=1 << 60, entry={"fru_text": "DIMM 7"})
    for number, (name, (section, reason)) in enumerate(ODD.items(), 1):
        # The log's limit counts 5 seconds.
        machine.vm.check("sleep 6; dmesg -c >/dev/null")
        before = driver.stats(machine, src)
        machine.post(src, cper.block(cper.RECOVERABLE, [page, section, GOOD]))
        driver.settle(machine)
        after = driver.stats(machine, src)
        text = trace.text()
        assert sections(text) == [
            ("sound", page.payload),
            (reason, section.payload),
            ("sound", GOOD.payload),
        ], name
        # Their own event for the neighbours, bytes for the odd one.
        assert (
            len(re.findall(r"mc_event: .*DIMM 7", text)) == 1 and "arm_event" not in text
        ), f"{name}: {text}"
        raw = re.findall(r"non_standard_event: .* raw data:([0-9a-f ]*)$", text, re.M)
        assert [bytes.fromhex(data) for data in raw] == [section.payload, GOOD.payload], name
        for counter, more in {
            "delivered": 1,
            "malformed": 0,
            "malformed_sections": 1,
            reason: 1,
        }.items():
            assert after[counter] - before[counter] == more, f"{name}: {counter} {after}"
        kept = machine.vm.check(f"od -An -v -tx1 {directory}/malformed_body").split()
        assert bytes.fromhex("".join(kept)) == section.encode(
            cper.RECOVERABLE
        ), f"{name}: other bytes are kept"
        size = len(kept)
        last = machine.vm.check(f"cat {directory}/malformed_body_last").strip()
        assert last == f"{number} {reason} {size} {size}", name
        log = machine.vm.check("dmesg")
        assert f"malformed ({reason}), " in log and "DIMM 7" in log, f"{name}: {log}"
    assert machine.vm.check(f"stat -c %a {directory}/malformed_body").strip() == "400"
    assert "HardwareCorrupted:     0 kB" in machine.vm.check("cat /proc/meminfo")


def test_page_beside_an_odd_section(boot, kernel):
    """Memory and a PCIe section of 192 bytes: the page is taken out of use, as without the
    other.
    """
    machine, src = one(boot, kernel)
    machine.vm.check("dmesg -n 1")
    ranges = re.findall(
        r"^([0-9a-f]+)-([0-9a-f]+) : System RAM", machine.vm.check("cat /proc/iomem"), re.M
    )
    first, last = max(
        ((int(a, 16), int(b, 16)) for a, b in ranges), key=lambda pair: pair[1] - pair[0]
    )
    page = (first + 3 * last) // 4 & ~0xFFF
    machine.post(src, cper.block(cper.RECOVERABLE, [cper.memory(pa=page), cper.pcie(size=192)]))
    driver.settle(machine)
    assert "HardwareCorrupted:     4 kB" in machine.vm.check("cat /proc/meminfo")
    stats = driver.stats(machine, src)
    assert (
        stats["delivered"],
        stats["malformed"],
        stats["malformed_sections"],
        stats["short"],
    ) == (1, 0, 1, 1)


def test_no_section_is_a_record(boot, kernel):
    """Nothing but a severity, or raw data: delivered, counted and shown."""
    machine, src = one(boot, kernel)
    trace = Trace(machine, "ghes_nmi/record")
    machine.vm.check("dmesg -c >/dev/null")
    raw = struct.pack("<Q", 7) * 8
    for block in cper.block(cper.RECOVERABLE, []), cper.block(cper.NONE, [], raw=raw):
        machine.post(src, block)
        driver.settle(machine)
    text = trace.text()
    assert re.findall(r"severity=(\w+) length=(\d+) sections=0 ", text) == [
        ("recoverable", "20"),
        ("informational", "84"),
    ], text
    stats = driver.stats(machine, src)
    assert (stats["received"], stats["delivered"], stats["malformed"]) == (2, 2, 0)
    assert machine.vm.check("dmesg").count(" reports a") == 2
