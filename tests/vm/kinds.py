# SPDX-License-Identifier: GPL-2.0-only
"""Sources of every kind of notification that a machine can raise, for the cases that are about all
of them.
"""

from bed.lib.platform import Platform
from bed.lib.sources import Register, Source

BIND = "/sys/bus/platform/drivers/GHES/bind"


def every_kind(arch: str, **more: object) -> list[Source]:
    """One source of each kind, and of those that share a line or a doorbell two; then some without
    acknowledgement.

    The source id tens tell the kinds apart: 10 polled, 20 EXTERNAL, 30 SCI, 40 GPIO, 50 GSIV, 60
    NMI-like, 70 a doorbell.
    """
    port = Register(8, 0, 1, io=True) if arch == "x86_64" else Register(32, 0, 3)
    bell = {"ack_bell": "shared", "ack_shape": port, "ack_preserve": 0, **more}
    edge, level, both = (6, 10, 11) if arch == "x86_64" else (110, 111, 112)
    gsiv, gsiv_level = (3, 5) if arch == "x86_64" else (100, 101)
    sources = [
        Source(id=10, notify="polled", poll_ms=10, **more),
        Source(id=20, notify="irq", event=edge, **more),
        Source(id=21, notify="irq", event=level, level=True, **more),
        Source(id=22, notify="irq", event=both, level=True, **more),
        Source(id=23, notify="irq", event=both, level=True, **more),
        Source(id=30, notify="sci", **more),
        Source(id=31, notify="sci", **more),
        Source(id=40, notify="gpio", **more),
        Source(id=50, notify="gsiv", event=gsiv, **more),
        Source(id=51, notify="gsiv", event=gsiv_level, level=True, **more),
        Source(id=70, notify="sci", ack_write=0xD0, **bell),
        Source(id=71, notify="polled", poll_ms=10, ack_write=0xC0, **bell),
    ]
    if arch == "arm64":
        sources += [
            Source(id=60, event=804, **more),
            Source(id=72, event=805, critical=True, ack_write=0xF0, **bell),
        ]
    else:
        sources += [
            Source(id=60, notify="nmi", **more),
            Source(id=72, notify="nmi", ack_write=0xF0, **bell),
        ]
    return sources


def unacknowledged(arch: str, **more: object) -> list[Source]:
    """GHES: firmware learns by the cleared block alone."""
    return [
        Source(id=90, notify="polled", poll_ms=10, type="ghes", **more),
        Source(id=91, notify="sci", type="ghes", **more),
        Source(id=92, notify="irq", event=14 if arch == "x86_64" else 113, type="ghes", **more),
    ]


def ours_alone(arch: str, **more: object) -> list[Source]:
    """A GSIV source whose line no event device has, and on arm64 lines that the kernel has not
    mapped: the in-tree driver is deaf for such a source, or refuses it.
    """
    if arch == "x86_64":
        return [Source(id=55, notify="gsiv", event=15, extra={"ged": False}, **more)]
    return [
        Source(id=55, notify="gsiv", event=120, extra={"ged": False, "mapped": False}, **more),
        Source(id=25, notify="irq", event=121, extra={"mapped": False}, **more),
    ]


def options(arch: str) -> dict:
    """For boot(): doorbells are what a kernel at EL1 writes to."""
    return {"el": 1} if arch == "arm64" else {}


def bind_externals(machine: Platform) -> None:
    """On arm64 the in-tree driver is probed before the kernel knows the interrupts of devices."""
    if machine.arch == "arm64":
        for src in machine.sources:
            if src.notify == "irq":
                machine.vm.check(f"echo GHES.{src.id} >{BIND}")


def registers_of_memory() -> list[Source]:
    """Sources whose registers in memory have 8 to 64 bits and begin at any bit."""
    return [
        Source(
            notify="sci",
            status_shape=Register(32, 0, 3),
            ack_shape=Register(8, 4, 2),
            ack_preserve=0xF,
            ack_write=0x30,
        ),
        Source(
            notify="sci",
            status_shape=Register(64, 0, 2),
            ack_shape=Register(16, 0, 2),
            ack_preserve=~1 & 0xFFFF,
        ),
        Source(
            notify="polled",
            poll_ms=20,
            status_shape=Register(32, 0, 2),
            ack_shape=Register(32, 0, 3),
        ),
        Source(notify="polled", poll_ms=20, ack_preserve=0, ack_write=0),
        Source(
            notify="polled",
            poll_ms=20,
            ack_shape=Register(8, 0, 1),
            ack_preserve=0,
            ack_write=0x80,
        ),
    ]
