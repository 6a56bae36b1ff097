# SPDX-License-Identifier: GPL-2.0-only
"""A PCIe device below a root port, whose driver (tests/bed/guest/kmod/recovers.c) tells what
recovery it saw.
"""

import re
import struct
import uuid
from typing import Any

from bed.lib import cper, driver
from bed.lib.kernels import Kernel
from bed.lib.platform import Platform

# For QEMU: the port's secondary bus is the first there is.
ARGV = (
    "-device",
    "pcie-root-port,id=rp,chassis=1",
    "-device",
    "e1000e,bus=rp,romfile=",
    # With hotplug by ACPI the port of a PC never says that its link is up; Linux 7.3 waits for that
    # after a reset.
    "-global",
    "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
)
# The arm64 machine has no MSI controller; Linux 6.1 warns when it looks for one.
NO_MSI = "pci=nomsi"
CALLBACKS = ("error_detected", "slot_reset", "resume")
PARAMETERS = "/sys/module/recovers/parameters"

# An unsupported request, which recovery takes for non-fatal.
UNCOR_STATUS, UNCOR_MASK, UNCOR_SEVERITY = 0x00100000, 0x00010000, 0x000EF030
VALIDATION = 0xCF
EVENT = re.compile(
    r" aer_event: (\S+) PCIe Bus Error: severity=(Corrected|Fatal|Uncorrected, non-fatal), "
)


def registers(uncor_status: int = UNCOR_STATUS, cor_status: int = 0) -> bytes:
    """The AER capability as firmware copies it into a section."""
    return struct.pack(
        "<7I", 0x14820001, uncor_status, UNCOR_MASK, UNCOR_SEVERITY, cor_status, 0, 0
    ) + bytes(68)


def section(bus: int = 1, severity: int = cper.RECOVERABLE, **more: Any) -> cper.Section:
    entry = {"severity": severity, **more.pop("entry", {})}
    correctable = severity == cper.CORRECTED
    aer = registers(0, 1) if correctable else registers()
    fields: dict[str, Any] = {"validation": VALIDATION, "entry": entry, **more}
    return cper.pcie(bus=bus, aer=aer, **fields)


def block(severity: int = cper.RECOVERABLE, **more: Any) -> bytes:
    return cper.block(severity, [section(severity=severity, **more)])


def append(kernel: Kernel) -> str:
    """What such a machine needs on the kernel's command line."""
    return NO_MSI if (kernel.arch, kernel.of) == ("arm64", "6.1") else ""


def bind(machine: Platform) -> str:
    """Load the driver of the device; returns the device's name."""
    machine.vm.check("insmod /lib/modules/recovers.ko")
    name = machine.vm.check(f"cat {PARAMETERS}/device").strip()
    if not name:
        raise machine.vm.error("no device for recovers.ko")
    return name


def seen(machine: Platform) -> tuple[int, ...]:
    """How often error_detected, slot_reset and resume ran."""
    out = machine.vm.check(f"cd {PARAMETERS} && cat {' '.join(CALLBACKS)}")
    return tuple(map(int, out.split()))


def await_seen(machine: Platform, number: int, seconds: int = 30) -> tuple[int, ...]:
    """The same as soon as resume ran so often, or after some time."""
    machine.vm.check(
        (
            f"for i in $(seq {20 * seconds}); do [ $(cat {PARAMETERS}/resume) -lt {number} ] ||"
            " exit 0; sleep 0.05; done; true"
        ),
        2 * seconds,
    )
    return seen(machine)


def events(text: str) -> list[tuple[str, str]]:
    """Device and severity of every aer_event in the text of a trace."""
    return [(match[1], match[2]) for match in EVENT.finditer(text)]


def guid() -> uuid.UUID:
    return cper.PCIE


def trace(machine: Platform) -> driver.Trace:
    """aer_event beside the usual one."""
    result = driver.Trace(machine)
    machine.vm.check(f"echo 1 >{driver.TRACING}/events/ras/aer_event/enable")
    return result
