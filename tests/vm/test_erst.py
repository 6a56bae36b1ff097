# SPDX-License-Identifier: GPL-2.0-only
"""A fatal record is in firmware's ERST after the reboot, where the next kernel's pstore shows
it.
"""

import re

import pytest

from bed.lib import cper, driver
from bed.lib.sources import Source

pytestmark = pytest.mark.enough("6.12")
PANIC = r"Kernel panic - not syncing: ghes_nmi: fatal hardware error"
SOURCES = {
    "arm64": [Source(id=4, event=804, length=32768)],
    "x86_64": [Source(id=4, notify="nmi", length=32768)],
}
PSTORE = "/sys/fs/pstore"
RECORD = 8192  # bytes of a record of QEMU's ERST
TIMES = 10

SHORT = cper.block(
    cper.FATAL, [cper.memory(pa=1 << 60, entry={"fru_text": "DIMM 4"}), cper.pcie(size=204)]
)
LONG = cper.block(cper.FATAL, [cper.vendor(payload=bytes(range(256)) * 80)])


def booted(boot, kernel, storage):
    machine = boot(SOURCES[kernel.arch], erst=storage)
    machine.vm.check(f"mount -t pstore none {PSTORE}")
    return machine


def kept(machine) -> tuple[list[bytes], list[str]]:
    """The block, in its parts, and the files they are in."""
    parts = {}
    for name in machine.vm.check(f"ls {PSTORE}").split():
        head = machine.vm.run(
            f"head -n 1 {PSTORE}/{name} | grep -a 'ghes_nmi: source 4: fatal'"
        ).out
        where = re.search(r"bytes (\d+) to (\d+) of (\d+):", head)
        if where:
            data = machine.vm.check(f"od -An -v -tx1 {PSTORE}/{name}").split()
            data = bytes.fromhex("".join(data)).partition(b"\n")[2]
            assert name.startswith("dmesg-erst-") and len(data) == int(where[2]) - int(where[1])
            parts[int(where[1])] = (data, name)
    return [parts[at][0] for at in sorted(parts)], [parts[at][1] for at in sorted(parts)]


@pytest.mark.kernels("6.1", "6.12", "7.3")
@pytest.mark.expect_console(PANIC)
@pytest.mark.limit(600)
def test_fatal_record_is_in_erst(boot, kernel, run_dir, pytestconfig):
    """Whole, in parts if need be; with --full ten of ten."""
    storage = run_dir / "erst.bin"
    storage.write_bytes(bytes(256 << 10))
    blocks = [SHORT, LONG] if not pytestconfig.getoption("full") else [SHORT, LONG] * (TIMES // 2)
    for number, block in enumerate(blocks):
        machine = booted(boot, kernel, storage)
        driver.load(machine)
        machine.post(machine.sources[0], block)
        assert machine.vm.wait_exit(60) == 0
        text = machine.vm.console_text()
        assert "the fatal record of source 4 is in ERST" in text[: re.search(PANIC, text).start()]
        machine.close()

        machine = booted(boot, kernel, storage)
        parts, files = kept(machine)
        assert (
            b"".join(parts) == block
        ), f"{number}: {[len(part) for part in parts]} of {len(block)} bytes"
        assert len(parts) == 1 if len(block) < RECORD // 2 else len(parts) > 1
        # Its user frees the room, as of any other.
        machine.vm.check(f"cd {PSTORE} && rm *")
        assert machine.vm.check(f"ls {PSTORE}").split() == []
        machine.close()
