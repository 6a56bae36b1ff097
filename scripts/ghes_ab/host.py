# SPDX-License-Identifier: GPL-2.0-only
"""The machine this runs on: whether a comparison is possible, what it was like before, and how it
gets that back.
"""

import os
import subprocess
from pathlib import Path

DEVICES = Path("/sys/bus/platform/devices")
HEST = Path("/sys/firmware/acpi/tables/HEST")
LOCKDOWN = Path("/sys/kernel/security/lockdown")
MODULE = Path("/sys/module/ghes_nmi")
TRACING = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
OURS = "ghes_nmi"


class Refused(Exception):
    """This machine cannot be compared on; the text says why and what to do."""


def run(*command: str) -> None:
    """Run a program of the system; its complaint becomes ours."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Refused(
            f"{' '.join(command)}: {(result.stderr or result.stdout).strip() or result.returncode}"
        )


def tracing() -> Path:
    for path in TRACING:
        if (path / "instances").is_dir():
            return path
    raise Refused("no tracefs: mount -t tracefs nodev /sys/kernel/tracing")


def check(module: str) -> None:
    """Raises Refused where the comparison cannot be made. Changes nothing."""
    if os.geteuid() != 0:
        raise Refused("only root can move error sources between drivers: run it as root")
    if not HEST.exists():
        raise Refused(
            "this machine has no HEST: its firmware reports no errors this way, there is nothing to"
            " compare"
        )
    if LOCKDOWN.exists():
        mode = LOCKDOWN.read_text().partition("[")[2].partition("]")[0]
        if mode not in ("", "none"):
            raise Refused(
                f"the kernel is locked down ({mode}): it allows neither injection nor unsigned"
                " modules; boot without lockdown to compare"
            )
    tracing()
    if module != OURS:
        if not Path(module).is_file():
            raise Refused(f"{module}: no such module file")
    elif (
        not MODULE.exists()
        and subprocess.run(["modprobe", "-n", "-q", OURS], check=False).returncode
    ):
        raise Refused(
            "the module ghes_nmi is not installed for this kernel: make install, or name it:"
            " --module FILE"
        )
    if not sources():
        raise Refused(
            "the kernel made no GHES devices (ghes.disable=1?): the in-tree driver has nothing to"
            " compare with"
        )


def sources() -> dict[str, str]:
    """Each error source's device and the driver that holds it."""
    found = {}
    for device in sorted(DEVICES.glob("GHES.*")):
        link = device / "driver"
        found[device.name] = os.path.basename(os.readlink(link)) if link.is_symlink() else ""
    return found


def parameters() -> list[str]:
    """Those the module was loaded with, as words for modprobe."""
    found = []
    for path in sorted((MODULE / "parameters").glob("*")):
        value = path.read_text().strip()
        if value:
            found.append(f"{path.name}={value}")
    return found


class Host:
    """Remembers the machine's state; restore() brings it back, whatever happened meanwhile."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.before = sources()
        self.loaded = MODULE.exists()
        self.parameters = parameters() if self.loaded else []
        self.users = self.holders()
        self.undo: list = []  # functions, the last one first

    @staticmethod
    def holders() -> list[str]:
        return sorted(path.name for path in (MODULE / "holders").glob("*"))

    def in_tree(self) -> None:
        """The sources are the kernel's own driver's."""
        if MODULE.exists():
            for name in self.holders():
                run("rmmod", name)
            run("rmmod", OURS)

    def ours(self, words: list[str] | None = None) -> None:
        """The sources are ghes_nmi's."""
        if MODULE.exists():
            return
        words = self.parameters if words is None else words
        if self.module == OURS:
            run("modprobe", OURS, *words)
        else:
            run("insmod", self.module, *words)

    def restore(self) -> list[str]:
        """Returns what could not be brought back."""
        wrong = []
        for action in reversed(self.undo):
            try:
                action()
            except (OSError, Refused) as error:
                wrong.append(str(error))
        self.undo.clear()
        try:
            self.in_tree()
            if self.loaded:
                self.ours()
                for name in self.users:
                    if name not in self.holders():
                        run("modprobe", name)
        except Refused as error:
            wrong.append(str(error))
        now = sources()
        wrong += [
            f"{name} is with {now.get(name) or 'no driver'}, it was with {was or 'no driver'}"
            for name, was in self.before.items()
            if now.get(name) != was
        ]
        return wrong
