# SPDX-License-Identifier: GPL-2.0-only
"""The proof holds, and does not when the gate does not ask one of its questions."""

import subprocess

import pytest

from bed.lib import BUILD, TOP
from bed.lib.mutant import mutant
from bed.lib.unchanged import digest, reads, unless_unchanged


def prove(*arguments: object) -> tuple[int, str]:
    command = [str(word) for word in (TOP / "scripts/prove", *arguments)]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode == 77:
        pytest.skip(result.stdout.strip())
    return result.returncode, result.stdout


def inputs(part: str) -> str:
    """A hash of what the proof is about."""
    file = TOP / "tests/proof" / ("walk.c" if part == "walk" else "sections.c")
    folders = ("tests/proof", "tests/proof/include", "tests/unit/include", "src")
    return digest([TOP / "scripts/prove", *reads(file, *folders)], part)


@pytest.mark.parametrize("part", ["walk", "context", "arm", "ia", "types"])
def test_proof_holds(part, record_property, pytestconfig):
    with unless_unchanged(f"proof-{part}", inputs(part), again=pytestconfig.getoption("full")):
        status, said = prove(part)
        record_property("prove", said)
        assert status == 0 and "proven" in said, said


# (part, file, what is asked, what is asked no more)
MISSING = {
    "header_is_there": ("walk", "record/estatus.c", "if (walk->left < DATA_HEADER)", "if (0)"),
    "body_is_there": (
        "walk",
        "record/estatus.c",
        "return *length > walk->left - *header ? GN_SECTION_LENGTH : GN_GOOD;",
        "return GN_GOOD;",
    ),
    "sums_do_not_wrap": (
        "walk",
        "record/estatus.h",
        "u64 end = (u64)GN_ESTATUS_HEADER + es->data_length;",
        "u32 end = GN_ESTATUS_HEADER + es->data_length;",
    ),
    "context_is_there": ("context", "record/section.c", "if (end - at < header)", "if (0)"),
    "context_begins_in_it": (
        "arm",
        "record/section.c",
        "if (end < GN_ARM_HEADER || end > section->length)",
        "if (0)",
    ),
    "error_information_is_there": (
        "arm",
        "record/section.c",
        "if (size < GN_ARM_ERR_INFO || size > end - at)",
        "if (size < GN_ARM_ERR_INFO)",
    ),
    "checks_are_there": (
        "ia",
        "record/section.c",
        "if (ia->context_at > section->length)",
        "if (0)",
    ),
    "type_demands_a_length": (
        "types",
        "record/section.c",
        "if (section->length < rule->least)",
        "if (0)",
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_no_proof_without_the_check(name, pytestconfig):
    part, file, asked, asked_no_more = MISSING[name]
    of = digest([], inputs(part), *MISSING[name])
    with unless_unchanged(f"proof-missing-{name}", of, again=pytestconfig.getoption("full")):
        unproven(name, part, file, asked, asked_no_more)


def unproven(name: str, part: str, file: str, asked: str, asked_no_more: str) -> None:
    copy = mutant(BUILD / "prove-missing" / name, file, asked, asked_no_more)
    status, said = prove("--src", copy, part)
    assert status == 1 and "NOT proven" in said, said
