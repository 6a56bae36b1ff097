# SPDX-License-Identifier: GPL-2.0-only
"""Programs of Debian packages, to be run in the guest as they are."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bed.lib import BUILD, TOP
from bed.lib.cpio import Cpio

NEEDED = re.compile(r"program interpreter: ([^\]]+)\]|\(NEEDED\) +Shared library: \[([^\]]+)\]")


@dataclass(frozen=True)
class Package:
    """A package of the guest's architecture, unpacked with all that it depends on."""

    arch: str
    suite: str
    name: str

    @property
    def cache(self) -> Path:
        return BUILD / "cache/guest-package" / f"{self.arch}-{self.suite}" / self.name

    @property
    def root(self) -> Path:
        return self.cache / "root"

    def fetch(self) -> "Package":
        """Bring it in if it is not there."""
        subprocess.run(
            [TOP / "scripts/fetch", "guest-package", self.arch, self.suite, self.name],
            check=True,
            timeout=600,
        )
        return self

    @property
    def version(self) -> str:
        versions = dict(line.split() for line in (self.cache / "packages").read_text().splitlines())
        return versions[self.name]

    def find(self, name: str) -> Path:
        """A file of the tree, by its absolute name in the guest or a library's bare one."""
        # /lib is /usr/lib on an installed machine; packages say either.
        places = (
            [name.lstrip("/"), f"usr{name}"]
            if name.startswith("/")
            else [f"lib/*-linux-gnu*/{name}", f"usr/lib/*-linux-gnu*/{name}"]
        )
        for place in places:
            for path in sorted(self.root.glob(place)):
                return self._inside(path)
        raise FileNotFoundError(f"{name} is in none of the packages that {self.name} needs")

    def _inside(self, path: Path) -> Path:
        """What `path` is in the guest, where a link may lead elsewhere than here."""
        while path.is_symlink():
            target = path.readlink()
            path = (
                self.root / str(target).lstrip("/")
                if target.is_absolute()
                else path.parent / target
            )
        return path

    def archive(self, *programs: str) -> bytes:
        """An initramfs archive of these programs (absolute names) and the libraries they are linked
        with.
        """
        cpio = Cpio()
        wanted, done = list(programs), set()
        while wanted:
            name = wanted.pop()
            if name in done:
                continue
            done.add(name)
            file = self.find(name)
            # Where the dynamic linker, which has no cache file here, looks for a bare name.
            place = name.lstrip("/") if name.startswith("/") else f"usr/lib/{name}"
            cpio.file(place, file)
            wanted += self._needs(file)
        return cpio.bytes()

    @staticmethod
    def _needs(file: Path) -> list[str]:
        """The dynamic linker and the libraries that an ELF file names."""
        out = subprocess.run(
            ["readelf", "-dl", file], check=True, capture_output=True, text=True
        ).stdout
        return [linker or library for linker, library in NEEDED.findall(out)]
