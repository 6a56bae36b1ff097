# SPDX-License-Identifier: GPL-2.0-only
"""Host tests in C: how a program of tests/unit is compiled, for whatever copy of src/, and run."""

import os
import re
import subprocess
from pathlib import Path

from bed.lib import TOP

UNIT = TOP / "tests/unit"
FLAGS = (
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-g",
    "-O1",
    "-fno-sanitize-recover=all",
    "-Itests/unit/include",
    "-Iinclude",
)
# "Built with -fsanitize=thread" in a source asks for that instead of the others; so does
# "-fno-sanitize=all".
SANITIZE = re.compile(r"Built with (-f(?:no-)?sanitize=\w+)")


def compile_command(source: Path, program: Path, src: Path = TOP / "src", *more: str) -> list[str]:
    """gcc's command line, to be run in TOP."""
    asked = SANITIZE.search(source.read_text())
    sanitize = asked[1] if asked else "-fsanitize=address,undefined"
    return [
        "gcc",
        *FLAGS,
        *more,
        f"-I{src}",
        sanitize,
        "-o",
        str(program),
        str(source),
        "-lcmocka",
        "-lpthread",
    ]


def files_of(source: Path) -> set[str]:
    """The files of src/ that a program is made of, as src/ names them."""
    command = ["gcc", *FLAGS, f"-I{TOP / 'src'}", "-MM", str(source)]
    words = subprocess.run(
        command, cwd=TOP, check=True, capture_output=True, text=True
    ).stdout.split()
    inside = [
        Path(os.path.normpath(TOP / word))
        for word in words
        if not word.endswith(":") and word != "\\"
    ]
    return {
        str(path.relative_to(TOP / "src")) for path in inside if path.is_relative_to(TOP / "src")
    }


def run(program: Path, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run it; its cases are in the output as TAP has them."""
    environment = dict(
        os.environ,
        CMOCKA_MESSAGE_OUTPUT="tap",
        ASAN_OPTIONS="detect_leaks=1",
        UBSAN_OPTIONS="print_stacktrace=1",
    )
    return subprocess.run(
        [program],
        cwd=TOP,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
