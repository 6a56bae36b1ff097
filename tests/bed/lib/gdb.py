# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's gdb stub, for as much as it takes to count the instructions of a guest's function.

Breakpoints are QEMU's own: no byte of the guest changes, and while the guest is stopped its time
is, too.
"""

import socket
import struct
import tempfile
import threading
import weakref
from pathlib import Path

from bed.lib.vm import VM, VMError

POLL = 0.1  # seconds
X30_AT = 30 * 8  # in the reply to "g": x0 to x30, 8 bytes each
_stubs: weakref.WeakKeyDictionary[VM, tempfile.TemporaryDirectory] = weakref.WeakKeyDictionary()


def stub(vm: VM) -> Path:
    """Where the guest's stub listens. It is made once: QEMU fails to make another."""
    if vm not in _stubs:
        _stubs[vm] = tempfile.TemporaryDirectory()
        path = Path(_stubs[vm].name, "gdb")
        said = vm.qmp(
            "human-monitor-command", **{"command-line": f"gdbserver unix:{path},server=on,wait=off"}
        )
        if not path.exists():
            raise vm.error(f"QEMU made no gdb stub: {said}")
    return Path(_stubs[vm].name, "gdb")


class Gdb:
    """A connection to the gdb stub; the guest is stopped while it is made."""

    def __init__(self, vm: VM) -> None:
        self.vm = vm
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(stub(vm)))
        self.socket.settimeout(POLL)
        self.buffer = b""
        # That it has stopped is said now, for all that is known, or with the answer.
        self.packet("?")
        while self.receive() is not None:
            pass

    def send(self, text: str) -> None:
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))

    def receive(self) -> str | None:
        """The next packet, None: there is none yet."""
        while True:
            start, end = self.buffer.find(b"$"), self.buffer.find(b"#")
            if start >= 0 and len(self.buffer) >= end + 3 > start + 3:
                packet = self.buffer[start + 1 : end].decode()
                self.buffer = self.buffer[end + 3 :]
                self.socket.sendall(b"+")
                return packet
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise self.vm.error("QEMU closed the connection of its gdb stub")
            self.buffer += data

    def packet(self, text: str) -> str:
        """A request with an immediate answer."""
        self.send(text)
        for _ in range(50):
            answer = self.receive()
            if answer is not None:
                return answer
        raise VMError(f"gdb stub: no answer to {text!r}")

    def breakpoint(self, address: int, on: bool) -> None:
        answer = self.packet(f"{'Z' if on else 'z'}1,{address:x},4")
        if answer != "OK":
            raise VMError(f"gdb stub: breakpoint at {address:#x}: {answer!r}")

    def return_address(self) -> int:
        """x30 of the CPU that met the breakpoint."""
        return struct.unpack_from("<Q", bytes.fromhex(self.packet("g")), X30_AT)[0]

    def instructions(self) -> int:
        """How many the guest has executed so far; it is stopped and runs with icount."""
        return self.vm.qmp("query-replay")["icount"]

    def go(self) -> None:
        self.send("c")

    def wait(self, given_up: threading.Event | None = None) -> bool:
        """Until a breakpoint is met; False: somebody has given up waiting."""
        while self.receive() is None:
            self.vm.alive()
            if given_up and given_up.is_set():
                return False
        return True

    def stop(self) -> None:
        """Interrupt the running guest."""
        self.socket.sendall(b"\x03")
        self.wait()

    def close(self) -> None:
        """The guest goes on."""
        self.packet("D")
        self.socket.close()


class CallCosts:
    """Guest instructions from call to return of the function at `address`, one number per call in
    `costs`:

        with CallCosts(machine.vm, address) as calls:
            machine.vm.check("...")
        print(calls.costs)

    Needs a machine with icount. What interrupts the function counts, too. The body must not use
    vm.qmp().
    """

    def __init__(self, vm: VM, address: int) -> None:
        self.vm = vm
        self.address = address
        self.costs: list[int] = []
        self.error: BaseException | None = None
        self.ending = threading.Event()

    def __enter__(self) -> "CallCosts":
        self.gdb = Gdb(self.vm)
        self.gdb.breakpoint(self.address, True)
        self.gdb.go()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def serve(self) -> None:
        gdb = self.gdb
        try:
            while gdb.wait(self.ending):
                entered, back = gdb.instructions(), gdb.return_address()
                gdb.breakpoint(self.address, False)
                gdb.breakpoint(back, True)
                gdb.go()
                gdb.wait()
                self.costs.append(gdb.instructions() - entered)
                gdb.breakpoint(back, False)
                gdb.breakpoint(self.address, True)
                gdb.go()
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error

    def __exit__(self, kind: type | None, *_: object) -> None:
        self.ending.set()
        self.thread.join(30)
        if self.error is None:
            self.gdb.stop()
            self.gdb.close()
        elif kind is None:
            raise self.error
