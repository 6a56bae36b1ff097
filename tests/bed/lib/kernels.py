# SPDX-License-Identifier: GPL-2.0-only
"""The stock kernels that tests boot: what kernels.list says."""

import fcntl
import functools
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from bed.lib import BUILD, TOP

LIST = TOP / "kernels.list"
BUILT_LIST = TOP / "tests/kernels/built.list"
ARCHES = ("arm64", "x86_64")
# What uname -m says, and what the tools of a compiler are called.
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
TRIPLETS = {"arm64": "aarch64-linux-gnu", "x86_64": "x86_64-linux-gnu"}


@dataclass(frozen=True)
class Line:
    """A line of kernels.list; `tests` by architecture: "all", "some", "core" or "matrix"."""

    name: str
    version: str
    flavour: str | None
    suite: str
    tests: dict[str, str]

    @property
    def number(self) -> tuple[int, ...]:
        return tuple(map(int, self.version.split(".")))


def read() -> list[Line]:
    lines = []
    for text in LIST.read_text(encoding="utf-8").splitlines():
        words = text.split()
        if not words or words[0].startswith("#"):
            continue
        name, version, flavour, suite, *tests = words
        by_arch = {arch: what for arch, what in zip(ARCHES, tests, strict=True) if what != "-"}
        if not set(by_arch.values()) <= {"all", "some", "core", "matrix"}:
            raise ValueError(f"{LIST.name}: {text}")
        lines.append(Line(name, version, None if flavour == "-" else flavour, suite, by_arch))
    return lines


def names(*what: str) -> dict[str, tuple[str, ...]]:
    """By architecture, the kernels whose tests are among these."""
    return {
        arch: tuple(line.name for line in read() if line.tests.get(arch) in what) for arch in ARCHES
    }


# The release of each that is taken, and by ARCH-NAME: see there.
PINS = TOP / "tests/kernels/pinned"
PINNED = dict(
    line.split()
    for line in PINS.read_text(encoding="utf-8").splitlines()
    if line and line[0] != "#"
)

# The kernels that every case runs on.
SUPPORTED = names("all")

# Only for cases that ask for them by @pytest.mark.kernels, and the core cases.
SPECIAL = names("some")

# All there are: what the core cases run on.
EVERY = names("all", "some", "core", "matrix")

# Those of them that each change is tested on.
EACH_CHANGE = names("all", "some", "core")


def built(kind: str = "") -> dict[str, dict[str, str]]:
    """By architecture, the kernels that scripts/kernel-build makes, each with the line of
    kernels.list it is made of.
    """
    lines = [text.split() for text in BUILT_LIST.read_text(encoding="utf-8").splitlines()]
    return {
        arch: {
            words[0]: words[2]
            for words in lines
            if words and words[0][0] != "#" and words[4 + place] == "yes" and kind in ("", words[1])
        }
        for place, arch in enumerate(ARCHES)
    }


# Not for cases, unless --on names them.
BUILT = built()

# What the A/B comparison runs on.
BENCH = {"arm64": ("6.1", "6.12", "7.3"), "x86_64": ("6.1", "6.12", "7.3")}

# What scripts/test calls this run: a kernel is prepared once in it, when the first case asks or
# before.
RUN = os.environ.get("GN_TEST_RUN", "")

# Every guest: an oops, a warning, or nothing going on ends it, which ends QEMU (-no-reboot). Its
# log is long enough for all that it says.
STRICT = (
    "oops=panic panic_on_warn=1 panic=-1 softlockup_panic=1 sysctl.kernel.hung_task_panic=1 "
    "sysctl.kernel.panic_on_rcu_stall=1 log_buf_len=1M edac_core.edac_mc_log_ce=0"
)


@dataclass(frozen=True)
class Kernel:
    """A kernel in build/cache, with the modules and the initramfs built for it."""

    arch: str
    version: str  # its name in kernels.list or tests/kernels/built.list
    root: Path | None = None  # another initramfs than the one built for it
    # Is PID 1 tests/bed/guest/init, which starts the CPUs that maxcpus= leaves out?
    our_init: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.arch}-{self.version}"

    @property
    def of(self) -> str:
        """Its name in kernels.list, or of what it was made from."""
        return BUILT[self.arch].get(self.version, self.version)

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

    def version_of_source(self) -> str:
        """What is fetched of its source: the pinned release, or what is there."""
        return PINNED.get(f"{self.arch}-{self.version}") or self.release

    def config(self, option: str) -> bool:
        """Is it built in, or a module?"""
        return any(
            line in (f"{option}=y", f"{option}=m")
            for line in (self.cache / "config").read_text().splitlines()
        )

    @property
    def page_kib(self) -> int:
        """KiB of a page."""
        return (
            64
            if self.config("CONFIG_ARM64_64K_PAGES")
            else 16
            if self.config("CONFIG_ARM64_16K_PAGES")
            else 4
        )

    @property
    def rings(self) -> bool:
        """Does it have the NMI-like notification of its architecture?"""
        return self.arch != "arm64" or self.config("CONFIG_ARM_SDE_INTERFACE")

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
        """What is not there yet, or None. In a run of scripts/test a kernel is fetched and built
        here.
        """
        if RUN:
            once(self.arch, self.version)
        for file in (self.image, self.initramfs, self.products / "ghes_nmi.ko"):
            if not file.exists():
                return str(file.relative_to(TOP))
        return None


@functools.cache
def once(arch: str, version: str) -> None:
    """Prepare a kernel, one time in a run of the tests: other workers may be reading what was
    made.
    """
    stamp = BUILD / f"prepared-{arch}-{version}"
    BUILD.mkdir(exist_ok=True)
    with open(stamp, "a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if file.read() == RUN:
            return
        Kernel(arch, version).prepare()
        file.truncate(0)
        file.write(RUN)


def prepare_ahead(arch: str) -> None:
    for version in EACH_CHANGE[arch]:
        once(arch, version)


if __name__ == "__main__":
    # For scripts/test. Both architectures at once: while one downloads the other builds.
    with ThreadPoolExecutor(len(ARCHES)) as pool:
        for done in [pool.submit(prepare_ahead, arch) for arch in ARCHES]:
            done.result()
