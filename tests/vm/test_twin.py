# SPDX-License-Identifier: GPL-2.0-only
"""The same records through the in-tree driver and through ghes_nmi: the same, and more.

Every difference has a row with its reason in differences.toml.
"""

import json
import re
import sys

import pytest

import twin
from bed.lib import TOP, cper, driver, pcie
from bed.lib.vm import VMError
from records import FATAL_ODD
from twin import Build, Lines, Victim, Watch

sys.path.append(str(TOP / "tests/vectors"))

import vectors  # noqa: E402

FAR = 1 << 60
PAGE_MASK, HUGE_MASK, GIB_MASK = 0xFFFF_FFFF_FFFF_F000, 0xFFFF_FFFF_FFE0_0000, 0xFFFF_FFFF_C000_0000


def memory(
    severity: int = cper.RECOVERABLE, flags: int = 0, own: int | None = None, **fields: int
) -> Build:
    """A memory error of a page of its own."""
    return lambda victim: cper.block(
        severity, [cper.memory(pa=victim.page, entry={"flags": flags, "severity": own}, **fields)]
    )


def in_huge(offset: int, severity: int = cper.RECOVERABLE, flags: int = 0, **fields: int) -> Build:
    return lambda victim: cper.block(
        severity, [cper.memory(pa=victim.huge + offset, entry={"flags": flags}, **fields)]
    )


def arm(**fields: int) -> Build:
    return lambda victim: cper.block(
        cper.RECOVERABLE,
        [
            cper.arm_processor(
                errors=[cper.ArmError(pa=victim.page, info=0xF, **fields)],
                mpidr=0x80000000,
                midr=0x410FD0C1,
                running_state=1,
            )
        ],
    )


# Beside the vectors: what names memory, devices and DIMMs that the machine has.
OWN: dict[str, Build] = {
    "recoverable page": memory(),
    "recoverable page, mask of a page": memory(mask=PAGE_MASK),
    "recoverable page, section corrected": memory(own=cper.CORRECTED),
    "recoverable page, section corrected and over its threshold": memory(
        own=cper.CORRECTED, flags=cper.SEC_THRESHOLD
    ),
    "recoverable page, mask of nothing": memory(mask=0),
    "corrected page": memory(cper.CORRECTED),
    "corrected page over its threshold": memory(cper.CORRECTED, cper.SEC_THRESHOLD),
    "corrected page over its threshold, 2 MiB": in_huge(
        0x3000, cper.CORRECTED, cper.SEC_THRESHOLD, mask=HUGE_MASK
    ),
    "informational page over its threshold": memory(cper.NONE, cper.SEC_THRESHOLD),
    "recoverable page, corrected block": lambda victim: cper.block(
        cper.CORRECTED, [cper.memory(pa=victim.page, entry={"severity": cper.RECOVERABLE})]
    ),
    "recoverable page, GiB": in_huge(0x5000, mask=GIB_MASK),
    "recoverable pages, 64 KiB": in_huge(0x10000, mask=0xFFFF_FFFF_FFFF_0000),
    "recoverable page twice": lambda victim: cper.block(
        cper.RECOVERABLE, [cper.memory(pa=victim.huge + 0x40000)] * 2
    ),
    "recoverable page out of use": in_huge(0x40000),
    "recoverable page beside a short PCIe section": lambda victim: cper.block(
        cper.RECOVERABLE, [cper.memory(pa=victim.page), pcie.section(bus=7, size=192)]
    ),
    "a DIMM by name": memory(
        cper.CORRECTED,
        node=1,
        card=2,
        module=3,
        bank=0x104,
        device=5,
        row=6,
        column=7,
        bit=8,
        rank=1,
        error_type=2,
        error_status=0x400,
        extended=1,
    ),
    "a DIMM by its FRU text": lambda victim: cper.block(
        cper.CORRECTED,
        [
            cper.memory(
                pa=victim.page, mask=0xF_FFFF_FFFF_F000, module=1, entry={"fru_text": "DIMM_A1"}
            )
        ],
    ),
    "memory without an address": lambda victim: cper.block(
        cper.RECOVERABLE, [cper.memory(error_type=3)]
    ),
    "memory far away": lambda victim: cper.block(cper.RECOVERABLE, [cper.memory(pa=FAR)]),
    "processor, cache": arm(),
    "processor, cache, multiple": arm(multiple=2, flags=1),
    "processor, bus": arm(type=cper.BUS),
    "processor, TLB": arm(type=cper.TLB),
    "processor, as long as an event can be": lambda victim: cper.block(
        cper.CORRECTED, [cper.arm_processor(vendor=bytes(4096 - 24 - 72 - 32))]
    ),
    "PCIe corrected": lambda victim: pcie.block(cper.CORRECTED),
    "PCIe recoverable": lambda victim: pcie.block(),
    "PCIe behind another section": lambda victim: cper.block(
        cper.RECOVERABLE, [cper.vendor(payload=bytes(8)), pcie.section()]
    ),
    "PCIe, no such device": lambda victim: pcie.block(bus=7),
    "PCIe, no device named": lambda victim: pcie.block(validation=0xC7),
    "PCIe, no registers": lambda victim: pcie.block(validation=0x4F),
    "PCIe, informational": lambda victim: pcie.block(cper.NONE),
    "vendor, as long as an event can be": lambda victim: cper.block(
        cper.CORRECTED, [cper.vendor(payload=bytes(4015))]
    ),
    "vendor, too long for an event": lambda victim: cper.block(
        cper.CORRECTED, [cper.vendor(payload=bytes(4016))]
    ),
    "two pages and a vendor section": lambda victim: cper.block(
        cper.RECOVERABLE,
        [cper.memory(pa=victim.page), cper.vendor(payload=b"between"), cper.memory(pa=victim.page)],
    ),
}
PAGES = 32
# Kinds of vectors of which the in-tree driver ends the machine: it reads registers behind a short
# section.
ENDS = ("neighbours", "pcie_short")
FATAL: dict[str, Build] = {
    f"fatal: {name}": lambda victim, data=data: data for name, data in FATAL_ODD.items()
}


def from_vectors(full: bool) -> dict[str, Build]:
    """All that are records; without --full one of each kind that ends no machine, with either
    driver.
    """
    every = [vector for vector in vectors.read("blocks") if vector.good]
    if not full:
        kinds = {
            vector.kind: vector for vector in every if not vector.deadly and vector.kind not in ENDS
        }
        every = list(kinds.values())
    # Each value is bound now, not when the last one is known.
    return {
        f"{'odd' if vector.odd else 'good'} {vector.name}": lambda victim, data=vector.data: data
        for vector in every
    }


class Twin:
    """The machines that one driver has, one after the other: a record may end one."""

    def __init__(self, boot, kernel, ours: bool) -> None:
        self.boot, self.kernel, self.ours = boot, kernel, ours
        self.watch: Watch | None = None

    def start(self) -> Watch:
        machine = self.boot(
            [driver.rung(self.kernel, 1, length=8192)],
            icount=True,
            argv=pcie.ARGV,
            append=pcie.append(self.kernel),
        )
        pcie.bind(machine)
        if self.ours:
            driver.load(machine)
        watch = Watch(machine, Victim.start(machine, PAGES))
        watch.start()
        return watch

    def see(self, build: Build) -> Lines:
        if self.watch is None:
            self.watch = self.start()
        try:
            return self.watch.of(build)
        except VMError as error:
            try:
                self.watch.machine.vm.wait_exit(10)
            except VMError:
                raise error from None
            ended, self.watch = self.watch, None
            ended.machine.close()
            return ended.end()

    def see_all(self, blocks: dict[str, Build]) -> dict[str, Lines]:
        seen = {name: self.see(build) for name, build in blocks.items()}
        # A guest whose time is instructions is busy even when it sleeps.
        if self.watch:
            self.watch.machine.close()
        return seen


@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.enough("6.12")
@pytest.mark.limit(1200)
@pytest.mark.allow_console(
    r"Kernel panic|Internal error|Oops|BUG: unable|BUG: kernel NULL pointer|Unable to handle kernel"
)  # in-tree; ours has no row
def test_twins(boot, kernel, run_dir, pytestconfig):
    full = pytestconfig.getoption("full")
    blocks = OWN | (FATAL if full else {}) | from_vectors(full)
    theirs, ours = (Twin(boot, kernel, ours).see_all(blocks) for ours in (False, True))
    # Both saw something of every record: a machine that shows nothing is like any other.
    assert all(theirs.values()) and all(ours.values())
    name = f"{kernel.arch}-{kernel.version}"
    rows = twin.table()
    problems = twin.unexplained(name, theirs, ours, rows)
    if full:
        problems += [
            f"explains nothing: {row}"
            for row in rows
            if re.search(row.kernels, name) and not row.explained
        ]
    (run_dir / "seen.json").write_text(
        json.dumps({"in-tree": theirs, "ghes_nmi": ours}, indent=1), encoding="utf-8"
    )
    assert not problems, "\n".join(problems)
