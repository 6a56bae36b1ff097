# SPDX-License-Identifier: GPL-2.0-only
"""The figures as a table on the terminal."""

from ghes_ab.results import Part, Row, shown


def ratio(row: Row) -> str:
    if row.better == "none" or not (row.mid_a or row.mid_b):
        return ""
    return "-" if row.ratio is None else f"{row.ratio:.3f}"


def what(row: Row) -> str:
    return f"{row.metric}, {row.variant}" if row.variant else row.metric


def part_text(part: Part) -> list[str]:
    rows = [
        (
            row.workload,
            what(row),
            str(row.sources),
            shown(row.mid_a),
            shown(row.mid_b),
            row.unit,
            ratio(row),
        )
        for row in part.rows
    ]
    head = ("workload", "figure", "sources", part.a, part.b, "", "ratio")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        f"{part.arch}, Linux {part.release}: {part.a} and {part.b}, median of {part.rounds} rounds"
        " each"
    ]
    for row in [head, *rows]:
        lines.append(
            "  "
            + "  ".join(
                cell.rjust(width) if i in (2, 3, 4, 6) else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths))
            ).rstrip()
        )
    return lines


def text(parts: list[Part]) -> str:
    return "\n\n".join("\n".join(part_text(part)) for part in parts) + "\n"
