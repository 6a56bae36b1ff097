# SPDX-License-Identifier: GPL-2.0-only
"""Interrupts from outside: QEMU's qtest protocol, which works beside a running guest."""

import socket

# Message signalled interrupts (Intel SDM volume 3, "Message Signalled Interrupts"): the address names
# the local APIC, the data the delivery mode.
MSI_AT = 0xFEE00000
EVERY_APIC = 0xFF
DELIVERY_NMI = 0x400

IOAPIC = "/machine/q35/ioapic"
# ISA interrupts are edges, but for those that QEMU's MADT gives to PCI. What follows the ISA interrupts is PCI's.
EDGE_GSIS = frozenset(range(16)) - {5, 9, 10, 11}


class Qtest:
    """One command at a time over a connected socket; returns when QEMU has carried it out."""

    def __init__(self, sock: socket.socket, timeout: float = 30) -> None:
        self.sock = sock
        self.sock.settimeout(timeout)
        self.input = b""

    def send(self, data: bytes) -> None:
        """Send command lines; finish() must follow."""
        self.sock.sendall(data)

    def finish(self, lines: int = 1) -> None:
        """Wait until as many commands have been carried out."""
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
                raise ConnectionError(f"QEMU refused a qtest command: {line.decode(errors='replace')}")
            lines -= 1

    def command(self, line: str) -> None:
        self.send(line.encode() + b"\n")
        self.finish()

    @staticmethod
    def nmi_line(apic_id: int) -> bytes:
        """The command that sends an NMI to one CPU, or to EVERY_APIC."""
        return b"writel %#x %#x\n" % (MSI_AT + (apic_id << 12), DELIVERY_NMI)

    def nmi(self, apic_id: int) -> None:
        self.send(self.nmi_line(apic_id))
        self.finish()

    def gsi(self, number: int) -> None:
        """An edge on a global system interrupt. A level would have to stay until the record is taken."""
        if number not in EDGE_GSIS:
            raise ValueError(f"GSI {number} is not edge-triggered here; these are: {sorted(EDGE_GSIS)}")
        for level in (1, 0):
            self.command(f"set_irq_in {IOAPIC} unnamed-gpio-in {number} {level}")
