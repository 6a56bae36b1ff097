# SPDX-License-Identifier: GPL-2.0-only
"""Host tests in C: every cmocka test function is a case.

Each test_*.c here is one program. It includes the .c file under test, so that statics can be tested
too, and is run once; its cases are then told apart by its TAP output.
"""

import fcntl
import functools
import re
import subprocess
from pathlib import Path

import pytest

from bed.lib import TOP, cunit

OUT = TOP / "build/unit"
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
CASE = re.compile(r"\bcmocka_unit_test(?:_\w+)?\s*\(\s*(\w+)")
END = "exits cleanly"


def compile_program(source: Path) -> Path:
    program = OUT / source.stem
    OUT.mkdir(parents=True, exist_ok=True)
    with open(OUT / f"{source.stem}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        inputs = [
            file
            for folder in ("include", "src", "tests/unit")
            for file in (TOP / folder).rglob("*.[ch]")
        ]
        if not program.exists() or program.stat().st_mtime < max(
            file.stat().st_mtime for file in inputs
        ):
            command = cunit.compile_command(source, program, TOP / "src", "-Werror")
            result = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
            if result.returncode:
                program.unlink(missing_ok=True)
                pytest.fail(f"{source.name} does not compile:\n{result.stderr}", pytrace=False)
    return program


@functools.cache
def run_program(source: Path) -> tuple[int, str]:
    """Exit status and output."""
    program = compile_program(source)
    result = cunit.run(program, timeout=600)
    return result.returncode, result.stdout


class Case(pytest.Item):
    def runtest(self) -> None:
        status, output = run_program(self.path)
        if self.name == END:
            if status:
                pytest.fail(f"exit status {status}\n{output}", pytrace=False)
            return
        # "ok 1 - name", "not ok 2 - name", "not ok 3 # SKIP name"
        verdict = re.search(rf"^(not )?ok \d+ (- |# SKIP ){self.name}$", output, re.MULTILINE)
        if verdict is None:
            pytest.fail(
                f"the program ended before this case (exit status {status}), see '{END}'",
                pytrace=False,
            )
        if "SKIP" in verdict[2]:
            pytest.skip("skip() in the test")
        if verdict[1]:
            # What was wrong follows the line.
            pytest.fail(output[verdict.start() :].partition("\nok ")[0], pytrace=False)

    def reportinfo(self):
        return self.path, None, f"{self.path.stem}::{self.name}"


class Program(pytest.File):
    def collect(self):
        for name in dict.fromkeys(CASE.findall(COMMENT.sub("", self.path.read_text()))):
            yield Case.from_parent(self, name=name)
        yield Case.from_parent(self, name=END)


def pytest_collect_file(file_path: Path, parent):
    if file_path.suffix == ".c" and file_path.name.startswith("test_"):
        return Program.from_parent(parent, path=file_path)
    return None
