# SPDX-License-Identifier: GPL-2.0-only
"""What this machine's trace and log say while a driver has its turn, in a trace instance of its
own.
"""

import ctypes
import os
import platform
import re
import struct
from collections.abc import Iterable
from pathlib import Path

from ghes_ab.host import tracing

INSTANCE = "ghes-ab"
HANDLERS = {"ghes_notify_nmi", "ghes_nmi_ring"}
RAS_EVENTS = ("non_standard_event", "mc_event", "arm_event")
LINE = re.compile(r"\s(\d+)\.(\d{6}): (\w+): (.*)$")
NMI = re.compile(r"(\w+)[^:]*? delta_ns: (-?\d+) handled: (-?\d+)")
UHHUH = "Uhhuh. NMI received for unknown reason"
IN_TREE = "Hardware error from APEI Generic Hardware Error Source"
OF_OURS = re.compile(r"source \d+ \(\S+\) reports")

PERF_EVENT_OPEN = {"x86_64": 298}  # system call numbers
CYCLES_PER_NMI = 5_000_000


def percentiles(samples: Iterable[float]) -> dict[str, float]:
    """median, p99, p99.9: nearest rank."""
    ordered = sorted(samples)
    if not ordered:
        return {}
    return {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * share))]
        for name, share in (("median", 0.5), ("p99", 0.99), ("p99.9", 0.999))
    }


class NmiSource:
    """Hardware counters that interrupt by NMI, for as long as it is open: NMIs that are no error
    source's.
    """

    def __init__(self) -> None:
        self.files: list[int] = []
        number = PERF_EVENT_OPEN.get(platform.machine())
        if number is None:
            return
        libc = ctypes.CDLL(None, use_errno=True)
        # struct perf_event_attr, first version: hardware event 0 (cycles), one sample each so many.
        attr = struct.pack("<IIQQQQQIIQ", 0, 64, 0, CYCLES_PER_NMI, 0, 0, 0, 0, 0, 0)
        for cpu in range(os.cpu_count() or 1):
            file = libc.syscall(number, attr, -1, cpu, -1, 0)
            if file >= 0:
                self.files.append(file)

    def close(self) -> None:
        for file in self.files:
            os.close(file)
        self.files.clear()


class KernelLog:
    """Lines since it was opened."""

    def __init__(self) -> None:
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.file, 0, os.SEEK_END)

    def lines(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(
                    os.read(self.file, 8192)
                    .decode(errors="replace")
                    .partition(";")[2]
                    .partition("\n")[0]
                )
            except BlockingIOError:
                return found
            except BrokenPipeError:
                continue  # overwritten before it was read

    def close(self) -> None:
        os.close(self.file)


class Instance:
    """The trace; the machine's own is left alone."""

    def __init__(self) -> None:
        self.path: Path = tracing() / "instances" / INSTANCE
        self.path.mkdir(exist_ok=True)
        self.write("trace_clock", "mono")
        self.write("buffer_size_kb", "8192")
        self.events = [f"ras/{name}" for name in RAS_EVENTS] + ["nmi/nmi_handler"]

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)

    def switch(self, on: bool) -> None:
        for event in self.events:
            if (self.path / "events" / event).is_dir():
                self.write(f"events/{event}/enable", "1" if on else "0")

    def clear(self) -> None:
        self.write("trace", "")

    def read(self) -> list[tuple[int, str, str]]:
        """(nanoseconds of CLOCK_MONOTONIC, event, text)."""
        found = []
        for line in (self.path / "trace").read_text(errors="replace").splitlines():
            match = LINE.search(line)
            if match:
                found.append(
                    (int(match[1]) * 1_000_000_000 + int(match[2]) * 1000, match[3], match[4])
                )
        return found

    def remove(self) -> None:
        if self.path.is_dir():
            self.switch(False)
            self.path.rmdir()


def handlers(events: list[tuple[int, str, str]]) -> tuple[list[int], list[int]]:
    """Nanoseconds of the drivers' NMI handlers: (those that found nothing, those that took a
    record).
    """
    idle, busy = [], []
    for _, name, text in events:
        match = NMI.match(text) if name == "nmi_handler" else None
        if match and match[1] in HANDLERS:
            (busy if int(match[3]) > 0 else idle).append(int(match[2]))
    return idle, busy


def reported(lines: list[str]) -> int:
    """Records that the kernel log tells of, either driver's."""
    return sum(IN_TREE in line or bool(OF_OURS.search(line)) for line in lines)
