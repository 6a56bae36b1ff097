# SPDX-License-Identifier: GPL-2.0-only
"""Firmware that changes a record while it is read: lengths, status, and where the block is."""

import fcntl
import re
import subprocess

import pytest

from gn import BUILD, TOP, cper, driver
from gn.sources import Source

SOURCE = TOP / "tests/platform/x86/hostile.c"
RECORDS = 3_000  # of each way; with --full a million
ROUNDS = 20


def hostile_program():
    out = BUILD / "platform/x86"
    out.mkdir(parents=True, exist_ok=True)
    program = out / "hostile"
    with open(out / "hostile.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
            subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE], check=True)
    return program


def record() -> bytes:
    """Most of a block, so that copying takes a while; its sections end where lengths are easily missed."""
    arm = cper.arm_processor(errors=[cper.ArmError(), cper.ArmError()], vendor=b"v" * 100)
    return cper.block(cper.CORRECTED, [cper.vendor(payload=b"a" * 1500), arm, cper.memory(size=73),
                                       cper.vendor(payload=b"b" * 1200, revision=0x300), cper.vendor(payload=b"c" * 500)])


def attack(machine, src, mode: str, count: int) -> tuple[int, int, int]:
    """Runs tests/platform/x86/hostile.c; returns records acknowledged, words flipped, and records raised anew."""
    file = machine.vm.run_dir / "record"
    file.write_bytes(record())
    with machine.firmware.stopped():
        qtest = machine.qtest.sock
        qtest.setblocking(True)
        command = [hostile_program(), machine.ram.fd, qtest.fileno(), mode, count, src.status_reg, src.ack_reg, src.block,
                   machine.sources[1].ack_reg, machine.sources[1].block, file]
        result = subprocess.run([str(word) for word in command], pass_fds=[machine.ram.fd, qtest.fileno()],
                                capture_output=True, text=True, timeout=3600)
        qtest.settimeout(30)
    assert result.returncode == 0, f"exit status {result.returncode}: {result.stderr}"
    raised, flips, again = map(int, result.stdout.split())
    return raised, flips, again


TROUBLE = r"BUG|WARNING|Oops|Call Trace|lockup|detected stalls|blocked for more than"


# An NMI for a record that is not there when it is looked for is one without a reason, and the kernel says so:
# the console is not judged, the log is, here.
@pytest.mark.expect_console("source 5 taken")
@pytest.mark.arch("x86_64")
@pytest.mark.kernels("6.12", "7.3")
@pytest.mark.limit(3600)
@pytest.mark.timeout(3700)  # a million records of each way take a quarter of an hour
@pytest.mark.enough("6.12")
def test_record_flipped_while_it_is_read(boot, kernel, pytestconfig, record_property, capsys):
    """No crash, no hang, and each record counted once: raised = delivered + malformed."""
    count = 1_000_000 if pytestconfig.getoption("full") else RECORDS
    machine = boot([Source(id=5, notify="nmi"), Source(id=6, notify="nmi")])
    src = machine.sources[0]
    driver.load(machine)
    machine.vm.check("dmesg -n 1")
    trace = driver.Trace(machine)
    for mode in ("lengths", "address"):
        machine.vm.check(f"echo 0 >{driver.TRACING}/tracing_on")
        changed = flipped = 0
        # On a busy host guest and firmware may hardly ever run at the same time: then once more.
        for _ in range(ROUNDS):
            before = driver.stats(machine, src)
            raised, flips, again = attack(machine, src, mode, count)
            driver.settle(machine)
            after = {name: value - before[name] for name, value in driver.stats(machine, src).items()}
            line = (f"{kernel.version}: {mode}: {raised} records, {flips} words flipped, {again} raised anew: delivered "
                    f"{after['delivered']}, malformed {after['malformed']} (changed {after['changed']}), empty "
                    f"{after['empty']}, bad_address {after['bad_address']}")
            record_property("hostile", line)
            with capsys.disabled():
                print("\n" + line)
            assert raised == count == after["delivered"] + after["malformed"], line
            assert after["received"] == after["delivered"] and after["fatal"] == 0, line
            assert (after["bad_address"] > 0) == (mode == "address"), line
            changed += after["changed"]
            flipped += flips
            if changed >= count // 100:
                break
        assert flipped >= 1_000_000, line
        assert changed >= count // 100, "nothing was flipped between the look at the header and the end of the copy"
        machine.vm.check(f"echo >{driver.TRACING}/trace; echo 1 >{driver.TRACING}/tracing_on")
        block = cper.sized(172, count)
        machine.post(src, block)
        driver.settle(machine)
        assert trace.payloads() == [block[84:]], "the good record after it was not delivered"
    assert "HardwareCorrupted:     0 kB" in machine.vm.check("cat /proc/meminfo")
    log = machine.vm.check("dmesg").splitlines()
    assert len([line for line in log if "ghes_nmi" in line]) < 500, "the log was flooded"
    assert not [line for line in log if re.search(TROUBLE, line)]
