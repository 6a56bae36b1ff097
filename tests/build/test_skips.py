# SPDX-License-Identifier: GPL-2.0-only
"""In continuous integration a skip that nobody has put on the list fails, one on the list does
not.
"""

import os
import re
import shutil
import subprocess

import pytest

from bed.lib import TOP, unchanged

CASES = """
import pytest
import warnings
from bed.lib.platform import BootedAgain

def test_on_the_list():
    pytest.skip("a reason [of many]")

def test_another_reason():
    pytest.skip("sparse is not installed")

def test_not_on_the_list():
    pytest.skip("a reason [of many]")

@pytest.mark.skip("a reason [of many]")
@pytest.mark.parametrize("n", [1, 2])
def test_one_of_two(n):
    pass

@pytest.mark.parametrize("n", range(%d))
def test_boot_lines(n):
    warnings.warn("booted again", BootedAgain)
"""
LIST = (
    "test_made_up.py::test_on_the_list   a reason [[]*\ntest_made_up.py::test_one_of_two[1]  a"
    " reason*\n"
)


def run(folder, cases: str, **environment: str) -> tuple[int, str]:
    shutil.copy(TOP / "tests/conftest.py", folder)
    (folder / "expected-skips").write_text(LIST)
    (folder / "test_made_up.py").write_text(cases)
    result = subprocess.run(
        ["/usr/bin/python3", "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", "."],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        env={
            **{name: value for name, value in os.environ.items() if name != "CI"},
            "PYTHONPATH": str(TOP / "tests"),
            **environment,
        },
    )
    return result.returncode, result.stdout


def test_unexpected_skips_fail_in_ci(tmp_path):
    status, said = run(tmp_path, CASES % 1, CI="true")
    assert status == 1 and said.splitlines()[-1] == "1 passed, 3 failed, 2 skipped", said
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S+::(\S+)", said, re.MULTILINE))
    assert failed == {"test_another_reason", "test_not_on_the_list", "test_one_of_two[2]"}, said
    assert "not in tests/expected-skips: sparse is not installed" in said


def test_elsewhere_they_are_skips(tmp_path):
    status, said = run(tmp_path, CASES % 1)
    assert status == 0 and said.splitlines()[-1] == "1 passed, 0 failed, 5 skipped", said


@pytest.mark.parametrize("times,failed", [(1, 0), (3, 2)])
def test_what_was_booted_again_is_counted(tmp_path, times, failed):
    status, said = run(tmp_path, CASES % times)
    assert said.splitlines()[
        -1
    ] == f"{times} passed, {failed} failed, 5 skipped" and status == bool(failed), said
    assert said.count("booted again") >= 2, said


def test_what_passed_is_run_again_when_it_has_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(unchanged, "PASSED", tmp_path / "passed")
    ran = []

    def case(of: str, right: bool = True, again: bool = False) -> bool:
        try:
            with unchanged.unless_unchanged("case", of, again=again):
                ran.append(of)
                assert right
        except pytest.skip.Exception as skip:
            assert skip.msg == unchanged.REASON
            return False
        return True

    assert (
        case("one") and not case("one") and case("one", again=True) and case("two") and case("one")
    )
    with pytest.raises(AssertionError):
        case("three", right=False)
    assert case("three"), "what failed is not kept"
    assert ran == ["one", "one", "two", "one", "three", "three"]


def test_a_file_of_the_proof_counts_and_another_does_not(tmp_path):
    """What is read is followed through the includes."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.h").write_text('#include "b.h"\n')
    (tmp_path / "src/b.h").write_text("int b;\n")
    (tmp_path / "src/c.h").write_text("int c;\n")
    (tmp_path / "p.c").write_text('#include <stdio.h>\n#include "a.h"\n')

    def now() -> str:
        return unchanged.digest(unchanged.reads(tmp_path / "p.c", tmp_path / "src"))

    first = now()
    (tmp_path / "src/c.h").write_text("int d;\n")
    assert now() == first
    (tmp_path / "src/b.h").write_text("int d;\n")
    assert now() != first
    assert {file.name for file in unchanged.reads(tmp_path / "p.c", tmp_path / "src")} == {
        "a.h",
        "b.h",
        "p.c",
    }
