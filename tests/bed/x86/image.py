# SPDX-License-Identifier: GPL-2.0-only
"""The kernel image to boot.

A bzImage unpacks itself, and an emulated CPU takes ten seconds for xz. Such an image is unpacked
here, once, and the very same kernel then started by its PVH entry (Documentation/arch/x86/boot.rst
has the header).
"""

import lzma
import struct
from pathlib import Path

from bed.lib import BUILD
from bed.lib.kernels import Kernel

XZ = b"\xfd7zXZ\0"
SETUP_SECTORS, PAYLOAD = 0x1F1, 0x248
SECTOR = 512


def payload(image: bytes) -> bytes:
    """The packed kernel in a bzImage."""
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    start = (image[SETUP_SECTORS] + 1) * SECTOR + offset
    return image[start : start + length]


def bootable(kernel: Kernel) -> Path:
    image = kernel.image.read_bytes()
    packed = payload(image)
    if not packed.startswith(XZ):
        return kernel.image
    out = BUILD / "platform/x86" / f"vmlinux-{kernel.release}-{len(image)}"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        new = out.with_suffix(f".{id(image)}")
        # The uncompressed length follows the stream.
        new.write_bytes(lzma.LZMADecompressor().decompress(packed))
        new.rename(out)
    return out
