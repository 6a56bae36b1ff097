# SPDX-License-Identifier: GPL-2.0-only
"""The judge of kernel logs: it hears what kernels say when something is wrong, and allows what is
expected, only that.
"""

import pytest

from bed.lib.trouble import judge

WRONG = (
    "BUG: kernel NULL pointer dereference, address: 0000000000000008",
    "BUG: KASAN: slab-use-after-free in gn_drain+0x40/0x90 [ghes_nmi]",
    "BUG: KCSAN: data-race in gn_collect / gn_drain",
    "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:585",
    "BUG: scheduling while atomic: sh/77/0x00000002",
    "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 35s!",
    "------------[ cut here ]------------",
    "WARNING: CPU: 0 PID: 1 at kernel/rcu/tree.c:2666 rcu_core+0x1/0x2",
    "WARNING: possible circular locking dependency detected",
    "WARNING: inconsistent lock state",
    "WARNING: suspicious RCU usage",
    "[ BUG: Invalid wait context ]",
    "INFO: trying to register non-static key.",
    "refcount_t: underflow; use-after-free.",
    "list_add corruption. next->prev should be prev (ffff8), but was 0000.",
    "slab kmalloc-64 corrupted: freelist pointer",
    "ODEBUG: free active (active state 0) object: 000 object type: work_struct hint: drain",
    "rcu: INFO: rcu_preempt self-detected stall on CPU",
    "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-.... }",
    "rcu: rcu_preempt kthread starved for 2503 jiffies!",
    "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [sh:80]",
    "watchdog: Watchdog detected hard LOCKUP on cpu 1",
    "INFO: task rmmod:99 blocked for more than 120 seconds.",
    "Uhhuh. NMI received for unknown reason 20 on CPU 0.",
    'irq 21: nobody cared (try booting with the "irqpoll" option)',
    "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
    "UBSAN: array-index-out-of-bounds in src/record/estatus.c:10:2",
    "Internal error: Oops: 0000000096000004 [#1] SMP",
    "Unable to handle kernel paging request at virtual address dead000000000100",
    "Kernel panic - not syncing: Fatal exception",
    "insmod: page allocation failure: order:5, mode:0xcc0(GFP_KERNEL)",
    "general protection fault, probably for non-canonical address 0xdead000000000110",
    "sysfs: cannot create duplicate filename '/devices/platform/GHES.0'",
    "raise[77]: segfault at 0 ip 0000000000401000 sp 00007ffc error 4",
    "unchecked MSR access error: RDMSR from 0x1d9 at rIP: 0xffffffff",
)
RIGHT = """\
[    0.000000] kmemleak: Kernel memory leak detector initialized (mem pool available: 3900)
[    0.000000] kcsan: enabled early
[    0.000000] kasan: KernelAddressSanitizer initialized (generic)
[    0.001000] clocksource: Marking clocksource 'tsc' as unstable
[    1.200000] hrtimer: interrupt took 2131211 ns
[    2.000000] perf: interrupt took too long (2504 > 2500), lowering \
kernel.perf_event_max_sample_rate
[    2.393657] [Hardware Error]: ghes_nmi: GHES.30: source 30 (SEA) reports a \
recoverable error, 164 bytes
[    2.394000] Memory failure: 0x42859: Sending SIGBUS to poison:142 due to hardware \
memory corruption
[    2.394001] ghes_nmi: loading out-of-tree module taints kernel.
[    2.394002] debug: mem auto-init: stack:all(zero), heap alloc:on, heap free:off
[    3.000000] Run /init as init process
"""
PANIC = "Kernel panic - not syncing: ghes_nmi: fatal hardware error"
END = f"""\
[    4.000000] {PANIC}
[    4.000001] CPU: 0 UID: 0 PID: 99 Comm: sh Tainted: G           OE
[    4.000002] Call trace:
[    4.000003]  panic+0x10/0x20
[    4.000004] ---[ end {PANIC} ]---
"""


@pytest.mark.parametrize("line", WRONG)
def test_wrong_lines_are_heard(line):
    problem = judge(f"{RIGHT}[    3.100000] {line}\n")
    assert problem is not None and line in problem


def test_a_sound_log_is_not_trouble():
    assert judge(RIGHT) is None


@pytest.mark.parametrize("line", [line for line in WRONG if "Uhhuh" not in line])
def test_what_is_expected_allows_nothing_else(line):
    """Neither before it nor after it."""
    uhhuh = "[    3.000001] Uhhuh. NMI received for unknown reason 20 on CPU 0.\n"
    assert judge(RIGHT + uhhuh + uhhuh, "Uhhuh") is None
    for text in (f"{uhhuh}{line}\n", f"{line}\n{uhhuh}"):
        problem = judge(RIGHT + text, "Uhhuh")
        assert problem is not None and line in problem


def test_an_expected_end_allows_its_own_report():
    assert judge(RIGHT + END, PANIC) is None
    assert judge(RIGHT + END) is not None
    for line in (
        "BUG: KASAN: slab-out-of-bounds in gn_fatal",
        "WARNING: suspicious RCU usage",
        "rcu: self-detected stall",
    ):
        assert judge(RIGHT + line + "\n" + END, PANIC) is not None, "before it"
        assert judge(RIGHT + END + line + "\n", PANIC) is not None, "after it"
    assert judge(RIGHT + "Call trace:\n" + END, PANIC) is not None, "another end came first"


def test_a_long_handler_where_time_is_instructions():
    line = (
        "[    5.265989] INFO: NMI handler (ghes_nmi_ring [ghes_nmi]) took too long to run: 1.099"
        " msecs\n"
    )
    assert judge(RIGHT + line) is None
    assert line.strip() in judge(RIGHT + line, timed=True)
