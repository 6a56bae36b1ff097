# SPDX-License-Identifier: GPL-2.0-only
"""HESTs as machines have them: registers of every shape, blocks of every length, many sources."""

import struct

import pytest

from bed.lib import cper, driver
from bed.lib.driver import SECTION_EVENT, Trace
from bed.lib.sources import Register, Source, entry
from records import check_delivered, numbered


pytestmark = [pytest.mark.enough("6.12"), pytest.mark.arch("x86_64")]
OURS = "ghes_nmi"

SHAPES = [
    Register(64, 0, 4),
    Register(64, 0, 2),
    Register(32, 0, 3),
    Register(32, 32, 4),
    Register(16, 0, 2),
    Register(16, 8, 3),
    Register(8, 0, 1),
    Register(8, 4, 2),
    Register(1, 7, 1),
    Register(32, 0, 3, io=True),
]


def preserve(shape: Register) -> int:
    """All but bit 0."""
    return (1 << shape.width) - 2


def test_registers_of_every_shape(boot):
    """A hundred records by each register; what is beside it stays as it is."""
    sources = [
        Source(
            id=10 + n,
            notify="nmi" if n % 2 else "irq",
            event=6,
            ack_shape=shape,
            ack_preserve=preserve(shape),
        )
        for n, shape in enumerate(SHAPES)
    ]
    sources += [
        Source(id=30, notify="irq", event=7, status_shape=Register(32, 0, 3)),
        Source(id=31, notify="nmi", status_shape=Register(64, 0, 1), type="ghes"),
    ]
    machine = boot(sources, smp=2)
    said = driver.load(machine)
    for src in machine.sources:
        assert f"source {src.id} taken" in said, said
    machine.vm.check("dmesg -n 1")
    beside = {src.index: machine.neighbours(src) for src in machine.sources}
    trace = Trace(machine)
    posted = numbered(machine.sources, 100)
    for src in machine.sources:
        machine.post_many(src, posted[src.index])
    machine.quiesce()
    driver.settle(machine)
    check_delivered(posted, trace.payloads())
    assert {src.index: machine.neighbours(src) for src in machine.sources} == beside


def test_blocks_of_every_length(boot):
    """From a header alone to more than a MiB; as much as firmware says, or as is used of it."""
    machine = boot(
        [
            Source(id=10, notify="polled", poll_ms=10, length=84),
            Source(id=11, notify="irq", event=6, length=0x20000),
            Source(id=12, notify="irq", event=7, length=0x140000),
            Source(id=13, notify="irq", event=6, length=20),
        ]
    )
    said = driver.load(machine)
    assert "source 12: a block of 1310720 bytes cannot be meant: 1048576 of them are used" in said
    assert [driver.bound(machine, src) for src in machine.sources] == [OURS] * 4
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine, SECTION_EVENT, 65_536)
    for src, size in zip(machine.sources, (0, 0x20000, 0x100000)):
        if size:
            block = cper.sized(size, src.id)
            machine.post(src, block)
            driver.settle(machine)
            assert trace.payloads() == [block[84:]]
    tiny = machine.sources[3]
    machine.write_block(tiny, struct.pack("<IIIII", 1, 0, 0, 0, cper.CORRECTED))
    machine.gsi(6)
    machine.vm.check("sleep 0.1")
    assert machine.status(tiny) == 0, "its record was not taken"


@pytest.mark.limit(240)
def test_seven_hundred_polled_sources(boot):
    """All are taken, each delivers, all are given back."""
    machine = boot(
        [Source(id=n, notify="polled", poll_ms=100, length=172) for n in range(700)],
        smp=2,
        append="log_buf_len=8M",
    )
    driver.load(machine)
    assert int(machine.vm.check("ls -d /sys/bus/platform/drivers/ghes_nmi/GHES.* | wc -l")) == 700
    machine.vm.check("dmesg -n 1")
    trace = Trace(machine)
    posted = numbered(machine.sources, 2)
    for src in machine.sources:
        machine.post_many(src, posted[src.index])
    machine.quiesce()
    driver.settle(machine)
    check_delivered(posted, trace.payloads())
    driver.unload(machine)
    assert int(machine.vm.check("ls -d /sys/bus/platform/drivers/GHES/GHES.* | wc -l")) == 700


@pytest.mark.parametrize("disabled", [False, True])
def test_assistants_are_left_alone(boot, disabled):
    """A GHES_ASSIST source is the machine check handler's, with the in-tree driver or without."""
    check = struct.pack("<HHHBBIIQQB7x", 0, 5, 0, 4, 1, 1, 1, 0, 0, 0)
    machine = boot(
        [
            Source(raw=check),
            Source(id=10, notify="polled", related=5, poll_ms=10),
            Source(id=11, notify="polled", related=6, poll_ms=10),
        ],
        append="ghes.disable=1" if disabled else "",
    )
    assist, other = machine.sources[1:]
    said = driver.load(machine)
    assert "source 10 is left alone: it assists a machine check source (GHES_ASSIST)" in said
    assert driver.bound(machine, assist) != OURS and driver.bound(machine, other) == OURS
    machine.write_block(assist, cper.sized(172, 1))
    trace = Trace(machine)
    block = cper.sized(172, 2)
    machine.post(other, block)
    machine.vm.check("sleep 0.3")
    assert trace.payloads() == [block[84:]]
    assert machine.status(assist) != 0, "the assistant's block was touched"


def test_what_is_not_served_is_named(boot):
    """LOCAL, CMCI, MCE and numbers that are yet to come: named, left alone, no obstacle."""
    kinds = {2: "LOCAL", 5: "CMCI", 6: "MCE", 12: "unknown", 13: "unknown", 255: "unknown"}
    raw = []
    for kind in kinds:
        data = bytearray(
            entry(Source(id=100 + kind, notify="polled", status_reg=0x20300000, ack_reg=0x20300008))
        )
        data[32] = kind
        raw.append(Source(raw=bytes(data)))
    machine = boot([Source(id=10, notify="polled", poll_ms=10), *raw])
    said = driver.load(machine)
    for kind, name in kinds.items():
        assert (
            f"source {100 + kind} stays with the in-tree driver: {name} notification "
            f"(type {kind}) is not served by this module" in said
        )
    src = machine.sources[0]
    trace = Trace(machine)
    block = cper.sized(172, 1)
    machine.post(src, block)
    machine.vm.check("sleep 0.3")
    assert trace.payloads() == [block[84:]]
