# SPDX-License-Identifier: GPL-2.0-only
"""Modules of a Debian kernel's own package, for guests: their initramfs has only what tests
build.
"""

import lzma
import re
import stat
from pathlib import Path

from bed.lib.cpio import Cpio
from bed.lib.kernels import Kernel
from bed.lib.platform import Platform

FOLDER = "lib/modules/stock"


class Stock:
    """Modules with all they depend on: an archive for a machine's `extra_files`, and load() for the
    guest.
    """

    def __init__(self, kernel: Kernel, *names: str) -> None:
        self.files: dict[str, bytes] = {}  # in the order in which they are loaded
        self.places = {
            self.name(path): path for path in (kernel.cache / "modules/kernel").rglob("*.ko*")
        }
        for name in names:
            self._add(name)

    @staticmethod
    def name(path: Path) -> str:
        return path.name.partition(".")[0].replace("-", "_")

    def _add(self, name: str) -> None:
        if name in self.files or name not in self.places:  # the kernel has it built in
            return
        path = self.places[name]
        data = path.read_bytes()
        if path.suffix == ".xz":
            data = lzma.decompress(data)
        needs = re.search(rb"\0depends=([^\0]*)\0", data)
        for needed in needs[1].decode().split(",") if needs and needs[1] else ():
            self._add(needed.replace("-", "_"))
        self.files[name] = data

    def archive(self) -> bytes:
        cpio = Cpio()
        cpio.directory(FOLDER)
        for name, data in self.files.items():
            cpio.add(f"{FOLDER}/{name}.ko", stat.S_IFREG | 0o644, data)
        return cpio.bytes()

    def load(self, machine: Platform) -> None:
        for name in self.files:
            machine.vm.check(f"insmod /{FOLDER}/{name}.ko")
