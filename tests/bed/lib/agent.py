# SPDX-License-Identifier: GPL-2.0-only
"""The host's end of the test channel; tests/bed/guest/agent.c is the guest's and documents it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bed.lib import PATIENCE
from bed.lib.ram import Ram

MAILBOX_SIZE = 0x100000
MAGIC = 0x41474E47
COMMAND_OFFSET = 0x1000
COMMAND_MAX = 0x1F000
RING_OFFSET = 0x20000
RING_SIZE = MAILBOX_SIZE - RING_OFFSET

# Words of the mailbox.
COMMAND_LENGTH, COMMAND_SEQ, DONE_SEQ, STATUS, PRODUCED, CONSUMED = 4, 8, 12, 16, 24, 32


@dataclass
class Result:
    rc: int
    out: str


class Agent:
    """Runs commands in the guest through the mailbox at `offset` of its memory.

    `alive` is called while waiting and raises when there is nothing to wait for.
    """

    def __init__(self, ram: Ram, offset: int, alive: Callable[[], None] = lambda: None) -> None:
        self.ram = ram
        self.offset = offset
        self.alive = alive
        self.seq = 0

    def _wait(self, done: Callable[[], bool], timeout: float, what: str) -> None:
        # Quick answers come at once, slow ones cost little.
        deadline = time.monotonic() + timeout
        pause = 0.0002
        while not done():
            self.alive()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: nothing within {timeout:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.005)

    def wait_ready(self, timeout: float = 60) -> None:
        self._wait(lambda: self.ram.read32(self.offset) == MAGIC, timeout * PATIENCE, "guest agent")

    def _take(self) -> bytes:
        """Output that has arrived in the ring."""
        consumed = self.ram.read64(self.offset + CONSUMED)
        produced = self.ram.read64(self.offset + PRODUCED)
        if consumed == produced:
            return b""
        ring = self.offset + RING_OFFSET
        first, last = consumed % RING_SIZE, produced % RING_SIZE
        if first < last:
            data = self.ram.read(ring + first, last - first)
        else:
            data = self.ram.read(ring + first, RING_SIZE - first) + self.ram.read(ring, last)
        self.ram.write64(self.offset + CONSUMED, produced)
        return data

    def start(self, command: str) -> None:
        """Start a command; finish() must follow before the next one."""
        data = command.encode()
        if len(data) > COMMAND_MAX:
            raise ValueError(f"command of {len(data)} bytes, at most {COMMAND_MAX} fit")
        self.seq += 1
        self.ram.write(self.offset + COMMAND_OFFSET, data)
        self.ram.write32(self.offset + COMMAND_LENGTH, len(data))
        self.ram.write32(self.offset + COMMAND_SEQ, self.seq)

    def finish(self, timeout: float = 60) -> Result:
        """Wait for the command that start() started, at most `timeout` seconds of a quiet
        machine.
        """
        deadline = time.monotonic() + timeout * PATIENCE
        output = []

        def progress() -> bool:
            # The guest announces the end after the last byte.
            ended = self.ram.read32(self.offset + DONE_SEQ) == self.seq
            data = self._take()
            output.append(data)
            return ended or bool(data)

        while True:
            self._wait(progress, deadline - time.monotonic(), "command")
            if self.ram.read32(self.offset + DONE_SEQ) == self.seq:
                output.append(self._take())
                break
        text = b"".join(output).decode(errors="replace")
        return Result(self.ram.read32(self.offset + STATUS), text)

    def ready(self) -> bool:
        """Is it there, without a command under way?"""
        return (
            self.ram.read32(self.offset) == MAGIC
            and self.ram.read32(self.offset + DONE_SEQ) == self.seq
        )

    def run(self, command: str, timeout: float = 60) -> Result:
        self.start(command)
        return self.finish(timeout)
