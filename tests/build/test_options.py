# SPDX-License-Identifier: GPL-2.0-only
"""Kernels without an option that the module gets on without: every file compiles, and imports
nothing that belongs to it.
"""

import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bed.lib.kernels import Kernel

# What goes with the option, as the names of symbols.
OPTIONS = {
    "x86_64": {
        "KPROBES": r"(un)?register_kprobe",
        "X86_MCE": r"apei_mce_report_mem_error",
        "EDAC": r"edac_\w+",
        "CXL_BUS": r"cxl_\w+|__static_call_update",
    },
    "arm64": {
        "MEMORY_FAILURE": r"memory_failure\w*|soft_offline_page",
        "KVM": r"kvm_\w+",
        "ARM_SDE_INTERFACE": r"sdei_\w+",
        "ACPI_APEI_PCIEAER": r"aer_recover_queue|cper_severity_to_aer",
    },
}
CASES = [(arch, option) for arch, options in OPTIONS.items() for option in options]


def recompiled(kernel: Kernel, command_file: Path, option: str, out: Path) -> set[str]:
    """Compile a file as it was, but for the option; the symbols that it then imports."""
    command = re.search(r"^savedcmd_\S+ := (.*)$", command_file.read_text(), re.MULTILINE)[1]
    words = shlex.split(command.partition(" ; ")[0])
    undefine = out / "undefine.h"
    target = out / (command_file.name[1:-4])
    # Behind the header that has the configuration.
    at = next(n for n, word in enumerate(words) if word.endswith("include/linux/kconfig.h"))
    words[at + 1 : at + 1] = ["-include", str(undefine)]
    words = [word for word in words if not word.startswith("-Wp,-MMD")]
    words[words.index("-o") + 1] = str(target)
    said = subprocess.run(
        words, cwd=kernel.cache / "headers", check=False, capture_output=True, text=True
    )
    assert (said.returncode, said.stderr) == (0, ""), f"{command_file.name} without CONFIG_{option}"
    return set(
        subprocess.run(
            ["nm", "-u", target], check=True, capture_output=True, text=True
        ).stdout.split()
    ) - {"U"}


@pytest.mark.parametrize(
    ("arch", "option"), CASES, ids=[f"{arch}-{option}" for arch, option in CASES]
)
def test_without(arch, option, tmp_path):
    kernel = Kernel(arch, "6.12")
    assert kernel.missing() is None
    assert kernel.config(f"CONFIG_{option}"), "the kernel lacks it anyhow"
    (tmp_path / "undefine.h").write_text(f"#undef CONFIG_{option}\n#undef CONFIG_{option}_MODULE\n")
    names = re.compile(rf"CONFIG_{option}\b|\b(?:{OPTIONS[arch][option]})\b")
    files = [
        file
        for file in (kernel.products / "kmod/src").rglob(".*.o.cmd")
        if any(
            names.search(Path(ours).read_text())
            for ours in re.findall(r"\S+/kmod/\S+\.[ch]\b", file.read_text())
        )
    ]
    assert files, "nothing depends on it"
    with ThreadPoolExecutor(2) as pool:
        imports = set().union(
            *pool.map(lambda file: recompiled(kernel, file, option, tmp_path), files)
        )
    left = {name for name in imports if re.fullmatch(OPTIONS[arch][option], name)}
    assert not left, f"imported without CONFIG_{option}"
