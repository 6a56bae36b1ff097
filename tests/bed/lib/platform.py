# SPDX-License-Identifier: GPL-2.0-only
"""A machine with firmware that raises errors: what tests are written against, whatever the
architecture.
"""

import importlib
import itertools
import os
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bed.lib import BUILD, PATIENCE
from bed.lib.kernels import Kernel
from bed.lib.sources import Source, number
from bed.lib.vm import VM, VMError

# Architecture: module and class of its platform.
PLATFORMS = {"arm64": ("bed.arm64.platform", "Arm64"), "x86_64": ("bed.x86.platform", "X86")}


class BootedAgain(UserWarning):
    """A machine was booted a second time, because the first time failed for a reason that is known.
    It is counted.
    """


@dataclass
class Event:
    """A notification as firmware saw it. `ticks` are guest instructions when the machine runs with
    icount.
    """

    kind: str
    source: int  # index of the source
    event: int = 0
    cpu: int = 0
    ticks: int = 0  # from dispatch to completion
    lower_ticks: int = 0  # the part of it spent below EL3
    seq: int = 0


class Platform(ABC):
    """Firmware publishes the next record of a source as soon as the source is free: block status 0
    and, for GHESv2, bit 0 of the ack register set. Publishing is: clear that bit, write the block
    with its first word last, notify. The order per source is kept.
    """

    arch: str
    kernel: Kernel
    sources: list[Source]
    vm: VM

    # Raising errors
    # ------------------------------------------------------------------

    @abstractmethod
    def post(self, src: Source, block: bytes, *, notify: bool = True) -> int:
        """Hand a record to firmware; returns its number per source: 0, 1, 2..."""

    @abstractmethod
    def post_many(self, src: Source, blocks: list[bytes]) -> list[int]:
        """The same for many records, fast."""

    @abstractmethod
    def quiesce(self, timeout: float = 30 * PATIENCE) -> None:
        """Wait until every record is out and every source free; TimeoutError says which is not."""

    @abstractmethod
    def notify(self, src: Source) -> None:
        """Notify without a record."""

    @abstractmethod
    def write_block(self, src: Source, data: bytes, offset: int = 0) -> None:
        """Write into the block as it is, without notification."""

    @abstractmethod
    def read_block(self, src: Source, n: int, offset: int = 0) -> bytes:
        """Read the block as it is."""

    @abstractmethod
    def ack(self, src: Source) -> int:
        """The ack register."""

    @abstractmethod
    def status(self, src: Source) -> int:
        """The first word of the block."""

    @abstractmethod
    def move(self, src: Source, where: int) -> None:
        """Move the block: 0 home, 1 64 bytes further inside the home window, 2 elsewhere."""

    @abstractmethod
    def hold_ack(self, src: Source, on: bool = True) -> None:
        """Treat the source as not free, whatever its ack register says."""

    @abstractmethod
    def taken(self) -> int:
        """Records of all sources that firmware has back."""

    @abstractmethod
    def taken_of(self, src: Source) -> int:
        """Records of one source that firmware has back."""

    @abstractmethod
    def gap(self, src: Source, nanoseconds: int) -> None:
        """At least so much time between two publications of the source."""

    @abstractmethod
    def withdraw(self, src: Source) -> None:
        """Forget every record of the source that nobody has taken; the source is free again."""

    # Shaping: what not every platform can do
    # ------------------------------------------------------------------

    def nest(
        self, outer: Source, outer_block: bytes, inner: Source, inner_block: bytes, offset: int
    ) -> None:
        """Raise `outer`; `offset` ticks after its dispatch raise `inner` inside it."""
        raise NotImplementedError

    def patch_at(self, src: Source, block: bytes, patch: list[tuple[int, int, bytes]]) -> None:
        """Raise `block` and change it while it is read: (tick after dispatch, byte offset,
        bytes).
        """
        raise NotImplementedError

    def reraise(self, src: Source, blocks: list[bytes]) -> None:
        """Raise the next block at each completion as soon as the source is free."""
        raise NotImplementedError

    # Observation
    # ------------------------------------------------------------------

    @abstractmethod
    def events(self) -> Sequence[Event]:
        """Notifications since the last call."""

    @abstractmethod
    def fw_log(self) -> str:
        """What firmware printed."""

    # Life
    # ------------------------------------------------------------------

    @abstractmethod
    def close(self) -> None:
        """End the machine. Its logs stay in vm.run_dir."""

    def __enter__(self) -> "Platform":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_runs = itertools.count()


def platform_class(arch: str) -> Callable[..., Platform]:
    module, name = PLATFORMS[arch]
    return getattr(importlib.import_module(module), name)


def open(
    arch: str = "arm64",
    kernel: str = "6.12",
    *,
    sources: list[Source],
    smp: int = 1,
    icount: bool = False,
    append: str = "",
    run_dir: Path | None = None,
    extra_files: bytes = b"",
    **more: Any,
) -> Platform:
    """Boot a machine and wait until commands can be run in it.

    Logs go to `run_dir`. `append` is added to the kernel command line; no loglevel with several
    CPUs: a boot that fails has to say why. `extra_files` is an initramfs archive unpacked after the
    usual one. Anything else is for the platform.
    """
    if run_dir is None:
        run_dir = BUILD / "run" / f"{arch}-{kernel}.{os.getpid()}.{next(_runs)}"
    run_dir = Path(run_dir)
    image = Kernel(arch, kernel)
    missing = image.missing()
    if missing:
        raise FileNotFoundError(f"{missing} is missing: run scripts/prepare {arch} {kernel}")
    if extra_files:
        run_dir.mkdir(parents=True, exist_ok=True)
        image = image.with_more(extra_files, run_dir / "root.cpio")

    def boot() -> Platform:
        return platform_class(arch)(
            kernel=image,
            sources=number(sources),
            smp=smp,
            icount=icount,
            append=append,
            run_dir=run_dir,
            **more,
        )

    try:
        machine = boot()
    except VMError as error:
        # QEMU's emulation of several CPUs executes, once in some hundred boots, the breakpoint that
        # one CPU has just put into the kernel's code and taken out again. Before init runs nothing
        # of ours is there to blame.
        console = VM.read_log(run_dir / "console.log")
        if smp == 1 or "Run /init" in console or not re.search(r"Oops: int3|int3: 0000", console):
            raise
        warnings.warn(
            f"{run_dir.name}: {str(error).splitlines()[0]}: int3 during boot", BootedAgain
        )
        (run_dir / "console.log").rename(run_dir / "console-first-boot.txt")
        machine = boot()
    if image.root and extra_files and more.get("agent", True):
        image.root.unlink()  # the guest runs and has unpacked it
    return machine
