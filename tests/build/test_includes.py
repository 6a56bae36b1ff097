# SPDX-License-Identifier: GPL-2.0-only
"""Includes in src/ point downward, and scripts/includes says so when one does not."""

import re
import shutil
import subprocess

import pytest

from bed.lib import TOP


def check(*arguments):
    return subprocess.run(
        [TOP / "scripts/includes", *arguments], capture_output=True, text=True, check=False
    )


def test_includes_point_downward():
    result = check()
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    "file, line, said",
    [
        (
            "record/le.h",
            '#include "path/claim.h"',
            "record/le.h includes path/claim.h, which is above it",
        ),
        (
            "sinks/trace.c",
            '#include "source.h"',
            "sinks/trace.c includes source.h, which is above it",
        ),
        (
            "shims/mm.c",
            '#include "path/claim.h"',
            "shims/mm.c includes path/claim.h, which is above it",
        ),
        ("compat/symbols.h", '#include "compat/fixup.h"', "a circle: "),
    ],
)
def test_wrong_include_is_found(tmp_path, file, line, said):
    shutil.copytree(TOP / "src", tmp_path / "src")
    before = check("--src", tmp_path / "src").stdout
    with open(tmp_path / "src" / file, "a") as out:
        out.write(line + "\n")
    result = check("--src", tmp_path / "src")
    assert result.returncode == 1
    new = [each for each in result.stdout.splitlines() if each not in before.splitlines()]
    assert any(each.startswith(said) for each in new), result.stdout


def test_names_of_tests_are_unique():
    """-k chooses by name, and so do the documents."""
    names = [
        name
        for file in (TOP / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_helpers_are_not_in_test_files():
    """What two test files need is in a module of its own."""
    found = [
        f"{file.relative_to(TOP)}: {line}"
        for file in (TOP / "tests").rglob("*.py")
        for line in re.findall(
            r"^\s*(?:from|import) (?:\w+\.)*test_\w+.*$", file.read_text(), re.MULTILINE
        )
    ]
    assert found == []
