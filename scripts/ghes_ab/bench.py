# SPDX-License-Identifier: GPL-2.0-only
"""The comparison on emulated platforms: every workload on every kernel asked for, and the
reports.
"""

import argparse
import dataclasses
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bed.lib import BUILD, TOP
from ghes_ab import drivers, page, readme, results, rounds, table, targets, workload
from ghes_ab.results import Part
from bed.lib.kernels import BENCH, Kernel


def qemu() -> str:
    out = subprocess.run(
        ["qemu-system-aarch64", "--version"], capture_output=True, text=True, check=False
    ).stdout
    return out.partition("version ")[2].split()[0] if "version " in out else ""


def wanted_kernels(options: argparse.Namespace) -> list[tuple[str, str]]:
    if options.all:
        return [(arch, version) for arch, versions in BENCH.items() for version in versions]
    return [
        (arch, version)
        for arch in options.arch or ["arm64"]
        for version in options.kernel or ["6.12"]
    ]


class Progress:
    """One line per step, with the time it began at."""

    def __init__(self, quiet: bool) -> None:
        self.quiet, self.start, self.lock = quiet, time.monotonic(), threading.Lock()

    def __call__(self, text: str) -> None:
        if not self.quiet:
            with self.lock:
                print(
                    f"[{time.monotonic() - self.start:4.0f} s] {text}", file=sys.stderr, flush=True
                )


def measure(
    options: argparse.Namespace,
    kernels: list[tuple[str, str]],
    work: list[workload.Workload],
    tell: Callable[[str], None],
    folder: Path,
) -> list[Part]:
    """Run everything; a workload's boot is one job. Parts are saved as soon as they are
    complete.
    """
    pair = [drivers.parse(options.a, "a"), drivers.parse(options.b, "b")]
    version = qemu()
    parts = []
    with ThreadPoolExecutor(options.jobs) as pool:
        jobs = []
        for arch, kernel in kernels:
            image = Kernel(arch, kernel)
            part = Part(
                arch,
                kernel,
                image.release,
                pair[0].name,
                pair[1].name,
                options.rounds or max(each.rounds for each in work),
                qemu=version,
            )
            parts.append(part)
            jobs.append([pool.submit(rounds.run, arch, kernel, each, pair, tell) for each in work])
        for part, waiting in zip(parts, jobs):
            for job in waiting:
                rows, failures = job.result()
                part.rows += rows
                part.failures += failures
            part.keep(folder, {each.name for each in work})
            part.save(folder)
    return parts


def write(parts: list[Part], out: Path) -> None:
    (out / "figures.tsv").write_text(results.tsv(parts))
    (out / "figures.json").write_text(results.as_json(parts))
    (out / "report.html").write_text(page.html(parts))


def main(options: argparse.Namespace) -> int:
    out = options.out or BUILD / "ab"
    tell = Progress(options.quiet)
    try:
        work = workload.find(options.workloads)
        if options.rounds:
            work = [dataclasses.replace(each, rounds=options.rounds) for each in work]
        kernels = wanted_kernels(options)
        subprocess.run([TOP / "scripts/fetch", "tools", "bench"], check=True)
        if not options.report:
            for arch, kernel in kernels:
                Kernel(arch, kernel).prepare()
            measure(options, kernels, work, tell, out / "parts")
    except (ValueError, subprocess.CalledProcessError) as error:
        print(f"ghes-ab: {error}", file=sys.stderr)
        return 2
    parts = results.load(out / "parts")
    if not options.report and not options.all:
        parts = [part for part in parts if (part.arch, part.kernel) in kernels]
    if not parts:
        print(f"ghes-ab: no results in {out}", file=sys.stderr)
        return 2
    write(parts, out)
    print(table.text(parts))
    judged = targets.judge(parts)
    if judged:
        print(targets.text(judged))
    if options.readme:
        readme.update(options.readme, parts)
    failures = [
        f"{part.arch} {part.kernel}: {failure}" for part in parts for failure in part.failures
    ]
    for failure in failures:
        print(f"ghes-ab: not measured: {failure}", file=sys.stderr)
    print(f"written: {out}/figures.tsv, figures.json, report.html")
    return 1 if failures else 0
