# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU process, its logs, its control socket and its agent."""

import json
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from bed.lib import PATIENCE
from bed.lib.agent import Agent, Result
from bed.lib.ram import Ram

LOG_TAIL = 3000
KMSG = re.compile(r"(\d+),(\d+),(\d+),[^;]*;(.*)")
ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
HEAR = 10  # seconds that a guest has for its kernel's log


class VMError(Exception):
    """Something went wrong in or with a guest; the text ends with what its logs ended with."""


class CommandError(VMError):
    """A command in the guest failed."""


class VM:
    """A QEMU process that keeps everything it says in `run_dir`.

    Platforms call start() with arguments that direct serial ports to files of `run_dir`, `console`
    being the kernel's.
    """

    live: list["VM"] = []  # started, not closed

    def __init__(
        self, run_dir: Path, console: str = "console.log", logs: tuple[str, ...] = ("firmware.log",)
    ) -> None:
        self.run_dir = Path(run_dir)
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self.console = self.run_dir / console
        self.logs = [self.console, *(self.run_dir / log for log in logs), self.run_dir / "qemu.log"]
        for log in self.logs:
            log.unlink(missing_ok=True)
        (self.run_dir / "kernel.log").unlink(missing_ok=True)
        self.sockets: list[socket.socket] = []  # our ends
        self.lent: list[socket.socket] = []  # QEMU's ends, until it has them
        self.process: subprocess.Popen | None = None
        self.agent: Agent | None = None
        self.gone = "the guest is gone"
        self._qmp = self.chardev("qmp")
        self._qmp_file = self._qmp[0].makefile("rw", encoding="utf-8")
        self._qmp_ready = False

    # before start
    # -----------------------------------------------------------------------------------

    def chardev(self, name: str) -> tuple[socket.socket, list[str]]:
        """A character device that is a socket to this process: (our end, QEMU arguments)."""
        ours, theirs = socket.socketpair()
        self.sockets.append(ours)
        self.lent.append(theirs)
        return ours, ["-chardev", f"socket,id={name},fd={theirs.fileno()}"]

    def use_agent(self, ram: Ram, offset: int) -> None:
        """The guest's kernel command line must hold gn_agent= with the address of `offset`."""
        self.agent = Agent(ram, offset, self.alive)

    def start(self, argv: list[str], ram: Ram | None = None, *, terminal: bool = False) -> None:
        """Start QEMU. With `terminal` it has this process's standard input and output."""
        fds = [end.fileno() for end in self.lent] + ([ram.fd] if ram else [])
        argv = [*argv, *self._qmp[1], "-mon", "chardev=qmp,mode=control"]
        (self.run_dir / "command").write_text(" \\\n    ".join(argv) + "\n")
        # A guest never outlives the test that started it.
        argv = ["setpriv", "--pdeathsig", "KILL", *argv]
        if terminal:
            self.process = subprocess.Popen(argv, pass_fds=fds)
        else:
            with open(self.run_dir / "qemu.log", "w", encoding="utf-8") as log:
                self.process = subprocess.Popen(
                    argv, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
        VM.live.append(self)
        for end in self.lent:
            end.close()
        self.lent.clear()

    # while it runs
    # ----------------------------------------------------------------------------------

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def alive(self) -> None:
        if not self.running():
            raise self.error(self.gone)

    def give_up(self, reason: str) -> None:
        """End the guest from another thread: whoever waits for it gets an exception with this
        reason.
        """
        self.gone = reason
        if self.process is not None and self.running():
            self.process.kill()

    def error(self, text: str, kind: type[VMError] = VMError) -> VMError:
        """An exception with the tails of all logs."""
        for log in self.logs:
            if log.exists() and log.stat().st_size:
                text += (
                    f"\n--- {log.name} (in {self.run_dir}) ---\n{self.read_log(log)[-LOG_TAIL:]}"
                )
        return kind(text)

    @staticmethod
    def read_log(log: Path) -> str:
        return log.read_bytes().decode(errors="replace").replace("\r", "") if log.exists() else ""

    def console_text(self) -> str:
        return self.read_log(self.console)

    def wait_console(self, regex: str, timeout: float = 60) -> re.Match:
        """Wait until the console matches, or the guest is gone without."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            running = self.running()
            match = re.search(regex, self.console_text(), re.MULTILINE)
            if match:
                return match
            if not running:
                raise self.error(f"{self.gone} and has not said {regex!r}")
            if time.monotonic() > deadline:
                raise self.error(f"console has not said {regex!r} within {timeout * PATIENCE} s")
            time.sleep(0.02)

    def wait_exit(self, timeout: float = 60) -> int:
        """Wait for the guest to power off or reset."""
        assert self.process is not None, "the guest was not started"
        try:
            status = self.process.wait(timeout * PATIENCE)
            if status < 0:
                raise self.error(self.gone)
            return status
        except subprocess.TimeoutExpired:
            raise self.error(f"the guest still runs after {timeout * PATIENCE} s") from None

    def wait_ready(self, timeout: float = 60) -> None:
        """Wait until commands can be run."""
        assert self.agent is not None, "this guest has no agent"
        try:
            self.agent.wait_ready(timeout)
        except TimeoutError as error:
            raise self.error(str(error)) from None

    def run(self, command: str, timeout: float = 60) -> Result:
        """Run a shell command in the guest."""
        assert self.agent is not None, "this guest has no agent"
        try:
            return self.agent.run(command, timeout)
        except TimeoutError as error:
            raise self.error(f"{command}: {error}") from None

    def check(self, command: str, timeout: float = 60) -> str:
        """Run a shell command that must succeed; returns its output."""
        result = self.run(command, timeout)
        if result.rc:
            raise self.error(f"{command}: exit status {result.rc}: {result.out}", CommandError)
        return result.out

    def hear(self) -> None:
        """Save the kernel's log, whatever its console was told to leave out, as kernel.log.

        Nothing when the guest is gone, or too busy to answer: the console is all there is then.
        """
        if self.agent is None or not self.running() or not self.agent.ready():
            return
        try:
            raw = self.agent.run("@kmsg", HEAR).out
        except (TimeoutError, VMError):
            return
        lines: list[str] = []
        for line in raw.splitlines():
            match = KMSG.fullmatch(line)
            if not match:
                continue  # a key and its value, of the line before
            level, number, time_us, text = int(match[1]) & 7, int(match[2]), int(match[3]), match[4]
            if not lines and number:
                lines.append(
                    f"BUG in the test: the first {number} lines of the kernel's log are lost"
                )
            for part in ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text).split("\n"):
                lines.append(f"<{level}>[{time_us / 1e6:12.6f}] {part}")
        (self.run_dir / "kernel.log").write_text(
            "".join(f"{line}\n" for line in lines), encoding="utf-8"
        )

    def qmp(self, command: str, **arguments: object) -> Any:
        """A QEMU Machine Protocol command; returns its "return" member."""
        self._qmp[0].settimeout(30)
        if not self._qmp_ready:
            self._qmp_ready = True
            json.loads(self._qmp_file.readline())  # greeting
            self.qmp("qmp_capabilities")
        self._qmp_file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._qmp_file.flush()
        while True:
            line = self._qmp_file.readline()
            if not line:
                raise self.error(f"QEMU closed its control socket during {command}")
            reply = json.loads(line)
            if "return" in reply:
                return reply["return"]
            if "error" in reply:
                raise self.error(f"QEMU refused {command}: {reply['error']}")

    def close(self) -> None:
        if self in VM.live:
            VM.live.remove(self)
            self.hear()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self._qmp_file.close()
        for end in self.sockets + self.lent:
            end.close()
