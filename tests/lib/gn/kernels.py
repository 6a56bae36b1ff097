# SPDX-License-Identifier: GPL-2.0-only
"""The stock kernels that tests boot."""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from gn import BUILD, TOP

# The versions of scripts/fetch that the tests run on.
SUPPORTED = {"arm64": ("6.1", "6.12"), "x86_64": ("6.1", "6.12", "7.3")}

# Only for cases that ask for them by @pytest.mark.kernels.
SPECIAL = {"arm64": ("5.10", "7.3")}

# Every guest: an oops or a warning ends it, which ends QEMU (-no-reboot).
STRICT = "oops=panic panic_on_warn=1 panic=-1"


@dataclass(frozen=True)
class Kernel:
    """A kernel in build/cache, with the modules and the initramfs built for it."""

    arch: str
    version: str
    root: Path | None = None  # another initramfs than the one built for it

    @property
    def cache(self) -> Path:
        return BUILD / "cache/kernel" / f"{self.arch}-{self.version}"

    @property
    def image(self) -> Path:
        return self.cache / "vmlinuz"

    @property
    def release(self) -> str:
        """What uname -r says."""
        return (self.cache / "release").read_text().strip()

    @property
    def products(self) -> Path:
        return BUILD / f"{self.arch}-{self.version}"

    @property
    def initramfs(self) -> Path:
        return self.root or self.products / "initramfs.cpio"

    def with_more(self, archive: bytes, out: Path) -> "Kernel":
        """The same with this archive behind its initramfs; `out` is where the two are kept."""
        first = self.initramfs.read_bytes()
        out.write_bytes(first + b"\0" * (-len(first) % 4) + archive)
        return replace(self, root=out)

    def prepare(self) -> "Kernel":
        """Fetch and build whatever is missing or out of date."""
        subprocess.run([TOP / "scripts/prepare", self.arch, self.version], check=True)
        return self

    def missing(self) -> str | None:
        """What is not there yet, or None."""
        for file in (self.image, self.initramfs, self.products / "ghes_nmi.ko"):
            if not file.exists():
                return str(file.relative_to(TOP))
        return None


if __name__ == "__main__":
    # For scripts/test: what to prepare.
    for arch, versions in SUPPORTED.items():
        if versions:
            print(arch, *versions, *SPECIAL.get(arch, ()))
