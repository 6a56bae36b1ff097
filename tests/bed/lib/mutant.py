# SPDX-License-Identifier: GPL-2.0-only
"""The module's sources with one thing changed, for tests that must fail without it."""

import os
import shutil
import subprocess
from pathlib import Path

from bed.lib import BUILD, TOP
from bed.lib.kernels import Kernel

# "$0" stands for "$1": kbuild compiles everything anew where a path is another one.
IN_PLACE = 'mount --bind "$0" "$1" && exec "$2" --out "$1" "$3" "$4"'


def mutant(copy: Path, file: str, there: str, instead: str) -> Path:
    """A copy of src/ in which each `there` of a file is `instead`."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(TOP / "src", copy)
    text = (copy / file).read_text()
    assert there in text, f"{file} does not have {there!r}: this case must follow it"
    (copy / file).write_text(text.replace(there, instead))
    return copy


def mutant_modules(folder: Path, kernel: Kernel, file: str, there: str, instead: str) -> Path:
    """Where the modules are, built for a kernel from such sources. Compiles only what includes the
    file.
    """
    assert kernel.missing() is None
    shutil.rmtree(folder, ignore_errors=True)
    tree, out = folder / "tree", folder / "out"
    mutant(tree / "src", file, there, instead)
    for name in ("include", "scripts"):
        shutil.copytree(TOP / name, tree / name)
    for name in ("Kbuild", "dkms.conf"):
        shutil.copy2(TOP / name, tree)
    (tree / "build").mkdir()
    (tree / "build/cache").symlink_to(BUILD / "cache")
    shutil.copytree(kernel.products, out, ignore=shutil.ignore_patterns("*.cpio"))
    unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    built = subprocess.run(
        [
            *unshare,
            "sh",
            "-ec",
            IN_PLACE,
            out,
            kernel.products,
            tree / "scripts/kmod",
            kernel.arch,
            kernel.version,
        ],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert built.returncode == 0, built.stdout
    return out
