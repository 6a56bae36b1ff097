# SPDX-License-Identifier: GPL-2.0-only
"""Plots, drawn by gnuplot as SVG. Colours are names that a style sheet resolves, so one plot serves
light and dark.
"""

import re
import subprocess
from dataclasses import dataclass, field

from ghes_ab.results import Part, find

# Colours that gnuplot is told, and what stands for them in the SVG.
COLOURS = {
    "#0a0b01": "--text",
    "#0a0b02": "--grid",
    "#0a0b03": "--a",
    "#0a0b04": "--b",
    "#0a0b05": "--floor",
}
TEXT, GRID, A, B, FLOOR = COLOURS
STYLE = """:root, svg { --text: #24292f; --grid: #d0d7de;
--a: #b35900; --b: #0969da; --floor: #6e7781; }
@media (prefers-color-scheme: dark) {
:root, svg { --text: #e6edf3; --grid: #3d444d; --a: #f0a35e; --b: #58a6ff; --floor: #8b949e; } }"""
DASHES = ("1", '"-"', '"."', '"-."')
POINTS = (7, 5, 9, 13)


@dataclass
class Series:
    title: str
    points: list[tuple]
    colour: str
    style: int = 0  # dash and point
    drawn: str = "linespoints"


@dataclass
class Plot:
    title: str
    x: str
    y: str
    about: str = ""
    series: list[Series] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    key: str = "outside right top"


def script(plot: Plot) -> str:
    lines = [
        (
            "set terminal svg size 680,400 dynamic noenhanced font 'sans-serif,14' background rgb"
            " 'white'"
        ),
        f"set title '{plot.title}' textcolor '{TEXT}'",
        f"set xlabel '{plot.x}' textcolor '{TEXT}'",
        f"set ylabel '{plot.y}' textcolor '{TEXT}'",
        f"set border 3 linecolor '{TEXT}'",
        f"set tics nomirror textcolor '{TEXT}'",
        f"set grid ytics linecolor '{GRID}' linetype 1",
        f"set key {plot.key} textcolor '{TEXT}' samplen 3",
        "set decimalsign '.'",
        *plot.settings,
    ]
    for n, series in enumerate(plot.series):
        lines += [f"$d{n} << EOD", *(" ".join(map(str, point)) for point in series.points), "EOD"]
    parts = []
    for n, series in enumerate(plot.series):
        if series.drawn == "boxes":
            parts.append(
                f"$d{n} using 1:2:xtic(3) with boxes fillstyle solid noborder linecolor"
                f" '{series.colour}' title '{series.title}'"
            )
        else:
            points = (
                f" pointtype {POINTS[series.style % 4]} pointsize 0.6"
                if "points" in series.drawn
                else ""
            )
            parts.append(
                f"$d{n} using 1:2 with {series.drawn} linewidth 2 dashtype"
                f" {DASHES[series.style % 4]}{points} linecolor '{series.colour}' title"
                f" '{series.title}'"
            )
    return "\n".join([*lines, "plot " + ", \\\n  ".join(parts)]) + "\n"


def draw(plot: Plot) -> str:
    """The SVG, without XML declaration; it follows the style sheet it is in."""
    out = subprocess.run(
        ["gnuplot"], input=script(plot), check=True, capture_output=True, text=True, timeout=60
    ).stdout
    svg = out[out.index("<svg") :]
    for told, name in COLOURS.items():
        numbers = r",\s*".join(str(int(told[i : i + 2], 16)) for i in (1, 3, 5))
        colour = rf"(?:rgb\(\s*{numbers}\)|{told})"
        svg = re.sub(rf"""(fill|stroke) ?= ?["']{colour}["']""", rf'style="\1:var({name})"', svg)
        svg = re.sub(colour, f"var({name})", svg)
    # The page is the background.
    svg = re.sub(r"<rect[^>]*(#ffffff|rgb\(255,\s*255,\s*255\))[^>]*/>", "", svg, count=1)
    return re.sub(r"\s*<(desc|title)>[^<]*</\1>", "", svg)


def alone(svg: str) -> str:
    """As a file of its own."""
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<!-- SPDX-License-Identifier: GPL-2.0-only -->\n'
    )
    return head + svg.replace(">", f"><style>{STYLE}</style>", 1)


# What is drawn
# ----------------------------------------------------------------------------------------


def newest(parts: list[Part], arch: str) -> list[Part]:
    return [part for part in parts if part.arch == arch][-1:]


def both(part: Part, rows, point, style: int = 0) -> list[Series]:
    points_a = [point(row, row.mid_a) for row in rows]
    points_b = [point(row, row.mid_b) for row in rows]
    return [
        Series(f"{part.a}, {part.kernel}", points_a, A, style),
        Series(f"{part.b}, {part.kernel}", points_b, B, style),
    ]


def idle(parts: list[Part]) -> Plot:
    plot = Plot(
        "An NMI without a record, by the number of sources (x86)",
        "sources",
        "instructions",
        settings=[
            "set logscale x 2",
            "set logscale y 10",
            "set xrange [0.9:300]",
            "set format y '%.0f'",
        ],
    )
    for style, part in enumerate(part for part in parts if part.arch == "x86_64"):
        rows = sorted(find([part], metric="idle"), key=lambda row: row.sources)
        if rows:
            plot.series += both(part, rows, lambda row, value: (row.sources, value), style)
    return plot


def size(parts: list[Part], arch: str) -> Plot:
    workload, variant, title = {
        "arm64": ("sdei", "normal, running CPU", "An SDEI event (arm64)"),
        "x86_64": ("nmi-size", "one pending", "An NMI, one source (x86)"),
    }[arch]
    plot = Plot(
        f"{title}, by the size of the record",
        "bytes",
        "instructions",
        settings=["set yrange [0:*]", "set xrange [0:8500]", "set format y '%.0f'"],
    )
    for style, part in enumerate(part for part in parts if part.arch == arch):
        rows = [
            row
            for row in find([part], workload=workload, metric="cost")
            if row.variant.endswith(variant)
        ]
        if rows:
            plot.series += both(
                part, rows, lambda row, value: (int(row.variant.split()[0]), value), style
            )
    floor = find(newest(parts, arch), metric="empty handler", variant="running CPU")
    if floor and plot.series:
        plot.series.append(
            Series(
                f"kernel alone, {floor[0].kernel}",
                [(0, floor[0].mid_b), (8500, floor[0].mid_b)],
                FLOOR,
                1,
                "lines",
            )
        )
    return plot


def latency(parts: list[Part], arch: str, metric: str = "to trace event") -> Plot:
    name = {"arm64": "SDEI", "x86_64": "NMI"}.get(arch, "")
    plot = Plot(
        f"From the {name} notification {metric.replace('to', 'to the', 1)} ({arch})",
        "nanoseconds, one for each instruction",
        "records, %",
        settings=[
            "set logscale x 10",
            "set yrange [0:101]",
            "set format x '%.0s%c'",
            "set xrange [1000:1e7]",
        ],
    )
    for style, part in enumerate(part for part in parts if part.arch == arch):
        for row in find([part], metric=metric):
            if metric == "to trace event" and row.variant not in ("corrected", ""):
                continue
            for samples, who, colour in ((row.samples_a, part.a, A), (row.samples_b, part.b, B)):
                samples = sorted(samples)
                points = [(value, 100 * (n + 1) / len(samples)) for n, value in enumerate(samples)]
                if points:
                    plot.series.append(
                        Series(
                            f"{who}, {part.kernel}",
                            [(points[0][0], 0), *points],
                            colour,
                            style,
                            "steps",
                        )
                    )
    return plot


def delivered(parts: list[Part]) -> Plot:
    bars_a, bars_b, at = [], [], 0
    for arch in ("arm64", "x86_64"):
        for part in newest(parts, arch):
            for row in find([part], metric="delivered"):
                raised = find([part], workload=row.workload, metric="raised", sources=row.sources)[
                    0
                ]
                bars_a.append((at, 100 * row.mid_a / raised.mid_a, '""'))
                bars_b.append(
                    (
                        at + 0.36,
                        100 * row.mid_b / raised.mid_b,
                        f'"{row.workload}\\n{arch} {part.kernel}"',
                    )
                )
                at += 1
    names = (parts[0].a, parts[0].b) if parts else ("A", "B")
    plot = Plot(
        "Records delivered, of those raised",
        "",
        "%",
        key="outside right top",
        settings=[
            "set yrange [0:105]",
            "set boxwidth 0.34",
            f"set xrange [-0.5:{at - 0.1}]",
            "set tics scale 0",
            "set bmargin 4",
            "set xtics font ',11'",
        ],
    )
    if at:
        plot.series = [
            Series(names[0], bars_a, A, drawn="boxes"),
            Series(names[1], bars_b, B, drawn="boxes"),
        ]
    return plot


def every(parts: list[Part]) -> list[Plot]:
    """Those that there are figures for."""
    plots = [
        idle(parts),
        size(parts, "arm64"),
        size(parts, "x86_64"),
        latency(parts, "arm64"),
        latency(parts, "x86_64"),
        delivered(parts),
    ]
    return [plot for plot in plots if plot.series]
