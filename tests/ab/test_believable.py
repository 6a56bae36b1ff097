# SPDX-License-Identifier: GPL-2.0-only
"""The comparison can be believed: equal drivers are equal, and a worse one is found out."""

from dataclasses import replace
from pathlib import Path

import pytest

from bed.lib import BUILD
from ghes_ab import drivers, rounds, workload
from ghes_ab.results import Row
from bed.lib.kernels import Kernel
from bed.lib.mutant import mutant_modules
from bed.lib.vm import VM

KERNEL = ("arm64", "6.12")
COSTS = workload.Workload(
    "costs",
    notify="sdei",
    measure=["cost", "latency"],
    sizes=[172],
    records=7,
    length=16384,
    severities=["recoverable"],
)  # corrected ones may wait for a tick: chance
AGAIN = replace(COSTS, measure=["cost"], rounds=1)
ABORTS = workload.Workload(
    "aborts", notify="sea", measure=["cost"], sizes=[172], records=5, rounds=1
)
SAME = 0.01
RECORDS = workload.Workload(
    "records", notify="sdei", measure=["delivery"], sources=[2], records=200, burst=20, rounds=1
)

# A driver that takes longer, and one that loses a record now and then: file, what is there, what is
# put there.
SLOW = (
    "notify/sdei.c",
    "\tgn_collect(arg, regs);",
    "\tint i;\n\n\tfor (i = 0; i < 40; i++)\n\t\tcpu_relax();\n\tgn_collect(arg, regs);",
)
LOSSY = (
    "path/take.h",
    "\tgn_queue_publish(&s->queue, e);",
    "\tif (s->in.records % 50 != 49)\n\t\tgn_queue_publish(&s->queue, e);",
)


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    for vm in list(VM.live):
        vm.close()


def spoiled(folder: Path, file: str, there: str, instead: str) -> Path:
    """A ghes_nmi.ko of changed sources."""
    return mutant_modules(folder / "spoiled", Kernel(*KERNEL), file, there, instead) / "ghes_nmi.ko"


def compare(work: workload.Workload, a: str, b: str, run_dir: Path) -> list[Row]:
    rows, failures = rounds.run(
        *KERNEL, work, [drivers.parse(a, "a"), drivers.parse(b, "b")], lambda text: None, run_dir
    )
    assert not failures, failures[0]
    return rows


def costs(rows: list[Row], side: str) -> dict[str, float]:
    """One driver's instructions by variant."""
    return {row.variant: getattr(row, side) for row in rows if row.metric == "cost"}


def apart(one: dict[str, float], other: dict[str, float]) -> float:
    """How far two runs' figures are from each other at most, relative to the first."""
    assert one.keys() == other.keys() and len(one) >= 2
    return max(abs(other[name] / one[name] - 1) for name in one)


def test_a_driver_and_itself():
    """1.00 within 2 %, for each figure of cost and latency: the in-tree driver and ours. Another
    run: within 1 %.
    """
    found = {}
    for name in ("in-tree", "ghes_nmi"):
        rows = found[name] = compare(COSTS, name, name, BUILD / "run" / f"ab-{name}-itself")
        assert len(rows) >= 4
        for row in rows:
            if row.variant.endswith("longest"):
                continue  # of the host's doing
            assert row.a and row.b and 0.98 <= row.ratio <= 1.02, f"{name}: {row}"
            assert row.metric != "cost" or row.mid_a > 700, row
    again = compare(AGAIN, "in-tree", "ghes_nmi", BUILD / "run/ab-again")
    for name, side in (("in-tree", "mid_a"), ("ghes_nmi", "mid_b")):
        before, now = costs(found[name], side), costs(again, side)
        assert apart(before, now) <= SAME, f"{name}: {before}, {now} in another run"


def test_aborts_of_a_driver_and_itself():
    """The same for synchronous external aborts; ours alone, for the in-tree driver has to be waited
    for.
    """
    rows = {
        f"{row.metric} {row.variant}".strip(): row
        for row in compare(ABORTS, "ghes_nmi", "ghes_nmi", BUILD / "run/ab-aborts")
    }
    handler, whole = rows["cost 172 bytes, handler"], rows["cost 172 bytes, whole"]
    assert abs(handler.ratio - 1) <= SAME and handler.mid_a > 100, handler
    # Whether a timer tick came into each of them is chance; the handler cannot be interrupted.
    assert min(whole.mid_a, whole.mid_b) > handler.mid_a, whole


def test_a_slower_driver_is_found_out(tmp_path):
    module = spoiled(tmp_path, *SLOW)
    rows = compare(COSTS, "ghes_nmi", str(module), BUILD / "run/ab-slow")
    cost = {row.variant: row.ratio for row in rows if row.metric == "cost"}
    assert all(ratio > 1.02 for ratio in cost.values()) and len(cost) == 2, cost
    assert apart(costs(rows, "mid_a"), costs(rows, "mid_b")) > SAME


def test_a_lossy_driver_is_found_out(tmp_path):
    module = spoiled(tmp_path, *LOSSY)
    rows = {
        row.metric: row for row in compare(RECORDS, "ghes_nmi", str(module), BUILD / "run/ab-lossy")
    }
    assert rows["lost"].a == [0] and rows["delivered"].a == [400]
    assert rows["lost"].b == [8] and rows["delivered"].b == [392]
    assert rows["duplicated"].b == [0] and rows["out of order"].b == [0]
