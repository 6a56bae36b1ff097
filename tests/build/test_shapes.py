# SPDX-License-Identifier: GPL-2.0-only
"""Headers as vendors have them: what differs in shape is known, and what is not costs one event, no
build.
"""

import re
import shlex
import subprocess

import pytest

from bed.lib.kernels import Kernel
from build_scripts import load

probe = load("probe")

KERNEL = Kernel("arm64", "6.12")
SECTION = "const struct cper_sec_proc_arm *proc"
PARTS = [
    SECTION,
    "const u8 *pei_err",
    "const u32 pei_len",
    "const u8 *ctx_err",
    "const u32 ctx_len",
    "const u8 *oem",
    "const u32 oem_len",
]
# What arm_event takes, and whether the module knows it.
SHAPES = {
    "1-section": ([SECTION], True),
    "7-parts": (PARTS, True),
    "8-severity": ([*PARTS, "u8 sev"], True),
    "9-upstream": ([*PARTS, "u8 sev", "int cpu"], True),
    "8-cpu": ([*PARTS, "int cpu"], False),
    "2-severity": ([SECTION, "u8 sev"], False),
    "10-more": ([*PARTS, "u8 sev", "int cpu", "u64 mpidr"], False),
}


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def shape(request, tmp_path):
    """The kernel's RAS events with an arm_event of this shape; whether the module knows it."""
    assert KERNEL.missing() is None
    arguments, known = request.param
    text = (
        next((KERNEL.cache / "usr/src").glob("linux-headers-*-common")) / "include/ras/ras_event.h"
    ).read_text()
    names = ", ".join(argument.replace("*", " ").split()[-1] for argument in arguments)
    event = (
        f"TRACE_EVENT(arm_event,\n\tTP_PROTO({', '.join(arguments)}),\n\tTP_ARGS({names}),\n"
        "\tTP_STRUCT__entry(__field(u64, midr)),\n\tTP_fast_assign(__entry->midr = proc->midr;),\n"
        '\tTP_printk("%llx", __entry->midr));\n'
    )
    text, count = re.subn(
        r"TRACE_EVENT\(arm_event,.*?\n\);\n", lambda match: event, text, flags=re.DOTALL
    )
    assert count == 1
    file = tmp_path / "include/ras/ras_event.h"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return tmp_path, known


def compiled(file: str, headers) -> set[str]:
    """Compile one of our files as it was, with other headers first; the symbols that it then
    imports.
    """
    saved = (KERNEL.products / "kmod/src" / file).with_suffix(".o")
    command = re.search(
        r"^savedcmd_\S+ := (.*)$", (saved.parent / f".{saved.name}.cmd").read_text(), re.MULTILINE
    )[1]
    words = shlex.split(command.partition(" ; ")[0])
    words[1:1] = ["-I", str(headers / "include")]
    words = [word for word in words if not word.startswith("-Wp,-MMD")]
    out = headers / "out.o"
    words[words.index("-o") + 1] = str(out)
    said = subprocess.run(
        words, cwd=KERNEL.cache / "headers", check=False, capture_output=True, text=True
    )
    assert (said.returncode, said.stderr) == (0, "")
    return set(
        subprocess.run(["nm", "-u", out], check=True, capture_output=True, text=True).stdout.split()
    )


def test_arm_event_of_vendors_compiles(shape):
    """A known shape is called; an unknown one is not, and the rest of the file stays."""
    headers, known = shape
    imports = compiled("sinks/trace.c", headers)
    assert ("__tracepoint_arm_event" in imports) == known
    assert {"__tracepoint_mc_event", "__tracepoint_non_standard_event"} <= imports


def test_probe_knows_arm_event_of_vendors(shape):
    """It says the same as the compiler."""
    headers, known = shape
    for name, text in {
        "include/config/auto.conf": "CONFIG_ARM64=y\n",
        "include/linux/kernel.h": "",
        "include/generated/utsrelease.h": '#define UTS_RELEASE "6.12.0-1.el10"',
    }.items():
        (headers / name).parent.mkdir(parents=True, exist_ok=True)
        (headers / name).write_text(text)
    finding = next(
        one for one in probe.shapes(probe.Tree(headers)) if one.what.startswith("ras:arm_event")
    )
    assert finding.there == known and finding.kind == probe.USEFUL
    assert known or "non_standard_event" in finding.consequence


FIXUPS = [
    "int fixup_exception(struct pt_regs *regs);",
    "bool fixup_exception(struct pt_regs *regs);",
    "bool fixup_exception(struct pt_regs *regs, unsigned long esr);",
]


@pytest.mark.parametrize("prototype", FIXUPS, ids=["int", "bool", "esr"])
def test_fixup_exception_of_vendors_compiles(prototype, tmp_path):
    assert KERNEL.missing() is None
    common = next((KERNEL.cache / "usr/src").glob("linux-headers-*-common"))
    text, count = re.subn(
        r"^bool fixup_exception\(.*?\);",
        prototype,
        (common / "arch/arm64/include/asm/extable.h").read_text(),
        flags=re.MULTILINE,
    )
    assert count == 1
    file = tmp_path / "include/asm/extable.h"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    compiled("sync/sea.c", tmp_path)
