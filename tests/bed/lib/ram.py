# SPDX-License-Identifier: GPL-2.0-only
"""Guest memory shared with this process."""

import mmap
import os
import struct

WORDS = {1: "<B", 2: "<H", 4: "<I", 8: "<Q"}


class Ram:
    """Memory of a guest, mapped here too.

    It is an anonymous file handed to QEMU by descriptor, so it vanishes with the last process that
    uses it. Offsets are offsets in the file; what guest address offset 0 has is the platform's
    business.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.fd = os.memfd_create("guest-ram")
        os.ftruncate(self.fd, size)
        self.map = mmap.mmap(self.fd, size)

    def argv(self, name: str = "ram") -> list[str]:
        """QEMU arguments that make it a memory backend; also pass `fd` to the process."""
        return [
            "-object",
            f"memory-backend-file,id={name},size={self.size},share=on,"
            f"mem-path=/proc/self/fd/{self.fd}",
        ]

    def read(self, offset: int, n: int) -> bytes:
        return self.map[offset : offset + n]

    def write(self, offset: int, data: bytes) -> None:
        self.map[offset : offset + len(data)] = data

    def read32(self, offset: int) -> int:
        return struct.unpack_from("<I", self.map, offset)[0]

    def write32(self, offset: int, value: int) -> None:
        struct.pack_into("<I", self.map, offset, value)

    def read64(self, offset: int) -> int:
        return struct.unpack_from("<Q", self.map, offset)[0]

    def write64(self, offset: int, value: int) -> None:
        struct.pack_into("<Q", self.map, offset, value)

    def read_word(self, offset: int, size: int) -> int:
        """A register of 1, 2, 4 or 8 bytes, at once."""
        return struct.unpack_from(WORDS[size], self.map, offset)[0]

    def write_word(self, offset: int, size: int, value: int) -> None:
        struct.pack_into(WORDS[size], self.map, offset, value)

    def close(self) -> None:
        self.map.close()
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1
