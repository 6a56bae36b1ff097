# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts, the hardware error device and registers of every shape on the emulated x86 platform.

The kernel's own driver is the consumer: what it takes, another driver can.
"""

import re
import time

import pytest

from bed.lib import cper
from bed.lib.driver import Trace
from bed.lib.platform import Platform
from bed.lib.sources import Register, Source
from bed.x86.layout import NOBODYS
from kinds import registers_of_memory

pytestmark = [pytest.mark.arch("x86_64"), pytest.mark.enough("6.12")]
RECORDS = 10
PORT8, PORT32 = Register(8, 0, 1, io=True), Register(32, 0, 3, io=True)


def deliver(machine: Platform) -> None:
    """Records of each source, one by one: each comes to the trace once and in order."""
    trace = Trace(machine)
    for src in machine.sources:
        for n in range(RECORDS):
            machine.post(src, cper.sized(200, src.index << 8 | n))
            machine.quiesce()
            time.sleep(0.01)
        expected = [src.index << 8 | n for n in range(RECORDS)]
        deadline = time.monotonic() + 10
        seen: list[int] = []
        while len(seen) < RECORDS and time.monotonic() < deadline:
            seen += [int.from_bytes(payload[:8], "little") for payload in trace.payloads()]
        assert seen == expected, f"source {src.index}, {src.notify}"
        assert set(machine.neighbours(src)) <= {
            NOBODYS
        }, f"source {src.index}: more than its registers was written"


def interrupts(machine: Platform, gsi: int, name: str) -> int:
    """How often the interrupt came, which must be that handler's."""
    line = re.search(
        rf"^ *{gsi}: +(\d.*?) +IO-APIC.* {re.escape(name)}$",
        machine.vm.check("cat /proc/interrupts"),
        re.M,
    )
    assert line, f"GSI {gsi} is not of {name}"
    return sum(map(int, line[1].split()))


def test_hardware_error_device_x86_platform(boot):
    """SCI, GPIO and GSIV sources: an interrupt, edge or level, of a generic event device that
    notifies PNP0C33.
    """
    machine = boot(
        [
            Source(notify="sci"),
            Source(notify="gpio"),
            Source(notify="gsiv", event=3),
            Source(notify="gsiv", event=10, level=True),
            Source(notify="sci", type="ghes", extra={"gsi": 14}),
        ],
        smp=2,
    )
    deliver(machine)
    came = {gsi: interrupts(machine, gsi, "ACPI:Ged") for gsi in (7, 3, 10, 14)}
    assert came == {7: 2 * RECORDS, 3: RECORDS, 10: RECORDS, 14: RECORDS}


def test_external_interrupts_x86_platform(boot):
    """EXTERNAL: an edge, a level that stays until the record is taken, one line for two sources."""
    machine = boot(
        [
            Source(notify="irq", event=6),
            Source(notify="irq", event=11, level=True),
            Source(notify="irq", event=10, level=True),
            Source(notify="irq", event=10, level=True, type="ghes"),
        ]
    )
    deliver(machine)
    assert interrupts(machine, 6, "GHES IRQ") == RECORDS
    assert interrupts(machine, 11, "GHES IRQ") >= RECORDS
    before = interrupts(machine, 11, "GHES IRQ")
    machine.notify(machine.sources[1])  # nothing lowers it: there is no record to be taken
    time.sleep(0.05)
    machine.firmware.qtest.line(11, False)
    raised = interrupts(machine, 11, "GHES IRQ")
    assert raised > before + 1, "a level came once"
    time.sleep(0.05)
    assert interrupts(machine, 11, "GHES IRQ") == raised, "it goes on after it was lowered"


def test_shapes_x86_platform(boot):
    """Registers of 8 to 64 bits, bit offsets, I/O ports: only what the register is made of is
    written.
    """
    machine = boot(
        [
            Source(
                notify="sci",
                status_shape=PORT32,
                ack_shape=Register(8, 3, 2),
                ack_preserve=0,
                ack_write=3,
            ),
            *registers_of_memory(),
        ]
    )
    deliver(machine)


def test_shapes_port_ack(boot):
    """An ack register that is an I/O port and keeps what is written."""
    machine = boot(
        [Source(notify="sci", ack_shape=PORT32, ack_preserve=0xFFFF0000, ack_write=0x8001)]
    )
    deliver(machine)


def test_doorbell_x86_platform(boot):
    """Sources that acknowledge at one port, each with its own value; a value that is nobody's frees
    none.
    """
    shared = {"ack_bell": "socket 0", "ack_shape": PORT8, "ack_preserve": 0}
    machine = boot(
        [
            Source(notify="sci", ack_write=0xD0, **shared),
            Source(notify="sci", ack_write=0xC0, **shared),
            Source(notify="irq", event=6, ack_write=0xF0, **shared),
        ]
    )
    first, second, third = machine.sources
    assert first.ack_reg == second.ack_reg == third.ack_reg
    deliver(machine)
    assert [machine.bell_rings(src) for src in machine.sources] == [RECORDS] * 3
    assert machine.strays() == []

    machine.vm.check("echo -n GHES.1 >/sys/bus/platform/drivers/GHES/unbind")
    machine.post(second, cper.sized(200, 1))
    machine.write_block(second, bytes(4))  # cleared, not acknowledged
    for value, heard in ((b"\\001", False), (b"\\320", False), (b"\\300", True)):
        machine.vm.check(
            f"echo -ne '{value.decode()}' | dd of=/dev/port bs=1 seek={second.ack_reg} 2>/dev/null"
        )
        time.sleep(0.1)
        assert bool(machine.ack(second)) == heard, value
    machine.quiesce()
    assert machine.strays() == [("socket 0", 1)]
