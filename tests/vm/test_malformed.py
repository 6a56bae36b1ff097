# SPDX-License-Identifier: GPL-2.0-only
"""What firmware gets wrong is counted and given back, and the source goes on working."""

import re
import struct
import uuid

import pytest

from bed.lib import cper, driver
from bed.lib.driver import Trace

pytestmark = pytest.mark.enough(
    "arm64-6.12", "x86_64-7.3"
)  # what a change has time for; the oldest: test_nmi.py
IA32 = uuid.UUID("dc3ea0b0-a144-4797-b95b-53fa242b6e1d")
CXL = uuid.UUID("80b9efb4-52b5-4de3-a777-68784b771048")

GOOD = 172
SECTION = cper.vendor(payload=bytes(88))

MALFORMED = {
    "no_data-63": cper.block(cper.CORRECTED, [SECTION], data_length=63),
    "too_long": cper.block(cper.CORRECTED, [SECTION], data_length=4096),
    "too_long-wraps": cper.block(cper.CORRECTED, [SECTION], data_length=0xFFFFFFFF),
    "raw_range": cper.block(cper.CORRECTED, [SECTION], raw_offset=20, raw_length=8),
    "too_long-raw_wraps": cper.block(
        cper.CORRECTED, [SECTION], raw_offset=0xFFFFFFF0, raw_length=0x20
    ),
    "section_header": cper.block(cper.CORRECTED, [SECTION, bytes(60)]),
    "section_header-v3": cper.block(
        cper.CORRECTED, [SECTION, cper.vendor(revision=0x300).encode(2)[:68]]
    ),
    "section_length": cper.block(cper.CORRECTED, [cper.vendor(payload=bytes(88), length=89)]),
    "section_length-wraps_to_0": cper.block(
        cper.CORRECTED, [cper.vendor(payload=bytes(88), length=0xFFFFFFC0)]
    ),
    "section_length-wraps_v3": cper.block(
        cper.CORRECTED, [cper.vendor(payload=bytes(88), revision=0x300, length=0xFFFFFFB8)]
    ),
    "section_length-fatal": cper.block(cper.FATAL, [cper.vendor(payload=bytes(88), length=89)]),
    "too_long-fatal": cper.block(cper.FATAL, [SECTION], data_length=0x7FFFFFFF),
}


def one(boot, kernel, **options):
    machine = boot([driver.rung(kernel, 1, id=5)], **options)
    driver.load(machine)
    machine.vm.check("dmesg -n 1")
    return machine, machine.sources[0], Trace(machine)


def good_still_works(machine, src, trace, seq: int) -> None:
    trace.text()
    block = cper.sized(GOOD, seq)
    machine.post(src, block)
    driver.settle(machine)
    assert trace.payloads() == [block[84:]], "the record after it was not delivered"


@pytest.mark.core
def test_malformed(boot, kernel):
    """Cleared, acked, counted by reason, kept for inspection; nothing is made of it."""
    machine, src, trace = one(boot, kernel)
    before = driver.stats(machine, src)
    kept = f"{driver.device(src)}/ghes_nmi/malformed_block"
    for seq, (name, block) in enumerate(MALFORMED.items()):
        reason = name.partition("-")[0]
        machine.post(src, block)
        driver.settle(machine)
        assert machine.status(src) == 0, f"{name}: not cleared"
        assert machine.ack(src) & 1, f"{name}: not acked"
        stats = driver.stats(machine, src)
        assert stats[reason] == before[reason] + 1, f"{name}: not counted"
        assert (
            stats["malformed"] == before["malformed"] + 1
            and stats["delivered"] == before["delivered"]
        ), name
        assert stats["received"] == stats["delivered"] and stats["fatal"] == 0, name
        assert trace.payloads() == [], f"{name}: a record was made of it"
        head = machine.vm.check(f"od -An -v -tx1 -N{len(block)} {kept}").split()
        assert bytes.fromhex("".join(head)) == block, f"{name}: the bytes kept are others"
        last = machine.vm.check(f"cat {driver.device(src)}/ghes_nmi/malformed_last").split()
        assert last[:2] == [
            str(stats["malformed"]),
            reason,
        ], f"{name}: the bytes kept are said to be {last}"
        good_still_works(machine, src, trace, seq)
        before = driver.stats(machine, src)
    assert machine.vm.check(f"stat -c %a {kept}").strip() == "400"
    assert "HardwareCorrupted:     0 kB" in machine.vm.check("cat /proc/meminfo")


def test_lockdown_keeps_the_bytes(boot, kernel):
    """What firmware memory held is nobody's to read where root may not read memory."""
    machine, src, _ = one(boot, kernel)
    kept = f"{driver.device(src)}/ghes_nmi/malformed_block"
    machine.post(src, MALFORMED["too_long"])
    driver.settle(machine)
    lock = "/sys/kernel/security/lockdown"
    machine.vm.check(f"mount -t securityfs none /sys/kernel/security; echo integrity >{lock}")
    assert machine.vm.run(f"cat {kept} | wc -c").out.strip() not in ("", "0")
    machine.vm.check(f"echo confidentiality >{lock}")
    result = machine.vm.run(f"cat {kept} >/dev/null")
    assert result.rc != 0, "read although locked down"
    assert driver.stats(machine, src)["malformed"] == 1, "counters are no secret"


@pytest.mark.arch("arm64")
@pytest.mark.enough("6.12")
def test_block_that_changes(boot, kernel):
    """Firmware changes the lengths after the header was read: no record, not even half of one."""
    machine, src, trace = one(boot, kernel, icount=True)
    # Well-formed before and after: only the comparison can tell.
    two = cper.block(
        cper.CORRECTED,
        [cper.vendor(payload=b"one" + bytes(85)), cper.vendor(payload=b"two" + bytes(85))],
    )
    one_only = (len(two) - cper.BLOCK_HEADER) // 2
    machine.post(src, two)
    machine.quiesce()
    handler = next(event.lower_ticks for event in machine.events() if event.kind == "event")
    driver.settle(machine)
    assert len(trace.payloads()) == 2
    patches = 0
    for tick in range(handler * 2 // 5, handler * 4 // 5, 4):
        before = driver.stats(machine, src)
        machine.patch_at(src, two, [(tick, 12, one_only.to_bytes(4, "little"))])
        driver.settle(machine)
        assert machine.status(src) == 0 and machine.ack(src) & 1, f"tick {tick}: not given back"
        after = driver.stats(machine, src)
        got = [payload[:3] for payload in trace.payloads()]
        if after["changed"] > before["changed"]:
            patches += 1
            assert got == [], f"tick {tick}: malformed, and yet delivered"
        else:
            # Before the peek there is one section, after the copy there are two.
            assert got in ([b"one"], [b"one", b"two"]), f"tick {tick}: {got}"
            assert after["delivered"] == before["delivered"] + 1
    assert (
        patches >= 5
    ), f"the block changed between peek and copy in {patches} tries: this case tests nothing"
    good_still_works(machine, src, trace, 1)


@pytest.mark.arch("arm64")
def test_notification_without_record(boot, kernel):
    """Counted and said once; neither cleared nor acked, for firmware may just be writing the
    record.
    """
    machine, src, trace = one(boot, kernel)
    machine.vm.check("dmesg -c >/dev/null")
    # As while firmware writes: ack taken back, body there, status not yet.
    block = cper.sized(GOOD, 7)
    machine.write_block(src, block[4:], 4)
    machine.memory.write64(src.ack_reg, 0)
    for count in range(1, 4):
        machine.notify(src)
        for _ in range(100):
            if driver.stats(machine, src)["empty"] >= count:
                break
        assert driver.stats(machine, src)["empty"] == count
    assert machine.ack(src) == 0, "acked what was not read"
    assert machine.read_block(src, len(block) - 4, 4) == block[4:], "wrote into the block"
    driver.settle(machine)
    assert machine.vm.check("dmesg").count("without a record") == 1
    machine.memory.write64(src.ack_reg, 1)
    good_still_works(machine, src, trace, 8)
    stats = driver.stats(machine, src)
    assert (stats["received"], stats["delivered"], stats["malformed"]) == (1, 1, 0)


def unprintable() -> dict[str, bytes]:
    """Sections that pass the check, as their lengths are right, and that the kernel's own printer
    gets wrong.
    """
    # An error-information entry longer than 32 bytes: the printer steps by 32 and takes its tail
    # for a context of 4 GiB.
    entry = cper.ArmError(length=48).encode() + struct.pack("<HHI8x", 0, 5, 0xFFFFFFFF)
    arm = struct.pack("<IHHI4xQQII", 0, 1, 1, 40 + 48 + 8, 0, 0, 0, 0) + entry + bytes(8)
    # 40 check structures, and contexts that begin where a short copy ends.
    ia = (
        struct.pack("<QQ48x", 40 << 2 | 3 << 8, 0)
        + bytes(64 * 40)
        + 3 * (struct.pack("<HHIQ", 1, 48, 0, 0) + bytes(48))
    )
    cxl = bytes(108) + struct.pack("<HH4x", 4000, 0) + bytes(4000)
    return {
        "arm": cper.block(cper.RECOVERABLE, [cper.Section(cper.ARM_PROCESSOR, arm)]),
        "ia": cper.block(cper.RECOVERABLE, [cper.Section(IA32, ia)]),
        "cxl": cper.block(cper.RECOVERABLE, [cper.Section(CXL, cxl)]),
    }


def test_sections_the_kernel_cannot_print(boot, kernel):
    """Laid out as the kernel's printer takes them they are decoded, else shown as bytes, and only
    some of them.
    """
    machine = boot([driver.rung(kernel, 1, id=5, length=8192)])
    src = machine.sources[0]
    driver.load(machine)
    trace = Trace(machine)
    # The ARM section with an entry of 32 bytes; an x86 kernel does not know the type.
    arm = (
        "Vendor specific error info has 8 bytes"
        if kernel.arch == "arm64"
        else "section length: 0x58"
    )
    for name, block in unprintable().items():
        machine.vm.check("dmesg -c >/dev/null")
        machine.post(src, block)
        driver.settle(machine)
        shown = machine.vm.check("dmesg").splitlines()
        assert len(shown) < 20, f"{name}: {len(shown)} lines"
        expected = arm if name == "arm" else r"section type: .* bytes:"
        assert any(re.search(expected, line) for line in shown), f"{name}: {shown}"
        assert driver.stats(machine, src)["malformed"] == 0
    good_still_works(machine, src, trace, 1)
