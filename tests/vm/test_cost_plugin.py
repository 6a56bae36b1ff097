# SPDX-License-Identifier: GPL-2.0-only
"""The TCG plugin counts cache lines, pages, atomics and barriers right, and the same each time."""

import pytest

from bed.lib import driver
from bed.lib.cost import Call, Counter

EXPECTED = {
    "arm64": dict(
        instructions=17,
        read=6,
        written=3,
        data=8,
        code=2,
        data_pages=4,
        code_pages=1,
        atomics=2,
        barriers=2,
    ),
    "x86_64": dict(
        instructions=13,
        read=7,
        written=3,
        data=9,
        code=2,
        data_pages=5,
        code_pages=1,
        atomics=2,
        barriers=2,
    ),
}


@pytest.mark.kernels("6.12")
def test_plugin_counts_as_by_hand(boot, kernel, run_dir):
    counter = Counter(run_dir)
    machine = boot([driver.rung(kernel, 0)], icount=True, argv=counter.argv)
    routine = int(machine.vm.check("/bin/counted"), 16)
    counter.start(kernel.arch, [routine], profile=True)
    machine.vm.check("/bin/counted 8")
    calls = counter.calls()
    assert len(calls) >= 3, counter.out.read_text()
    for call in calls[-3:]:
        assert {name: getattr(call, name) for name in EXPECTED[kernel.arch]} == EXPECTED[
            kernel.arch
        ]
        assert sum(call.executed.values()) == call.instructions and min(call.executed) == routine
    # Nothing came between: all that the routine touches is in the caches by then.
    assert calls[-1].l1_data == calls[-1].l1_code == calls[-1].l2 == 0
    assert isinstance(calls[-1], Call)
