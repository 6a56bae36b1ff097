# SPDX-License-Identifier: GPL-2.0-only
"""The concurrent parts hold under a weak memory model, and do not without any one barrier or check.

Each model compiles the module's own files against tests/models/weak.h. README.md has the table of
every barrier in src/ and what stands for it.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from bed.lib import BUILD, TOP
from bed.lib.mutant import mutant

HERE = TOP / "tests/models"
FLAGS = ["-std=gnu11", "-O1", "-w", "-Itests/models", "-Itests/models/include",
         "-Itests/unit/include"]

# Model: what it is compiled with.
MODELS = {
    "queue": ("queue", []),
    "claim": ("claim", ["-DABANDONS=0"]),
    "claim-abandoned": ("claim", ["-DABANDONS=1"]),
    "bell": ("bell", ["-DPREEMPTIONS=1", "-DRINGS=2", "-DFIRST=bell.remap"]),
}

# What is taken out: model, file, what stands there, what instead.
WITHOUT = {
    "QUEUE_RESERVE": ("queue", "path/queue.h", "smp_load_acquire(&q->tail)", "READ_ONCE(q->tail)"),
    "QUEUE_PUBLISH": ("queue", "path/queue.h", "smp_store_release(&q->head,",
                      "WRITE_ONCE(q->head,"),
    "QUEUE_PEEK": ("queue", "path/queue.c", "smp_load_acquire(&q->head)", "READ_ONCE(q->head)"),
    "QUEUE_POP": ("queue", "path/queue.c", "smp_store_release(&q->tail,", "WRITE_ONCE(q->tail,"),
    "CLAIM_CALL": ("claim", "path/claim.h", "atomic_fetch_inc(&claim->calls)",
                   "atomic_fetch_inc_relaxed(&claim->calls)"),
    "CLAIM_LEAVE": ("claim", "path/claim.h", "atomic_cmpxchg(&claim->calls, *seen, 0)",
                    "atomic_cmpxchg_relaxed(&claim->calls, *seen, 0)"),
    "CLAIM_SEEN": ("claim", "path/claim.h", "*seen = atomic_read_acquire(", "*seen = atomic_read("),
    "abandoning": ("claim-abandoned", "path/claim.h", "atomic_set_release(&claim->calls, 0)",
                   "atomic_set(&claim->calls, 0)"),
}


def explore(name: str, src: Path) -> tuple[int, str]:
    model, define = MODELS[name]
    BUILD.mkdir(exist_ok=True)
    program = BUILD / f"model-{name}-{src.parent.name}"
    command = ["gcc", *FLAGS, *define, f"-I{src}", "-o", program, HERE / f"{model}.c"]
    subprocess.run([str(word) for word in command], cwd=TOP, check=True)
    result = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    program.unlink()
    return result.returncode, result.stdout


@pytest.mark.parametrize("name", MODELS)
def test_model_holds(name):
    status, said = explore(name, TOP / "src")
    assert status == 0 and "holds in" in said, said


@pytest.mark.parametrize("name", WITHOUT)
def test_model_fails_without(name):
    model, file, there, instead = WITHOUT[name]
    copy = BUILD / "models" / name.replace(" ", "-") / "src"
    status, said = explore(model, mutant(copy, file, there, instead))
    assert status == 1 and "FAILED" in said, said


BARRIER = re.compile(r"\b(smp_\w*mb\w*|dma_rmb|mb|wmb|rmb|smp_load_acquire|smp_store_release|"
                     r"atomic_\w+_(?:acquire|release)|atomic_cmpxchg|atomic_fetch_inc)\(")


def test_table_of_barriers():
    """README.md has each barrier of src/, as often as it stands there."""
    found: Counter = Counter()
    for file in (TOP / "src").rglob("*.[ch]"):
        code = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        found.update((str(file.relative_to(TOP / "src")), name) for name in BARRIER.findall(code)
                     if not file.name.endswith(".mod.c"))
    rows = re.findall(r"^\| `(\S+)` \| `(\w+)` \| (\d+) \|", (HERE / "README.md").read_text(), re.MULTILINE)
    assert {(file, name): int(count) for file, name, count in rows} == dict(found)
