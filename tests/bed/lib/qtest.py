# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts from outside: QEMU's qtest protocol, which works beside a running guest."""

import socket

from bed.lib import PATIENCE

# Message signalled interrupts (Intel SDM volume 3, "Message Signalled Interrupts"): the address
# names the local APIC, the data the delivery mode.
MSI_AT = 0xFEE00000
EVERY_APIC = 0xFF
DELIVERY_NMI = 0x400

IOAPIC = "/machine/q35/ioapic"
# ISA interrupts are edges, but for those that QEMU's MADT gives to PCI. What follows the ISA
# interrupts is PCI's.
EDGE_GSIS = frozenset(range(16)) - {5, 9, 10, 11}
LEVEL_GSIS = frozenset({5, 10, 11, *range(16, 24)})  # 9 is the kernel's SCI
PORT_COMMANDS = {1: "b", 2: "w", 4: "l"}


class Qtest:
    """One command at a time over a connected socket; returns when QEMU has carried it out."""

    def __init__(self, sock: socket.socket, timeout: float = 30 * PATIENCE) -> None:
        self.sock = sock
        self.sock.settimeout(timeout)
        self.input = b""

    def send(self, data: bytes) -> None:
        """Send command lines; finish() must follow."""
        self.sock.sendall(data)

    def finish(self, lines: int = 1) -> str:
        """Wait until as many commands have been carried out; returns what the last one answered."""
        line = b""
        while lines:
            line, newline, rest = self.input.partition(b"\n")
            if not newline:
                data = self.sock.recv(4096)
                if not data:
                    raise ConnectionError("QEMU closed its qtest socket")
                self.input += data
                continue
            self.input = rest
            if not line.startswith(b"OK"):
                raise ConnectionError(
                    f"QEMU refused a qtest command: {line.decode(errors='replace')}"
                )
            lines -= 1
        return line.decode()

    def command(self, line: str) -> str:
        self.send(line.encode() + b"\n")
        return self.finish()

    def read_port(self, port: int, size: int) -> int:
        return int(self.command(f"in{PORT_COMMANDS[size]} {port:#x}").split()[1], 16)

    def write_port(self, port: int, size: int, value: int) -> None:
        self.command(f"out{PORT_COMMANDS[size]} {port:#x} {value:#x}")

    @staticmethod
    def nmi_line(apic_id: int) -> bytes:
        """The command that sends an NMI to one CPU, or to EVERY_APIC."""
        return b"writel %#x %#x\n" % (MSI_AT + (apic_id << 12), DELIVERY_NMI)

    def nmi(self, apic_id: int) -> None:
        self.send(self.nmi_line(apic_id))
        self.finish()

    @staticmethod
    def check_gsi(number: int, level: bool) -> None:
        kind, those = ("level", LEVEL_GSIS) if level else ("edge", EDGE_GSIS)
        if number not in those:
            raise ValueError(
                f"GSI {number} is not {kind}-triggered here; these are: {sorted(those)}"
            )

    def line(self, number: int, high: bool) -> None:
        """The input of a global system interrupt."""
        self.command(f"set_irq_in {IOAPIC} unnamed-gpio-in {number} {int(high)}")

    def gsi(self, number: int) -> None:
        """An edge on a global system interrupt."""
        self.check_gsi(number, False)
        for high in (True, False):
            self.line(number, high)
