# SPDX-License-Identifier: GPL-2.0-only
"""Records left lying because their NMI came when the other CPU's handler was past their source."""

import time

from bed.lib import cper
from bed.lib.platform import Platform


def overtaken(machine: Platform, tries: int, seq: int, settled: float = 0) -> int:
    """How often of `tries`; records are numbered from `seq` on."""
    *others, first, second = machine.sources
    left = 0
    for n in range(seq, seq + tries):
        blocks = {src.index: cper.sized(200, src.index << 32 | n) for src in machine.sources}
        for src in others:
            machine.post(src, blocks[src.index], notify=False)
        published = time.monotonic() + 0.2  # another NMI may take them early
        while any(machine.status(src) == 0 for src in others) and time.monotonic() < published:
            time.sleep(0.0005)
        # Ours scans from the lowest source up, the in-tree driver from the highest down: both are
        # overtaken.
        a, b = (second, first) if n % 2 else (first, second)
        machine.overtake(a, blocks[a.index], b, blocks[b.index])
        deadline = time.monotonic() + 0.3  # less than the slow look's second
        while machine.unfinished() and time.monotonic() < deadline:
            time.sleep(0.002)
        stuck = machine.unfinished()
        left += len(stuck) > 0
        if stuck:
            machine.notify(stuck[0])  # the next NMI helps
            machine.quiesce()
        time.sleep(settled)
    return left
