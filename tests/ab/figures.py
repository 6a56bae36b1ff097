# SPDX-License-Identifier: GPL-2.0-only
"""Made-up figures of a comparison, for what is made of them."""

from ghes_ab import targets
from ghes_ab.results import Part, Row

STORMS = ("identical", "storm", "exhausted")


def made_up(slow: float = 1.0) -> list[Part]:
    """One figure for each target but SEA's: just met, or so much slower."""

    def rows(arch: str) -> list[Row]:
        found = []
        for target in targets.TARGETS:
            if target.arch == arch and target.workload != "sea":
                most = target.most or 1
                found.append(
                    Row(
                        arch,
                        "7.3",
                        target.workload,
                        target.metric,
                        "instructions",
                        target.variant,
                        target.sources or 1,
                        "lower" if target.most else "higher",
                        [1000.0, 1000.0],
                        (
                            [1000 * most * slow] * 2
                            if target.metric != "lost wake-ups"
                            else [slow - 1] * 2
                        ),
                    )
                )
        found += [
            Row(arch, "7.3", name, "raised", "", "", 1, "none", [1000, 1000], [1000, 1000])
            for name in STORMS
        ]
        found.append(
            Row(
                arch,
                "7.3",
                "sdei",
                "empty handler",
                "instructions",
                "running CPU",
                2,
                "none",
                [90],
                [90],
            )
        )
        return found

    return [
        Part(arch, "7.3", f"7.3.4-{arch}", "in-tree", "ghes_nmi", 2, qemu="9", rows=rows(arch))
        for arch in ("arm64", "x86_64")
    ]


def full_page() -> list[Part]:
    """As much as a whole run has: three kernels on both architectures, with something for every
    plot.
    """
    parts = []
    for arch in ("arm64", "x86_64"):
        for kernel in ("6.1", "6.12", "7.3"):

            def row(workload, metric, variant="", sources=1, a=0.0, b=0.0, **more):
                return Row(
                    arch,
                    kernel,
                    workload,
                    metric,
                    "instructions",
                    variant,
                    sources,
                    a=[a, a],
                    b=[b, b],
                    **more,
                )

            workload, suffix = (
                ("sdei", "normal, running CPU") if arch == "arm64" else ("nmi-size", "one pending")
            )
            rows = [
                row(workload, "cost", f"{size} bytes, {suffix}", 2, 3500 + size, 700 + size / 6)
                for size in (172, 1024, 4096, 8188)
            ]
            if arch == "x86_64":
                rows += [
                    row("nmi", "idle", "", n, 200 + 50.0 * n, 150 + 25.0 * n)
                    for n in (1, 4, 16, 64, 256)
                ]
            else:
                rows.append(row("sdei", "empty handler", "running CPU", 2, 620, 620))
            rows.append(
                row(
                    "latency",
                    "to trace event",
                    "corrected",
                    samples_a=[20000.0 + 400 * n for n in range(100)],
                    samples_b=[8000.0 + 90 * n for n in range(100)],
                )
            )
            for name in STORMS:
                rows += [
                    row(name, "raised", a=1000, b=1000),
                    row(name, "delivered", a=400, b=1000, better="higher"),
                ]
            release = f"{kernel}.4+deb13-{'arm64' if arch == 'arm64' else 'amd64'}"
            parts.append(
                Part(arch, kernel, release, "in-tree", "ghes_nmi", 2, qemu="9.2.4", rows=rows)
            )
    return parts
