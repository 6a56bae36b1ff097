# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts, the hardware error device and registers of every shape on the emulated arm64
platform.

The kernel's own driver is the consumer: what it takes, another driver can.
"""

import re
import time

import pytest

from bed.arm64.platform import HED_GSI
from bed.arm64.records import NOBODYS
from bed.lib import cper
from bed.lib.driver import Trace
from bed.lib.platform import Platform
from bed.lib.sources import Register, Source
from bed.lib.vm import CommandError
from kinds import registers_of_memory

pytestmark = [pytest.mark.arch("arm64"), pytest.mark.enough("6.12")]
RECORDS = 10
BIND = "/sys/bus/platform/drivers/GHES/bind"


def deliver(machine: Platform, sources: list[Source]) -> None:
    """Records of each source, one by one: each comes to the trace once and in order."""
    trace = Trace(machine)
    for src in sources:
        for n in range(RECORDS):
            machine.post(src, cper.sized(200, src.index << 8 | n))
            machine.quiesce()
        expected = [src.index << 8 | n for n in range(RECORDS)]
        deadline = time.monotonic() + 10
        seen: list[int] = []
        while len(seen) < RECORDS and time.monotonic() < deadline:
            seen += [int.from_bytes(payload[:8], "little") for payload in trace.payloads()]
        assert seen == expected, f"source {src.index}, {src.notify}"
        assert set(machine.neighbours(src)) <= {
            NOBODYS
        }, f"source {src.index}: more than its registers was written"


def interrupts(machine: Platform, handler: str, number: int, controller: str = "GICv3") -> int:
    """How often the interrupt came, which must be that handler's."""
    line = re.search(
        rf"^ *\d+: +(\d.*?) +{controller} +{number} .* {re.escape(handler)}$",
        machine.vm.check("cat /proc/interrupts"),
        re.M,
    )
    assert line, f"interrupt {number} is not of {handler}"
    return sum(map(int, line[1].split()))


@pytest.mark.parametrize("smp", [1, 2])
def test_hardware_error_device_arm64_platform(boot, smp):
    """SCI, GPIO and GSIV sources: a generic event device's interrupt, edge or level, or a pin
    notifies PNP0C33.
    """
    machine = boot(
        [
            Source(notify="sci"),
            Source(notify="gpio"),
            Source(notify="gsiv", event=100),
            Source(notify="gsiv", event=101, level=True),
            Source(notify="sci", type="ghes", extra={"gsi": 102}),
        ],
        smp=smp,
    )
    deliver(machine, machine.sources)
    assert [interrupts(machine, "ACPI:Ged", number) for number in (HED_GSI, 100, 102)] == [
        RECORDS
    ] * 3
    assert interrupts(machine, "ACPI:Ged", 101) >= RECORDS
    assert interrupts(machine, "ACPI:Event", 5, "ARMH0061:00") == RECORDS


def test_external_interrupts_arm64_platform(boot):
    """EXTERNAL: the in-tree driver has them when a device has the interrupt, and only when it is
    bound after that.
    """
    machine = boot(
        [
            Source(notify="irq", event=110),
            Source(notify="irq", event=111, level=True),
            Source(notify="irq", event=111, level=True, type="ghes"),
            Source(notify="irq", event=112, extra={"mapped": False}),
        ]
    )
    *mapped, unknown = machine.sources
    for src in mapped:
        machine.vm.check(f"echo GHES.{src.id} >{BIND}")
    with pytest.raises(CommandError):
        machine.vm.check(f"echo GHES.{unknown.id} >{BIND}")
    deliver(machine, mapped)
    assert interrupts(machine, "GHES IRQ", 110) == RECORDS
    assert interrupts(machine, "GHES IRQ, GHES IRQ", 111) >= 2 * RECORDS


def test_shapes_arm64_platform(boot):
    """Registers of 8 to 64 bits and bit offsets: only what the register is made of is written."""
    machine = boot(registers_of_memory())
    machine.move(machine.sources[0], 2)
    deliver(machine, machine.sources)


def test_doorbell_arm64_platform(boot):
    """Sources that acknowledge at one register, each with its own value: every write is heard."""
    shared = {"ack_bell": "socket 0", "ack_preserve": 0}
    machine = boot(
        [
            Source(notify="sci", ack_write=0xB1D00000, ack_shape=Register(32, 0, 3), **shared),
            Source(notify="sci", ack_write=0xB1C00000, ack_shape=Register(32, 0, 3), **shared),
            Source(event=804, ack_write=0xB1F00000_00000001, **shared),
            Source(notify="polled", poll_ms=20, ack_write=2, ack_bell="socket 1", ack_preserve=0),
        ],
        el=1,
    )
    first, second, third, other = machine.sources
    assert first.ack_reg == second.ack_reg == third.ack_reg != other.ack_reg
    deliver(machine, machine.sources)
    assert [machine.bell_rings(src) for src in machine.sources] == [RECORDS] * 4
    assert machine.strays() == 0

    machine.vm.check("echo GHES.1 >/sys/bus/platform/drivers/GHES/unbind")
    machine.post(second, cper.sized(200, 1))
    machine.write_block(second, bytes(4))  # cleared, not acknowledged
    machine.post(first, cper.sized(200, 1))  # acknowledged meanwhile, which frees only that one
    time.sleep(0.2)
    assert (machine.ack(first), machine.ack(second)) == (1, 0)
