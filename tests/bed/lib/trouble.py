# SPDX-License-Identifier: GPL-2.0-only
"""What no guest's kernel may say unannounced, and the judge that looks for it."""

import re

UNKNOWN_NMI = "Uhhuh"

# By what they tell of. What a slow emulated machine makes a sound kernel say is not here: that its
# clocks are unstable, that an interrupt "took too long" for perf or for the timers.
PHRASES = {
    "the kernel's own assertions": (
        r"\bBUG\b",
        r"WARNING:",
        r"cut here",
        r"DEBUG_LOCKS_WARN_ON",
        r"ODEBUG:",
        r"(list|slab|Slab|freelist|Freelist|data|table)(_\w+)?\b.* corrupt(ion|ed)",
        r"refcount_t:",
        r"Bad page (state|map)",
        r"Bad rss-counter",
        r"Poison overwritten",
        r"Redzone",
        r"Object already free",
        r"sysfs: cannot create duplicate",
        r"kobject_add_internal failed",
        r"does not have a release\(\) function",
        r"Fixing recursive fault",
        r"huh, entered",
    ),
    "its end": (
        r"\bOops\b",
        r"Call [Tt]race:",
        r"Kernel panic",
        r"Internal error",
        r"Unable to handle kernel",
        r"general protection fault",
        r"double fault",
        r"stack guard page was hit",
        r"[Ss]tack overflow",
        r"Insufficient stack space",
        r"unchecked MSR access",
        r"Bad mode in",
        r"kernel NULL pointer",
    ),
    "nothing going on": (
        r"soft lockup",
        r"hard LOCKUP",
        r"blocked for more than \d+ seconds",
        r"detected (expedited )?stalls?",
        r"self-detected stall",
        r"kthread starved",
        r"workqueue lockup",
        r"hogged CPU",
        r"Watchdog detected",
        r"\bstall(ed|s)? (on|for)\b",
        r"non-responsive CPU",
    ),
    "its NMIs": (r"NMI backtrace",),
    "interrupts": (
        r"irq \d+: nobody cared",
        r"[Uu]nexpected (IRQ|interrupt|FIQ)",
        r"Unexpected .*(exception|SDEI)",
        r"genirq: Flags mismatch",
        r"NOHZ tick-stop error",
        r"No irq handler for vector",
    ),
    "locks": (
        r"possible (recursive|circular) locking|possible irq lock inversion|possible deadlock",
        r"circular locking",
        r"inconsistent lock state",
        r"suspicious RCU usage",
        r"bad unlock balance",
        r"held lock freed",
        r"lock held when returning",
        r"locks? still held",
        r"-unsafe lock order detected",
        r"[Ii]nvalid wait context",
        r"trying to register non-static key",
        r"locking correctness validator",
        r"scheduling while atomic",
        r"sleeping function called from invalid",
        r"preemption imbalance",
        r"preempt_count",
    ),
    "memory": (
        r"KASAN",
        r"KFENCE",
        r"kmemleak: (?!Kernel memory leak detector)(?!Automatic)",
        r"page allocation failure",
        r"Out of memory",
        r"invoked oom-killer",
        r"memory leak in",
    ),
    "races and arithmetic": (r"KCSAN: (?!enabled|strict|selftest)", r"UBSAN", r"KMSAN"),
    "programs": (r"\bsegfault at\b", r"traps: .* (trap|general)"),
}
SERIOUS = "|".join(phrase for phrases in PHRASES.values() for phrase in phrases)
TROUBLE = re.compile(f"{UNKNOWN_NMI}|{SERIOUS}")
EXCEPT_NMI = re.compile(SERIOUS)  # unknown NMIs are counted, not forbidden

# Only where an instruction is a nanosecond: on other machines a busy host makes a short handler
# long.
SLOW = re.compile(r"NMI handler .* took too long|perf: NMI took")

# Which of them a kernel says of itself while it starts.
HARMLESS = re.compile(
    r"kasan: KernelAddressSanitizer|KFENCE|kfence: initialized|preempt_count=\d+ \(boot\)"
)
# An end that is expected comes with these lines, and with nothing else of the above.
END = re.compile(r"Kernel panic|Internal error|\bOops\b|synchronous external abort")
OF_AN_END = re.compile(r"Call [Tt]race:|Kernel panic|Internal error|\bOops\b")


def judge(log: str, *expected: str, timed: bool = False) -> str | None:
    """What is wrong with it, or None.

    A line that matches one of `expected` is allowed, wherever it is; one that tells of the kernel's
    end allows the rest of that report. Every other line is judged as always. `timed`: of a machine
    whose time is its instructions.
    """
    lines = log.splitlines()
    ended = False
    for i, line in enumerate(lines):
        if any(re.search(each, line) for each in expected):
            ended = ended or bool(END.search(line))
            continue
        if ended and OF_AN_END.search(line):
            continue
        if TROUBLE.search(line) and not HARMLESS.search(line) or timed and SLOW.search(line):
            return "\n".join(lines[max(0, i - 5) : i + 25])
    return None
