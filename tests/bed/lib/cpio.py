# SPDX-License-Identifier: GPL-2.0-only
"""What an initramfs is made of: archives in the "newc" format
(Documentation/driver-api/early-userspace/buffer-format.rst). Of several in a row the kernel unpacks
all.
"""

import os
import stat
from pathlib import Path


class Cpio:
    """An archive that is being put together. Directories come before what is in them."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.inode = 0
        self.directories: set[str] = set()

    def add(self, name: str, mode: int, data: bytes = b"", rdev: tuple[int, int] = (0, 0)) -> None:
        self.inode += 1
        path = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(path), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def directory(self, name: str) -> None:
        """A directory and those above it, once."""
        if name in ("", ".") or name in self.directories:
            return
        self.directory(os.path.dirname(name))
        self.directories.add(name)
        self.add(name, stat.S_IFDIR | 0o755)

    def file(self, name: str, source: Path) -> None:
        """A copy of a file, in its directory."""
        self.directory(os.path.dirname(name))
        self.add(
            name,
            stat.S_IFREG | (0o755 if os.access(source, os.X_OK) else 0o644),
            source.read_bytes(),
        )

    def bytes(self) -> bytes:
        """The whole archive; another one may follow."""
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)
