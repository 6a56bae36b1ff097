# SPDX-License-Identifier: GPL-2.0-only
"""The hardware error device (PNP0C33) and what notifies it, as ACPI source language for either
machine.

Interrupts come to it by a generic event device (ACPI0013; ACPI 6.5, 5.6.9), whose method notifies
it.
"""

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bed.lib.sources import HED, Source


@dataclass(frozen=True)
class Line:
    """An interrupt by its global number."""

    gsi: int
    level: bool = False


def line_of(source: Source, usual: int) -> Line | None:
    """The interrupt that announces the source's records; `usual`: that of sources whose HEST entry
    has no number.
    """
    if source.notify == "irq":
        return Line(source.event, source.level)
    if source.notify in HED:
        return Line(
            source.event if source.notify == "gsiv" else source.extra.get("gsi", usual),
            source.level,
        )
    return None


def lines(sources: list[Source], usual: int) -> list[Line]:
    """The interrupts of the generic event device."""
    each = [
        line_of(source, usual)
        for source in sources
        if source.raw is None and source.notify in HED and source.extra.get("ged", True)
    ]
    found = {line: None for line in each if line}
    gsis = [line.gsi for line in found]
    if len(set(gsis)) != len(gsis):
        raise ValueError(f"one interrupt is both an edge and a level: {sorted(gsis)}")
    return list(found)


def interrupt(line: Line, sharing: str = "Exclusive") -> str:
    return (
        f"Interrupt (ResourceConsumer, {'Level' if line.level else 'Edge'}, ActiveHigh, {sharing}) "
        f"{{ {line.gsi} }}"
    )


def devices(events: list[Line], lower: Callable[[int], str] = lambda gsi: "") -> str:
    """HED0, and GED0 where there are interrupts for it; `lower` is what its method does about a
    level.
    """
    text = 'Device (HED0) { Name (_HID, EisaId ("PNP0C33")) Name (_UID, 0) }\n'
    if not events:
        return text
    lowered = "".join(
        f"If (Arg0 == {line.gsi}) {{ {lower(line.gsi)} }}\n" for line in events if line.level
    )
    return (
        text
        + f"""
        Device (GED0)
        {{
            Name (_HID, "ACPI0013")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate () {{ {" ".join(map(interrupt, events))} }})
            Method (_EVT, 1, Serialized)
            {{
                {lowered}
                Notify (\\_SB.HED0, 0x80)
            }}
        }}
"""
    )


def assemble(text: str) -> bytes:
    """The table that the source text describes, with its header."""
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "table.asl")
        source.write_text(text)
        run = subprocess.run(
            ["iasl", "-p", source.with_suffix(""), source],
            capture_output=True,
            text=True,
            timeout=60,
        )
        if run.returncode:
            raise RuntimeError(f"iasl: {run.stdout}{run.stderr}")
        return source.with_suffix(".aml").read_bytes()
