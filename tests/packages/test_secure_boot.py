# SPDX-License-Identifier: GPL-2.0-only
"""Secure Boot, as on a machine one buys: Microsoft's keys in the firmware, Debian's shim, GRUB and
kernel with their signatures, the kernel locked down by itself. What dkms built and signed is loaded
once its key is the machine owner's.
"""

import re
import subprocess


import pytest

from bed.lib import BUILD, TOP
from bed.lib.debian import Debian, build_packages
from bed.lib.platform import platform_class
from bed.lib.sources import Source, number
from bed.lib.uefi import boot_disk, enrol
from bed.lib.vm import VM

SIGNED = BUILD / "cache/secure-boot"
OVMF = SIGNED / "usr/share/OVMF"
REPORT = "/opt/gn/report"


@pytest.fixture(scope="module")
def machine():
    """A disk with the packages, installed."""
    for what in (["tools", "build"], ["secure-boot"]):
        subprocess.run([TOP / "scripts/fetch", *what], check=True)
    debian = Debian(BUILD / "run/packages-secure-boot", [Source(notify="nmi", length=4096)])
    debian.add("opt/gn/report", (TOP / "tests/packages/secure-boot-report").read_bytes(), 0o755)
    debian.make_disk(*build_packages())
    yield debian
    for vm in list(VM.live):
        vm.close()
    debian.disk.unlink(missing_ok=True)


def run(debian: Debian, known: bool) -> dict[str, str]:
    """Boot with the key of dkms known or not; what the report said, by its headings."""
    directory = debian.run_dir / ("known" if known else "unknown")
    directory.mkdir(exist_ok=True)
    certificate = directory / "mok.der"
    subprocess.run(
        ["/sbin/debugfs", "-R", f"dump /var/lib/dkms/mok.pub {certificate}", debian.disk],
        check=True,
        capture_output=True,
    )
    store = (OVMF / "OVMF_VARS_4M.ms.fd").read_bytes()
    variables = directory / "variables.fd"
    variables.write_bytes(enrol(store, certificate.read_bytes()) if known else store)
    disk = directory / "boot.img"
    boot_disk(
        disk,
        {
            "EFI/BOOT/BOOTX64.EFI": SIGNED / "usr/lib/shim/shimx64.efi.signed",
            "EFI/BOOT/grubx64.efi": SIGNED / "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
            "EFI/debian/grub.cfg": grub(),
            "vmlinuz": debian.root / "vmlinuz",
            "initrd.img": debian.root / "initrd.img",
        },
    )
    number(debian.sources)
    machine = platform_class("x86_64")(
        kernel=debian.first_kernel(),
        sources=debian.sources,
        run_dir=directory,
        agent=False,
        direct=False,
        argv=(
            "-machine",
            "smm=on",
            "-global",
            "driver=cfi.pflash01,property=secure,value=on",
            "-drive",
            f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF}/OVMF_CODE_4M.ms.fd",
            "-drive",
            f"if=pflash,unit=1,format=raw,file={variables}",
            "-drive",
            f"if=none,id=root,file={debian.disk},format=raw,snapshot=on",
            "-drive",
            f"if=none,id=boot,file={disk},format=raw,readonly=on",
            "-device",
            "virtio-blk-pci,drive=root",
            "-device",
            "virtio-blk-pci,drive=boot,bootindex=0",
        ),
    )
    machine.vm.wait_console("^== end$", 400)
    machine.close()
    parts = re.split(r"^== (.*)$", machine.vm.console_text(), flags=re.MULTILINE)
    return {name: text for name, text in zip(parts[1::2], parts[2::2])}


def grub() -> bytes:
    options = rf"root=/dev/vda rw init={REPORT} console=ttyS0 quiet panic=-1 memmap=64M\$0x20000000"
    return f"linux /vmlinuz {options}\ninitrd /initrd.img\nboot\n".encode()


def test_known_key(machine):
    """Signed with the machine owner's key: loaded under lockdown; unsigned or signed by others:
    refused, and the message says what to do.
    """
    said = run(machine, known=True)
    assert "[integrity]" in said["machine"], said
    for name in ("as dkms signed it", "as dkms signed it, again"):
        assert "signer: DKMS module signing key" in said[name]
        assert "loaded, driver of source 0: " in said[name] and said[name].rstrip().endswith(
            "/ghes_nmi"
        ), said
    assert "refused" in said["unsigned"] and "is not signed" in said["unsigned"], said
    assert "mokutil --import /var/lib/dkms/mok.pub" in said["unsigned"]
    other = said["signed by somebody else"]
    assert (
        "refused" in other and "signer: Somebody" in other and "does not know the key" in other
    ), said
    assert "mokutil --import /var/lib/dkms/mok.pub" in other


@pytest.mark.full("a second boot of the same machine")
def test_unknown_key(machine):
    """The same machine before the key is enrolled: what dkms signed is refused too."""
    said = run(machine, known=False)
    assert "[integrity]" in said["machine"]
    assert (
        "refused" in said["as dkms signed it"]
        and "does not know the key" in said["as dkms signed it"]
    ), said
    assert "mokutil --import /var/lib/dkms/mok.pub" in said["as dkms signed it"]
