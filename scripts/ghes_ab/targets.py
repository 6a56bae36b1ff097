# SPDX-License-Identifier: GPL-2.0-only
"""What ghes_nmi is to reach against the newest kernel's in-tree driver, and where the instructions
go if it does not.
"""

from dataclasses import dataclass

from ghes_ab.results import Part, Row, find, shown

AGAINST = "7.3"


@dataclass(frozen=True)
class Target:
    name: str
    arch: str
    workload: str
    metric: str
    variant: str = ""
    sources: int | None = None
    most: float | None = None  # B to A; None: all that was raised is delivered


TARGETS = (
    Target(
        "SDEI, dispatch to completion, 172 bytes",
        "arm64",
        "sdei",
        "cost",
        "172 bytes, normal, running CPU",
        2,
        1 / 5,
    ),
    Target(
        "SDEI, dispatch to completion, 8 KiB",
        "arm64",
        "sdei",
        "cost",
        "8188 bytes, normal, running CPU",
        2,
        1 / 4,
    ),
    Target("SEA notification, 172 bytes", "arm64", "sea", "cost", "172 bytes, handler", 1, 1 / 5),
    Target("SEA notification, 8 KiB", "arm64", "sea", "cost", "8188 bytes, handler", 1, 1 / 4),
    Target(
        "NMI, one of 64 sources pending",
        "x86_64",
        "nmi",
        "cost",
        "200 bytes, one pending",
        64,
        1 / 50,
    ),
    Target(
        "NMI, all of 64 sources pending",
        "x86_64",
        "nmi",
        "cost",
        "200 bytes, all pending",
        64,
        1 / 12,
    ),
    Target("NMI, idle, 64 sources", "x86_64", "nmi", "idle", "", 64, 0.55),
    Target("external interrupt, one record", "x86_64", "irq", "cost", "200 bytes, handler", 1, 1),
    Target(
        "external interrupt to trace event", "x86_64", "irq", "to trace event", "recoverable", 1, 1
    ),
    Target("SCI to trace event", "arm64", "sci", "to trace event", "recoverable", 1, 1),
    Target("polled, idle", "x86_64", "polled", "idle", "", 1, 1),
    Target("SEA to SIGBUS", "arm64", "sea-latency", "to SIGBUS", "at best", 1, 1),
    *(
        Target(f"notification to SIGBUS, {arch}", arch, "latency", "to SIGBUS", "at best", 1, 1)
        for arch in ("arm64", "x86_64")
    ),
    *(
        Target(f"memory, {arch}", arch, "memory", "memory", "4096 byte blocks", 64, 1)
        for arch in ("arm64", "x86_64")
    ),
    *(
        Target(f"all delivered: {workload}, {arch}", arch, workload, "delivered")
        for workload in ("identical", "storm", "exhausted")
        for arch in ("arm64", "x86_64")
    ),
    Target("no lost wake-up, two CPUs", "x86_64", "overtaken", "lost wake-ups"),
)


@dataclass
class Verdict:
    target: Target
    value: float | None = None
    text: str = "not measured"
    met: bool | None = None
    why: str = ""


def delivered(parts: list[Part], target: Target, row: Row) -> Verdict:
    raised = find(
        parts,
        arch=row.arch,
        kernel=row.kernel,
        workload=row.workload,
        metric="raised",
        sources=row.sources,
    )[0]
    value = min(b / r for b, r in zip(row.b, raised.b))
    theirs = min(a / r for a, r in zip(row.a, raised.a))
    return Verdict(
        target, value, f"{value:.3f} of all (in-tree {theirs:.3f}), 1 wanted", value == 1
    )


def explain(parts: list[Part], row: Row) -> str:
    """Where the instructions of a missed target go."""
    same = {
        "arch": row.arch,
        "kernel": row.kernel,
        "workload": row.workload,
        "sources": row.sources,
    }
    size, _, how = row.variant.partition(" bytes, ")
    sizes = {
        int(each.variant.split()[0]): each.mid_b
        for each in find(parts, metric="cost", **same)
        if how and each.variant.endswith(f"bytes, {how}")
    }
    floor = find(parts, metric="empty handler", variant="running CPU", **same)
    kernel = floor[0].mid_b if floor else 0
    said, rest = [], row.mid_b - kernel
    if floor:
        said.append(
            f"{shown(kernel)} are the kernel's own entry and exit (measured with an empty handler;"
            f" no driver gets below {kernel / row.mid_a:.3f})"
        )
    if len(sizes) > 1:
        per_byte = (sizes[max(sizes)] - sizes[min(sizes)]) / (max(sizes) - min(sizes))
        rest -= per_byte * int(size)
        said.append(f"{shown(per_byte * int(size))} copy {size} bytes ({per_byte:.3f} a byte)")
    if not said:
        return f"{shown(row.mid_b)} {row.unit} beside {shown(row.mid_a)}"
    said.append(f"{shown(rest)} are everything else")
    if floor:
        ours, theirs = row.mid_b - kernel, row.mid_a - kernel
        said[
            -1
        ] += f"; without the kernel's part {shown(ours)} to {shown(theirs)}: {ours / theirs:.3f}"
    return f"of {shown(row.mid_b)} instructions " + ", ".join(said)


def judge(parts: list[Part]) -> list[Verdict]:
    """Of the parts that compare ghes_nmi with the in-tree driver of the newest kernel; none for
    others.
    """
    parts = [
        part
        for part in parts
        if part.kernel == AGAINST and part.a == "in-tree" and part.b == "ghes_nmi"
    ]
    verdicts = []
    for target in TARGETS:
        if not any(part.arch == target.arch for part in parts):
            continue
        rows = find(parts, arch=target.arch, workload=target.workload, metric=target.metric)
        rows = [
            row
            for row in rows
            if target.variant in ("", row.variant) and target.sources in (None, row.sources)
        ]
        if not rows:
            verdicts.append(Verdict(target))
        elif target.metric == "delivered":
            verdicts.append(delivered(parts, target, rows[0]))
        elif target.most is None:
            row = rows[0]
            verdicts.append(
                Verdict(
                    target,
                    row.mid_b,
                    f"{shown(max(row.b))} (in-tree {shown(row.mid_a)}), 0 wanted",
                    max(row.b) == 0,
                )
            )
        else:
            row = rows[0]
            met = row.ratio is not None and row.ratio <= target.most
            verdicts.append(
                Verdict(
                    target,
                    row.ratio,
                    f"{row.ratio:.4f}, at most {target.most:.4f} wanted",
                    met,
                    "" if met else explain(parts, row),
                )
            )
    return verdicts


WORDS = {True: "met", False: "MISSED", None: "-"}


def text(verdicts: list[Verdict]) -> str:
    lines = [f"Targets against the in-tree driver of {AGAINST}:"]
    for each in verdicts:
        lines.append(f"  {WORDS[each.met]:6} {each.target.name}: {each.text}")
        if each.why:
            lines.append(f"         {each.why}")
    return "\n".join(lines)
