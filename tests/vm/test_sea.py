# SPDX-License-Identifier: GPL-2.0-only
"""Synchronous external aborts: whoever touches a poisoned page is told, and nobody else."""

import re
import time

import pytest

from bed.lib import cper, driver
from bed.lib.modules import Stock
from bed.lib.sources import Source
from aborts import (
    CORRECTED,
    EFAULT,
    EINPROGRESS,
    ENOENT,
    RECOVERABLE,
    at_rest,
    corrupted,
    numbers,
    open_sea,
    poison,
)

KERNELS = ("5.10", "6.1", "6.12", "7.3")
BUS_ERROR = cper.ArmError(type=cper.BUS, va=cper.VA)
CACHE_ERROR = cper.ArmError(type=cper.CACHE, va=cper.VA, pa=cper.PA)
ARM = cper.block(cper.RECOVERABLE, [cper.arm_processor(errors=[BUS_ERROR, CACHE_ERROR, BUS_ERROR])])
BOTH = cper.block(
    cper.RECOVERABLE, [cper.arm_processor(errors=[BUS_ERROR, CACHE_ERROR]), cper.memory(pa=cper.PA)]
)
NAMELESS = cper.block(cper.RECOVERABLE, [cper.vendor(payload=bytes(16))])
ELSEWHERE = cper.block(cper.RECOVERABLE, [cper.memory(pa=0x9_0000_0000)])


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_touches(boot, kernel):
    """Of every kind, by every kind of access, with every kind of record."""
    machine = open_sea(boot)
    src = machine.sources[0]
    recoverable, corrected, arm, both, nameless, elsewhere = (
        machine.recipe(src, block)
        for block in (RECOVERABLE, CORRECTED, ARM, BOTH, NAMELESS, ELSEWHERE)
    )
    no_record = machine.recipe()

    got = poison(machine, f"-r {recoverable} -n 100")
    assert got["touches"] == got["ar"] == got["right"] == got["trapped"] == 100, got
    at_rest(machine)
    stats = driver.stats(machine, src)
    assert stats["received"] == stats["delivered"] == stats["recoverable"] == 100, stats
    assert corrupted(machine) == 100
    assert (
        machine.vm.run("dmesg | grep -c 'Sending SIGBUS to poison'").out.strip() == "100"
    ), "not by memory_failure() on behalf of the task"

    before = 100
    for options in (
        "-a store",
        "-a fetch",
        "-k file",
        "-k thp",
        "-k shared",
        f"-r {arm}",
        f"-r {both}",
    ):
        got = poison(machine, f"-n 2 -r {recoverable} {options}")
        assert got["ar"] == got["right"] == got["trapped"] == 2, (options, got)
        assert corrupted(machine) == before + 2, options
        before += 2
    got = poison(machine, f"-n 1 -r {recoverable} -k hugetlb")
    assert got["ar"] == got["right"] == 1, got

    # A corrected error: the task goes on with the right value.
    for how in ("load", "store", "fetch"):
        got = poison(machine, f"-n 5 -x 1 -r {corrected} -a {how}")
        assert got["none"] == 5 and got["wrong"] == 0, (how, got)
    assert driver.stats(machine, src)["corrected"] == 15

    # No page to take out of use: told nevertheless, or the task would touch it for ever.
    bad = driver.stats(machine, src)["bad_page"]
    for recipe in (nameless, elsewhere):
        got = poison(machine, f"-n 1 -x 1 -r {recipe}")
        assert got["ar"] == got["right"] == 1, got
    assert driver.stats(machine, src)["bad_page"] == bad + 1

    # No record: the kernel's own way.
    got = poison(machine, f"-n 2 -x 1 -r {no_record}")
    assert got["other"] == 2 and got["ar"] == 0, got
    assert driver.shown(machine, "sync_unclaimed")["sea"] == "2"
    assert driver.shown(machine, "sync_late")["sea"] == "0"
    at_rest(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_touch_by_the_kernel(boot, kernel):
    """The kernel touches it on behalf of the task: the call fails, and the page is taken out of
    use.
    """
    machine = open_sea(boot)
    src = machine.sources[0]
    recoverable = machine.recipe(src, RECOVERABLE)
    touches = 3
    out = machine.vm.check(f"poison -n {touches} -r {recoverable} -a write")
    assert [touch["result"] for touch in numbers(out, "touch")] == [-EFAULT] * touches, out
    assert numbers(out)[0]["none"] == touches, out
    at_rest(machine)
    machine.vm.check(
        f"for i in $(seq 100); do grep -q 'HardwareCorrupted: *{kernel.page_kib * touches} kB'"
        " /proc/meminfo && exit 0; sleep 0.02; done; exit 1"
    )


def poisoned_again(machine) -> int:
    return int(machine.vm.check("dmesg | grep -c 'already hardware poisoned' || true"))


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_many_tasks(boot, kernel):
    """Four tasks on two CPUs touch the same page; others have a page each; some are killed
    meanwhile.
    """
    machine = open_sea(boot, smp=2)
    src = machine.sources[0]
    recipe = machine.recipe(src, RECOVERABLE)
    for kind in ("shared", "file"):
        before, received, again = (
            corrupted(machine),
            driver.stats(machine, src)["received"],
            poisoned_again(machine),
        )
        out = machine.vm.check(f"poison -q -r {recipe} -k {kind} -T 4 -n 10", 60)
        tasks = numbers(out)
        assert len(tasks) == 40 and all(task["ar"] == task["right"] for task in tasks), out
        if kernel.version == "5.10":
            # It drops the page from the page cache: who comes later finds a new one. So does a task
            # that trapped and whose page another task has failed first: that kernel tells nobody of
            # a page poisoned before.
            trapped = [line["trapped"] for line in numbers(out, "common")]
            driver.settle(machine)
            again = poisoned_again(machine) - again
            assert all(task["ar"] + task["none"] == 1 for task in tasks), out
            assert sum(task["ar"] for task in tasks) + again >= sum(trapped) >= 10, (again, out)
            assert len(trapped) == 10 and all(trapped), out
            assert all(
                any(task["ar"] for task in tasks[at : at + 4]) for at in range(0, 40, 4)
            ), out
            assert driver.stats(machine, src)["received"] == received + sum(trapped), out
        else:
            assert all(task["ar"] == 1 for task in tasks), out
        assert corrupted(machine) == before + 10, kind
    handled = machine.vm.check("dmesg | grep 'recovery action for' | grep -vc already").strip()
    assert int(handled) == 20, "a page was failed more than once"
    before = corrupted(machine)
    tasks = numbers(machine.vm.check(f"poison -q -r {recipe} -T 4 -n 25", 60))
    assert len(tasks) == 4 and all(task["ar"] == task["right"] == 25 for task in tasks), tasks
    assert corrupted(machine) == before + 100
    # Killed by it, and killed in the middle of it.
    out = machine.vm.check(f"poison -q -d -r {recipe} -T 4 -n 5", 60)
    assert len(re.findall(r"killed=\d+ signal=7", out)) == 4, out
    # By errors that take nothing away: a page that is poisoned and not touched would be somebody
    # else's soon.
    corrected = machine.recipe(src, CORRECTED)
    machine.vm.check(
        (
            f"for i in 1 2 3 4 5 6; do raise -n 100000 -r {corrected} >/dev/null & raise -n 100000"
            f" -r {corrected} >/dev/null & sleep 0.$i; killall -9 raise; wait; done 2>/dev/null;"
            " true"
        ),
        60,
    )
    poison(machine, "-n 0")  # buries what the killed ones had still asked for
    assert driver.stats(machine, src)["corrected"] > 20, "nothing was under way: this tests nothing"
    at_rest(machine)
    got = poison(machine, f"-r {recipe} -n 3")
    assert got["ar"] == got["right"] == 3, got
    stats = driver.stats(machine, src)
    assert stats["received"] == stats["delivered"], stats


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
def test_survives_a_thousand(boot):
    machine = open_sea(boot)
    got = poison(machine, f"-r {machine.recipe(machine.sources[0], RECOVERABLE)} -n 1000", 100)
    assert got["ar"] == got["right"] == 1000, got
    assert corrupted(machine) == 1000
    at_rest(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "7.3")
def test_storm_of_aborts(boot):
    """12,000 aborts on two CPUs, two sources: each is claimed by its record, no task is harmed."""
    machine = open_sea(
        boot, sources=[Source(id=7, notify="sea"), Source(id=8, notify="sea")], smp=2
    )
    recipes = [machine.recipe(src, CORRECTED) for src in machine.sources]
    out = machine.vm.check(
        " & ".join(
            f"taskset {1 + n} poison -q -n 3 -x 2000 -r {recipe}"
            for n, recipe in enumerate(recipes)
        )
        + "; wait",
        100,
    )
    got = numbers(out)
    assert len(got) == 2 and all(task["none"] == 3 and task["wrong"] == 0 for task in got), out
    at_rest(machine)
    stats = [driver.stats(machine, src) for src in machine.sources]
    assert sum(s["received"] for s in stats) == sum(s["delivered"] for s in stats) == 12000, stats
    assert driver.shown(machine, "sync_unclaimed")["sea"] == "0"


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12", "7.3")
@pytest.mark.limit(900)
def test_hands_change_under_fire(boot, request):
    """rmmod of the hooks and of the module while two tasks meet errors: no task is harmed, no
    record is lost. 3 times; with --full 30.
    """
    times = 30 if request.config.getoption("full") else 3
    shots = 500 * times
    machine = open_sea(boot, smp=2)
    src = machine.sources[0]
    recipe = machine.recipe(src, RECOVERABLE)
    machine.vm.check(
        f"(poison -q -r {recipe} -T 2 -n {shots} >/tmp/out 2>&1; echo done >>/tmp/out) &"
    )
    for _ in range(times):
        machine.vm.check("rmmod ghes_nmi_mm")
        assert driver.bound(machine, src) == "GHES"
        machine.vm.check("sleep 0.3; insmod /lib/modules/ghes_nmi_mm.ko")
        assert driver.bound(machine, src) == "ghes_nmi"
        machine.vm.check("sleep 0.3")
    machine.vm.check("rmmod ghes_nmi_mm && rmmod ghes_nmi")
    assert driver.bound(machine, src) == "GHES"
    assert "done" not in machine.vm.check(
        "cat /tmp/out"
    ), "the storm was over too early: this case tests nothing"
    # To its end: a page that is poisoned and not touched would be somebody else's soon.
    machine.vm.check("while ! grep -q done /tmp/out; do sleep 0.1; done", 30 * times)
    tasks = numbers(machine.vm.check("cat /tmp/out"))
    assert len(tasks) == 2 and all(task["ar"] == shots for task in tasks), tasks
    got = poison(machine, f"-r {recipe} -n 5")
    assert got["ar"] == 5, got
    driver.load(machine)
    driver.load_hooks(machine)
    got = poison(machine, f"-r {recipe} -n 5")
    assert got["ar"] == got["right"] == 5, got
    at_rest(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.1", "6.12")
def test_hook_switched_off(boot):
    """debugfs kprobes/enabled: seen, said once, the in-tree driver has the source meanwhile."""
    machine = open_sea(boot)
    src = machine.sources[0]
    recipe = machine.recipe(src, RECOVERABLE)
    switch = "/sys/kernel/debug/kprobes/enabled"
    assert driver.shown(machine, "hooks")["do_sea"] == "active"
    machine.vm.check(f"echo 0 >{switch}")
    assert driver.shown(machine, "hooks")["do_sea"] == "off"
    machine.vm.check("sleep 2.5")
    assert driver.bound(machine, src) == "GHES"
    said = machine.vm.check("dmesg | grep 'the hook on do_sea was switched off'")
    assert len(said.splitlines()) == 1, said
    assert poison(machine, f"-r {recipe} -n 2")["ar"] == 2
    machine.vm.check(f"echo 1 >{switch}; sleep 2.5")
    assert driver.shown(machine, "hooks")["do_sea"] == "active"
    assert driver.bound(machine, src) == "ghes_nmi"
    assert poison(machine, f"-r {recipe} -n 2")["right"] == 2


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
@pytest.mark.expect_console("synchronous external abort|Internal error")
def test_kernel_memory(boot):
    """The kernel's own memory: it dies, and the record is in the log before."""
    machine = open_sea(boot)
    recipe = machine.recipe(machine.sources[0], RECOVERABLE)
    machine.vm.agent.start(f"raise -k -r {recipe}")
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    shown = text.find("source 7 (SEA) reports a recoverable error")
    died = re.search("Internal error", text)
    assert died and 0 <= shown < died.start(), text[-3000:]
    assert "section_type: memory error" in text[shown : died.start()], "the record is not whole"


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_page_of_a_driver(boot, kernel):
    """A page that the kernel cannot take from the program: a signal each time, out of use before or
    not; no loop.
    """
    machine = open_sea(boot)
    machine.vm.check("insmod /lib/modules/pfnmap.ko")
    recipe = machine.recipe(machine.sources[0], RECOVERABLE)
    got = poison(machine, f"-n 3 -r {recipe} -k pfnmap", 30)
    assert got["ar"] == got["right"] == 3, got
    at_rest(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
@pytest.mark.stock
@pytest.mark.parametrize("ours", [False, True])
def test_clean_page(boot, kernel, ours):
    """The kernel drops it, and the task reads it from the disk anew: no signal, as with the in-tree
    driver.
    """
    stock = Stock(kernel, "crc32c_generic", "ext4", "loop")
    machine = boot([Source(id=7, notify="sea")], el=1, extra_files=stock.archive())
    if ours:
        driver.load(machine)
        driver.load_hooks(machine)
    stock.load(machine)
    machine.vm.check(
        "dd if=/dev/zero of=/tmp/disk bs=1M count=8 2>/dev/null && losetup /dev/loop0 /tmp/disk && "
        "mke2fs /dev/loop0 >/dev/null && mount -t ext4 /dev/loop0 /mnt"
    )
    recipe = machine.recipe(machine.sources[0], RECOVERABLE)
    got = poison(machine, f"-n 20 -r {recipe} -k clean")
    assert got["none"] == got["trapped"] == 20 and got["wrong"] == 0, got
    assert corrupted(machine) == 20


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
def test_ranges(boot, kernel):
    """Every page of a record's range; soft offline of what was corrected too often; addresses that
    are no memory.
    """
    if kernel.page_kib != 4:
        pytest.skip("a huge page of this kernel has more than 2 MiB")
    machine = boot([Source(id=3, event=804, length=16384)])
    machine.vm.check("dmesg -n 1")
    driver.load(machine)
    src = machine.sources[0]
    # A program's huge page that nobody touches any more: its 512 pages are there, side by side, and
    # in use.
    machine.vm.check(
        "(poison -w /tmp/never -k thp >/tmp/page &) ; until grep -q page= /tmp/page; do sleep 0.01;"
        " done"
    )
    home = int(machine.vm.check("cat /tmp/page").split("=")[1], 0) & -0x20_0000

    def outcomes() -> dict[str, int]:
        text = machine.vm.check(f"cat {driver.device(src)}/ghes_nmi/page_outcomes")
        return {name: int(count) for name, count in map(str.split, text.splitlines())}

    def raise_and_count(block: bytes, pages: int) -> None:
        before = corrupted(machine)
        machine.post(src, block)
        driver.settle(machine)
        deadline = time.monotonic() + 20
        while corrupted(machine) < before + pages and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.2)
        assert corrupted(machine) == before + pages

    def failed(pa: int, **more: int) -> bytes:
        return cper.block(cper.RECOVERABLE, [cper.memory(pa=pa, **more)])

    raise_and_count(failed(home), 1)
    raise_and_count(failed(home + 0x11234, mask=0xFFFF_FFFF_FFFF_0000), 16)
    raise_and_count(failed(home + 0x20040, mask=0xFFFF_FFFF_FFC0), 1)
    assert driver.stats(machine, src)["bad_page"] == 0
    # Forty pages at once: more than the kernel's own queue holds.
    raise_and_count(
        cper.block(
            cper.RECOVERABLE, [cper.memory(pa=home + 0x4_0000 + n * 0x1000) for n in range(40)]
        ),
        40,
    )
    # A mask with holes, one of nothing, no memory at all: counted, and the page itself if there is
    # one.
    raise_and_count(failed(home + 0x8_0000, mask=0xFFFF_FFFF_00FF_0000), 1)
    raise_and_count(failed(home + 0x8_1000, mask=0), 1)
    raise_and_count(failed(0x9_0000_0000), 0)
    assert driver.stats(machine, src)["bad_page"] == 3
    # The platform's own memory has struct pages: the kernel is asked, as by the in-tree driver, and
    # counts it.
    raise_and_count(failed(0x7E00_0000), 1)
    # A mask that says less than a huge page: the page of the address alone, not the gigabyte around
    # it.
    raise_and_count(failed(home + 0x8_2000, mask=0xFFFF_FFFF_C000_0000), 1)
    assert driver.stats(machine, src)["bad_page"] == 4
    assert outcomes() == {
        "failed": 61,
        "soft_offlined": 0,
        "left_to_task": 0,
        "poisoned_before": 0,
        "ignored": 1,
        "no_memory": 1,
    }
    raise_and_count(failed(home), 0)
    assert outcomes()["poisoned_before"] == 1

    # Corrected too often: the page of the address, whatever the mask, and no huge page of
    # hugetlbfs.
    def moved(pa: int, pages: int) -> None:
        section = cper.memory(
            pa=pa, mask=0xFFFF_FFFF_FFE0_0000, entry={"flags": cper.SEC_THRESHOLD}
        )
        raise_and_count(cper.block(cper.CORRECTED, [section]), pages)

    moved(home + 0x9_0000, 1)
    machine.vm.check(
        "(poison -w /tmp/never -k hugetlb >/tmp/huge &) ; until grep -q page= /tmp/huge; do sleep"
        " 0.01; done"
    )
    moved(int(machine.vm.check("cat /tmp/huge").split("=")[1], 0), 0)
    assert (outcomes()["soft_offlined"], outcomes()["ignored"]) == (1, 2)
    raise_and_count(cper.block(cper.CORRECTED, [cper.memory(pa=home + 0xA_0000)]), 0)


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
def test_claims_of_another_module(boot):
    """The exported interface: claims of a task, flushed by it; without a place for it; of a task
    that exits.
    """
    machine = open_sea(boot)
    src = machine.sources[0]

    def claimant(options: str, then: str = "true") -> tuple[list[int], int]:
        # What it claims is not recoverable, so it is killed when it is done.
        out = machine.vm.check(
            f"insmod /lib/modules/claimant.ko {options}; {then} && "
            "cat /sys/module/claimant/parameters/said /sys/module/claimant/parameters/flushed && "
            "rmmod claimant"
        )
        *said, flushed = map(int, re.findall(r"-?\d+", out))
        return said, flushed

    def post(n: int, block: bytes = ELSEWHERE) -> None:
        for _ in range(n):
            machine.post(src, block, notify=False)

    assert claimant("claims=2") == ([-ENOENT, -ENOENT], 0)
    # A corrected error is claimed, and nothing is to be done for its task.
    post(3, CORRECTED)
    assert claimant("claims=4") == ([0, 0, 0, -ENOENT], 0)
    post(3)
    assert claimant("claims=4") == ([0, 0, 0, -ENOENT], 3)
    at_rest(machine)
    # One CPU has eight places; what finds none is a worker's, and said to be.
    post(11)
    assert claimant("claims=11") == ([0] * 8 + [-EINPROGRESS] * 3, 8)
    at_rest(machine)
    post(1)
    assert claimant("dying=1", "/bin/true") == ([-EINPROGRESS], -1)
    at_rest(machine)
    assert driver.shown(machine, "sync_late")["sea"] == "4"
    stats = driver.stats(machine, src)
    assert stats["received"] == stats["delivered"] == 18, stats


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
@pytest.mark.expect_console("Kernel panic - not syncing: ghes_nmi: fatal hardware error")
@pytest.mark.parametrize("notify", ["sea", "sei"])
def test_fatal_of_aborts(boot, notify):
    """A fatal record of an exception: the machine dies of it, the record is shown before."""
    machine = open_sea(boot, sources=[Source(id=7, notify=notify)])
    recipe = machine.recipe(machine.sources[0], cper.block(cper.FATAL, [cper.memory(pa=cper.PA)]))
    machine.vm.agent.start(f"raise {'-s -e 0xbe000811 ' if notify == 'sei' else ''}-r {recipe}")
    assert machine.vm.wait_exit(60) == 0
    text = machine.vm.console_text()
    shown = text.find(f"source 7 ({notify.upper()}) reports a fatal error")
    assert 0 <= shown < text.find("Kernel panic"), text[-3000:]
