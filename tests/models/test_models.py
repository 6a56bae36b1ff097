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
FLAGS = [
    "-std=gnu11",
    "-O1",
    "-w",
    "-Itests/models",
    "-Itests/models/include",
    "-Itests/unit/include",
    "-Iinclude",
]

# Model: what it is compiled with.
MODELS = {
    "queue": ("queue", []),
    "claim": ("claim", ["-DABANDONS=0", "-DLATE=1"]),
    "claim-abandoned": ("claim", ["-DABANDONS=1", "-DLATE=1"]),
    "bell": ("bell", ["-DPREEMPTIONS=1", "-DRINGS=2", "-DFIRST=bell.remap"]),
    "ack": ("ack", ["-DPREEMPTIONS=2", "-DSHARED=1", "-DBYTES=4"]),
    "ack-short": ("ack", ["-DPREEMPTIONS=2", "-DSHARED=1", "-DBYTES=2", "-DLATE=1"]),
    "ack-own": ("ack", ["-DPREEMPTIONS=2", "-DSHARED=0", "-DBYTES=2"]),
    "busy": ("busy", ["-DLATE=1"]),
    "look": ("look", ["-DLATE=1"]),
    "moved": ("moved", ["-DLATE=1"]),
    "owed": ("owed", ["-DLATE=1"]),
    "bell-circle": ("bell", ["-DPREEMPTIONS=0", "-DRINGS=4", "-DFIRST=bell.remap"]),
    "received": ("received", ["-DLATE=1"]),
    "roll": ("roll", ["-DLATE=1"]),
    "view": ("view", ["-DMULTI_COPY", "-DFIRST=1"]),
    "view-empty": ("view", ["-DMULTI_COPY", "-DFIRST=2"]),
    "retry": ("retry", ["-DLATE=1"]),
    "change": ("change", ["-DLATE=1"]),
    "visitor": ("visitor", ["-DPREEMPTIONS=1", "-DBORROWED=0"]),
    "visitor-borrowed": ("visitor", ["-DPREEMPTIONS=1", "-DBORROWED=1"]),
}

VISITOR = "sync/visitor.c"

# What is taken out: model, file, what stands there, what instead.
WITHOUT = {
    "QUEUE_RESERVE": ("queue", "path/queue.h", "smp_load_acquire(&q->tail)", "READ_ONCE(q->tail)"),
    "QUEUE_PUBLISH": (
        "queue",
        "path/queue.h",
        "smp_store_release(&q->head,",
        "WRITE_ONCE(q->head,",
    ),
    "QUEUE_PEEK": ("queue", "path/queue.c", "smp_load_acquire(&q->head)", "READ_ONCE(q->head)"),
    "QUEUE_POP": ("queue", "path/queue.c", "smp_store_release(&q->tail,", "WRITE_ONCE(q->tail,"),
    "CLAIM_CALL": (
        "claim",
        "path/claim.h",
        "atomic_fetch_inc(&claim->calls)",
        "atomic_fetch_inc_relaxed(&claim->calls)",
    ),
    "CLAIM_LEAVE": (
        "claim",
        "path/claim.h",
        "atomic_cmpxchg(&claim->calls, *seen, 0)",
        "atomic_cmpxchg_relaxed(&claim->calls, *seen, 0)",
    ),
    "LOOK": ("busy", "path/claim.h", "\tsmp_rmb(); /* LOOK */\n", ""),
    "a look at the claim": (
        "busy",
        "path/claim.h",
        "return atomic_read_acquire(&claim->calls) != 0;",
        "return atomic_read(&claim->calls) != 0;",
    ),
    "WANT_LOOK": (
        "look",
        "path/bell.h",
        "smp_store_release(&bell->look, 1)",
        "WRITE_ONCE(bell->look, 1)",
    ),
    "TAKE_LOOK": (
        "look",
        "path/bell.h",
        "return xchg(&bell->look, 0);",
        "int look = READ_ONCE(bell->look);\n\n\tWRITE_ONCE(bell->look, 0);\n\treturn look;",
    ),
    "MOVED_TAKE": (
        "moved",
        "path/moved.h",
        "return xchg(moved_to, 0);",
        "u64 pa = READ_ONCE(*moved_to);\n\n\tWRITE_ONCE(*moved_to, 0);\n\treturn pa;",
    ),
    "MOVED_AGAIN": (
        "moved",
        "path/moved.h",
        "cmpxchg(moved_to, 0, pa);",
        "WRITE_ONCE(*moved_to, pa);",
    ),
    "HEARD": ("owed", "notify/owed.c", "\t\tsmp_mb__before_atomic(); /* HEARD */\n", ""),
    "who ends a round": (
        "owed",
        "notify/owed.c",
        "(u32)atomic_inc_return(&owed->heard)",
        "(atomic_inc(&owed->heard), (u32)atomic_read(&owed->heard))",
    ),
    "CLAIM_SEEN": ("claim", "path/claim.h", "*seen = atomic_read_acquire(", "*seen = atomic_read("),
    "abandoning": (
        "claim-abandoned",
        "path/claim.h",
        "atomic_set_release(&claim->calls, 0)",
        "atomic_set(&claim->calls, 0)",
    ),
    "MARK": (
        "ack-short",
        "path/claim.h",
        "atomic_fetch_inc(&claim->calls)",
        "atomic_fetch_inc_relaxed(&claim->calls)",
    ),
    "UNMARK": (
        "ack",
        "path/ack.c",
        "atomic_xchg(&slot->marked, 0)",
        "atomic_read(&slot->marked)",
    ),
    "a claim of the bank": (
        "ack-short",
        "path/ack.c",
        "!a->bank || !gn_claim_enter(&a->bank->claim, &seen)",
        "(gn_claim_enter(&a->bank->claim, &seen), false)",
    ),
    "an exchange of the word": ("ack", "path/ack.c", "r->shape.bytes < 4)", "true)"),
    "GIVE_BACK_CLEAR": ("ack-own", "path/ack.c", "\twmb(); /* GIVE_BACK_CLEAR */\n", ""),
    "CLOSE": ("bell-circle", "path/bell.c", "\tsmp_mb(); /* CLOSE */\n", ""),
    "ROLL_REMOVE": ("roll", "path/roll.c", "\tsmp_mb(); /* ROLL_REMOVE */\n", ""),
    "ROLL_CLOSE": ("roll", "path/roll.c", "\tsmp_mb(); /* ROLL_CLOSE */\n", ""),
    "one closer": ("roll", "path/roll.c", "atomic_xchg(&closers, 1)", "atomic_read(&closers)"),
    "VIEW_COPY": ("view", "path/view.c", "\tsmp_rmb(); /* VIEW_COPY */\n", ""),
    "a view's end": ("view", "path/view.c", "smp_load_acquire(&q->head)", "READ_ONCE(q->head)"),
    "a view's begin": (
        "view-empty",
        "path/view.c",
        "smp_load_acquire(&q->tail)",
        "READ_ONCE(q->tail)",
    ),
    "a look whether the tail moved": (
        "view",
        "path/view.c",
        "while (READ_ONCE(q->tail) != v->at && --tries)",
        "while (0)",
    ),
    "RETRY_ENTER": ("retry", "sync/retry.h", "\tatomic_inc(&r->asking); /* RETRY_ENTER */\n", ""),
    "RETRY_LEAVE": (
        "retry",
        "sync/retry.h",
        "atomic_fetch_sub_release(",
        "atomic_fetch_sub_relaxed(",
    ),
    "RETRY_ASK": (
        "retry",
        "sync/retry.c",
        "atomic_read_acquire(&r->asking)",
        "atomic_read(&r->asking)",
    ),
    "RETRY_CHANGE": (
        "change",
        "sync/retry.c",
        "smp_load_acquire(&r->changing)",
        "READ_ONCE(r->changing)",
    ),
    "RETRY_CHANGE, begun": (
        "change",
        "sync/retry.c",
        "smp_store_release(&r->changing, true)",
        "WRITE_ONCE(r->changing, true)",
    ),
    "RECEIVED": ("received", "sinks/received.h", "\tsmp_rmb(); /* RECEIVED */\n", ""),
    "RECEIVED_MALFORMED": (
        "received",
        "sinks/received.h",
        "smp_store_release(count,",
        "WRITE_ONCE(*count,",
    ),
    "VISITOR_GET": (
        "visitor",
        VISITOR,
        "atomic_cmpxchg(&v->state,",
        "atomic_cmpxchg_relaxed(&v->state,",
    ),
    "VISITOR_FREE": ("visitor", VISITOR, "atomic_set_release(&v->state,", "atomic_set(&v->state,"),
    "VISITOR_LEFT": ("visitor", VISITOR, "\tschedule_work(&v->rest); /* VISITOR_LEFT */\n", ""),
    "IN_USE": (
        "visitor",
        VISITOR,
        "atomic_cmpxchg(&v->state, FREE, IN_USE) == FREE",
        "(atomic_set(&v->state, IN_USE), true)",
    ),
    "FREE": ("visitor", VISITOR, "\tatomic_set_release(&v->state, FREE);", "\t"),
    "DONE": ("visitor", VISITOR, "\t\tatomic_set(&v->state, DONE);\n", ""),
    "a slot freed by the worker only": (
        "visitor",
        VISITOR,
        "\tif (!v->left) {\n\t\tput_slot(v);\n",
        "\tput_slot(v);\n\tif (!v->left) {\n",
    ),
    "a task that has pages to fail": ("visitor", VISITOR, "\tWRITE_ONCE(v->task, current);\n", ""),
    "a task that has failed its pages": (
        "visitor-borrowed",
        VISITOR,
        "\tWRITE_ONCE(v->task, NULL);\n\tv->left",
        "\tv->left",
    ),
    "a look whether pages are failed": (
        "visitor-borrowed",
        VISITOR,
        "if (atomic_read(&v->state) != DONE)\n",
        "",
    ),
    "a look whose the slot is": (
        "visitor",
        VISITOR,
        "READ_ONCE(v->task) != current",
        "!READ_ONCE(v->task)",
    ),
    "a slot that no task_work frees": (
        "visitor-borrowed",
        VISITOR,
        "\t\tput_slot(v);\n\t\treturn NULL;",
        "\t\treturn NULL;",
    ),
    "a look whether the task resumes": (
        "visitor-borrowed",
        VISITOR,
        "!will_resume(kernel) || ",
        "",
    ),
    "a reference dropped without a slot": (
        "visitor",
        VISITOR,
        "{\n\t\tmodule_put(THIS_MODULE);",
        "{",
    ),
    "a reference dropped with the slot": (
        "visitor",
        VISITOR,
        "*/\n\tmodule_put(THIS_MODULE);",
        "*/",
    ),
    "a wait for who executes here": ("visitor", VISITOR, "\tsynchronize_rcu_tasks();\n", ""),
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


# Atomics that return what stood there are full barriers too.
BARRIER = re.compile(
    r"\b(smp_\w*mb\w*|dma_[rw]?mb|mb|wmb|rmb|smp_load_acquire|smp_store_release|smp_store_mb|"
    r"smp_cond_load_\w+|test_and_\w+_bit\w*|(?:try_)?(?:cmp)?xchg\w*|"
    r"atomic\w*_(?:acquire|release|\w*xchg|fetch_\w+|\w+_return|\w+_and_test|inc_not_zero))\("
)


def test_table_of_barriers():
    """README.md has each barrier of src/, as often as it stands there."""
    found: Counter = Counter()
    for file in (TOP / "src").rglob("*.[ch]"):
        code = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        found.update(
            (str(file.relative_to(TOP / "src")), name)
            for name in BARRIER.findall(code)
            if not file.name.endswith(".mod.c")
        )
    rows = re.findall(
        r"^\| `(\S+)` \| `(\w+)` \| (\d+) \|", (HERE / "README.md").read_text(), re.MULTILINE
    )
    assert {(file, name): int(count) for file, name, count in rows} == dict(found)
