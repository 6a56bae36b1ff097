# SPDX-License-Identifier: GPL-2.0-only
"""Error injection by firmware (ACPI EINJ), through the kernel's einj module."""

import contextlib
import ctypes
import mmap
import os
import signal
import struct
import time
from pathlib import Path

from ghes_ab.host import Host, Refused, run

FOLDER = Path("/sys/kernel/debug/apei/einj")
# Error types (ACPI 6.5, table 18.29) that say nothing about a device: processor, memory, platform.
CORRECTED, UNCORRECTED, FATAL = {0x1, 0x8, 0x200}, {0x2, 0x10, 0x400}, {0x4, 0x20, 0x800}
MEMORY = {0x8, 0x10, 0x20}
NAMES = {
    0x1: "processor corrected",
    0x2: "processor uncorrected",
    0x4: "processor fatal",
    0x8: "memory corrected",
    0x10: "memory uncorrected",
    0x20: "memory fatal",
    0x200: "platform corrected",
    0x400: "platform uncorrected",
    0x800: "platform fatal",
}
SETTINGS = ("error_type", "flags", "param1", "param2", "param3", "param4", "notrigger")
ADDRESS_VALID = 2  # of flags: memory address and mask
PAGE = 4096
PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY = 33, 1, 1


class Victim:
    """A child that owns a page and tells when it gets a SIGBUS about it."""

    def __init__(self) -> None:
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            with contextlib.suppress(BaseException):
                self._child(writer)
            os._exit(0)
        os.close(writer)
        self.pipe = reader
        data = os.read(reader, 8)
        if len(data) != 8:
            raise Refused("a child could not tell its page's physical address")
        self.address = struct.unpack("<Q", data)[0]

    @staticmethod
    def _child(writer: int) -> None:
        page = mmap.mmap(-1, PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        page.write(b"\1" * PAGE)
        libc = ctypes.CDLL(None)
        at = ctypes.addressof(ctypes.c_char.from_buffer(page))
        libc.mlock(ctypes.c_void_p(at), PAGE)
        libc.prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

        def on_bus(*_: object) -> None:
            os.write(writer, struct.pack("<Q", time.monotonic_ns()))

        signal.signal(signal.SIGBUS, on_bus)
        with open("/proc/self/pagemap", "rb") as pagemap:
            pagemap.seek(at // PAGE * 8)
            entry = struct.unpack("<Q", pagemap.read(8))[0]
        os.write(writer, struct.pack("<Q", (entry & (1 << 55) - 1) * PAGE))
        while True:
            signal.pause()

    def told(self) -> int | None:
        """When, in nanoseconds of CLOCK_MONOTONIC, if it was."""
        os.set_blocking(self.pipe, False)
        try:
            data = os.read(self.pipe, 8)
        except BlockingIOError:
            return None
        return struct.unpack("<Q", data)[0] if len(data) == 8 else None

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.pipe)


class Einj:
    """Firmware's injection; the settings are put back in the end."""

    def __init__(self, host: Host) -> None:
        if not FOLDER.is_dir():
            run("modprobe", "einj")
            host.undo.append(lambda: run("rmmod", "einj"))
        if not FOLDER.is_dir():
            raise Refused("the einj module made no files: is debugfs mounted?")
        saved = {name: (FOLDER / name).read_text() for name in SETTINGS if (FOLDER / name).exists()}

        def put_back() -> None:
            for name, value in saved.items():
                # A type of 0, which is what it is before the first injection, cannot be written.
                with contextlib.suppress(OSError):
                    (FOLDER / name).write_text(value)

        host.undo.append(put_back)
        self.addressed = (FOLDER / "param1").exists()

    @staticmethod
    def available() -> set[int]:
        return {
            int(line.split()[0], 16)
            for line in (FOLDER / "available_error_type").read_text().splitlines()
            if line.startswith("0x")
        }

    def types(self, uncorrected: bool, fatal: bool) -> list[int]:
        """Those the firmware offers and the user allows."""
        allowed = CORRECTED | (UNCORRECTED if uncorrected else set()) | (FATAL if fatal else set())
        return sorted(allowed & self.available())

    def inject(self, kind: int, victim: Victim | None) -> int:
        """Returns when, in nanoseconds of CLOCK_MONOTONIC."""
        words = {"error_type": f"{kind:#x}"}
        if victim and self.addressed:
            words |= {
                "flags": f"{ADDRESS_VALID:#x}",
                "param1": f"{victim.address:#x}",
                "param2": "0xfffffffffffff000",
            }
        for name, value in words.items():
            if (FOLDER / name).exists():
                (FOLDER / name).write_text(value)
        began = time.monotonic_ns()
        (FOLDER / "error_inject").write_text("1")
        return began


def find(host: Host) -> Einj | None:
    """None where firmware offers no injection."""
    if not Path("/sys/firmware/acpi/tables/EINJ").exists():
        return None
    try:
        return Einj(host)
    except (Refused, OSError):
        return None
