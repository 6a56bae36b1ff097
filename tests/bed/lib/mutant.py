# SPDX-License-Identifier: GPL-2.0-only
"""The module's sources with one thing changed, for tests that must fail without it."""

import shutil
from pathlib import Path

from bed.lib import TOP


def mutant(copy: Path, file: str, there: str, instead: str) -> Path:
    """A copy of src/ in which each `there` of a file is `instead`."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(TOP / "src", copy)
    text = (copy / file).read_text()
    assert there in text, f"{file} does not have {there!r}: this case must follow it"
    (copy / file).write_text(text.replace(there, instead))
    return copy
