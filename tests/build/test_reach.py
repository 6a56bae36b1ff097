# SPDX-License-Identifier: GPL-2.0-only
"""The check that what a notification reaches never waits, checked: it fails where somebody makes it
wait.
"""

import shutil
import subprocess

import pytest

from bed.lib import BUILD, TOP
from bed.lib.kernels import Kernel
from bed.lib.mutant import mutant_modules

WAITS = "{ static DEFINE_RAW_SPINLOCK(here); raw_spin_lock(&here); raw_spin_unlock(&here); }\n"

# File, what stands there, what is put before it (None: it is taken out), what the check has to say.
CHANGES = {
    "take": ("path/take.h", "\te->stamp = gn_clock();\n", WAITS, "spin_lock"),
    "bell": (
        "path/bell.h",
        "\tif (!gn_bell_closing(bell))\n\t\tirq_work_queue(&bell->now);\n",
        WAITS,
        "spin_lock",
    ),
    "claim": ("path/claim.h", "\t*seen = 1;\n", WAITS, "spin_lock"),
    "message": (
        "path/collect.c",
        "\tWRITE_ONCE(s->in.empty, s->in.empty + 1);\n",
        '_printk("x");\n',
        "_printk",
    ),
    "probe": ("path/collect.c", "NOKPROBE_SYMBOL(gn_look_empty);\n", None, "needs NOKPROBE_SYMBOL"),
}


@pytest.mark.parametrize(
    "arch,names", [("x86_64", ("take", "bell", "claim")), ("arm64", ("take", "message", "probe"))]
)
def test_waiting_is_found(request, arch, names):
    """One of them for each architecture; all with --full."""
    for name in names if request.config.getoption("full") else names[:1]:
        file, line, put, expected = CHANGES[name]
        folder = BUILD / "reach" / f"{arch}-{name}"
        out = mutant_modules(
            folder, Kernel(arch, "6.12"), file, line, "" if put is None else put + line
        )
        said = subprocess.run(
            [TOP / "scripts/reach", arch, out],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (
            said.returncode == 1 and expected in said.stdout
        ), f"{name} was not found: {said.stdout}"
        shutil.rmtree(folder)
