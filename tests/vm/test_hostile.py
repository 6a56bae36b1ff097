# SPDX-License-Identifier: GPL-2.0-only
"""Firmware that changes a record while it is read: lengths, status, and where the block is."""

import fcntl
import random
import re
import struct
import subprocess

import pytest

from bed.lib import BUILD, TOP, cper, driver
from bed.lib.sources import Source

SOURCE = TOP / "tests/bed/x86/hostile.c"
RECORDS = 3_000  # of each way; with --full a million
ROUNDS = 20
SAID = 13  # lines in five seconds: ten of addresses, two of blocks, one of what was not shown


def hostile_program():
    out = BUILD / "platform/x86"
    out.mkdir(parents=True, exist_ok=True)
    program = out / "hostile"
    with open(out / "hostile.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
            subprocess.run(
                ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE],
                check=True,
            )
    return program


def record() -> bytes:
    """Most of a block, so that copying takes a while; its sections end where lengths are easily
    missed.
    """
    arm = cper.arm_processor(errors=[cper.ArmError(), cper.ArmError()], vendor=b"v" * 100)
    return cper.block(
        cper.CORRECTED,
        [
            cper.vendor(payload=b"a" * 1500),
            arm,
            cper.memory(size=73),
            cper.vendor(payload=b"b" * 1200, revision=0x300),
            cper.vendor(payload=b"c" * 500),
        ],
    )


def attack(machine, src, mode: str, count: int) -> tuple[int, int, int]:
    """Runs tests/bed/x86/hostile.c; returns records acknowledged, words flipped, and records raised
    anew.
    """
    file = machine.vm.run_dir / "record"
    file.write_bytes(record())
    with machine.firmware.stopped():
        qtest = machine.qtest.sock
        qtest.setblocking(True)
        command = [
            hostile_program(),
            machine.ram.fd,
            qtest.fileno(),
            mode,
            count,
            src.status_reg,
            src.ack_reg,
            src.block,
            machine.sources[1].ack_reg,
            machine.sources[1].block,
            file,
        ]
        result = subprocess.run(
            [str(word) for word in command],
            pass_fds=[machine.ram.fd, qtest.fileno()],
            capture_output=True,
            text=True,
            timeout=3600,
        )
        qtest.settimeout(30)
    assert result.returncode == 0, f"exit status {result.returncode}: {result.stderr}"
    raised, flips, again = map(int, result.stdout.split())
    return raised, flips, again


def said_at_once(log: list[str]) -> int:
    """The most lines of the module in any five seconds, as far back as the log goes."""
    times = [
        float(match[1])
        for line in log
        if "ghes_nmi" in line and (match := re.match(r"\[ *(\d+\.\d+)\]", line))
    ]
    assert times, "the module said nothing of all this"
    return max(sum(start <= time < start + 5 for time in times) for start in times)


def harmless(machine, records: int) -> None:
    """Nothing was taken out of use, and the log is not full of it. What else the kernel says is
    judged as always.
    """
    assert "HardwareCorrupted:     0 kB" in machine.vm.check("cat /proc/meminfo")
    log = machine.vm.check("dmesg").splitlines()
    assert said_at_once(log) <= 2 * SAID, "the log was flooded"
    # Of a short run all of the log is there.
    assert (
        records > 2 * RECORDS or len([line for line in log if "ghes_nmi" in line]) < 500
    ), "the log was flooded"


# An NMI for a record that is not there when it is looked for is one without a reason, and the
# kernel says so.
@pytest.mark.allow_console("Uhhuh")
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
            after = {
                name: value - before[name] for name, value in driver.stats(machine, src).items()
            }
            line = (
                f"{kernel.version}: {mode}: {raised} records, {flips} words flipped, {again} raised"
                f" anew: delivered {after['delivered']}, malformed {after['malformed']} (changed"
                f" {after['changed']}), empty {after['empty']}, bad_address {after['bad_address']}"
            )
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
        assert (
            changed >= count // 100
        ), "nothing was flipped between the look at the header and the end of the copy"
        machine.vm.check(f"echo >{driver.TRACING}/trace; echo 1 >{driver.TRACING}/tracing_on")
        block = cper.sized(172, count)
        machine.post(src, block)
        driver.settle(machine)
        assert trace.payloads() == [block[84:]], "the good record after it was not delivered"
    harmless(machine, count)


def length_fields(block: bytes) -> list[tuple[int, int]]:
    """Place and size of every length in it, and of the revision that says how long a header is."""
    fields = [(4, 4), (8, 4), (12, 4)]
    at = cper.BLOCK_HEADER
    while at < len(block):
        revision, length = struct.unpack_from("<H2xI", block, at + 20)
        header = 72 if revision >= 0x300 else 64
        fields += [(at + 20, 2), (at + 24, 4)]
        if length >= 12:
            fields.append((at + header + 8, 4))  # what an ARM section says of itself
        at += header + length
    return fields


def nasty(chance: random.Random, right: int, size: int) -> bytes:
    edges = (
        0,
        1,
        63,
        64,
        0xFFF,
        0x1000,
        0x10000,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFEC,
        0xFFFFFFC0,
        0xFFFFFFB8,
        0xFFFFFFFF,
    )
    value = chance.choice(
        (chance.choice(edges), right + chance.randint(-64, 64), chance.getrandbits(32), right)
    )
    return (value % (1 << 8 * size)).to_bytes(size, "little")


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12", "7.3")
@pytest.mark.limit(3600)
@pytest.mark.timeout(3700)
@pytest.mark.enough("6.12")
def test_record_patched_while_it_is_read(boot, kernel, pytestconfig, record_property):
    """The same by SDEI, on one CPU that counts: a length is changed after exactly so many
    instructions of the handler.
    """
    count = 100_000 if pytestconfig.getoption("full") else 1000
    machine = boot([Source(id=5, event=804)], icount=True)
    src = machine.sources[0]
    driver.load(machine)
    machine.vm.check("dmesg -n 1")
    trace = driver.Trace(machine)
    block = record()
    machine.post(src, block)
    machine.quiesce()
    handler = next(event.lower_ticks for event in machine.events() if event.kind == "event")
    driver.settle(machine)
    before = driver.stats(machine, src)
    machine.vm.check(f"echo 0 >{driver.TRACING}/tracing_on")
    chance = random.Random(0x5EED)
    fields = length_fields(block)
    late = 0
    for _ in range(count):
        patch = []
        for at, size in chance.sample(fields[:3], 1) + chance.sample(fields[3:], 3):
            right = int.from_bytes(block[at : at + size], "little")
            patch.append((chance.randrange(handler), at, nasty(chance, right, size)))
        machine.patch_at(src, block, patch)
        machine.quiesce()
        late += sum(event.late for event in machine.events() if event.kind == "patch")
    driver.settle(machine)
    after = {name: value - before[name] for name, value in driver.stats(machine, src).items()}
    line = (
        f"{kernel.version}: {count} records, {4 * count - late} words patched: delivered"
        f" {after['delivered']}, malformed {after['malformed']} (changed {after['changed']})"
    )
    record_property("hostile", line)
    assert (
        count == after["delivered"] + after["malformed"] == after["received"] + after["malformed"]
    ), line
    assert after["fatal"] == after["empty"] == 0, line
    # Of each kind some: changed in time, changed while it was copied, and too late.
    assert (
        after["malformed"] - after["changed"] > count // 20 and after["changed"] > count // 250
    ), line
    assert after["delivered"] > count // 50, line
    machine.vm.check(f"echo >{driver.TRACING}/trace; echo 1 >{driver.TRACING}/tracing_on")
    good = cper.sized(172, 1)
    machine.post(src, good)
    driver.settle(machine)
    assert trace.payloads() == [good[84:]], "the good record after it was not delivered"
    harmless(machine, count)
