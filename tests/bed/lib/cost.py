# SPDX-License-Identifier: GPL-2.0-only
"""What a guest's function costs as hardware pays it: cache lines, pages, atomics and barriers.

The counting is done by a TCG plugin (bed/plugin/cost.c). A machine has it from its start and is as
fast as without it until the first counting:

    counter = Counter(run_dir)
    machine = platform.open("arm64", sources=..., icount=True, argv=counter.argv, run_dir=run_dir)
    counter.start("arm64", [counter.address(machine.vm, "apei_claim_sea")])
    ... the guest calls it ...
    for call in counter.calls():
        print(call.instructions, call.data + call.code)
"""

import fcntl
import mmap
import struct
import subprocess
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bed.lib import BUILD
from bed.lib.vm import VM

PLUGIN = Path(__file__).parents[1] / "plugin"
FUNCTIONS = 8


@dataclass
class Call:
    """One call of a function, from its first instruction until it has returned."""

    function: int  # which of those that start() was given
    instructions: int
    read: int  # distinct lines of 64 bytes that were read
    written: int
    data: int  # distinct lines that were read or written
    code: int  # distinct lines of instructions
    data_pages: int  # distinct pages of 4 KiB
    code_pages: int
    atomics: int  # read-modify-writes: locked instructions, LSE atomics, store exclusives
    barriers: int  # DMB, DSB, ISB; MFENCE, LFENCE, SFENCE
    l1_data: int  # misses with warm caches
    l1_code: int
    l2: int
    executed: dict[int, int] = field(default_factory=dict)  # address: times, with profile=True


def plugin() -> Path:
    """The plugin, built if need be."""
    out = BUILD / "plugin"
    out.mkdir(parents=True, exist_ok=True)
    target = out / "cost.so"
    with open(out / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists() or target.stat().st_mtime < max(
            file.stat().st_mtime for file in PLUGIN.glob("*.[ch]")
        ):
            subprocess.run(
                [
                    "gcc",
                    "-std=gnu11",
                    "-O2",
                    "-Wall",
                    "-Wextra",
                    "-Werror",
                    "-Wno-unused-parameter",
                    "-fPIC",
                    "-shared",
                    "-fvisibility=hidden",
                    "-o",
                    target,
                    PLUGIN / "cost.c",
                ],
                check=True,
                timeout=120,
            )
    return target


class Counter:
    """Counts the calls of some functions of one guest, whose files are in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.out, self.control = folder / "cost.txt", folder / "cost.control"
        self.control.write_bytes(bytes(mmap.PAGESIZE))
        self.argv = ["-plugin", f"file={plugin()},control={self.control},out={self.out}"]
        self.generation = 0

    @staticmethod
    def address(vm: VM, symbol: str, module: str = "") -> int:
        """Where a function of the guest's kernel, or of a module, begins; ValueError if it has
        none.
        """
        lines = vm.check(f"grep -w {symbol} /proc/kallsyms || true").splitlines()
        end = f"[{module}]" if module else None
        found = [
            line.split()[0]
            for line in lines
            if line.split()[2] == symbol
            and (line.split()[3:] == [end] if end else len(line.split()) == 3)
        ]
        if not found or int(found[0], 16) == 0:
            raise ValueError(f"the guest has no function {symbol} {end or ''}")
        return int(found[0], 16)

    def start(self, arch: str, entries: list[int], *, profile: bool = False) -> None:
        """Count the calls of the functions that begin at `entries`, at most 8, from here on.

        Counting begins with the next code that the guest has not run yet; run a new program in it.
        """
        if not 1 <= len(entries) <= FUNCTIONS:
            raise ValueError(f"{len(entries)} functions; 1 to {FUNCTIONS} can be counted")
        self.generation += 1
        padded = [*entries, *[0] * (FUNCTIONS - len(entries))]
        with open(self.control, "r+b") as file, mmap.mmap(file.fileno(), mmap.PAGESIZE) as words:
            words[8 : 8 + 8 * (3 + FUNCTIONS)] = struct.pack(
                f"<{3 + FUNCTIONS}Q", arch == "arm64", profile, len(entries), *padded
            )
            words[:8] = struct.pack("<Q", self.generation)

    def calls(self) -> list[Call]:
        """Every call so far that has returned."""
        lines = self.out.read_text(encoding="ascii").splitlines()
        names = [each.name for each in fields(Call)][:-1]
        if not lines or lines[0].split() != names:
            raise ValueError(f"{self.out}: {lines[:1]}")
        calls: list[Call] = []
        for line in lines[1:]:
            if line.startswith("@"):
                address, count = line[1:].split()
                calls[-1].executed[int(address, 16)] = int(count)
            else:
                numbers: list[Any] = [int(word) for word in line.split()]
                calls.append(Call(*numbers))
        return calls
