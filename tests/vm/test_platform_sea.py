# SPDX-License-Identifier: GPL-2.0-only
"""Poisoned pages, synthetic aborts, SErrors and a KVM guest on the arm64 platform, with the
kernel's own driver.
"""

import re
import time
from statistics import median

import pytest

from bed.lib import cper
from bed.lib.sources import Source

pytestmark = [pytest.mark.arch("arm64"), pytest.mark.limit(180)]
one_kernel = pytest.mark.kernels("6.12")

PAGE_MASK = (1 << 64) - 4096
AR, OBJERR, SI_KERNEL = 4, 3, 128  # si_code
RESTARTABLE, IMPLEMENTATION = 0xBE000811, 0xBF000000  # SError syndromes
WAYS = (
    ("anon", "load"),
    ("anon", "store"),
    ("anon", "fetch"),
    ("shared", "load"),
    ("file", "load"),
    ("file", "store"),
    ("thp", "load"),
    ("hugetlb", "load"),
)

# The in-tree driver's ghes_notify_sea, call to return, as measured on another platform of this
# kind.
COST = {172: 2417, 8188: 7913}


def record(severity: int = cper.RECOVERABLE) -> bytes:
    return cper.block(
        severity,
        [
            cper.memory(pa=cper.PA, mask=PAGE_MASK, error_type=3),
            cper.arm_processor(
                errors=[
                    cper.ArmError(pa=cper.PA),
                    cper.ArmError(type=cper.TLB, va=cper.VA, pa=cper.PA),
                ]
            ),
            cper.vendor(payload=cper.SERIAL.to_bytes(8, "little")),
        ],
    )


def lines(text: str) -> list[dict[str, int]]:
    """What poison, raise and vmm say, one dictionary per line."""
    return [
        {key: int(value, 0) for key, value in re.findall(r"(\w+)=(-?\w+)", line)}
        for line in text.splitlines()
    ]


def exceptions(machine) -> list:
    return [event for event in machine.events() if event.kind in ("sea", "serror")]


@pytest.mark.kernels("5.10", "6.1", "6.12")
def test_poison(boot, kernel):
    """Every kind of page and access: one abort with the record of that very access, and its
    signal.
    """
    machine = boot([Source(notify="sea")], el=1, smp=2)
    (src,) = machine.sources
    recipe = machine.recipe(src, record())
    assert "started at EL1" in machine.vm.check("dmesg")
    made = 0
    for kind, how in WAYS:
        touch, summary = lines(machine.vm.check(f"poison -r {recipe} -k {kind} -a {how}"))
        case = f"{kind} {how}: {touch}"
        assert summary["right"] == 1 and touch["code"] == AR, case
        assert touch["lsb"] == (21 if kind == "hugetlb" else 12), case
        machine.quiesce()
        # The driver may let the task make its access again before it kills it.
        aborts = exceptions(machine)
        assert 1 <= touch["trapped"] == len(aborts), case
        for abort in aborts:
            assert (abort.kind, abort.serial, abort.seq, abort.source) == (
                "sea",
                made,
                made,
                0,
            ), case
            assert (abort.detail, abort.va) == (touch["pa"], touch["va"]), case
            assert abort.pstate & 0xF == 0, case
            made += 1
        want = record()
        for mark, value in (
            (cper.PA, touch["pa"]),
            (cper.VA, touch["va"]),
            (cper.SERIAL, made - 1),
        ):
            want = want.replace(mark.to_bytes(8, "little"), value.to_bytes(8, "little"))
        assert machine.read_block(src, len(want) - 4, 4) == want[4:], case

    # several tasks at the same time, on the same page and on their own ones
    common = lines(machine.vm.check(f"poison -r {recipe} -k shared -T 4 -n 5 -q"))
    # 5.10 throws the page away: who comes late gets a new one, of zeros, and no signal
    assert sum(line.get("right", 0) for line in common) == 20 or kernel.version == "5.10"
    assert all(1 <= line["trapped"] for line in common if "common" in line)
    own = lines(machine.vm.check(f"poison -r {recipe} -T 4 -n 25 -q"))
    assert [line["right"] for line in own] == [25] * 4
    found = exceptions(machine)
    assert [abort.serial for abort in found] == list(range(made, made + len(found)))
    assert {abort.cpu for abort in found} == {0, 1}
    corrupted = (
        int(re.search(r"(\d+) kB", machine.vm.check("grep HardwareCorrupted /proc/meminfo"))[1])
        // machine.kernel.page_kib
    )
    # each of them a page; a huge one counts as one or as a whole
    assert corrupted >= len(WAYS) + 5 + 100


@one_kernel
def test_no_record(boot):
    """Without a record the kernel kills with its own signal; the page heals after as many accesses
    as asked.
    """
    machine = boot([Source(notify="sea")], el=1)
    recipe = machine.recipe()
    touch, _ = lines(machine.vm.check(f"poison -r {recipe} -x 1"))
    assert (touch["signals"], touch["code"], touch["own"], touch["next"]) == (1, OBJERR, 1, 0)
    (abort,) = exceptions(machine)
    assert (abort.source, abort.detail) == (-1, touch["pa"])
    assert machine.vm.check("grep HardwareCorrupted /proc/meminfo").split()[1] == "0"

    # from the host: a page that heals after one access, and one that is healed before the first
    for times, trapped in ((1, 1), (0, 0)):
        machine.vm.check(
            "rm -f /tmp/go; poison -w /tmp/go -x 1 >/tmp/out & "
            "until grep -q page= /tmp/out; do sleep 0.01; done"
        )
        (page,) = lines(machine.vm.check("cat /tmp/out"))
        machine.poison(page["page"], recipe, times=times)
        assert machine.trapped(page["page"]) == 0
        if not trapped:
            assert machine.heal(page["page"]) == 0
        machine.vm.check("touch /tmp/go; until grep -q touches= /tmp/out; do sleep 0.01; done")
        (touch,) = lines(machine.vm.check("grep touch= /tmp/out"))
        assert (touch["signals"], touch["value"]) == (trapped, 1 - trapped)
        assert len(exceptions(machine)) == trapped
    with pytest.raises(ValueError):
        machine.poison(machine.sources[0].block, recipe)


@one_kernel
def test_busy_source(boot):
    """While the source is not free the access neither goes on nor makes an abort; nothing is
    overwritten.
    """
    machine = boot([Source(notify="sea")], el=1)
    (src,) = machine.sources
    recipe = machine.recipe(src, record())
    before = machine.read_block(src, 500)
    machine.hold_ack(src)
    machine.vm.agent.start(f"poison -r {recipe}")
    time.sleep(0.5)
    assert not exceptions(machine) and machine.read_block(src, 500) == before
    machine.hold_ack(src, False)
    touch, _ = lines(machine.vm.agent.finish(20).out)
    assert touch["code"] == AR
    assert len(exceptions(machine)) == touch["trapped"] >= 1


@one_kernel
def test_raise(boot):
    """Exceptions out of nothing: where they shall come, as they shall be, and as many."""
    machine = boot([Source(notify="sea"), Source(event=804, critical=True)], icount=True)
    sea, sdei = machine.sources
    machine.vm.check("dmesg -n 1")
    nothing = machine.recipe()
    # a program; many of them
    (told,) = lines(machine.vm.check(f"raise -r {nothing} -n 200"))
    assert (told["raised"], told["signals"], told["code"], told["own"]) == (200, 200, OBJERR, 1)
    assert [event.pstate & 0xF for event in exceptions(machine)] == [0] * 200
    # SErrors the kernel lets pass: in a program, in the kernel
    for option, mode in (("", 0), ("-k", 9)):
        (told,) = lines(
            machine.vm.check(f"raise -r {nothing} -s -e {RESTARTABLE:#x} -n 5 {option}")
        )
        assert (told["raised"], told["signals"]) == (5, 0)
        found = exceptions(machine)
        assert [(event.kind, event.pstate & 0x10F) for event in found] == [("serror", mode)] * 5
    # an SDEI event at an instruction of the abort's handling
    for offset in (100, 1000):
        machine.post(sdei, cper.sized(172, offset), gated=True)
        nesting = machine.recipe(sea, record(cper.CORRECTED), nest=(sdei, offset))
        machine.vm.run(f"raise -r {nesting}")
        machine.quiesce()
        events = machine.events()
        (nest,) = (event for event in events if event.kind == "nest")
        (handler,) = (event for event in events if event.kind == "event")
        assert offset <= nest.lower_ticks <= offset + 10
        assert (
            handler.source == sdei.index and handler.pstate & 0xF == 9
        ), "it interrupts the kernel"
    # an SError inside an SDEI handler
    inside = machine.serror(syndrome=RESTARTABLE, inside=(sdei, cper.sized(172, 1), 500))
    inside.wait()
    machine.quiesce()
    events = machine.events()
    assert [event.kind for event in events if event.kind in ("serror", "event")] == [
        "serror",
        "event",
    ]
    (serror,) = (event for event in events if event.kind == "serror")
    assert serror.pstate & 0x1CF == 0x1C9, "the handler, with everything masked"
    # one that never finds its place can be called off
    off = machine.sea(into="guest")
    time.sleep(0.05)
    assert not off.done() and off.count == 0
    off.cancel()
    assert not exceptions(machine)


def test_kvm(boot):
    """Exceptions hit the guest of a guest; what the kernel makes of them is as it is known to
    be.
    """
    machine = boot([Source(notify="sea")])
    (src,) = machine.sources
    recoverable, corrected, nothing = (
        machine.recipe(src, record()),
        machine.recipe(src, record(cper.CORRECTED)),
        machine.recipe(),
    )
    shots = lines(machine.vm.check(f"vmm -r {recoverable} -n 10"))
    assert [(shot["right"], shot["code"], shot["addr"]) for shot in shots] == [
        (1, AR, shot["hva"]) for shot in shots
    ]
    assert len(shots) == 10
    found = exceptions(machine)
    assert [(event.kind, event.pstate & 0xF, event.va) for event in found] == [
        ("sea", 5, 0x100000)
    ] * 10
    assert [event.detail for event in found] == [shot["pa"] for shot in shots]
    (shot,) = lines(machine.vm.check(f"vmm -r {corrected}"))
    assert (shot["signals"], shot["code"]) == (1, SI_KERNEL), "the kernel's own driver kills"
    for options in (f"-r {nothing}", f"-r {nothing} -s -e {IMPLEMENTATION:#x}"):
        (shot,) = lines(machine.vm.check(f"vmm {options}"))
        assert (shot["signals"], shot["vector"], shot["esr"]) == (
            0,
            7,
            IMPLEMENTATION,
        ), "the guest takes an SError"
    (shot,) = lines(machine.vm.check(f"vmm -r {nothing} -s -e {RESTARTABLE:#x}"))
    assert (shot["raised"], shot["signals"], shot["on"]) == (1, 0, 1)


@one_kernel
def test_call_cost(boot):
    """Instructions of a kernel function from call to return repeat, and agree with an independent
    measurement.
    """
    machine = boot([Source(notify="sea", length=16384)], el=1, icount=True, gdb=True)
    machine.vm.check("dmesg -n 1")
    for size, expected in COST.items():
        recipe = machine.recipe(machine.sources[0], cper.sized(size, cper.SERIAL, cper.RECOVERABLE))
        with machine.call_costs("ghes_notify_sea") as calls:
            machine.vm.check(f"poison -r {recipe} -x 1 -q -n 9")
        print(f"ghes_notify_sea, {size} bytes: {calls.costs} instructions")
        assert len(calls.costs) == 9
        cost = median(calls.costs)
        assert (
            abs(cost - expected) < 0.1 * expected and calls.costs.count(cost) > 2
        ), "most take the same"
    assert "stall" not in machine.vm.check(
        "dmesg | grep -vi 'command line'"
    ), "the guest's clock has not jumped"
