# SPDX-License-Identifier: GPL-2.0-only
"""The fuzz targets, for a third of a minute each, a whole one with --full; and that they find what
they look for.
"""

import re
import shutil
import subprocess

import pytest

from bed.lib import BUILD, TOP
from bed.lib.kernels import Kernel
from bed.lib.mutant import mutant
from bed.lib.unchanged import digest, reads, unless_unchanged

SECONDS, FULL = 20, 60
DECODED = ("memory", "arm", "pcie", "ia", "generic", "firmware", "cxl", "cxl_event")


def fuzz(*arguments: object) -> subprocess.CompletedProcess:
    command = [str(word) for word in (TOP / "scripts/fuzz", *arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def inputs(target: str) -> str:
    """A hash of what decides on what the target does and is given."""
    folders = ("tests/unit/include", "src", "include", "tests/fuzz/include")
    files = [
        TOP / "scripts/fuzz",
        *(TOP / "tests/vectors").glob("*"),
        *reads(TOP / f"tests/fuzz/fuzz_{target}.c", *folders),
    ]
    release = ""
    if target == "decode":
        for name in ("kernel", "kernel_calls", "kernel_trace"):
            files += reads(TOP / f"tests/fuzz/{name}.c", *folders)
        release = Kernel("x86_64", "7.3").version_of_source()
    return digest([file for file in files if file.is_file()], f"{SECONDS} s", release)


@pytest.mark.parametrize("target", ["hest", "walk", "decode"])
def test_fuzz(target, record_property, pytestconfig):
    with unless_unchanged(f"fuzz-{target}", inputs(target), again=pytestconfig.getoption("full")):
        fuzzed(target, FULL if pytestconfig.getoption("full") else SECONDS, record_property)


def fuzzed(target: str, seconds: int, record_property) -> None:
    result = fuzz("--seconds", seconds, target)
    assert result.returncode == 0, result.stdout
    record_property("fuzz", result.stdout)
    assert (
        int(re.search(r": (\d+) executions, no finding", result.stdout)[1]) > 10_000
    ), result.stdout
    if target == "decode":
        counts = dict(re.findall(r"(\w+) (\d+)", result.stdout.partition("sections decoded:")[2]))
        assert all(
            int(counts[name]) > 1000 for name in DECODED
        ), f"a decoder was hardly reached: {counts}"


# (target, file, what the gate asks, what it asks no more)
MISSING = {
    "section_length": (
        "walk",
        "record/estatus.c",
        "return *length > walk->left - *header ? GN_SECTION_LENGTH : GN_GOOD;",
        "return GN_GOOD;",
    ),
    "section_header": ("walk", "record/estatus.c", "if (walk->left < *header)", "if (0)"),
    "memory_length": ("decode", "record/section.c", "if (section->length < rule->least)", "if (0)"),
    "memory_old": ("decode", "record/memory.c", "if (length < GN_MEMORY)", "if (0)"),
    "hest_room": ("hest", "record/hest.c", "if (fixed > room)", "if (0)"),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_check_is_found(name, pytestconfig):
    """Without the check, the vectors alone bring the fuzzer to a crash."""
    target, file, asked, asked_no_more = MISSING[name]
    of = digest([], inputs(target), *MISSING[name])
    with unless_unchanged(f"fuzz-missing-{name}", of, again=pytestconfig.getoption("full")):
        missed(name, target, file, asked, asked_no_more)


def missed(name: str, target: str, file: str, asked: str, asked_no_more: str) -> None:
    out = BUILD / "fuzz-missing" / name
    shutil.rmtree(out, ignore_errors=True)
    mutant(out / "src", file, asked, asked_no_more)
    if target == "decode" and (BUILD / "fuzz/kernel.o").exists():
        shutil.copy2(BUILD / "fuzz/kernel.o", out)
    result = fuzz("--out", out, "--src", out / "src", "--runs", 100_000, target)
    assert result.returncode == 1 and "a finding" in result.stdout, result.stdout
    assert "ERROR" in (out / f"{target}.log").read_text()
