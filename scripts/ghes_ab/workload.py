# SPDX-License-Identifier: GPL-2.0-only
"""Workloads: small TOML files below tests/ab/workloads, or anybody's own.

    about = "Identical records"     # one line
    notify = ["sdei", "nmi"]        # each architecture takes its own
    sources = [4]                   # how many; one boot for each number
    measure = ["delivery"]          # see MEASURES
    sizes = [172]                   # bytes of the records, in turns
    severities = ["corrected"]      # in turns
    records = 100                   # of each source and round
    burst = 0                       # so many of each source at once; 0: all
    rate = 0                        # records of each source a second; 0: as fast as firmware can
    identical = 0                   # of 100 records so many are the same as the one before
    critical = 0                    # so many of the sources, the last, have SDEI priority critical
    cpus = 1
    cpu = "0"                       # where NMIs go: a CPU, "all" or "rotate"
    length = 4096                   # error status block length
    quiet = 0                       # seconds before each turn of the in-tree driver, which forgets
    registers = "packed"            # of x86 sources: side by side, or "spread" over pages
    rounds = 2                      # how often each driver has its turn
    shots = 25                      # notifications that a latency is taken of, in each round
"""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from bed.lib import TOP, cper

FOLDER = TOP / "tests/ab/workloads"
NOTIFY = {
    "sdei": "arm64",
    "sea": "arm64",
    "nmi": "x86_64",
    "irq": "x86_64",
    "sci": "arm64",
    "polled": "x86_64",
}
MEASURES = {
    "cost": "instructions of one notification",
    "idle": "instructions of an interrupt that is no source's",
    "delivery": (
        "records raised, delivered, duplicated, out of order, lost; unknown NMIs; console lines"
    ),
    "wakeups": "records left lying with no notification to come (two CPUs)",
    "latency": "from the notification to the trace event",
    "sigbus": "from the notification to the SIGBUS of the process that owns the page",
    "memory": "bytes of memory",
}
# Counted in instructions, so there is one CPU and QEMU counts.
COUNTED = {"cost", "idle", "latency", "sigbus", "memory"}
SEVERITIES = {
    "recoverable": cper.RECOVERABLE,
    "corrected": cper.CORRECTED,
    "informational": cper.NONE,
}


class WorkloadError(ValueError):
    """A workload file says something that cannot be done."""


@dataclass
class Workload:
    name: str
    about: str = ""
    notify: list[str] = field(default_factory=lambda: ["sdei", "nmi"])
    sources: list[int] = field(default_factory=lambda: [1])
    measure: list[str] = field(default_factory=lambda: ["delivery"])
    sizes: list[int] = field(default_factory=lambda: [172])
    severities: list[str] = field(default_factory=lambda: ["corrected"])
    records: int = 100
    burst: int = 0
    rate: int = 0
    identical: int = 0
    critical: int = 0
    cpus: int = 1
    cpu: str = "0"
    length: int = 4096
    quiet: int = 0
    registers: str = "packed"
    rounds: int = 2
    shots: int = 25

    def __post_init__(self) -> None:
        for name in ("notify", "sources", "measure", "sizes", "severities"):
            if not isinstance(getattr(self, name), list):
                setattr(self, name, [getattr(self, name)])
        self.check_words("notify", self.notify, NOTIFY)
        self.check_words("measure", self.measure, MEASURES)
        self.check_words("severities", self.severities, SEVERITIES)
        for name in (
            "records",
            "burst",
            "rate",
            "identical",
            "critical",
            "cpus",
            "length",
            "quiet",
            "rounds",
            "shots",
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise WorkloadError(f"{self.name}: {name} = {value!r}: a number, 0 or more")
        if not self.sizes or min(self.sizes) < 92 or max(self.sizes) > self.length:
            raise WorkloadError(
                f"{self.name}: sizes from 92 to length = {self.length}, not {self.sizes}"
            )
        if (
            self.identical > 100
            or not self.rounds
            or not self.shots
            or not self.records
            or not self.cpus
            or not self.sources
        ):
            raise WorkloadError(
                f"{self.name}: identical is of 100; records, rounds, shots, cpus, sources are at"
                " least 1"
            )
        if self.counted and self.cpus > 1:
            raise WorkloadError(
                f"{self.name}: {', '.join(COUNTED & set(self.measure))} need cpus = 1: "
                "instructions are counted on one CPU"
            )

    def check_words(self, name: str, words: list[str], known: dict) -> None:
        for word in words:
            if word not in known:
                raise WorkloadError(f"{self.name}: {name} = {word!r}: one of {', '.join(known)}")

    @property
    def counted(self) -> bool:
        return bool(COUNTED & set(self.measure))

    def notifications(self, arch: str) -> list[str]:
        return [name for name in self.notify if NOTIFY[name] == arch]

    def target_cpu(self) -> int | str:
        return int(self.cpu) if str(self.cpu).isdigit() else self.cpu


def load(path: Path) -> Workload:
    with open(path, "rb") as file:
        try:
            table = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise WorkloadError(f"{path}: {error}") from None
    unknown = set(table) - {each.name for each in fields(Workload)} | {"name"} & set(table)
    if unknown:
        raise WorkloadError(f"{path}: no such word: {', '.join(sorted(unknown))}")
    return Workload(path.stem, **table)


def find(names: list[str]) -> list[Workload]:
    """Workloads by name or file; all that are here for no names."""
    paths = [
        Path(name) if Path(name).suffix == ".toml" else FOLDER / f"{name}.toml" for name in names
    ]
    for path in paths:
        if not path.exists():
            raise WorkloadError(
                f"no workload {path.stem}:"
                f" {', '.join(each.stem for each in sorted(FOLDER.glob('*.toml')))}"
            )
    return [load(path) for path in paths or sorted(FOLDER.glob("*.toml"))]
