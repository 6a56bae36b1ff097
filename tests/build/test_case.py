# SPDX-License-Identifier: GPL-2.0-only
"""scripts/case runs one case and leaves its guest with a shell."""

import subprocess

from bed.lib import TOP


def case(*arguments, typed=""):
    return subprocess.run(
        [TOP / "scripts/case", *arguments],
        input=typed,
        text=True,
        timeout=300,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def test_case_keeps_its_guest():
    result = case(
        "test_take_and_give_back",
        "--keep",
        "--on",
        "arm64-6.12",
        "vm/test_binding.py",
        typed="echo guest of $((6 * 7)); uname -m\n",
    )
    assert result.returncode == 0 and "guest of 42\naarch64" in result.stdout, result.stdout


def test_case_wants_one():
    result = case("includes", "build/test_includes.py")
    assert result.returncode != 0 and "chooses\n  build/test_includes.py::" in result.stdout
    result = case("no_such_case", "build/test_includes.py")
    assert result.returncode != 0 and "chooses none" in result.stdout
