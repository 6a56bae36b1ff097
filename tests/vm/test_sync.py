# SPDX-License-Identifier: GPL-2.0-only
"""Synchronous errors when something is in the way: nobody hangs, and whoever touched the page is
told.
"""

import time

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source
from aborts import CORRECTED, EFAULT, RECOVERABLE, at_rest, corrupted, numbers, open_sea, poison

KERNELS = ("5.10", "6.12", "7.3")
ALL = ("5.10", "6.1", "6.12", "7.3")
MODULES = "/lib/modules"
TRIES = 1000  # of an abort without a record, in a row


def parameter(machine, module: str, name: str) -> int:
    return int(machine.vm.check(f"cat /sys/module/{module}/parameters/{name}"))


def wait_for(machine, command: str, seconds: float = 10) -> None:
    machine.vm.check(
        f"for i in $(seq {int(seconds * 50)}); do {command} && exit 0; sleep 0.02; done; exit 1",
        seconds + 10,
    )


def wait_corrupted(machine, pages: int) -> None:
    wait_for(
        machine, f"grep -q 'HardwareCorrupted: *{machine.kernel.page_kib * pages} kB' /proc/meminfo"
    )


def waiting_page(machine, name: str) -> int:
    """A program with a page that it touches when /tmp/NAME.go is there; says what came of it in
    /tmp/NAME.
    """
    machine.vm.check(
        f"(poison -q -w /tmp/{name}.go >/tmp/{name} 2>&1 &); until grep -q page= /tmp/{name}; do"
        " sleep 0.01; done"
    )
    return int(machine.vm.check(f"cat /tmp/{name}").split("=")[1], 0)


def quick(machine, command: str, seconds: float = 5) -> int:
    """The exit status of a command that may not take longer."""
    begin = time.monotonic()
    status = machine.vm.run(command, 60).rc
    assert time.monotonic() - begin < seconds, f"{command} took {time.monotonic() - begin:.1f} s"
    return status


def unload(machine) -> None:
    assert quick(machine, "rmmod ghes_nmi_mm && rmmod ghes_nmi") == 0


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_malformed_record_of_an_abort(boot):
    """The task is told, as with the in-tree driver: what firmware wrote is no reason to touch the
    page for ever.
    """
    machine = open_sea(boot)
    src = machine.sources[0]
    section = cper.memory(pa=cper.PA).encode(cper.RECOVERABLE)
    blocks = {
        "a section that leaves the block": cper.block(cper.RECOVERABLE, [section[:-8]]),
        "no section": cper.block(cper.RECOVERABLE, [section], data_length=12),
        "error information of no length": cper.block(
            cper.RECOVERABLE, [cper.arm_processor(errors=[cper.ArmError(pa=cper.PA, length=0)])]
        ),
    }
    for name, block in blocks.items():
        got = poison(machine, f"-n 2 -x 1 -r {machine.recipe(src, block)}")
        assert got["ar"] + got["other"] == 2 and got["none"] == 0, (name, got)
    got = poison(machine, f"-n 2 -x 1 -r {machine.recipe(src, RECOVERABLE)}")
    assert got["ar"] == got["right"] == 2, got
    at_rest(machine)
    unload(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_block_that_cannot_be_mapped(boot):
    """A source whose block moves to no address of this machine: the task is told, as with the
    in-tree driver.
    """
    machine = boot([Source(id=7, notify="sea")], el=1)
    src = machine.sources[0]
    driver.load(machine)
    driver.load_hooks(machine)
    assert driver.bound(machine, src) == "ghes_nmi"
    # Not earlier: a source whose block cannot be mapped stays with the in-tree driver.
    machine.memory.write64(src.status_reg, 1 << 50)
    # The page will be somebody else's when its record is read at last.
    got = poison(machine, f"-n 1 -x 1 -r {machine.recipe(src, CORRECTED)}")
    assert got["other"] == 1, got
    assert driver.stats(machine, src)["bad_address"] > 0
    assert driver.shown(machine, "sync_unclaimed")["sea"] == "1"
    # The in-tree driver reads whatever the register says.
    machine.memory.write64(src.status_reg, src.block)
    unload(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*ALL)
def test_kernel_thread_with_a_tasks_memory(boot):
    """A kernel thread that borrowed a task's memory gets -EFAULT; a worker fails the page; nobody
    waits for the thread.
    """
    machine = open_sea(boot)
    src = machine.sources[0]
    machine.vm.check(f"insmod {MODULES}/borrow.ko >/dev/null 2>&1 &")
    wait_for(machine, "! grep -q '^0$' /sys/module/borrow/parameters/pa")
    machine.poison(parameter(machine, "borrow", "pa"), machine.recipe(src, RECOVERABLE))
    machine.vm.check("echo 1 >/sys/module/borrow/parameters/go")
    wait_for(machine, "! grep -q '^1$' /sys/module/borrow/parameters/result")
    assert parameter(machine, "borrow", "result") == -EFAULT
    wait_corrupted(machine, 1)
    at_rest(machine)
    assert int(driver.shown(machine, "sync_late")["sea"]) >= 1
    got = poison(machine, f"-n 3 -r {machine.recipe(src, RECOVERABLE)}")
    assert got["ar"] == got["right"] == 3, got
    unload(machine)
    machine.vm.check("rmmod borrow")


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_task_that_blocks_in_memory_failure(boot):
    """Its page is under writeback to a device that does not answer. Ten others get their signals
    meanwhile; its source is unbound; rmmod says that the module is in use, at once. When the device
    answers, the task has its signal, too.
    """
    sources = [Source(id=7, notify="sea"), Source(id=8, notify="polled", poll_ms=10)]
    machine = open_sea(boot, sources=sources, smp=2)
    src, other = machine.sources
    recipe = machine.recipe(src, RECOVERABLE)
    page = waiting_page(machine, "blocked")
    machine.poison(page, recipe)
    machine.vm.check(f"insmod {MODULES}/writeback.ko pa={page:#x} && touch /tmp/blocked.go")
    wait_for(machine, "grep -q '^State:.*D' /proc/$(pidof poison)/status")
    tasks = numbers(machine.vm.check(f"poison -q -r {recipe} -T 10 -n 1", 60))
    assert len(tasks) == 10 and all(task["ar"] == task["right"] == 1 for task in tasks), tasks
    assert "task=" not in machine.vm.check(
        "cat /tmp/blocked"
    ), "it does not block: this case tests nothing"

    # A page that nobody touches is the drain's, which does not wait for the device either.
    own = waiting_page(machine, "own")
    machine.post(other, cper.block(cper.RECOVERABLE, [cper.memory(pa=own)]))
    machine.quiesce()
    for source in (src, other):
        name = driver.device(source).rpartition("/")[2]
        assert quick(machine, f"echo {name} >/sys/bus/platform/drivers/ghes_nmi/unbind") == 0
    assert quick(machine, "rmmod ghes_nmi_mm") == 0
    assert quick(machine, "rmmod ghes_nmi") != 0
    machine.vm.check("rmmod writeback")
    wait_for(machine, "grep -q task= /tmp/blocked")
    got = numbers(machine.vm.check("cat /tmp/blocked"))[0]
    assert got["ar"] == got["right"] == 1, got
    wait_corrupted(machine, 12)
    assert driver.attribute(machine, "sync_waiting") == "0"
    assert quick(machine, "rmmod ghes_nmi") == 0


@pytest.mark.arch("arm64")
@pytest.mark.kernels(*KERNELS)
def test_two_sources_at_once(boot):
    """Two tasks on two CPUs, each with its own source: each is told of its own page, and of nothing
    else.
    """
    machine = open_sea(
        boot, sources=[Source(id=7, notify="sea"), Source(id=8, notify="sea")], smp=2
    )
    recipes = [machine.recipe(src, RECOVERABLE) for src in machine.sources]
    out = machine.vm.check(
        " & ".join(
            f"taskset {1 + n} poison -q -n 150 -r {recipe}" for n, recipe in enumerate(recipes)
        )
        + "; wait",
        100,
    )
    got = numbers(out)
    assert len(got) == 2 and all(task["ar"] == task["right"] == 150 for task in got), out
    at_rest(machine)
    assert corrupted(machine) == 300
    for name in ("sync_unclaimed", "sync_late"):
        assert driver.shown(machine, name)["sea"] == "0", name


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12", "7.3")
def test_one_abort_finds_two_records(boot):
    """Both pages are taken out of use. An abort without a record goes back then, for it may be of
    the second.
    """
    machine = open_sea(boot, sources=[Source(id=7, notify="sea"), Source(id=8, notify="sea")])
    mine, other = machine.sources
    recipe, nothing = machine.recipe(mine, RECOVERABLE), machine.recipe()
    got = poison(machine, f"-n 1 -x 1 -r {nothing}")
    assert got["other"] == 1 and driver.shown(machine, "sync_retried")["sea"] == "0", got
    page = waiting_page(machine, "bystander")
    machine.post(other, cper.block(cper.RECOVERABLE, [cper.memory(pa=page)]), notify=False)
    # In one command: what follows is to follow within a second.
    out = machine.vm.check(
        f"poison -q -n 1 -r {recipe}; poison -q -n 1 -x 1 -r {nothing}; "
        f"poison -q -n 1 -x {TRIES + 1} -r {nothing}"
    )
    first, second, third = numbers(out)
    assert first["ar"] == first["right"] == 1, out
    assert second["none"] == 1 and second["wrong"] == 0, "it was not put off"
    assert third["other"] == 1, "nobody's, but not for ever"
    at_rest(machine)
    assert corrupted(machine) == 2
    assert [driver.stats(machine, src)["delivered"] for src in machine.sources] == [1, 1]
    assert "task=" not in machine.vm.check("cat /tmp/bystander")
    assert driver.shown(machine, "sync_retried")["sea"] == str(1 + TRIES)
    # It has an end.
    machine.vm.check("sleep 1.1")
    got = poison(machine, f"-n 1 -x 1 -r {nothing}")
    assert got["other"] == 1, got


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12", "7.3")
@pytest.mark.expect_console("Internal error")
def test_aborts_that_kill_the_task_in_the_kernel(boot, request):
    """No place is lost by them."""
    times = 1000 if request.config.getoption("full") else 40
    machine = open_sea(boot)
    src = machine.sources[0]
    machine.vm.check(f"insmod {MODULES}/recover.ko; echo 0 >/proc/sys/kernel/panic_on_oops")
    machine.poison(parameter(machine, "recover", "pa"), machine.recipe(src, RECOVERABLE))
    machine.vm.check(
        f"for i in $(seq {times}); do sh -c 'echo >/proc/recover' 2>/dev/null; done; true", 100
    )
    at_rest(machine)
    assert driver.stats(machine, src)["delivered"] == times
    got = poison(machine, f"-n 20 -r {machine.recipe(src, RECOVERABLE)}")
    assert got["ar"] == got["right"] == 20, got
    assert driver.shown(machine, "sync_late")["sea"] == "0"
    at_rest(machine)
    unload(machine)


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
def test_kernel_that_asks_once_more(boot):
    """A kernel that can recover from an abort of its own asks for the record again, and is told
    that there was one.
    """
    machine = open_sea(boot)
    src = machine.sources[0]
    machine.vm.check(f"insmod {MODULES}/recover.ko again=1")
    machine.poison(parameter(machine, "recover", "pa"), machine.recipe(src, RECOVERABLE))
    machine.vm.check("echo >/proc/recover; echo >/proc/recover")
    assert (
        parameter(machine, "recover", "answer"),
        parameter(machine, "recover", "recovered"),
    ) == (0, 2)
    at_rest(machine)
    assert driver.stats(machine, src)["delivered"] == 2


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
def test_hooks_that_come_while_others_go(boot):
    """They are looked after, although the look at the last ones was just to end."""
    machine = boot([Source(id=7, notify="sea"), Source(id=9, event=804)], el=1)
    driver.load(machine)
    machine.vm.check(f"insmod {MODULES}/hooks.ko")
    assert driver.shown(machine, "hooks") == {"comes": "active"}
    before = parameter(machine, "hooks", "looks")
    machine.vm.check("sleep 2.5")
    assert parameter(machine, "hooks", "looks") >= before + 2
    machine.vm.check("rmmod hooks && rmmod ghes_nmi")


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
def test_corrected_aborts_need_no_place(boot):
    """More of them at once than there are places: none is late."""
    machine = open_sea(boot)
    src = machine.sources[0]
    got = poison(machine, f"-n 1 -x 50 -r {machine.recipe(src, CORRECTED)}")
    assert got["none"] == 1 and got["wrong"] == 0, got
    at_rest(machine)
    assert driver.stats(machine, src)["corrected"] == 50
    assert driver.shown(machine, "sync_late")["sea"] == "0"
