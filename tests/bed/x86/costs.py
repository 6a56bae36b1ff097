# SPDX-License-Identifier: GPL-2.0-only
"""What NMI handlers cost, from the kernel's own tracepoint nmi:nmi_handler.

With icount an instruction takes a nanosecond of guest time, and the kernel is told that the time
stamp counter runs at 1 GHz: the tracepoint's nanoseconds are instructions, the same ones in every
run.
"""

import re
from dataclasses import dataclass

TRACING = "/sys/kernel/tracing"
EVENT = f"{TRACING}/events/nmi/nmi_handler/enable"

START = (
    f"echo 0 >{TRACING}/tracing_on; echo >{TRACING}/trace; echo 1 >{EVENT}; echo 1"
    f" >{TRACING}/tracing_on"
)
STOP = f"echo 0 >{EVENT}; cat {TRACING}/trace; echo >{TRACING}/trace"

LINE = re.compile(r"\[(\d+)\].*nmi_handler: (\w+)[^:]*? delta_ns: (-?\d+) handled: (-?\d+)")

# A handler that does nothing but look at one empty mask: what the instrument itself costs.
FLOOR = "nmi_cpu_backtrace_handler"


@dataclass(frozen=True)
class Call:
    """One call of one handler."""

    handler: str
    cost: int  # nanoseconds; instructions with icount
    handled: int
    cpu: int


def parse(trace: str) -> list[Call]:
    """The calls in a trace, in order."""
    return [
        Call(name, int(delta), int(handled), int(cpu))
        for cpu, name, delta, handled in LINE.findall(trace)
    ]


def floor(calls: list[Call]) -> int:
    """What of every cost is the instrument's."""
    return min(call.cost for call in calls if call.handler == FLOOR)
