# SPDX-License-Identifier: GPL-2.0-only
"""The figures of a comparison, and how they are kept."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from statistics import median

COLUMNS = (
    "arch",
    "kernel",
    "workload",
    "metric",
    "variant",
    "sources",
    "unit",
    "a",
    "b",
    "ratio",
    "spread",
)


@dataclass
class Row:
    """One figure under both drivers, a value for each round. With `better` "none" it is for
    information.
    """

    arch: str
    kernel: str
    workload: str
    metric: str
    unit: str
    variant: str = ""
    sources: int = 1
    better: str = "lower"
    a: list[float] = field(default_factory=list)
    b: list[float] = field(default_factory=list)
    samples_a: list[float] = field(default_factory=list)  # where there is a distribution
    samples_b: list[float] = field(default_factory=list)

    @property
    def mid_a(self) -> float:
        return median(self.a)

    @property
    def mid_b(self) -> float:
        return median(self.b)

    @property
    def ratio(self) -> float | None:
        """B to A; None where A is 0 and B is not."""
        if self.mid_a:
            return self.mid_b / self.mid_a
        return 1.0 if not self.mid_b else None

    @property
    def spread(self) -> float:
        """Of the rounds of either driver, the largest distance from their median, relative to
        it.
        """
        return max(
            (
                abs(value - mid) / mid
                for values, mid in ((self.a, self.mid_a), (self.b, self.mid_b))
                if mid
                for value in values
            ),
            default=0.0,
        )

    @property
    def key(self) -> tuple:
        return self.arch, self.kernel, self.workload, self.metric, self.variant, self.sources


@dataclass
class Part:
    """What was measured on one kernel."""

    arch: str
    kernel: str
    release: str
    a: str
    b: str
    rounds: int
    seconds: float = 0
    qemu: str = ""
    rows: list[Row] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def file(self) -> str:
        return f"{self.arch}-{self.kernel}.json"

    def keep(self, folder: Path, measured: set[str]) -> None:
        """Take over what the folder has of other workloads, if it is of the same kernel and
        drivers.
        """
        for old in load(folder):
            if (old.file, old.release, old.a, old.b) == (self.file, self.release, self.a, self.b):
                self.rows = sorted(
                    [row for row in old.rows if row.workload not in measured] + self.rows,
                    key=lambda row: row.workload,
                )
                self.failures += [
                    each for each in old.failures if each.partition(",")[0] not in measured
                ]

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.file).write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(folder: Path) -> list[Part]:
    parts = []
    for path in sorted(
        folder.glob("*.json"),
        key=lambda path: (path.name.partition("-")[0], release_key(path.stem)),
    ):
        table = json.loads(path.read_text())
        table["rows"] = [Row(**row) for row in table["rows"]]
        parts.append(Part(**table))
    return parts


def release_key(name: str) -> list[int]:
    return [int(word) for word in name.rpartition("-")[2].split(".") if word.isdigit()]


def shown(value: float | None) -> str:
    """A number as people read it."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2f}"


def tsv(parts: list[Part]) -> str:
    lines = ["\t".join(COLUMNS)]
    for part in parts:
        for row in part.rows:
            ratio = "" if row.ratio is None else f"{row.ratio:.4f}"
            lines.append(
                "\t".join(
                    map(
                        str,
                        (
                            row.arch,
                            row.kernel,
                            row.workload,
                            row.metric,
                            row.variant,
                            row.sources,
                            row.unit,
                            f"{row.mid_a:g}",
                            f"{row.mid_b:g}",
                            ratio,
                            f"{row.spread:.4f}",
                        ),
                    )
                )
            )
    return "\n".join(lines) + "\n"


def as_json(parts: list[Part]) -> str:
    """Everything, the values of each round and all samples included."""
    return json.dumps([asdict(part) for part in parts], indent=1) + "\n"


def find(parts: list[Part], **wanted: object) -> list[Row]:
    names = {each.name for each in fields(Row)}
    if set(wanted) - names:
        raise ValueError(f"no such field: {set(wanted) - names}")
    return [
        row
        for part in parts
        for row in part.rows
        if all(getattr(row, name) == value for name, value in wanted.items())
    ]
