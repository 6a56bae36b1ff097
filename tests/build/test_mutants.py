# SPDX-License-Identifier: GPL-2.0-only
"""scripts/mutants tells a change that a test notices from one that none does, and knows its
list.
"""

import subprocess

from bed.lib import TOP

FILE = "notify/owed.c"


def mutants(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [TOP / "scripts/mutants", *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert not done.stderr
    return done.returncode, done.stdout


def line_of(part: str) -> str:
    lines = (TOP / "src" / FILE).read_text().splitlines()
    found = [number for number, line in enumerate(lines, 1) if part in line]
    assert len(found) == 1
    return str(found[0])


def test_kills_survivors_and_the_list(tmp_path):
    """A line whose survivor is on the list, and is not; one whose change a test notices, and that
    is on the list.
    """
    line, killed = line_of("return (u32)left < most"), line_of("if (cpu->round == round)")
    status, said = mutants("--lines", line, FILE)
    assert (status, said) == (0, f"{FILE}: 0 of 1 killed, 0.0 %\n")
    table = tmp_path / "survivors.toml"
    table.write_text(
        f'[[survivor]]\nfile = "{FILE}"\nline = "if (cpu->round == round)"\nchange = "== ->'
        f' !="\nreason = "-"\n[[survivor]]\nfile = "{FILE}"\nline = "it is gone"\nchange = "1 ->'
        ' 2"\nreason = "-"\n'
    )
    status, said = mutants("--lines", f"{killed}-{line}", "--survivors", str(table), FILE)
    assert status == 1
    assert (
        f"survives: {FILE}:{line}: return (u32)left < most ? (u32)left : most;    [< -> <=, 0]\n"
        in said
    )
    assert (
        f"listed, but killed or gone: ('{FILE}', 'if (cpu->round == round)', '== -> !=', 0)\n"
        in said
    )
    assert f"listed, but killed or gone: ('{FILE}', 'it is gone', '1 -> 2', 0)\n" in said
