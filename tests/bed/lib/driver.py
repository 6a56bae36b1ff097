# SPDX-License-Identifier: GPL-2.0-only
"""The module in a running guest: load it, read its counters, see what it delivered."""

import re
from dataclasses import dataclass, field
from typing import Any

from bed.lib import PATIENCE
from bed.lib.cper import VENDOR
from bed.lib.kernels import Kernel
from bed.lib.platform import Platform
from bed.lib.sources import Source
from bed.lib.vm import VMError

MODULE = "/lib/modules/ghes_nmi.ko"
DEVICES = "/sys/bus/platform/devices"
TRACING = "/sys/kernel/tracing"

RAS_EVENT = "ras/non_standard_event"  # either driver's
SECTION_EVENT = "ghes_nmi/section"  # ours; any length, in pieces


def rung(kernel: Kernel, number: int, **more: Any) -> Source:
    """A source with the NMI-like notification of the kernel's architecture; `number` tells it from
    others.
    """
    if kernel.arch == "arm64":
        return Source(notify="sdei", event=800 + number, **more)
    return Source(notify="nmi", **more)


def load(machine: Platform, **parameters: object) -> str:
    """insmod; returns what the kernel said meanwhile."""
    words = " ".join(f"{name}={value}" for name, value in parameters.items())
    before = lines(machine)
    machine.vm.check(f"insmod {MODULE} {words}")
    return "\n".join(machine.vm.check("dmesg").splitlines()[before:])


def load_hooks(machine: Platform, *names: str) -> str:
    """insmod the modules with the hooks for synchronous errors; returns what the kernel said
    meanwhile.
    """
    before = lines(machine)
    for name in names or ("mm",):
        machine.vm.check(f"insmod /lib/modules/ghes_nmi_{name}.ko")
    return "\n".join(machine.vm.check("dmesg").splitlines()[before:])


def load_refused(machine: Platform, **parameters: object) -> list[str]:
    """insmod that must fail; returns the module's lines."""
    words = " ".join(f"{name}={value}" for name, value in parameters.items())
    before = lines(machine)
    if machine.vm.run(f"insmod {MODULE} {words} 2>/dev/null").rc == 0:
        raise machine.vm.error(f"the module was loaded with {words!r}; it should have refused")
    said = [line.partition("] ")[2] for line in machine.vm.check("dmesg").splitlines()[before:]]
    # busybox tries it in two ways; the kernel complains about every module that is not its own.
    return list(dict.fromkeys(line for line in said if "ghes_nmi" in line and "taint" not in line))


def lines(machine: Platform) -> int:
    return int(machine.vm.check("dmesg | wc -l"))


def unload(machine: Platform) -> None:
    machine.vm.check("rmmod ghes_nmi")


def device(src: Source) -> str:
    return f"{DEVICES}/GHES.{src.id}"


def bound(machine: Platform, src: Source) -> str | None:
    """The driver that holds the source."""
    out = machine.vm.run(f"readlink {device(src)}/driver").out
    return out.strip().rpartition("/")[2] or None


def stats(machine: Platform, src: Source) -> dict[str, int]:
    """Counters of a source; severities and reasons by their own names, the queue as queue_used and
    queue_size.
    """
    result = {}
    out = machine.vm.check(
        f"cd {device(src)}/ghes_nmi && grep -v none $(find . -type f ! -name 'malformed_b*' ! -name"
        " malformed_last)"
    )
    for line in out.splitlines():
        name, value = line.removeprefix("./").split(":", 1)
        if name == "queue":
            result["queue_used"], result["queue_size"] = map(int, value.split("/"))
        elif " " in value:
            key, number = value.rsplit(" ", 1)
            result[key] = int(number)
        elif value.isdigit():
            result[name] = int(value)
    return result


def attribute(machine: Platform, name: str) -> str:
    """An attribute of the driver."""
    return machine.vm.check(f"cat /sys/bus/platform/drivers/ghes_nmi/{name}").strip()


def shown(machine: Platform, name: str) -> dict[str, str]:
    """An attribute of the driver, line by line: first word, the rest."""
    return dict(line.split(" ", 1) for line in attribute(machine, name).splitlines())


def settle(machine: Platform, timeout: float = 30 * PATIENCE) -> None:
    """Wait until firmware has every block back and every queue is empty: the next ticks have
    run.
    """
    machine.quiesce(timeout)
    machine.vm.check(
        f"for i in $(seq 100); do cat {DEVICES}/GHES.*/ghes_nmi/queue 2>/dev/null | grep -qv '^0/'"
        " || exit 0; sleep 0.02; done; exit 1"
    )


@dataclass
class Trace:
    """Records as the trace buffer shows them to a user of `event`."""

    machine: Platform
    event: str = RAS_EVENT
    kib: int = 8192
    shape: re.Pattern = field(init=False)

    def __post_init__(self) -> None:
        run = self.machine.vm.check
        # No names of tasks: for them the kernel patches its scheduler, and QEMU's emulation of
        # several CPUs now and then executes the breakpoint of such a patch after it was taken out.
        run(
            f"echo 0 >{TRACING}/options/record-cmd; echo nop >{TRACING}/current_tracer; echo 0"
            f" >{TRACING}/tracing_on; echo >{TRACING}/trace; echo"
            f" {self.kib} >{TRACING}/buffer_size_kb"
        )
        self.enable()
        run(f"echo 1 >{TRACING}/tracing_on")

    def enable(self) -> None:
        """To be repeated when the event's module was loaded anew."""
        self.machine.vm.check(f"echo 1 >{TRACING}/events/{self.event}/enable")

    def text(self, timeout: float = 120) -> str:
        """The buffer, emptied; it must not have lost an event."""
        run = self.machine.vm.check
        text = run(f"cat {TRACING}/trace", timeout)
        lost = run(
            f"cat {TRACING}/per_cpu/cpu*/stats | grep -E '^(overrun|dropped events):' | grep -v ':"
            " 0$' || true"
        )
        if lost:
            raise VMError(f"the trace buffer of {self.kib} KiB was too small: {lost}")
        run(f"echo >{TRACING}/trace")
        return text

    def payloads(self) -> list[bytes]:
        """The vendor sections of all records since the last call, in order."""
        return self.parse(self.text())

    def parse(self, text: str) -> list[bytes]:
        """The same from what text() returned."""
        if "LINE TOO BIG" in text:
            raise VMError("an event has more bytes than the kernel prints: use ghes_nmi/section")
        if self.event == RAS_EVENT:
            return [
                bytes.fromhex(match[1])
                for match in re.finditer(
                    r"non_standard_event: .* raw data:([0-9a-f ]*)$", text, re.MULTILINE
                )
            ]
        # The pieces of two sources may lie between each other.
        result: list[bytes] = []
        open_: dict[Any, Any] = {}
        pieces = re.finditer(
            r"section: source=(\d+) .* type=(\S+) .* total=(\d+) offset=(\d+) bytes=([0-9a-f]*)$",
            text,
            re.MULTILINE,
        )
        for source, guid, total, offset, data in (match.groups() for match in pieces):
            if guid != str(VENDOR):
                continue
            whole = (b"" if offset == "0" else open_[source]) + bytes.fromhex(data)
            open_[source] = whole
            if len(whole) == int(total):
                result.append(whole)
        return result
