# SPDX-License-Identifier: GPL-2.0-only
"""What the comparison makes of what it saw: workloads, counts, ratios, reports."""

import re
from dataclasses import replace

import pytest

from figures import made_up
from bed.lib import cper
from ghes_ab import delivery, latency, observe, page, readme, results, table, targets, workload
from ghes_ab.results import Part, Row
from bed.lib.sources import Source, number

SOURCES = number([Source(), Source()])


def test_workloads_are_valid():
    work = workload.find([])
    assert {each.name for each in work} >= {
        "sdei",
        "nmi",
        "storm",
        "identical",
        "exhausted",
        "latency",
        "memory",
    }
    assert all(each.about for each in work)


@pytest.mark.parametrize(
    "text,reason",
    [
        ("speed = 3", "no such word"),
        ("sizes = [20]", "sizes"),
        ('measure = "cost"\ncpus = 2', "cpus = 1"),
        ('severities = "fatal"', "severities"),
        ('notify = "bell"', "notify"),
        ("records = 0", "at least 1"),
        ('records = "many"', "a number"),
        ("identical = 101", "of 100"),
        ("sizes = [", "Invalid"),
        ("length = 100\nsizes = [172]", "sizes"),
    ],
)
def test_bad_workloads_are_refused(tmp_path, text, reason):
    file = tmp_path / "bad.toml"
    file.write_text(text)
    with pytest.raises(workload.WorkloadError, match=reason):
        workload.load(file)


def shown(blocks: list[bytes]) -> str:
    """What the kernel prints of them."""
    lines = []
    for data in blocks:
        at = cper.BLOCK_HEADER
        while at < len(data):
            length = int.from_bytes(data[at + 24 : at + 28], "little")
            payload = data[at + cper.ENTRY_V2 : at + cper.ENTRY_V2 + length]
            lines.append(
                "   x-1 [000] 1.0: non_standard_event: severity: corrected; raw"
                f" data:{payload.hex(' ')}"
            )
            at += cper.ENTRY_V2 + length
    return "\n".join(lines)


def test_each_fate_is_counted():
    records = [delivery.record(SOURCES[0], n, 172, cper.CORRECTED) for n in range(6)]
    text = shown([records[n] for n in (0, 2, 1, 1, 5)])
    fate = delivery.judge({0: list(range(6))}, delivery.arrivals(text))
    assert (fate.raised, fate.delivered, fate.lost, fate.duplicated, fate.disordered) == (
        6,
        4,
        2,
        1,
        1,
    )


def test_identical_records_are_not_duplicates():
    same = delivery.record(SOURCES[0], 7, 172, cper.CORRECTED)
    raised = {0: [7, 7, 7]}
    assert delivery.judge(raised, delivery.arrivals(shown([same] * 3))).lost == 0
    assert delivery.judge(raised, delivery.arrivals(shown([same]))).lost == 2
    assert delivery.judge(raised, delivery.arrivals(shown([same] * 4))).duplicated == 1


def test_a_large_record_counts_when_it_is_whole():
    large = delivery.record(SOURCES[1], 3, 16384, cper.CORRECTED)
    assert abs(len(large) - 16384) < 200
    lines = shown([large]).splitlines()
    assert len(lines) > 4
    assert delivery.arrivals("\n".join(lines)) == {1: [3]}
    for missing in range(len(lines)):
        assert not delivery.arrivals("\n".join(lines[:missing] + lines[missing + 1 :]))


def test_percentiles():
    assert observe.percentiles([]) == {}
    assert observe.percentiles(range(1000)) == {"median": 500, "p99": 990, "p99.9": 999}


def test_targets_are_met_and_missed():
    verdicts = targets.judge(made_up())
    assert {each.met for each in verdicts if each.target.workload == "sea"} == {None}
    assert all(each.met for each in verdicts if each.target.workload != "sea"), targets.text(
        verdicts
    )
    worse = targets.judge(made_up(1.5))
    assert not any(each.met for each in worse if each.target.most), targets.text(worse)
    sdei = [each for each in worse if each.target.workload == "sdei"]
    assert all("kernel's own entry" in each.why for each in sdei)
    lossy = made_up()
    for row in results.find(lossy, metric="delivered"):
        row.b = [1000, 999]
    assert not any(each.met for each in targets.judge(lossy) if each.target.metric == "delivered")


def test_target_looks_at_its_own_figure():
    """Not at that of another variant, which may come first."""
    parts = made_up(1.5)
    for part in parts:
        part.rows = [
            *(replace(row, variant="another", b=[1.0, 1.0]) for row in part.rows),
            *part.rows,
        ]
    assert not any(
        each.met for each in targets.judge(parts) if each.target.most and each.target.variant
    )


def test_record_that_no_notification_found():
    assert latency.spans([10, 20, 40], [15, 25, 33, 45]) == [5, 5, 5]
    assert latency.spans([10, 12], [15]) == [3]


def test_where_the_instructions_go():
    """Of a missed target without a floor, and of one with nothing to compare with."""

    def sea(size: int, ours: float) -> Row:
        return Row(
            "arm64",
            "7.3",
            "sea",
            "cost",
            "instructions",
            f"{size} bytes, handler",
            1,
            "lower",
            [1000.0],
            [ours],
        )

    part = Part(
        "arm64", "7.3", "7.3.4", "in-tree", "ghes_nmi", 1, rows=[sea(172, 272), sea(8188, 8288)]
    )
    small, large = (each for each in targets.judge([part]) if each.target.workload == "sea")
    assert (
        small.met is False
        and small.why
        == "of 272 instructions 172 copy 172 bytes (1.000 a byte), 100 are everything else"
    )
    assert (
        large.why
        == "of 8,288 instructions 8,188 copy 8188 bytes (1.000 a byte), 100 are everything else"
    )
    del part.rows[1]
    small, large = (each for each in targets.judge([part]) if each.target.workload == "sea")
    assert small.why == "272 instructions beside 1,000" and large.met is None


def test_reports(tmp_path):
    parts = made_up(0.5)
    for part in parts:
        part.save(tmp_path / "parts")
    assert results.load(tmp_path / "parts") == parts
    assert "ghes_nmi" in table.text(parts)
    # Some workloads measured again: the others' figures stay.
    again = Part(
        "arm64",
        "7.3",
        parts[0].release,
        "in-tree",
        "ghes_nmi",
        2,
        rows=[Row("arm64", "7.3", "sdei", "cost", "instructions", "new", 1, "lower", [1.0], [1.0])],
    )
    again.keep(tmp_path / "parts", {"sdei"})
    assert {row.variant for row in again.rows if row.workload == "sdei"} == {"new"}
    assert {row.workload for row in again.rows} == {row.workload for row in parts[0].rows}
    lines = results.tsv(parts).splitlines()
    assert len(lines) == 1 + sum(len(part.rows) for part in parts)
    assert all(line.count("\t") == lines[0].count("\t") for line in lines)
    html = page.html(parts)
    assert html.count("<svg") >= 2 and "prefers-color-scheme: dark" in html
    # It needs nothing from anywhere: what is left of addresses are XML's names.
    assert not re.sub(r'xmlns(:\w+)?="http://www.w3.org/[^"]*"', "", html).count("http")
    assert not re.search(r"<(script|link|img|iframe)\b|url\((?!['\"]?#)", html)
    # Every colour of a plot is one that light and dark resolve.
    assert not re.search(r"#0a0b0\d|rgb\(\s*10,\s*11", html) and "stroke:var(--b)" in html


def test_readme_is_changed_in_its_place_only(tmp_path):
    file = tmp_path / "README.md"
    file.write_text(f"before\n{readme.START}\nold\n{readme.END}\nafter\n")
    readme.update(file, made_up())
    text = file.read_text()
    assert (
        text.startswith("before\n")
        and text.endswith("after\n")
        and "old" not in text
        and "1,000 / 200" in text
    )
    assert "Aim missed" not in text
    readme.update(file, made_up(1.5))
    assert "Aim missed on 7.3: SDEI, dispatch to completion, 172 bytes: ratio 0.3000" in " ".join(
        file.read_text().split()
    )
    readme.update(file, made_up())
    spread = made_up()
    results.find(spread, workload="storm", metric="delivered")[0].a = [1000, 900]
    readme.update(file, spread)
    assert "records delivered: storm | 900 to 1,000 / " in file.read_text()
    readme.update(file, made_up())
    once = text
    readme.update(file, made_up())
    assert file.read_text() == once
    assert "<svg" in (tmp_path / readme.PLOT).read_text()
    file.write_text("no place")
    with pytest.raises(ValueError, match="no place"):
        readme.update(file, made_up())
