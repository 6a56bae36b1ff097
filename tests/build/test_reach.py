# SPDX-License-Identifier: GPL-2.0-only
"""The check that what a notification reaches never waits, checked: it fails where somebody makes it wait."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bed.lib import BUILD, TOP
from bed.lib.kernels import Kernel

WAITS = "{ static DEFINE_RAW_SPINLOCK(here); raw_spin_lock(&here); raw_spin_unlock(&here); }\n"

# File, what stands there, what is put before it (None: it is taken out), what the check has to say.
CHANGES = {
    "take": ("path/take.h", "\tpeek = gn_peek(block, device); /* PEEK */\n", WAITS, "spin_lock"),
    "bell": ("path/bell.h", "\tif (!gn_bell_closing(bell))\n\t\tirq_work_queue(&bell->now);\n", WAITS, "spin_lock"),
    "claim": ("path/claim.h", "\t*seen = 1;\n", WAITS, "spin_lock"),
    "message": ("path/collect.c", "\tWRITE_ONCE(s->in.empty, s->in.empty + 1);\n", '_printk("x");\n', "_printk"),
    "probe": ("path/collect.c", "NOKPROBE_SYMBOL(found_nothing);\n", None, "needs NOKPROBE_SYMBOL"),
}


def copy_of_the_sources(name: str) -> Path:
    tree = BUILD / "reach" / name
    shutil.rmtree(tree, ignore_errors=True)
    for part in ("src", "include", "scripts", "tests/bed", "tests/kernels"):
        shutil.copytree(TOP / part, tree / part)
    for part in ("Kbuild", "dkms.conf", "kernels.list"):
        shutil.copy(TOP / part, tree / part)
    (tree / "build").mkdir()
    (tree / "build/cache").symlink_to(BUILD / "cache")
    return tree


def run(*command: object) -> tuple[int, str]:
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return result.returncode, result.stdout


# Each is a build; all of them with --full.
@pytest.mark.parametrize("arch,names", [("x86_64", ("take", "bell", "claim")), ("arm64", ("take", "message", "probe"))])
def test_waiting_is_found(request, arch, names):
    if not request.config.getoption("full"):
        names = names[:1]
    kernel = Kernel(arch, "6.12")
    if kernel.missing():
        pytest.fail(f"{kernel.missing()} is missing")
    tree = copy_of_the_sources(arch)
    for name in names:
        file, line, put, expected = CHANGES[name]
        path = tree / "src" / file
        original = path.read_text()
        assert original.count(line) == 1, f"{file} has no line {line!r} any more: this case must follow it"
        path.write_text(original.replace(line, "" if put is None else put + line))
        status, said = run(tree / "scripts/kmod", "--out", tree / "build/out", arch, "6.12")
        assert status == 0, f"{name}: {said}"
        status, said = run(tree / "scripts/reach", arch, tree / "build/out")
        assert status == 1 and expected in said, f"{name} was not found: {said}"
        path.write_text(original)
    shutil.rmtree(tree)
