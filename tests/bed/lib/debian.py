# SPDX-License-Identifier: GPL-2.0-only
"""A clean Debian machine, to install the packages on: disks, kernels, boots."""

import fcntl
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from bed.lib import BUILD, TOP
from bed.lib.kernels import Kernel
from bed.lib.platform import Platform, platform_class
from bed.lib.sources import Source, number

ROOTS = BUILD / "cache/root"
PACKAGES = BUILD / "deb"

AGENT = """[Unit]
Description=Test channel
ConditionKernelCommandLine=gn_agent

[Service]
# The address stands on the kernel's command line.
ExecStart=/bin/sh -c 'exec /opt/gn/agent \
    $(sed "s/.*gn_agent=\\\\([^ ]*\\\\).*/\\\\1/" /proc/cmdline)'
StandardInput=null

[Install]
WantedBy=multi-user.target
"""


def shell(*command: str | Path, **options: Any) -> str:
    """Run it; returns what it said, which is in the error's text when it fails."""
    result = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if result.returncode:
        raise RuntimeError(
            f"{' '.join(map(str, command))}: exit status"
            f" {result.returncode}\n{result.stdout[-4000:]}"
        )
    return result.stdout


def build_packages() -> list[Path]:
    """The .deb files of this tree, made anew for each run of the tests and looked at by lintian."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "deb.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = PACKAGES / "run"
        if not run or not stamp.exists() or stamp.read_text() != run:
            shell(TOP / "scripts/deb", PACKAGES)
            stamp.write_text(run)
    return sorted(PACKAGES.glob("*.deb"))


@dataclass(frozen=True)
class RootKernel(Kernel):
    """A kernel with the initramfs that the machine itself made for it."""

    name: str = ""
    directory: Path = ROOTS
    our_init: ClassVar[bool] = False

    @property
    def image(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def initramfs(self) -> Path:
        return self.directory / "initrd.img"

    @property
    def release(self) -> str:
        return self.name


@dataclass
class Debian:
    """A machine with a disk, which stays when it is switched off."""

    run_dir: Path
    sources: list[Source]
    suite: str = "bookworm"
    files: Path = field(init=False)
    boots: int = 0

    def __post_init__(self) -> None:
        shutil.rmtree(self.run_dir, ignore_errors=True)
        self.run_dir.mkdir(parents=True)
        self.files = self.run_dir / "files"
        self.disk = self.run_dir / "disk.img"
        shell(TOP / "scripts/fetch", "tools", "vm", "x86", "packages")
        shell(TOP / "scripts/fetch", "root", self.suite)

    @property
    def root(self) -> Path:
        """What the machine is made of, and its first kernel."""
        return ROOTS / self.suite

    def release(self, name: str = "release") -> str:
        """uname -r of its first kernel; "next-release": of the one that is in the repository."""
        return (self.root / name).read_text().strip()

    def first_kernel(self) -> RootKernel:
        return RootKernel("x86_64", "6.1", None, self.release(), self.root)

    def add(self, place: str, content: str | bytes, mode: int = 0o644) -> None:
        """A file of the disk to be made."""
        path = self.files / place.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)

    def add_agent(self) -> None:
        shell(TOP / "scripts/fetch", "tools", "build", "vm", "x86")
        shell(TOP / "scripts/fetch", "guest", "x86_64")
        shell(
            "/usr/bin/python3",
            "-c",
            "import runpy, sys; runpy.run_path(sys.argv[1])['programs']('x86_64')",
            TOP / "scripts/initramfs",
        )
        self.add("opt/gn/agent", (BUILD / "x86_64/guest/agent").read_bytes(), 0o755)
        self.add("etc/systemd/system/gn-agent.service", AGENT)
        wants = self.files / "etc/systemd/system/multi-user.target.wants"
        wants.mkdir(parents=True)
        (wants / "gn-agent.service").symlink_to("/etc/systemd/system/gn-agent.service")

    def add_repository(self, packages: list[Path]) -> None:
        """A folder that apt can install from, and nothing else."""
        folder = self.files / "srv/repository"
        folder.mkdir(parents=True)
        for package in packages:
            shutil.copy(package, folder)
        (folder / "Packages").write_text(
            subprocess.run(
                ["dpkg-scanpackages", "-m", "."],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        self.add("etc/apt/sources.list", "deb [trusted=yes] file:/srv/repository ./\n")

    def make_disk(self, *packages: Path) -> None:
        options = [word for package in packages for word in ("--install", str(package))]
        (self.run_dir / "disk.log").write_text(
            shell(TOP / "scripts/testdisk", "--add", self.files, *options, self.suite, self.disk)
        )
        shutil.rmtree(self.files)

    def kernel(self, release: str) -> RootKernel:
        """A kernel of the disk; the machine must be off."""
        directory = self.run_dir / release
        directory.mkdir(exist_ok=True)
        for name in ("vmlinuz", "initrd.img"):
            shell(
                "/sbin/debugfs", "-R", f"dump /boot/{name}-{release} {directory / name}", self.disk
            )
        return RootKernel("x86_64", "6.1", None, release, directory)

    def boot(
        self,
        kernel: RootKernel,
        append: str = "",
        smp: int = 2,
        timeout: float = 300,
        icount: bool = False,
    ) -> Platform:
        """Switch it on and wait for the agent."""
        self.boots += 1
        number(self.sources)
        return platform_class("x86_64")(
            kernel=kernel,
            sources=self.sources,
            run_dir=self.run_dir / f"boot{self.boots}",
            smp=smp,
            icount=icount,
            append=f"root=/dev/vda rw quiet {append}",
            boot_timeout=timeout,
            argv=("-drive", f"file={self.disk},format=raw,if=virtio,cache=unsafe"),
        )

    @staticmethod
    def switch_off(machine: Platform) -> None:
        # Its answer may not get out before the machine is off.
        assert machine.vm.agent is not None
        machine.vm.agent.start("systemctl poweroff --no-block")
        machine.vm.wait_exit(180)
        machine.close()
