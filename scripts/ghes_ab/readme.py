# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark in the documents: a table and a plot between two comments, made from the figures
and nothing else.
"""

import textwrap
from pathlib import Path

from ghes_ab import plots, targets
from ghes_ab.results import Part, find, shown

START, END = "<!-- benchmark: written by make bench -->", "<!-- end of benchmark -->"
PLOT = "benchmark.svg"

# (name, workload, metric, variant, sources)
ROWS = {
    "arm64": (
        (
            "SDEI, dispatch to completion, 172 bytes",
            "sdei",
            "cost",
            "172 bytes, normal, running CPU",
            2,
        ),
        ("the same, 8 KiB", "sdei", "cost", "8188 bytes, normal, running CPU", 2),
        ("172 bytes on an idle CPU, at worst", "sdei", "cost", "172 bytes, normal, idle CPU", 2),
        ("172 bytes, critical SDEI event", "sdei", "cost", "172 bytes, critical, running CPU", 2),
        ("SEA handler, 172 bytes", "sea", "cost", "172 bytes, handler", 1),
        ("the same, 8 KiB", "sea", "cost", "8188 bytes, handler", 1),
        ("SCI to trace event, ns, recoverable", "sci", "to trace event", "recoverable", 1),
        ("SEA to SIGBUS of the task, ns", "sea-latency", "to SIGBUS", "", 1),
        ("the same, at best", "sea-latency", "to SIGBUS", "at best", 1),
    ),
    "x86_64": (
        ("NMI handler, nothing pending, 1 source", "nmi", "idle", "", 1),
        ("the same, 64 sources", "nmi", "idle", "", 64),
        ("the same, 256 sources", "nmi-idle", "idle", "", 256),
        ("one record of 200 bytes, 64 sources", "nmi", "cost", "200 bytes, one pending", 64),
        ("records of all 64 sources", "nmi", "cost", "200 bytes, all pending", 64),
        ("external interrupt, record of 200 bytes", "irq", "cost", "200 bytes, handler", 1),
        ("the same to trace event, ns, recoverable", "irq", "to trace event", "recoverable", 1),
        ("polled source, nothing pending", "polled", "idle", "", 1),
    ),
}
COMMON = (
    ("notification to trace event, ns, recoverable", "latency", "to trace event", "recoverable", 1),
    (
        "the same, corrected, 99th percentile",
        "latency",
        "to trace event",
        "corrected, 99th percentile",
        1,
    ),
    ("the same, corrected, the longest", "latency", "to trace event", "corrected, longest", 1),
    ("notification to SIGBUS, ns", "latency", "to SIGBUS", "", 1),
    ("the same, at best", "latency", "to SIGBUS", "at best", 1),
    ("memory of 64 sources, KiB", "memory", "memory", "4096 byte blocks", 64),
)
DELIVERY = ("storm", "identical", "exhausted")


def cell(part: Part, workload: str, metric: str, variant: str, sources: int) -> str:
    rows = find([part], workload=workload, metric=metric, variant=variant, sources=sources)
    if not rows:
        return "-"
    scale = 1024 if rows[0].unit == "bytes" else 1
    return f"{shown(rows[0].mid_a / scale)} / {shown(rows[0].mid_b / scale)}"


def rounds(values: list[float]) -> str:
    """One number when the rounds agree."""
    low, high = min(values), max(values)
    return shown(low) if low == high else f"{shown(low)} to {shown(high)}"


def delivery(part: Part, workload: str) -> str:
    rows = find([part], workload=workload, metric="delivered")
    raised = find([part], workload=workload, metric="raised")
    if not rows or not raised:
        return "-"
    return f"{rounds(rows[0].a)} / {rounds(rows[0].b)} of {shown(raised[0].mid_a)}"


def line(name: str, cells: list[str]) -> list[str]:
    """A row, unless nothing in it was measured."""
    return ["| " + " | ".join([name, *cells]) + " |"] if set(cells) != {"-"} else []


def missed(parts: list[Part]) -> list[str]:
    """What was to be better, and where its instructions go."""
    lines = []
    for each in targets.judge(parts):
        if each.met is False:
            text = (
                f"Aim missed on {targets.AGAINST}: {each.target.name}: ratio {each.text}"
                + f": {each.why}." * bool(each.why)
            )
            lines += [*textwrap.wrap(text, 118, break_on_hyphens=False), ""]
    return lines


def block(parts: list[Part]) -> str:
    lines = [
        START,
        "",
        (
            "In-tree driver / `ghes_nmi`, in the same run on the same machine; guest instructions"
            " unless another unit is named,"
        ),
        "medians. `make bench` repeats it and writes `build/bench/report.html`.",
        "",
    ]
    for arch, rows in ROWS.items():
        here = [part for part in parts if part.arch == arch]
        if not here:
            continue
        lines += [
            "| " + " | ".join([arch, *(f"Linux {part.kernel}" for part in here)]) + " |",
            "|---" * (1 + len(here)) + "|",
        ]
        for name, *which in (*rows, *COMMON):
            lines += line(name, [cell(part, *which) for part in here])
        for name in DELIVERY:
            lines += line(f"records delivered: {name}", [delivery(part, name) for part in here])
        floor = find(here[-1:], metric="empty handler", variant="running CPU")
        lines.append("")
        if floor:
            lines += [
                (
                    f"{shown(floor[0].mid_b)} of the SDEI figures on {floor[0].kernel} are the"
                    " kernel's own entry and exit."
                ),
                "",
            ]
    kernels = ", ".join(f"{part.release}" for part in parts)
    if find(parts, workload="latency"):
        lines += [
            (
                "`ghes_nmi` hands a corrected record on with the next timer tick where one is to"
                " come, a recoverable one at"
            ),
            (
                "once. It decodes up to ten records in five seconds in the kernel log, the in-tree"
                " driver two: after the SIGBUS of a task that uses a lost page."
            ),
            "",
        ]
    lines += missed(parts)
    lines += [
        f"![Cost of a notification by the size of its record]({PLOT})",
        "",
        f"Kernels {kernels}; QEMU {parts[0].qemu}, `-icount shift=0`.",
        "",
        END,
    ]
    return "\n".join(lines)


def update(path: Path, parts: list[Part]) -> None:
    text = path.read_text()
    if START not in text or END not in text:
        raise ValueError(f"{path} has no place for the benchmark: {START} ... {END}")
    before, _, rest = text.partition(START)
    path.write_text(before + block(parts) + rest.partition(END)[2])
    (path.parent / PLOT).write_text(plots.alone(plots.draw(plots.size(parts, "arm64"))))
