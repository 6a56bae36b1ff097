# SPDX-License-Identifier: GPL-2.0-only
"""scripts/mutants tells a change that a test notices from one that none does, and knows its list."""

import subprocess

from bed.lib import TOP

FILE = "notify/owed.c"


def mutants(*options: str) -> tuple[int, str]:
    done = subprocess.run([TOP / "scripts/mutants", *options], check=False, capture_output=True, text=True, timeout=300)
    assert not done.stderr
    return done.returncode, done.stdout


def line_of(part: str) -> str:
    lines = (TOP / "src" / FILE).read_text().splitlines()
    found = [number for number, line in enumerate(lines, 1) if part in line]
    assert len(found) == 1
    return str(found[0])


def test_a_kill_and_a_survivor(tmp_path):
    """The same line, with its survivor on the list and without; a list that has more than survives."""
    line = line_of("return (u32)left < most")
    status, said = mutants("--lines", line, FILE)
    assert (status, said) == (0, f"{FILE}: 0 of 1 killed, 0.0 %\n")
    empty = tmp_path / "none.toml"
    empty.write_text("")
    status, said = mutants("--lines", line, "--survivors", str(empty), FILE)
    assert status == 1
    assert said.startswith(f"survives: {FILE}:{line}: return (u32)left < most ? (u32)left : most;    [< -> <=, 0]\n")
    status, said = mutants("--lines", line_of("if (cpu->round == round)"), FILE)
    assert (status, said) == (0, f"{FILE}: 1 of 1 killed, 100.0 %\n")


def test_a_list_that_says_too_much(tmp_path):
    """A row whose line is gone, or whose change a test notices by now."""
    table = tmp_path / "more.toml"
    table.write_text('[[survivor]]\nfile = "path/claim.h"\nline = "it is gone"\nchange = "1 -> 2"\nreason = "-"\n')
    status, said = mutants("--survivors", str(table), "path/claim.h")
    assert status == 1 and "listed, but killed or gone: ('path/claim.h', 'it is gone', '1 -> 2', 0)" in said
