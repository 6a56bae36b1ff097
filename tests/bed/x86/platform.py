# SPDX-License-Identifier: GPL-2.0-only
"""An x86 server whose firmware raises errors: QEMU's q35 machine, with this process as the
firmware.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bed.lib import PATIENCE, hed
from bed.lib.kernels import STRICT, Kernel
from bed.lib.platform import Event, Platform
from bed.lib.ram import Ram
from bed.lib.sources import Source
from bed.lib.sources import hest as sources_hest
from bed.lib.vm import VM
from bed.x86 import costs
from bed.x86.einj import Injector
from bed.x86.einj import install as install_einj
from bed.x86.firmware import STATUS_SIZE, Cpu, Entry, Feed, Firmware
from bed.x86.image import bootable
from bed.x86.layout import AGENT_AT, LINES_PORT, MIB, RESERVED_AT, Layout
from bed.lib.qtest import Qtest
from bed.x86.table import CREATOR, OEM, install

# no_timer_check: an emulated timer that a busy host lets wait is not a broken one.
COMMAND_LINE = "console=ttyS0 tsc=reliable no_timer_check"
# An instruction is a nanosecond, and the time stamp counter counts them: see costs.py.
COMMAND_LINE_ICOUNT = "tsc_early_khz=1000000 clocksource=tsc"
PLACES = 3
# The interrupt of the hardware error device, unless a source has one of its own.
HED_GSI = 7


class X86(Platform):
    """Beyond what every platform takes:

    registers: "packed" (side by side) or "spread" (a page per source)
    block_align: where blocks may start
    cpu: QEMU's CPU model
    hest: False: no HEST; bytes: these instead of count and entries
    argv: more arguments for QEMU
    direct: False: boot from what argv has; no kernel, initramfs and command line from here
    erst: a file that is the storage of an ERST
    einj: raise_error(type, address) is called for each error that the guest injects; without it
    there is no EINJ

    Source.extra: cpu=N, "all" or "rotate": where the source's NMIs go (default 0).
    """

    arch = "x86_64"

    def __init__(
        self,
        *,
        kernel: Kernel,
        sources: list[Source],
        run_dir: Path,
        smp: int = 1,
        icount: bool = False,
        append: str = "",
        agent: bool = True,
        console_stdio: bool = False,
        registers: str = "packed",
        block_align: int = 4096,
        cpu: str = "max",
        hest: bool | bytes = True,
        einj: Callable[[int, int], None] | None = None,
        argv: tuple[str, ...] = (),
        direct: bool = True,
        erst: Path | None = None,
        boot_timeout: float = 90,
    ) -> None:
        if icount and smp > 1:
            raise ValueError("icount counts the instructions of one CPU")
        for source in sources:
            line = hed.line_of(source, HED_GSI)
            if line:
                Qtest.check_gsi(line.gsi, line.level)
        self.kernel, self.sources = kernel, sources
        self.closed = False
        self.layout = Layout(sources, registers, block_align)
        self.ram = Ram(self.layout.ram)
        self.vm = VM(run_dir)
        sock, qtest = self.vm.chardev("qtest")  # the only name QEMU knows it by
        self.qtest = Qtest(sock)
        ports = {
            name: self.vm.chardev(f"bell-{port:x}") for name, port in self.layout.bells.items()
        }
        self.firmware = Firmware(
            self.ram,
            sources,
            self.qtest,
            smp,
            HED_GSI,
            {name: ours for name, (ours, _) in ports.items()},
        )
        if agent:
            self.vm.use_agent(self.ram, AGENT_AT)
        words = [
            COMMAND_LINE,
            COMMAND_LINE_ICOUNT if icount else "",
            f"memmap={self.layout.reserved // MIB}M${RESERVED_AT:#x}",
            STRICT,
            (
                # A booting kernel patches its code all the time, which QEMU's emulation of several
                # CPUs cannot follow now and then: a CPU meets the breakpoint when it is gone. /init
                # starts the others.
                "maxcpus=1"
                if smp > 1 and agent and kernel.our_init
                else ""
            ),
            append,
            f"gn_agent={AGENT_AT:#x}" if agent else "",
        ]
        if hest is True:
            hest = len(sources).to_bytes(4, "little") + sources_hest(sources) if sources else b""
        initramfs, acpi = (
            install(hest, kernel.initramfs, self.vm.run_dir) if hest else (kernel.initramfs, [])
        )
        acpi = [
            *acpi,
            *self._devices(),
            *(
                word
                for name, port in self.layout.bells.items()
                for word in (
                    *ports[name][1],
                    "-device",
                    f"isa-debugcon,iobase={port:#x},chardev=bell-{port:x}",
                )
            ),
        ]
        self.injector = Injector(self.ram, einj) if einj else None
        if einj:
            acpi = [*acpi, *install_einj(self.vm.run_dir)]
        if erst:
            acpi = [
                *acpi,
                "-object",
                f"memory-backend-file,id=erst,mem-path={erst},size={erst.stat().st_size},share=on",
                "-device",
                "acpi-erst,memdev=erst",
            ]
        try:
            self.vm.start(
                [
                    *self._machine(smp, icount, cpu),
                    *qtest,
                    "-qtest",
                    "chardev:qtest",
                    "-qtest-log",
                    "/dev/null",
                    *self._console(console_stdio),
                    *acpi,
                    *argv,
                    *(
                        [
                            "-kernel",
                            str(bootable(kernel)),
                            "-initrd",
                            str(initramfs),
                            "-append",
                            " ".join(filter(None, words)),
                        ]
                        if direct
                        else []
                    ),
                ],
                self.ram,
                terminal=console_stdio,
            )
            self.firmware.start()
            if agent:
                self.vm.wait_ready(boot_timeout)
        except BaseException:
            self.close()
            raise

    def _machine(self, smp: int, icount: bool, cpu: str) -> list[str]:
        return [
            "qemu-system-x86_64",
            "-M",
            "q35,memory-backend=ram",
            "-cpu",
            cpu,
            "-smp",
            str(smp),
            "-m",
            str(self.layout.ram // MIB),
            *self.ram.argv("ram"),
            "-accel",
            "tcg,thread=multi" if smp > 1 else "tcg",
            *(["-icount", "shift=0,sleep=off"] if icount else []),
            "-nodefaults",
            "-display",
            "none",
            "-vga",
            "none",
            "-no-reboot",
        ]

    def _devices(self) -> list[str]:
        """QEMU arguments: the hardware error device, and I/O ports, where a source needs them."""
        lines = hed.lines(self.sources, HED_GSI)
        argv = (
            ["-device", "pc-testdev"]
            if self.layout.storage or any(line.level for line in lines)
            else []
        )
        if not any(source.notify in hed.HED for source in self.sources):
            return argv
        text = hed.devices(lines, lambda gsi: f"\\_SB.LOWR (0x{LINES_PORT + gsi:x})")
        file = self.vm.run_dir / "ssdt.aml"
        file.write_bytes(
            hed.assemble(
                f"""
DefinitionBlock ("", "SSDT", 2, "{OEM.decode()}", "{CREATOR.decode()}", 1)
{{
    Scope (\\_SB)
    {{
        Method (LOWR, 1, Serialized)
        {{
            OperationRegion (LINE, SystemIO, Arg0, 1)
            Field (LINE, ByteAcc, NoLock, Preserve) {{ HIGH, 8 }}
            HIGH = 0
        }}
        {text}
    }}
}}
"""
            )
        )
        return [*argv, "-acpitable", f"file={str(file).replace(',', ',,')}"]

    def _console(self, stdio: bool) -> list[str]:
        if stdio:
            return ["-chardev", "stdio,mux=on,id=console,signal=off", "-serial", "chardev:console"]
        return ["-serial", f"file:{self.vm.console}"]

    # Raising errors
    # ---------------------------------------------------------------------------------------

    def _feed(self, src: Source) -> Feed:
        return self.firmware.feeds[src.index]

    def _put(self, src: Source, entries: list[Entry]) -> list[int]:
        for entry in entries:
            if len(entry.block) > src.length:
                raise ValueError(f"{len(entry.block)} bytes for a block of {src.length}")
        return self._talk(self.firmware.put, self._feed(src), entries)

    def _talk(self, action: Callable, *arguments: object) -> Any:
        try:
            return action(*arguments)
        except OSError as error:
            raise self.vm.error(f"firmware: {error}") from error

    def post(
        self,
        src: Source,
        block: bytes,
        *,
        notify: bool = True,
        cpu: Cpu = None,
        gated: bool = False,
    ) -> int:
        """cpu: where the NMI goes: a number, "all" or "rotate"; the source's own unless given.
        gated: the record waits for open_gate() or for the guest's doorbell.
        """
        return self._put(src, [Entry(block, notify, cpu, gated)])[0]

    def post_many(
        self, src: Source, blocks: list[bytes], *, notify: bool = True, cpu: Cpu = None
    ) -> list[int]:
        return self._put(src, [Entry(block, notify, cpu) for block in blocks])

    def open_gate(self, src: Source) -> None:
        """Let one gated record of the source go."""
        self._talk(self.firmware.open_gate, self._feed(src))

    def quiesce(self, timeout: float = 30 * PATIENCE) -> None:
        deadline = time.monotonic() + timeout
        while not self._talk(
            self.firmware.wait_idle, min(0.5, max(0, deadline - time.monotonic()))
        ):
            self.vm.alive()
            if time.monotonic() > deadline:
                raise TimeoutError(
                    "not every record taken and every source free within"
                    f" {timeout} s\n{self.states()}"
                )

    def unfinished(self) -> list[Source]:
        """Sources that have records to publish or are not free."""
        return self.firmware.unfinished()

    def taken(self) -> int:
        return self.firmware.taken()

    def taken_of(self, src: Source) -> int:
        return self._feed(src).acked

    def withdraw(self, src: Source) -> None:
        with self.firmware.stopped():
            self.firmware.withdraw(self._feed(src))

    def states(self) -> str:
        """One line per source, for people."""
        return self.firmware.states()

    def notify(self, src: Source, *, cpu: Cpu = None) -> None:
        with self.firmware.stopped():
            self._talk(self.firmware.ring, self._feed(src), cpu)

    def nmi(self, cpu: int | str = 0) -> None:
        """An NMI that is no source's: a number, "all" or "rotate"."""
        with self.firmware.stopped():
            self._talk(self.qtest.nmi, self.firmware.apic_id(cpu))

    def gsi(self, number: int) -> None:
        """An edge on a global system interrupt."""
        with self.firmware.stopped():
            self._talk(self.qtest.gsi, number)

    def write_block(self, src: Source, data: bytes, offset: int = 0) -> None:
        at = self._feed(src).at + offset
        if offset or len(data) < STATUS_SIZE:
            self.ram.write(at, data)
        else:
            self.ram.write(at + STATUS_SIZE, data[STATUS_SIZE:])
            self.ram.write32(at, int.from_bytes(data[:STATUS_SIZE], "little"))

    def read_block(self, src: Source, n: int, offset: int = 0) -> bytes:
        return self.ram.read(self._feed(src).at + offset, n)

    def ack(self, src: Source) -> int:
        """For a doorbell: whether it was heard. A GHESv1 source has no register: nothing is
        owed.
        """
        feed = self._feed(src)
        if src.type == "ghes":
            return 1
        if src.ack_bell:
            return int(feed.heard)
        with self.firmware.stopped():
            return self.firmware.ack(feed)

    def bell_rings(self, src: Source) -> int:
        """How often the source was acknowledged at its doorbell."""
        return self._feed(src).rings

    def strays(self) -> list[tuple[str, int]]:
        """What came to doorbells and is no source's."""
        return self.firmware.strays

    def neighbours(self, src: Source) -> bytes:
        """The bytes behind the source's registers that no driver has a reason to touch: all
        NOBODYS.
        """
        return self.firmware.neighbours(self._feed(src))

    def status(self, src: Source) -> int:
        return self.ram.read32(self._feed(src).at)

    def move(self, src: Source, where: int) -> None:
        """In order with the source's records: after those posted before, as soon as the source is
        free.
        """
        if not 0 <= where < PLACES:
            raise ValueError(f"place {where}: 0 to {PLACES - 1}")
        self._put(src, [Entry(place=where)])

    def retarget(self, src: Source, address: int) -> None:
        """Put any address into the address register, at once. The firmware goes on writing where it
        did.
        """
        self.ram.write64(src.status_reg, address)

    def hold_ack(self, src: Source, on: bool = True) -> None:
        with self.firmware.stopped():
            self._feed(src).hold = on

    def gap(self, src: Source, nanoseconds: int) -> None:
        """At least so much of the host's time between two publications of the source."""
        self._feed(src).gap = nanoseconds / 1e9

    # Shaping
    # ----------------------------------------------------------------------------------------------

    def reraise(self, src: Source, blocks: list[bytes]) -> None:
        self.post_many(src, blocks)

    def overtake(
        self,
        first: Source,
        first_block: bytes,
        second: Source,
        second_block: bytes,
        *,
        cpus: tuple[int, int] = (0, 1),
        timeout: float = 5,
    ) -> bool:
        """Publish on `first` and ring cpus[0]; the moment its handler has taken that record,
        publish on `second` and ring cpus[1], while the first CPU is still at whatever comes after
        `first`.

        Both sources must be free. False: nobody has taken the first record, the second is not
        published.
        """
        return self._talk(
            self.firmware.overtake,
            (self._feed(first), first_block, cpus[0]),
            (self._feed(second), second_block, cpus[1]),
            timeout,
        )

    # Observation
    # ------------------------------------------------------------------------------------------

    def events(self) -> list[Event]:
        return self.firmware.events()

    def fw_log(self) -> str:
        return self.states()

    def nmi_costs(self, action: Callable[[], object] | None = None) -> list[costs.Call]:
        """Every call of every NMI handler while action() runs, in order; by default one NMI without
        a reason.

        Call.cost is in instructions with icount; costs.floor() of them is the instrument's own.
        """
        self.vm.check(costs.START)
        (action or self.nmi)()
        return costs.parse(self.vm.check(costs.STOP))

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self.injector:
            self.injector.end()
        self.firmware.stop()
        self.vm.close()
        self.ram.close()
