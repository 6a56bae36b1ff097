# SPDX-License-Identifier: GPL-2.0-only
"""HESTs as servers have them: every source is taken, every record is in rasdaemon's database,
nobody complains.
"""

import re
import struct

import pytest

from bed.lib import cper, driver
from bed.lib.packages import Package
from bed.lib.platform import Platform
from bed.lib.sources import Register, Source
from daemon import Daemon, PROGRAM, recorded, vendor_row

pytestmark = pytest.mark.enough("6.12")
SUITE = "trixie"
RECORDS = 3
DOUBLE_WORD = Register(32, 0, 3)

# What a kernel says of any module that is not its own, of a host that let it wait, and of errors,
# which are what this is about.
USUAL = (
    r"taint|module verification failed|hrtimer: interrupt took|Hardware Error|ghes_nmi: task .*"
    r" touched what cannot"
)


def complaints(machine: Platform, before: int) -> list[str]:
    """Lines of the log of level warning and above since line number `before`."""
    lines = machine.vm.check("dmesg -r").splitlines()[before:]
    return [
        line
        for line in lines
        if re.match(r"<(\d+)>", line)
        and int(re.match(r"<(\d+)>", line)[1]) % 8 <= 4
        and not re.search(USUAL, line)
    ]


def start(
    boot, kernel, run_dir, sources: list[Source], **options: object
) -> tuple[Platform, Daemon]:
    files = Package(kernel.arch, SUITE, "rasdaemon").fetch().archive(PROGRAM)
    machine = boot(sources, extra_files=files, **options)
    return machine, Daemon(machine, run_dir)


def through_rasdaemon(
    machine: Platform, daemon: Daemon, sources: list[Source], raise_one=None
) -> None:
    """Records of each source, and the rows they become; each severity in turn.

    The daemon reads the buffer of one CPU after the other, so rows of several CPUs have no order.
    """
    rows = []
    for n in range(RECORDS):
        for src in sources:
            severity = (cper.CORRECTED, cper.RECOVERABLE, cper.NONE)[n]
            payload = struct.pack("<HH", src.id, n) * 20
            block = cper.block(severity, [cper.vendor(payload=payload)])
            if src.notify == "sea":
                # It hits whatever program runs: the daemon has nothing to do then.
                daemon.stored(len(rows))
                raise_one(src, block)
            else:
                machine.post(src, block)
            rows.append(vendor_row(severity, payload))
        driver.settle(machine)
    daemon.stored(len(rows))
    expected = {"non_standard_event": rows}
    found = recorded(daemon.stop(), expected)["non_standard_event"]

    def of(src: Source, those: list[dict]) -> list[dict]:
        return sorted(
            (row for row in those if row["error"][:2] == struct.pack("<H", src.id)),
            key=lambda row: row["error"],
        )

    for src in sources:
        assert of(src, found) == of(src, rows), f"source {src.id}, {src.notify}"
    assert len(found) == len(rows)


def take_all(machine: Platform, sources: list[Source]) -> int:
    """Loads the module; returns how long the log was before."""
    before = driver.lines(machine)
    driver.load(machine)
    for src in sources:
        assert driver.bound(machine, src) == "ghes_nmi", f"source {src.id}, {src.notify}"
    return before


@pytest.mark.arch("arm64")
def test_like_altra(boot, kernel, run_dir):
    """Eight sources of 4096 bytes, SCI and polled every three seconds; one ack register, a
    doorbell, for all of them.
    """
    values = (
        0xB1D00000,
        0xB1C00000,
        0xB1F00000,
        0xB1900000,
        0xB1900001,
        0xB1900002,
        0xB1A00000,
        0xB1A00001,
    )
    machine, daemon = start(
        boot,
        kernel,
        run_dir,
        [
            Source(
                notify="polled" if n in (3, 4) else "sci",
                poll_ms=3000,
                ack_bell="socket 0",
                ack_preserve=0,
                ack_write=value,
                ack_shape=DOUBLE_WORD,
            )
            for n, value in enumerate(values)
        ],
        el=1,
        smp=2,
    )
    before = take_all(machine, machine.sources)
    through_rasdaemon(machine, daemon, machine.sources)
    assert [machine.bell_rings(src) for src in machine.sources] == [
        RECORDS
    ] * 8 and machine.strays() == 0
    assert complaints(machine, before) == []


def machine_check(source_id: int) -> bytes:
    """An IA-32 machine check exception entry (type 0) whose records a GHES_ASSIST source adds to;
    no banks.
    """
    return struct.pack("<HHHBBIIQQB7x", 0, source_id, 0, 4, 1, 1, 1, 0, 0, 0)


@pytest.mark.arch("x86_64")
def test_like_dell(boot, kernel, run_dir):
    """NMI sources with address registers of word access and of 32 bits, SCI, polled, and a
    GHES_ASSIST one, left alone.
    """
    word, narrow = Register(64, 0, 2), DOUBLE_WORD
    machine, daemon = start(
        boot,
        kernel,
        run_dir,
        [
            Source(id=0, raw=machine_check(0)),
            Source(id=1, notify="nmi", type="ghes", status_shape=word),
            Source(
                id=2, notify="nmi", status_shape=narrow, ack_shape=narrow, ack_preserve=0xFFFFFFFE
            ),
            Source(id=3, notify="nmi", status_shape=word, length=16384),
            Source(id=4, notify="sci", status_shape=narrow),
            Source(id=5, notify="sci", type="ghes", status_shape=word),
            Source(id=6, notify="polled", poll_ms=1000, status_shape=narrow),
            Source(id=7, notify="sci", related=0, flags=0),
        ],
        smp=2,
    )
    served, assist = machine.sources[1:7], machine.sources[7]
    before = take_all(machine, served)
    assert (
        driver.bound(machine, assist) != "ghes_nmi"
    ), "a GHES_ASSIST source is the machine check code's"
    through_rasdaemon(machine, daemon, served)
    assert [line for line in complaints(machine, before) if "source 7 " not in line] == []
    assert "Uhhuh" not in machine.vm.check("dmesg")


@pytest.mark.arch("arm64")
def test_like_grace(boot, kernel, run_dir):
    """SDEI, GSIV and SEA sources, every register 64 bits wide."""
    machine, daemon = start(
        boot,
        kernel,
        run_dir,
        [
            Source(id=0, notify="sea", length=8192),
            Source(id=1, event=804, critical=True, length=8192),
            Source(id=2, event=805, length=8192),
            Source(id=3, notify="gsiv", event=100, length=8192),
            Source(id=4, notify="gsiv", event=101, level=True, length=8192),
            Source(id=5, notify="polled", poll_ms=1000),
        ],
        smp=2,
    )
    before = driver.lines(machine)
    driver.load(machine)
    driver.load_hooks(machine)
    for src in machine.sources:
        assert driver.bound(machine, src) == "ghes_nmi", f"source {src.id}, {src.notify}"

    def abort(src: Source, block: bytes) -> None:
        assert "raised=1" in machine.vm.check(f"raise -r {machine.recipe(src, block)}")

    through_rasdaemon(machine, daemon, machine.sources, abort)
    assert complaints(machine, before) == []
