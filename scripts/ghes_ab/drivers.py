# SPDX-License-Identifier: GPL-2.0-only
"""The drivers that are compared, and how the sources of a running guest go from one to the
other.
"""

from dataclasses import dataclass, field
from pathlib import Path

from bed.lib import driver
from bed.lib.cpio import Cpio
from bed.lib.platform import Platform

IN_TREE, OURS = "in-tree", "ghes_nmi"
# Notifications that the module learns of by another one of its modules.
HOOKED, HOOKS = ("sea",), "/lib/modules/ghes_nmi_mm.ko"
BUS = "/sys/bus/platform/drivers/GHES"


@dataclass(frozen=True)
class Driver:
    """The kernel's own, or a ghes_nmi.ko: the one built for the kernel unless `module` names
    another.
    """

    name: str
    module: Path | None = None
    parameters: tuple[str, ...] = ()
    side: str = field(default="", compare=False)

    @property
    def in_tree(self) -> bool:
        return self.name == IN_TREE

    @property
    def bus_name(self) -> str:
        return "GHES" if self.in_tree else "ghes_nmi"

    @property
    def in_guest(self) -> str:
        return f"/lib/modules/ab-{self.side}.ko" if self.module else driver.MODULE

    def take(self, machine: Platform) -> None:
        """All sources become this driver's, whoever has them: the machine goes on meanwhile."""
        release(machine)
        if self.in_tree:
            # In an A/A comparison they were its own already: they move all the same.
            unbind(machine)
            bind(machine)
        else:
            machine.vm.check(f"insmod {self.in_guest} {' '.join(self.parameters)}", 120)
            if any(src.notify in HOOKED for src in machine.sources):
                machine.vm.check(f"insmod {HOOKS}", 120)
        out = machine.vm.check(f"for d in {driver.DEVICES}/GHES.*/driver; do readlink $d; done")
        holders = [line.rpartition("/")[2] for line in out.split()]
        wanted = sum(src.raw is None for src in machine.sources if src.enabled)
        if holders != [self.bus_name] * wanted:
            raise machine.vm.error(
                f"{self.name} holds {holders.count(self.bus_name)} of {wanted} sources"
            )


def each_source(what: str) -> str:
    """A shell command that lets the in-tree driver bind or unbind every source; what it refuses is
    seen later.
    """
    return (
        f"for d in {driver.DEVICES}/GHES.*; do echo ${{d##*/}} >{BUS}/{what}; done 2>/dev/null;"
        " true"
    )


def bind(machine: Platform) -> None:
    machine.vm.check(each_source("bind"), 120)


def unbind(machine: Platform) -> None:
    machine.vm.check(each_source("unbind"), 120)


def release(machine: Platform) -> None:
    """Give the sources back to the kernel's own driver."""
    machine.vm.check(
        "for m in $(grep -o '^ghes_nmi[a-z_]*' /proc/modules); do rmmod $m || exit; done", 120
    )


def parse(text: str, side: str) -> Driver:
    """in-tree, ghes_nmi or a file, with parameters of the module after commas:
    ghes_nmi,queue_kib=4.
    """
    name, *parameters = text.split(",")
    if name == IN_TREE:
        if parameters:
            raise ValueError(f"{text}: the kernel's own driver has no parameters here")
        return Driver(IN_TREE, side=side)
    if name == OURS:
        return Driver(text, None, tuple(parameters), side)
    if not Path(name).is_file():
        raise ValueError(f"{name}: no such module; {IN_TREE}, {OURS} or a ghes_nmi.ko")
    return Driver(text, Path(name), tuple(parameters), side)


def archive(drivers: list[Driver]) -> bytes:
    """What the guest needs beside its usual files."""
    modules = [each for each in drivers if each.module]
    if not modules:
        return b""
    cpio = Cpio()
    for each in modules:
        cpio.file(each.in_guest.lstrip("/"), each.module)
    return cpio.bytes()
