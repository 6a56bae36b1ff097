# SPDX-License-Identifier: GPL-2.0-only
"""Every vector of tests/vectors through the notifications of the platforms, each followed by a good
record.
"""

import re
import sys
import uuid
from collections import Counter
from collections.abc import Callable

import pytest

from bed.lib import TOP, cper, driver
from bed.lib.sources import Source

sys.path.append(str(TOP / "tests/vectors"))

import vectors  # noqa: E402

HANDLER = "ghes_nmi_ring"
INSTRUCTIONS = 20_000  # the most that a notification may cost, whatever the block says
BATCH = 20  # recipes of aborts, and as many of the followers
# Signals, the last one's code (BUS_MCEERR_AR; BUS_OBJERR, the kernel's own), the value is right.
GOES_ON, TOLD, UNCLAIMED = ("0", "0", "1"), ("1", "4", "0"), ("1", "3", "0")
FOLLOWER = uuid.UUID("0d2f8b4e-7a31-4c55-9d10-5e0c1b7a9f42")
EVENTS = ("malformed", "record", "section")
TOKEN = re.compile(
    r" (malformed|record|section): source=(\d+) (?:.*reason=(\w+)|.*type=(\S+) .*"
    r" bytes=([0-9a-f]{16}))?"
)


def tokens(text: str) -> list[str]:
    """What became of the blocks, in order: the reason, "record", or a follower by its number."""
    found = []
    for kind, _, reason, guid, head in TOKEN.findall(text):
        if kind == "malformed":
            found.append(reason)
        elif kind == "record":
            found.append("record")
        elif guid == str(FOLLOWER):
            found.append(f"follower {int.from_bytes(bytes.fromhex(head), 'little')}")
    return found


def expected(vector: vectors.Vector, follower: int) -> list[str]:
    return ["record" if vector.good else vector.verdict, f"follower {follower}", "record"]


def survivable() -> list[vectors.Vector]:
    """Those that no machine panics of; test_fatal.py has some of the others."""
    return [vector for vector in vectors.read("blocks") if not vector.deadly]


def handler_costs(machine, action: Callable[[], None]) -> list[int]:
    """Instructions of every notification during action(), in order."""
    if machine.arch == "arm64":
        machine.events()
        action()
        return [event.lower_ticks for event in machine.events() if event.kind == "event"]
    return [
        call.cost for call in machine.nmi_costs(action) if call.handler == HANDLER and call.handled
    ]


Costs = list[tuple[vectors.Vector, int]]


def read_to_the_end(
    machine, src: Source, every: list[vectors.Vector], action: Callable[[Callable[[], None]], Costs]
) -> None:
    """action(look) raises every vector and a follower after each, calls look(), and returns what
    notifications cost.
    """
    # Room for a batch of malformed blocks: an abort whose record finds none goes back and comes
    # again.
    driver.load(machine, queue_kib=1024)
    if src.notify == "sea":
        driver.load_hooks(machine)
    machine.vm.check("dmesg -n 1")
    trace = driver.Trace(machine, "ghes_nmi", kib=16384)
    before = driver.stats(machine, src)

    texts = []

    def look() -> None:
        driver.settle(machine)
        texts.append(machine.vm.check(f"cat {driver.TRACING}/trace", 120))

    costs = action(look)
    found = tokens(texts[0])
    for number, vector in enumerate(every):
        wanted = expected(vector, 2 * number + 1)
        assert found[: len(wanted)] == wanted, f"{vector.name} ({vector.why}): {found[:3]}"
        del found[: len(wanted)]
    assert found == []

    assert {vector.verdict for vector, _ in costs} == {vector.verdict for vector in every}
    for vector, cost in costs:
        assert cost <= INSTRUCTIONS, f"{vector.name}: {cost} instructions"

    after = driver.stats(machine, src)
    wanted = Counter(vector.verdict for vector in every)
    good = wanted.pop("good") + len(every)
    assert {reason: after[reason] - before[reason] for reason in wanted} == dict(wanted)
    assert after["malformed"] - before["malformed"] == sum(wanted.values())
    odd = Counter(vector.odd.partition(" ")[2] for vector in every if vector.odd)
    assert {reason: after[reason] - before[reason] for reason in odd} == dict(odd)
    assert after["malformed_sections"] - before["malformed_sections"] == sum(odd.values())
    assert (
        after["received"] - before["received"] == after["delivered"] - before["delivered"] == good
    )
    assert after["fatal"] == 0 and after["queue_used"] == 0
    assert "HardwareCorrupted:     0 kB" in machine.vm.check("cat /proc/meminfo")
    trace.text()


def judged(boot, source: Source) -> None:
    machine = boot([source], icount=True)
    src = machine.sources[0]
    every = survivable()
    blocks = []
    for number, vector in enumerate(every):
        blocks += [vector.data, cper.sized(172, 2 * number + 1, guid=FOLLOWER)]

    def raise_all(look: Callable[[], None]) -> None:
        machine.post_many(src, blocks)
        look()

    def swallowed() -> int:
        return int(driver.attribute(machine, "nmi_swallowed")) if src.notify == "nmi" else 0

    def measured(look: Callable[[], None]) -> Costs:
        before = swallowed()
        costs = handler_costs(machine, lambda: raise_all(look))
        # A record that the look once a second has found: its NMI comes to nothing, and is owed.
        early = swallowed() - before
        assert len(costs) + early == len(
            blocks
        ), f"{len(costs)} notifications for {len(blocks)} blocks, {early} found before"
        return list(zip([vector for vector in every for _ in range(2)], costs))

    read_to_the_end(machine, src, every, measured)
    kinds = {vector.kind: vector for vector in every if vector.odd}
    shown(
        machine,
        src,
        [vector for vector in every if vector.good and not vector.odd] + list(kinds.values()),
    )


def shown(machine, src: Source, good: list[vectors.Vector]) -> None:
    """Each good one is decoded on the console: by the kernel's own printer, whatever it gets wrong.

    An odd section is not, and what is wrong with it is said.
    """
    suppressed = driver.stats(machine, src)["suppressed"]
    for vector in good:
        # The limit is per 5 seconds of the guest's time, which passes at once while it sleeps.
        machine.vm.check("sleep 6; dmesg -c >/dev/null")
        machine.post(src, vector.data)
        driver.settle(machine)
        lines = machine.vm.check("dmesg").splitlines()
        sections = int.from_bytes(vector.data[12:16], "little")
        assert any(
            re.search(r"Error \d+, type: " if sections else " reports a", line) for line in lines
        ), f"{vector.name} was not shown: {lines}"
        said = [line for line in lines if "section type: " in line and " malformed (" in line]
        assert len(said) == bool(vector.odd), f"{vector.name}: {lines}"
        assert (
            not said or f"malformed ({vector.odd.split()[1]}), " in said[0]
        ), f"{vector.name}: {said}"
        assert len(lines) < 200, f"{vector.name}: {len(lines)} lines"
        if vector.kind == "fru_own":
            assert (
                sum("fru_text: DIMM_A1" in line for line in lines) == 1
            ), f"{vector.name}: {lines}"
        assert not any(
            "too small" in line or "too big" in line or "incorrect" in line for line in lines
        ), f"{vector.name}: the printer did not understand what it was handed: {lines}"
    assert driver.stats(machine, src)["suppressed"] == suppressed


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.enough("6.12")
def test_vectors_by_sdei(boot, kernel):
    judged(boot, Source(id=5, event=804))


def dearest(every: list[vectors.Vector]) -> list[vectors.Vector]:
    """The longest of each verdict: what a look costs beside that is the same."""
    return [
        max(
            (vector for vector in every if vector.verdict == verdict),
            key=lambda vector: len(vector.data),
        )
        for verdict in sorted({vector.verdict for vector in every})
    ]


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.enough("6.12")
@pytest.mark.limit(400)
def test_vectors_by_sea(boot, kernel, pytestconfig):
    """By a program that touches a poisoned page, and goes on if a good record says that it can."""
    machine = boot([Source(id=5, notify="sea")], el=1, icount=True, gdb=True)
    src = machine.sources[0]
    every = survivable()
    # A stop costs a tenth of a second: with --full all are measured.
    measured = every if pytestconfig.getoption("full") else dearest(every)
    every = [vector for vector in every if vector not in measured] + measured
    # The firmware writes the number of the exception into it: 0 is the first vector's, 1 its
    # follower's.
    follower = cper.sized(172, cper.SERIAL, guid=FOLLOWER)
    recipes = [machine.recipe(src, follower) for _ in range(2 * BATCH)]
    said = ""

    def raise_some(some: list[vectors.Vector]) -> None:
        nonlocal said
        for number, vector in zip(recipes[::2], some):
            machine.recipe(src, vector.data, instead=number)
        said += machine.vm.check(f"poison -r {recipes[0]} -e -x 1 -n {2 * len(some)}", 120)

    def raise_all(look: Callable[[], None]) -> Costs:
        costs: Costs = []
        rest = every[: len(every) - len(measured)]
        for at in range(0, len(rest), BATCH):
            raise_some(rest[at : at + BATCH])
        for at in range(0, len(measured), BATCH):
            batch = measured[at : at + BATCH]
            with machine.call_costs("ghes_nmi_claim_sea") as calls:
                raise_some(batch)
            assert len(calls.costs) == 2 * len(batch)
            costs += zip([vector for vector in batch for _ in range(2)], calls.costs)
        look()
        return costs

    read_to_the_end(machine, src, every, raise_all)
    became = re.findall(r"^touch=.* signals=(\d+) code=(-?\d+) .* value=(\d)", said, re.MULTILINE)
    assert len(became) == 2 * len(every), said
    for number, vector in enumerate(every):
        # A malformed record is none, and an abort without a record is the kernel's: SIGBUS. Of the
        # good ones those that are recoverable name no page that could be taken out of use, so the
        # program must not go on.
        lost = vector.data[16:20] == bytes(4)
        first = UNCLAIMED if not vector.good else TOLD if lost else GOES_ON
        touches = became[2 * number : 2 * number + 2]
        assert touches == [first, GOES_ON], f"{vector.name}: {touches}"


@pytest.mark.arch("x86_64")
@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.enough("6.12")
def test_vectors_by_nmi(boot, kernel):
    judged(boot, Source(id=5, notify="nmi"))
