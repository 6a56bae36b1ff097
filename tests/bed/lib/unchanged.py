# SPDX-License-Identifier: GPL-2.0-only
"""What takes minutes and passed is not run again until something that it reads has changed.

    with unless_unchanged("fuzz-walk", reads(program, "src"), TOP / "scripts/fuzz"):
        ...

The hash of all it reads is kept in build/cache/passed. --full runs it whatever is kept.
"""

import contextlib
import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from bed.lib import BUILD, TOP

PASSED = BUILD / "cache/passed"
REASON = "nothing it reads has changed since it passed: --full runs it again"


def reads(program: Path, *folders: str | Path) -> list[Path]:
    """A C file with all that it includes from `folders`, as the compiler finds it; system headers
    left out.
    """
    command: list[str | Path] = [
        "gcc",
        "-std=gnu11",
        "-MM",
        "-MG",
        *(f"-I{folder}" for folder in folders),
        program,
    ]
    said = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout
    names = said.replace("\\\n", " ").partition(":")[2].split()
    # What is not found is another header of the system.
    return sorted({path.resolve() for path in (TOP / name for name in names) if path.exists()})


def digest(files: Iterable[Path], *more: str) -> str:
    """Of the names and the contents of files, and of words; the order of the files does not
    matter.
    """
    result = hashlib.sha256()
    for file in sorted(set(files)):
        name = file.relative_to(TOP) if file.is_relative_to(TOP) else file
        data = file.read_bytes()
        result.update(f"{name}\0{len(data)}\0".encode() + data)
    for word in more:
        result.update(f"\0{word}".encode())
    return result.hexdigest()


@contextlib.contextmanager
def unless_unchanged(name: str, of: str, *, again: bool = False) -> Iterator[None]:
    """Skip the case when `name` passed with these inputs before; else keep them if it passes
    now.
    """
    kept = PASSED / name
    if not again and kept.exists() and kept.read_text() == of:
        pytest.skip(REASON)
    yield
    PASSED.mkdir(parents=True, exist_ok=True)
    kept.write_text(of)
