# SPDX-License-Identifier: GPL-2.0-only
"""The committed vectors are those the generator writes. tests/unit and tests/vm judge by them."""

import subprocess
from pathlib import Path

GENERATE = Path(__file__).parent / "generate"


def test_files_are_what_the_generator_writes():
    assert (
        subprocess.run([GENERATE, "--check"]).returncode == 0
    ), f"run {GENERATE.name} and look at the difference"
