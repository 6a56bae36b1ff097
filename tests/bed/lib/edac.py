# SPDX-License-Identifier: GPL-2.0-only
"""ghes_edac, which Debian's kernels leave out: a module made of their own source. And the counters
it keeps.
"""

import shutil
import subprocess

from bed.lib import BUILD, TOP
from bed.lib.cpio import Cpio
from bed.lib.kernels import Kernel
from bed.lib.platform import Platform

MODULE = "/lib/modules/ghes_edac.ko"
# On x86_64 the in-tree driver names its sources to ghes_edac on known machines only.
APPEND = "ghes.edac_force_enable=1"
FILES = tuple(
    f"drivers/edac/{name}"
    for name in ("ghes_edac.c", "edac_module.h", "edac_mc.h", "edac_pci.h", "edac_device.h")
)
COUNTERS = "/sys/devices/system/edac/mc/mc0"


def built_in(kernel: Kernel) -> bool:
    return kernel.config("CONFIG_EDAC_GHES")


def archive(kernel: Kernel) -> bytes:
    """An initramfs archive with the module, for a machine's `extra_files`; nothing where it is
    built in.
    """
    if built_in(kernel):
        return b""
    folder = kernel.products / "ghes_edac"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([TOP / "scripts/fetch", "kernel-source", kernel.of, *FILES], check=True)
    for file in FILES:
        source = BUILD / "cache/kernel-source" / kernel.of / file
        # A file that is as it was is not built again.
        shutil.copy2(source, folder)
    (folder / "Kbuild").write_text("obj-m := ghes_edac.o\n", encoding="utf-8")
    subprocess.run(
        [TOP / "scripts/kmod", "--only", folder, kernel.arch, kernel.version], check=True
    )
    cpio = Cpio()
    cpio.file(MODULE.lstrip("/"), folder / "ghes_edac.ko")
    return cpio.bytes()


def load(machine: Platform) -> None:
    if not built_in(machine.kernel):
        machine.vm.check(f"insmod {MODULE}")


def counted(machine: Platform, *wanted: int) -> tuple[int, ...]:
    """Corrected and uncorrected errors, as soon as they are those, or after some time."""
    machine.vm.run(
        f"cd {COUNTERS} && for i in $(seq 200); do [ \"$(cat ce_count ue_count | tr '\\n' ' ')\" = "
        f"'{wanted[0]} {wanted[1]} ' ] && break; sleep 0.05; done"
    )
    machine.vm.check("sleep 0.2")
    return tuple(map(int, machine.vm.check(f"cd {COUNTERS} && cat ce_count ue_count").split()))
