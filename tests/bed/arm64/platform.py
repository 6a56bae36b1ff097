# SPDX-License-Identifier: GPL-2.0-only
"""An arm64 server whose firmware raises errors: QEMU's virt machine with the firmware of this
directory.
"""

import fcntl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bed.arm64 import acpi, handoff, layout
from bed.arm64 import erst as erst_device
from bed.arm64.exceptions import Exceptions
from bed.arm64.spool import Memory, Report, Reports, Shared, Spool, entry
from bed.lib import BUILD, PATIENCE, hed
from bed.lib.gdb import CallCosts
from bed.lib.kernels import STRICT, Kernel
from bed.lib.platform import Platform
from bed.lib.ram import Ram
from bed.lib.sources import NOTIFY, Register, Source, hest
from bed.lib.vm import VM
from bed.x86.qtest import Qtest

HERE = Path(__file__).parent
COMMAND_LINE = "console=ttyAMA0 efi=noruntime"
PLACES = 3
INSIDE = 64  # how far place 1 is from home
SPOOL_MAX = 4 << 20
RETRY_TICKS = 50_000
GDB_RETRY_TICKS = (
    100_000_000  # a stop takes milliseconds of the guest's time: no look may come due in it
)
DOORBELL = b"!"
# Interrupts of sources: shared peripheral interrupts with nothing at their lines. The hardware
# error device has the first one unless its sources say otherwise, or the pin of the GPIO
# controller.
HED_GSI, GSI_END = 96, 256
HED_PIN = 5
REGISTER = 8  # bytes; what a shorter register leaves of them is nobody's, and filled with this
NOBODYS = 0xA5


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


class Arm64(Exceptions, Platform):
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

    def _register(self, at: int, shape: Register) -> int:
        return self.ram.read_word(at - layout.RAM_AT, shape.size)

    def _put_register(self, at: int, shape: Register, value: int) -> None:
        self.ram.write_word(at - layout.RAM_AT, shape.size, value)

    def _give_back(self, src: Source) -> None:
        """As if the operating system had acknowledged."""
        self._shared[src.index].heard = 1
        if not src.ack_bell:
            self._put_register(src.ack_reg, src.ack_shape, self.ack(src) | src.ack_bits)

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
        self.memory.write(layout.KERNEL_AT, self.kernel.image.read_bytes())
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

    # Talking to the firmware
    # ------------------------------------------------------------------------------

    def ring(self) -> None:
        """The doorbell: whatever is in spools and command ring is looked at now."""
        try:
            self.bell.send(DOORBELL)
        except BlockingIOError:
            pass  # so many rings are on their way that one more changes nothing
        self._drain()

    def _drain(self) -> None:
        """The firmware's log comes back over the doorbell; QEMU has written it to a file
        already.
        """
        try:
            while self.bell.recv(65536):
                pass
        except BlockingIOError:
            pass

    def _wait(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            self._drain()
            self.reports.collect()
            self.vm.alive()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {timeout} s\n{self.states()}")
            time.sleep(0.0005)

    def command(self, op: int, source: int = 0, event: int = 0, cpu: int = 0) -> None:
        control = self.control
        self._wait(
            lambda: control.command_tail - control.command_head < layout.COMMANDS_MAX,
            10,
            "command ring",
        )
        at = layout.COMMANDS_AT + control.command_tail % layout.COMMANDS_MAX * layout.command.size
        for i, word in enumerate((op, source, event, cpu)):
            self.memory.write64(at + 8 * i, word)
        control.command_tail += 1
        self.ring()

    def _put(self, src: Source, data: bytes, ring: bool = True) -> None:
        spool = self._spools[src.index]
        if len(data) + layout.ENTRY_ALIGN > spool.size // 2:
            raise ValueError(f"{len(data)} bytes do not fit the spool of source {src.index}")
        if not spool.put(data):
            self.ring()
            self._wait(lambda: spool.put(data), 60, f"spool of source {src.index}")
        if ring:
            self.ring()

    def _record(self, src: Source, block: bytes, ring: bool = True, **more: Any) -> int:
        if len(block) > src.length:
            raise ValueError(f"{len(block)} bytes for a block of {src.length}")
        self._put(src, entry(layout.ENTRY_RECORD, block=block, **more), ring)
        self._posted[src.index] += 1
        return self._posted[src.index] - 1

    # Raising errors
    # ---------------------------------------------------------------------------------------

    def post(self, src: Source, block: bytes, *, notify: bool = True, gated: bool = False) -> int:
        """gated: it waits for open_gate(), for the guest's doorbell or for a handler it is nested
        in.
        """
        flags = layout.ENTRY_SILENT * (not notify) | layout.ENTRY_GATED * gated
        return self._record(src, block, flags=flags)

    def post_many(self, src: Source, blocks: list[bytes]) -> list[int]:
        numbers = [self._record(src, block, ring=False) for block in blocks]
        self.ring()
        return numbers

    def quiesce(self, timeout: float = 30 * PATIENCE) -> None:
        def quiet() -> bool:
            return all(
                spool.empty() and spool.source.published == spool.source.acked
                for spool in self._spools
            )

        self._wait(quiet, timeout, "every record taken and every source free")

    def taken(self) -> int:
        self._drain()
        self.reports.collect()
        return sum(shared.acked for shared in self._shared)

    def taken_of(self, src: Source) -> int:
        return self._shared[src.index].acked

    def withdraw(self, src: Source) -> None:
        """While nothing takes the source's records: firmware reads its spool only when the source
        is free.
        """
        spool = self._spools[src.index].source
        spool.spool_head = spool.spool_tail
        self.write_block(src, bytes(4))
        self._give_back(src)
        self.ring()

    def states(self) -> str:
        """One line per source, for people."""
        lines = []
        for source, shared, posted in zip(self.sources, self._shared, self._posted):
            if source.raw is None:
                lines.append(
                    f"source {source.index}: posted {posted} published {shared.published} acked "
                    f"{shared.acked} refused {shared.refused} status {self.status(source):#x} "
                    f"ack {self.ack(source):#x} gates {shared.gates} hold {shared.hold}"
                )
        return "\n".join(lines)

    def notify(self, src: Source) -> None:
        self.command(layout.COMMAND_NOTIFY, source=src.index)

    def signal(self, event: int, cpu: int | None = None) -> None:
        """Signal an SDEI event by its number."""
        self.command(layout.COMMAND_SIGNAL, event=event, cpu=0 if cpu is None else cpu + 1)

    def open_gate(self, src: Source) -> None:
        """Let one gated record of the source go."""
        self.command(layout.COMMAND_GATE, source=src.index)

    def refused(self, src: Source) -> int:
        """Notifications of the source that found no handler."""
        return self._shared[src.index].refused

    def _block(self, src: Source) -> int:
        return self._register(src.status_reg, src.status_shape)

    def write_block(self, src: Source, data: bytes, offset: int = 0) -> None:
        self.memory.write(self._block(src) + offset, data)

    def read_block(self, src: Source, n: int, offset: int = 0) -> bytes:
        return self.memory.read(self._block(src) + offset, n)

    def ack(self, src: Source) -> int:
        """For a doorbell: whether it was heard."""
        return (
            self._shared[src.index].heard
            if src.ack_bell
            else self._register(src.ack_reg, src.ack_shape)
        )

    def bell_rings(self, src: Source) -> int:
        """How often the source was acknowledged at its doorbell."""
        return self._shared[src.index].rings

    def strays(self) -> int:
        """How many writes came to doorbells that are no source's."""
        return self.control.strays

    def neighbours(self, src: Source) -> bytes:
        """The bytes behind the source's registers that no driver has a reason to touch: all
        NOBODYS.
        """
        return b"".join(
            self.memory.read(at + shape.size, REGISTER - shape.size)
            for at, shape in ((src.status_reg, src.status_shape), (src.ack_reg, src.ack_shape))
            if at != src.ack_reg or not src.ack_bell
        )

    def status(self, src: Source) -> int:
        return int.from_bytes(self.read_block(src, 4), "little")

    def move(self, src: Source, where: int) -> None:
        """In order with the source's records: after those posted before, as soon as the source is
        free.
        """
        if not 0 <= where < PLACES:
            raise ValueError(f"place {where}: 0 to {PLACES - 1}")
        self._put(src, entry(layout.ENTRY_MOVE, place=where))

    def hold_ack(self, src: Source, on: bool = True) -> None:
        self._shared[src.index].hold = int(on)
        self.ring()

    def gap(self, src: Source, ticks: int) -> None:
        """At least so many ticks between two publications of the source."""
        self._shared[src.index].gap = ticks

    def stall(self, cpu: int | None) -> None:
        """The CPU does not complete a handler until stall(None); the rest of the machine goes
        on.
        """
        self.control.stall = 0 if cpu is None else 1 + cpu

    # Shaping
    # ----------------------------------------------------------------------------------------------

    def nest(
        self, outer: Source, outer_block: bytes, inner: Source, inner_block: bytes, offset: int
    ) -> None:
        self._record(inner, inner_block, ring=False, flags=layout.ENTRY_GATED)
        self._record(outer, outer_block, inner=inner.index + 1, offset=offset)

    def patch_at(self, src: Source, block: bytes, patch: list[tuple[int, int, bytes]]) -> None:
        self._record(src, block, patch=patch)

    def reraise(self, src: Source, blocks: list[bytes]) -> None:
        self.post_many(src, blocks)

    # Observation
    # ------------------------------------------------------------------------------------------

    def events(self) -> list[Report]:
        return self.reports.take()

    def reports_lost(self) -> int:
        return self.control.report_lost

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

    def fw_log(self) -> str:
        return VM.read_log(self.vm.run_dir / "firmware.log")

    def close(self) -> None:
        self.vm.close()
        self.memory.close()
        self.ram.close()
