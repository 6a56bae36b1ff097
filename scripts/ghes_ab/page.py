# SPDX-License-Identifier: GPL-2.0-only
"""One HTML page with everything in it: it needs nothing from anywhere, and reads in light and
dark.
"""

from html import escape

from ghes_ab import plots, targets
from ghes_ab.results import Part, Row, shown
from ghes_ab.table import ratio, what

CSS = (
    plots.STYLE
    + """
:root { --page: #ffffff; --soft: #f6f8fa; --good: #1a7f37; --bad: #cf222e;
        color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --soft: #161b22; --good: #3fb950; --bad: #f85149; }
}
body { background: var(--page); color: var(--text); font: 15px/1.45 system-ui, sans-serif;
       margin: 0 auto; max-width: 1360px; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
p { margin: .3rem 0; } .soft { color: var(--floor); }
.a { color: var(--a); } .b { color: var(--b); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(560px, 100%), 1fr));
         gap: 1rem; }
.plots svg { width: 100%; height: auto; background: var(--soft); border-radius: 6px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid var(--grid);
         vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
table.targets td:first-child, table.targets td:nth-child(2) { white-space: nowrap; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
details { margin: .6rem 0; } summary { cursor: pointer; font-weight: 600; }"""
)


def colour(row: Row) -> str:
    """Whether B is better, when more than a little apart."""
    if row.better == "none" or row.mid_a == row.mid_b:
        return ""
    if row.ratio is not None and abs(row.ratio - 1) < 0.02:
        return ""
    return "good" if (row.mid_b < row.mid_a) == (row.better == "lower") else "bad"


def cells(
    *values: str,
    numbers: tuple[int, ...] = (),
    head: bool = False,
    classes: dict[int, str] | None = None,
) -> str:
    tag = "th" if head else "td"
    out = []
    for i, value in enumerate(values):
        names = " ".join(filter(None, ("n" if i in numbers else "", (classes or {}).get(i, ""))))
        out.append(
            f'<{tag}{f" class={chr(34)}{names}{chr(34)}" if names else ""}>{escape(value)}</{tag}>'
        )
    return "<tr>" + "".join(out) + "</tr>"


def part_table(part: Part, first: bool) -> str:
    rows = [
        cells(
            "workload",
            "figure",
            "sources",
            part.a,
            part.b,
            "unit",
            "ratio",
            numbers=(2, 3, 4, 6),
            head=True,
            classes={3: "a", 4: "b"},
        )
    ]
    for row in part.rows:
        rows.append(
            cells(
                row.workload,
                what(row),
                str(row.sources),
                shown(row.mid_a),
                shown(row.mid_b),
                row.unit,
                ratio(row),
                numbers=(2, 3, 4, 6),
                classes={6: colour(row)},
            )
        )
    for failure in part.failures:
        rows.append(
            '<tr><td colspan="7" class="bad">not measured:'
            f" {escape(failure.splitlines()[0])}</td></tr>"
        )
    return (
        f"<details{' open' if first else ''}><summary>{escape(part.arch)}, Linux"
        f" {escape(part.release)}</summary><div"
        f" class=\"wide\"><table>{''.join(rows)}</table></div></details>"
    )


def target_table(parts: list[Part]) -> str:
    verdicts = targets.judge(parts)
    if not verdicts:
        return ""
    rows = [cells("target", "", "measured", head=True)]
    for each in verdicts:
        word = {True: "met", False: "missed", None: "not measured"}[each.met]
        measured = each.text + (f": {each.why}" if each.why else "") if each.met is not None else ""
        rows.append(
            cells(
                each.target.name,
                word,
                measured,
                classes={1: {True: "good", False: "bad"}.get(each.met, "soft")},
            )
        )
    return (
        f"<h2>Targets, against the in-tree driver of {targets.AGAINST}</h2>"
        f"<div class=\"wide\"><table class=\"targets\">{''.join(rows)}</table></div>"
    )


def html(parts: list[Part]) -> str:
    a, b = (parts[0].a, parts[0].b) if parts else ("A", "B")
    kernels = ", ".join(f"{part.release} ({part.arch})" for part in parts)
    emulated = [part.qemu for part in parts if part.qemu]
    where = f"on machines emulated by QEMU {emulated[0]}" if emulated else "on this machine"
    figures = "".join(
        f"<figure style='margin:0'>{plots.draw(plot)}</figure>" for plot in plots.every(parts)
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(a)} and {escape(b)}</title><style>{CSS}</style></head><body>
<h1><span class="a">{escape(a)}</span> and <span class="b">{escape(b)}</span>
under the same errors</h1>
<p>Linux {escape(kernels)}, {escape(where)}. Each driver had its turn several times in one
run, the sources going from one to the other while the machine ran; figures are medians. A ratio is
the second driver's figure to the first's. ghes_nmi hands a corrected record on with the next timer
tick where one is to come, a recoverable one at once.</p>
{target_table(parts)}
<h2>At a glance</h2><div class="plots">{figures}</div>
<h2>All figures</h2>{"".join(part_table(part, number == 0) for number, part in enumerate(parts))}
</body></html>
"""
