# SPDX-License-Identifier: GPL-2.0-only
"""An arm64 server whose firmware raises errors: QEMU's virt machine with the firmware of this
directory.
"""

import fcntl
import subprocess
from pathlib import Path

from bed.arm64 import acpi, handoff, layout
from bed.arm64 import erst as erst_device
from bed.arm64.exceptions import Exceptions
from bed.arm64.records import NOBODYS, REGISTER
from bed.arm64.spool import Memory, Reports, Shared, Spool
from bed.lib import BUILD, hed
from bed.lib.gdb import CallCosts
from bed.lib.kernels import STRICT, Kernel
from bed.lib.ram import Ram
from bed.lib.sources import NOTIFY, Source, hest
from bed.lib.vm import VM
from bed.lib.qtest import Qtest

HERE = Path(__file__).parent
COMMAND_LINE = "console=ttyAMA0 efi=noruntime"
INSIDE = 64  # how far place 1 is from home
SPOOL_MAX = 4 << 20
RETRY_TICKS = 50_000
GDB_RETRY_TICKS = (
    100_000_000  # a stop takes milliseconds of the guest's time: no look may come due in it
)
# Interrupts of sources: shared peripheral interrupts with nothing at their lines. The hardware
# error device has the first one unless its sources say otherwise, or the pin of the GPIO
# controller.
HED_GSI, GSI_END = 96, 256
HED_PIN = 5


def firmware() -> Path:
    """The firmware image, built if need be."""
    out = BUILD / "platform/arm64"
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "-C", HERE / "firmware", f"O={out}"], check=True, timeout=120)
    return out / "firmware.bin"


class Heap:
    """Hands out the part of the RAS region that has no fixed use."""

    def __init__(self) -> None:
        self.next = layout.HEAP_AT
        self.end = layout.HEAP_AT + layout.HEAP_SIZE

    def take(self, size: int, to: int = 64) -> int:
        at = handoff.align(self.next, to)
        if at + size > self.end:
            raise ValueError("the error sources need more than the RAS region holds")
        self.next = at + size
        return at


class Arm64(Exceptions):
    """Beyond what every platform takes:

    el: exception level the kernel starts at, 2 or 1
    cpu: QEMU's CPU model
    sdei: False: firmware without SDEI: no table, calls answer NOT_SUPPORTED
    hest: False: no HEST; bytes: these instead of count and entries
    sticky: a signal for an event nobody has registered stays pending instead of being refused
    retry: ticks between two looks of the firmware at a source that is not free
    erst: a file that is the storage of an ERST
    gdb: the machine can be stopped, for call_costs(): an idle guest waits in real time
    argv: more arguments for QEMU; devices in them are below a PCI host bridge, which is there only
    then

    Source.extra: gsi=N: interrupt of a SCI source; ged=False: no event device has the interrupt of
    a GSIV source; mapped=True: the kernel knows the interrupt of an EXTERNAL or such a GSIV source,
    for a device has it; unknown_event=True: firmware does not know the source's event number;
    cpu=N: CPU that takes a private event, or a shared one if it can (else each in turn).
    """

    arch = "arm64"

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
        el: int = 2,
        cpu: str = "neoverse-n1",
        sdei: bool = True,
        hest: bool | bytes = True,
        sticky: bool = False,
        retry: int | None = None,
        gdb: bool = False,
        erst: Path | None = None,
        argv: tuple[str, ...] | list[str] = (),
        boot_timeout: float = 60,
    ) -> None:
        if icount and smp > 1:
            raise ValueError("icount counts the instructions of one CPU")
        if smp > layout.CPUS_MAX or len(sources) > layout.SOURCES_MAX:
            raise ValueError(f"at most {layout.CPUS_MAX} CPUs and {layout.SOURCES_MAX} sources")
        if gdb and not icount:
            raise ValueError("gdb is for counting instructions: it needs icount")
        if el != 1 and any(source.ack_bell for source in sources):
            raise ValueError("doorbells are what a kernel at EL1 writes to: el=1")
        self.lines = {source.index: self._line(source) for source in sources if source.raw is None}
        self.kernel, self.sources, self.gdb = kernel, sources, gdb
        self.ram = Ram(layout.RAM_SIZE)
        self.memory = Memory(self.ram.map, layout.RAM_AT)
        self.control = Shared(self.memory, layout.CONTROL_AT, layout.control)
        self.reports = Reports(self.control)
        self._place_sources()
        pci = "-device" in argv
        self._place_kernel(
            smp, append, agent, sdei, hest, pci, (erst_device.table(),) if erst else ()
        )
        for name, value in {
            "magic": layout.CONTROL_MAGIC,
            "cpus": smp,
            "el": el,
            "sdei": sdei,
            "sticky": sticky,
            "sources": len(sources),
            "bells": self._bells,
            "retry": retry or (GDB_RETRY_TICKS if gdb else RETRY_TICKS),
        }.items():
            setattr(self.control, name, int(value))

        self.vm = VM(run_dir)
        self.bell, bell = self.vm.chardev("doorbell")
        self.bell.setblocking(False)
        bell[-1] += f",logfile={self.vm.run_dir}/firmware.log"
        if agent:
            self.vm.use_agent(self.ram, layout.AGENT_AT - layout.RAM_AT)
        try:
            more = []
            if erst:
                sock, qtest = self.vm.chardev("qtest")
                more = [
                    *qtest,
                    "-qtest",
                    "chardev:qtest",
                    "-qtest-log",
                    "/dev/null",
                    *erst_device.argv(erst),
                ]
            self.vm.start(
                [*self._argv(smp, icount, gdb, cpu, console_stdio, bell, pci), *argv, *more],
                self.ram,
                terminal=console_stdio,
            )
            if erst:
                erst_device.place(Qtest(sock))
            if agent:
                self.vm.wait_ready(boot_timeout)
        except BaseException:
            self.close()
            raise

    def _argv(
        self,
        smp: int,
        icount: bool,
        gdb: bool,
        cpu: str,
        console_stdio: bool,
        bell: list[str],
        pci: bool,
    ) -> list[str]:
        if console_stdio:
            console = [
                "-chardev",
                "stdio,mux=on,id=console,signal=off",
                "-serial",
                "chardev:console",
            ]
        else:
            console = ["-serial", f"file:{self.vm.console}"]
        # acpi=off: the tables are ours, and only so has the machine a GPIO controller.
        return [
            "qemu-system-aarch64",
            "-M",
            "virt,secure=on,virtualization=on,gic-version=3,acpi=off,memory-backend=ram"
            + (",highmem=off" if pci else ""),
            "-cpu",
            f"{cpu},cntfrq=1000000000",
            "-smp",
            str(smp),
            "-m",
            str(layout.RAM_SIZE >> 20),
            *self.ram.argv("ram"),
            "-accel",
            "tcg,thread=multi" if smp > 1 else "tcg",
            # A stopped guest's clock goes on to the next timer unless it sleeps in real time.
            *(["-icount", f"shift=0,sleep={'on' if gdb else 'off'}"] if icount else []),
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
            "-bios",
            str(firmware()),
            *console,
            *bell,
            "-serial",
            "chardev:doorbell",
        ]

    @staticmethod
    def _line(source: Source) -> hed.Line | None:
        line = None if source.notify == "gpio" else hed.line_of(source, HED_GSI)
        if line and not HED_GSI <= line.gsi < GSI_END:
            raise ValueError(
                f"source {source.index}: interrupt {line.gsi}: {HED_GSI} to {GSI_END - 1}"
            )
        return line

    def _place_registers(self, heap: Heap, real: list[Source]) -> None:
        for source in real:
            if source.status_shape.io or source.ack_shape.io or source.status_shape.size < 4:
                raise ValueError(
                    f"source {source.index}: this machine has no I/O ports, and addresses of 32"
                    " bits"
                )
            source.status_reg, source.ack_reg = heap.take(REGISTER, REGISTER), heap.take(
                REGISTER, REGISTER
            )
            self.memory.write(source.status_reg, bytes([NOBODYS] * 2 * REGISTER))
        names = list(dict.fromkeys(source.ack_bell for source in real if source.ack_bell))
        # A page of their own: no access to it reaches memory.
        self._bells = heap.take(handoff.PAGE, handoff.PAGE) if names else 0
        for source in real:
            if source.ack_bell:
                source.ack_reg = self._bells + REGISTER * names.index(source.ack_bell)

    def _place_sources(self) -> None:
        heap = Heap()
        real = [source for source in self.sources if source.raw is None]
        self._place_registers(heap, real)
        for source in real:
            source.block = heap.take(source.length, 4096)
            heap.take(INSIDE)
            source.extra["places"] = [
                source.block,
                source.block + INSIDE,
                heap.take(source.length, 4096),
            ]
        room = (heap.end - handoff.align(heap.next)) // max(1, len(real))
        self._shared: list[Shared] = []
        for source in self.sources:
            shared = Shared(
                self.memory, layout.SOURCES_AT + source.index * layout.source.size, layout.source
            )
            self._shared.append(shared)
            shared.spool_size = layout.ENTRY_ALIGN
            shared.notify = NOTIFY["polled"]
            if source.raw is not None:
                continue
            shared.flags = (
                layout.SOURCE_V2 * source.v2
                | layout.SOURCE_CRITICAL * source.critical
                | layout.SOURCE_PRIVATE * (not source.shared)
                | layout.SOURCE_UNKNOWN_EVENT * bool(source.extra.get("unknown_event"))
                | layout.SOURCE_LEVEL * source.level
                | layout.SOURCE_PIN * (source.notify == "gpio")
                | layout.SOURCE_BELL * bool(source.ack_bell)
            )
            line = self.lines[source.index]
            shared.interrupt = (
                1 + line.gsi if line else 1 + HED_PIN if source.notify == "gpio" else 0
            )
            shared.address_size, shared.ack_size = source.status_shape.size, source.ack_shape.size
            shared.ack_bits = source.ack_bits
            shared.notify, shared.event, shared.length = (
                NOTIFY[source.notify],
                source.event,
                source.length,
            )
            shared.address_register, shared.ack_register = source.status_reg, source.ack_reg
            for i, place in enumerate(source.extra["places"]):
                self.memory.write64(shared.at("place", i), place)
            shared.spool_size = min(SPOOL_MAX, room // 64 * 64 - 64)
            shared.spool = heap.take(shared.spool_size)
            shared.cpu = 1 + source.extra["cpu"] if "cpu" in source.extra else 0
            self._put_register(source.status_reg, source.status_shape, source.block)
            if not source.ack_bell:
                self._put_register(source.ack_reg, source.ack_shape, 0)
            self._give_back(source)
        self._spools = [Spool(shared) for shared in self._shared]
        self._posted = [0] * len(self.sources)

    def _place_kernel(
        self,
        smp: int,
        append: str,
        agent: bool,
        sdei: bool,
        table: bool | bytes,
        pci: bool,
        more: tuple[bytes, ...],
    ) -> None:
        initrd = self.kernel.initramfs.read_bytes()
        image = self.kernel.image.read_bytes()
        # From the header: what the kernel clears behind its image is part of it.
        if layout.KERNEL_AT + int.from_bytes(image[16:24], "little") > layout.HANDOFF_AT:
            raise ValueError(f"{self.kernel}: the kernel reaches over what it is handed")
        self.memory.write(layout.KERNEL_AT, image)
        self.memory.write(layout.INITRD_AT, initrd)
        words = [COMMAND_LINE, STRICT, append, f"gn_agent={layout.AGENT_AT:#x}" if agent else ""]
        if table is True:
            table = len(self.sources).to_bytes(4, "little") + hest(self.sources)
        blob = handoff.build(
            layout.HANDOFF_AT,
            layout.HANDOFF_SIZE,
            ram=(layout.RAM_AT, layout.RAM_AT + layout.RAM_SIZE),
            reserved=(layout.RAS_AT, layout.RAS_AT + layout.RAS_SIZE),
            initrd=(layout.INITRD_AT, layout.INITRD_AT + len(initrd)),
            command_line=" ".join(filter(None, words)),
            cpus=smp,
            hest=table or None,
            sdei=sdei,
            errors=self._error_devices(),
            pci=pci,
            more=more,
        )
        self.memory.write(layout.HANDOFF_AT, blob)

    def _error_devices(self) -> str:
        """What the DSDT has for the sources: the hardware error device, and whoever owns
        interrupts.
        """
        text = ""
        if any(source.notify in hed.HED for source in self.sources):
            text += hed.devices(
                hed.lines([source for source in self.sources if source.notify != "gpio"], HED_GSI)
            )
        if any(source.notify == "gpio" for source in self.sources):
            text += acpi.gpio(HED_PIN)
        owned = {
            line: None
            for source in self.sources
            if source.raw is None
            and (
                source.notify == "irq"
                or source.notify == "gsiv"
                and not source.extra.get("ged", True)
            )
            and source.extra.get("mapped", True)
            and (line := self.lines[source.index])
        }
        return text + "".join(acpi.owner(line) for line in owned)

    def call_costs(self, function: str) -> CallCosts:
        """For a with statement: `costs` has the guest's instructions of each call of a kernel
        function meanwhile.
        """
        if not self.gdb:
            raise ValueError("a machine that counts calls is opened with icount=True, gdb=True")
        address = self.vm.check(
            f"grep -w {function} /proc/kallsyms | grep -i ' t ' | head -n 1"
        ).split()[0]
        return CallCosts(self.vm, int(address, 16))

    def close(self) -> None:
        self.vm.close()
        self.memory.close()
        self.ram.close()
