# SPDX-License-Identifier: GPL-2.0-only
"""What firmware raised is what Debian's rasdaemon, as it comes from the archive, records in its
database.
"""

import re
import uuid
from pathlib import Path

import pytest

from bed.lib import cper, driver, edac, pcie
from bed.lib.packages import Package
from bed.lib.platform import Platform
from bed.lib.sources import Source
from daemon import Daemon, PROGRAM, Rows, SEVERITIES, recorded, vendor_row


# Above all memory of the guest: no page of its own goes out of use.
ADDRESS = 0x80_0000_1040
LINE = 0xFFFF_FFFF_FFFF_FFC0
EVENT_BYTES = 4096 - 24 - 56 - 1  # of a section without FRU text
FRU = uuid.UUID("11223344-5566-7788-99aa-bbccddeeff00")


def start(
    boot, kernel, run_dir: Path, suite: str, more_files: bytes = b"", **options: object
) -> tuple[Platform, Source, Daemon]:
    files = Package(kernel.arch, suite, "rasdaemon").fetch().archive(PROGRAM) + more_files
    how = {"event": 804} if kernel.arch == "arm64" else {"notify": "nmi"}
    machine = boot([Source(id=7, length=16384, **how)], extra_files=files, **options)
    return machine, machine.sources[0], Daemon(machine, run_dir)


def post(machine: Platform, src: Source, blocks: list[bytes]) -> None:
    for block in blocks:
        machine.post(src, block)
        machine.quiesce()  # the in-tree driver's pool is small


def memory_row(severity: int, **more: object) -> dict[str, object]:
    return {
        "err_count": 1,
        "err_type": SEVERITIES[severity][0],
        "err_msg": "single-bit ECC",
        "label": "",
        "mc": 0,
        "top_layer": -1,
        "middle_layer": -1,
        "lower_layer": -1,
        "address": ADDRESS,
        "grain": 6,
        "syndrome": 0,
        "driver_detail": "APEI source: 7",
        **more,
    }


def every_kind(mark: int) -> tuple[list[bytes], Rows]:
    """A record of each kind and severity, and the rows they are to become. `mark` tells two such
    sets apart.
    """
    blocks, rows = [], {"mc_event": [], "arm_event": [], "non_standard_event": []}
    for n, severity in enumerate(SEVERITIES):
        address, payload, label = ADDRESS + (n << 12), bytes([mark, n]) * 40, f"DIMM_{mark}{n}"
        error = cper.ArmError(info=0x1234, pa=address)
        # With its header of 8 bytes a multiple of 16: nobody can be in doubt where the next part
        # begins.
        context = cper.ArmContext(4, bytes(range(mark, mark + 56)))
        blocks += [
            cper.block(
                severity,
                [cper.memory(pa=address, mask=LINE, error_type=2, entry={"fru_text": label})],
            ),
            cper.block(
                severity,
                [
                    cper.arm_processor(
                        errors=[error],
                        contexts=[context],
                        vendor=payload,
                        affinity=mark,
                        mpidr=0x80000000,
                        midr=0x410FD0C1,
                        running_state=1,
                    )
                ],
            ),
            cper.block(severity, [cper.vendor(payload=payload, fru_id=FRU, fru_text=label)]),
        ]
        rows["mc_event"].append(memory_row(severity, address=address, label=label))
        rows["arm_event"].append(
            {
                "affinity": mark,
                "mpidr": 0x80000000,
                "running_state": 1,
                "psci_state": 0,
                "err_info": error.encode(),
                "context_info": context.encode(),
                "vendor_info": payload,
            }
        )
        rows["non_standard_event"].append(
            vendor_row(severity, payload, fru_id=FRU.bytes_le, fru_text=label)
        )
    return blocks, rows


@pytest.mark.enough("6.12")
def test_every_kind(boot, kernel, run_dir):
    """The same errors under the in-tree driver and under ours, one after the other: what both can
    tell is equal, and memory errors, which Debian's kernels tell nobody, are there.
    """
    machine, src, daemon = start(boot, kernel, run_dir, "trixie")
    parts = machine.vm.run(f"grep -q pei_buf {driver.TRACING}/events/ras/arm_event/format").rc == 0
    theirs, their_rows = every_kind(1)
    ours, our_rows = every_kind(2)
    # Where the kernel's event has only the section's head, there is nothing else to record.
    for row in [*their_rows["arm_event"], *our_rows["arm_event"]] if not parts else []:
        row |= {"err_info": None, "context_info": None, "vendor_info": None}
    post(machine, src, theirs)
    daemon.stored(2 * len(SEVERITIES))
    driver.load(machine)
    post(machine, src, ours)
    daemon.stored(5 * len(SEVERITIES))
    rows = recorded(daemon.stop(), our_rows)

    assert rows["mc_event"] == our_rows["mc_event"]
    assert (
        rows["non_standard_event"]
        == their_rows["non_standard_event"] + our_rows["non_standard_event"]
    )
    half = len(SEVERITIES)
    assert rows["arm_event"][half:] == our_rows["arm_event"]
    # The in-tree driver takes a context's registers for the vendor's.
    told = ("affinity", "mpidr", "running_state", "psci_state", "err_info")
    assert [[row[name] for name in told] for row in rows["arm_event"][:half]] == [
        [row[name] for name in told] for row in their_rows["arm_event"]
    ]
    # What the daemon's switching off of bad CPUs goes by is in its output only: the CPU that
    # firmware means.
    cores = re.findall(r"^ cpu: (-?\d+)\n severity: (\w+)$", daemon.log, re.MULTILINE)
    cpu = "0" if kernel.arch == "arm64" else "-1"
    assert cores[half:] == [(cpu, word) for _, word in SEVERITIES.values()] * parts
    assert cores[:half] == cores[half:], "the two drivers differ"


@pytest.mark.kernels("6.12", "7.3")
@pytest.mark.enough("6.12")
def test_consumers_rows_alike(boot, kernel, run_dir):
    """With ghes_edac and a PCIe device there is a row per error, and one driver's is like the
    other's.
    """
    machine, src, daemon = start(
        boot, kernel, run_dir, "trixie", edac.archive(kernel), append=edac.APPEND, argv=pcie.ARGV
    )
    edac.load(machine)
    pcie.bind(machine)

    def errors(first: int) -> list[bytes]:
        places = iter(range(ADDRESS + (first << 12), ADDRESS + (first + 10 << 12), 1 << 12))
        return [
            block
            for severity in SEVERITIES
            for block in (
                cper.block(
                    severity,
                    [
                        cper.memory(
                            pa=next(places), mask=LINE, node=1, card=2, module=3, error_type=2
                        )
                    ],
                ),
                pcie.block(severity),
            )
        ]

    for turn in (0, 1):
        post(machine, src, errors(100 * turn))
        daemon.stored((turn + 1) * 2 * len(SEVERITIES))
        # The recovery of the device ends before the source changes hands.
        assert pcie.await_seen(machine, turn + 1) == (turn + 1,) * 3
        if turn == 0:
            driver.load(machine)
    database = daemon.stop()
    for table, own in (
        ("mc_event", ("id", "timestamp", "address")),
        ("aer_event", ("id", "timestamp")),
    ):
        rows = [
            {name: row[name] for name in row.keys() if name not in own}
            for row in database.execute(f"select * from {table} order by id")
        ]
        half = len(SEVERITIES)
        assert len(rows) == 2 * half, f"{table}: {rows}"
        assert rows[:half] == rows[half:], table


def check(daemon: Daemon, expected: Rows) -> None:
    rows = recorded(daemon.stop(), expected)
    for table in expected:
        assert rows[table] == expected[table], table


@pytest.mark.enough("6.12")
def test_fields(boot, kernel, run_dir):
    """Only what is valid is told, and each section has its own severity and name, whatever block it
    came in.
    """
    machine, src, daemon = start(boot, kernel, run_dir, "trixie")
    driver.load(machine)
    everything = cper.memory(
        pa=ADDRESS,
        mask=LINE,
        error_type=2,
        node=1,
        card=2,
        module=3,
        bank=4,
        device=5,
        row=6,
        column=7,
        bit=8,
        requestor=0xFFFFFFFFFFFFFFFF,
        responder=0xA,
        target=0xB,
        rank=9,
        array_handle=0x1000,
        device_handle=0x1100,
        error_status=0x40400,
        extended=2,
        entry={"fru_text": b"twenty bytes, no end"},
    )
    # The fields of later specifications are not there, whatever the validation bits say.
    short = cper.memory(size=73, error_type=2, node=0, rank=3, device_handle=4)
    blocks = [
        cper.block(cper.CORRECTED, [everything]),
        cper.block(
            cper.CORRECTED,
            [cper.memory(payload_validation=0, pa=ADDRESS, mask=LINE, node=1, error_type=2)],
        ),
        cper.block(cper.CORRECTED, [short]),
        cper.block(
            cper.RECOVERABLE,
            [
                cper.memory(
                    pa=ADDRESS,
                    error_type=3,
                    entry={"severity": cper.CORRECTED, "fru_text": "FIRST"},
                ),
                cper.memory(pa=ADDRESS, error_type=2, entry={"revision": 0x300}),
                cper.vendor(payload=b"third", severity=cper.NONE),
                cper.vendor(payload=b"fourth", fru_text="FOURTH"),
            ],
        ),
    ]
    post(machine, src, blocks)
    daemon.stored(7)
    unknown = {"label": "unknown memory", "grain": 0}
    check(
        daemon,
        {
            "mc_event": [
                memory_row(
                    cper.CORRECTED,
                    label="twenty bytes, no end",
                    driver_detail=(
                        "APEI source: 7 APEI location: node:1 card:2 module:3 rank:9 bank:4"
                        " device:5 row:131078 col:7 bit:8 requestor:0xffffffffffffffff"
                        " responder:0xa target:0xb card_handle:0x1000 module_handle:0x1100"
                        " status:0x40400 (storage error in DRAM)"
                    ),
                ),
                memory_row(cper.CORRECTED, err_msg="unspecified error", address=0, **unknown),
                memory_row(
                    cper.CORRECTED,
                    address=0,
                    driver_detail="APEI source: 7 APEI location: node:0",
                    **unknown,
                ),
                memory_row(cper.CORRECTED, label="FIRST", err_msg="multi-bit ECC", grain=0),
                memory_row(cper.RECOVERABLE, **unknown),
            ],
            "non_standard_event": [
                vendor_row(cper.NONE, b"third"),
                vendor_row(cper.RECOVERABLE, b"fourth", fru_text="FOURTH"),
            ],
        },
    )


@pytest.mark.arch("arm64")
@pytest.mark.kernels("6.12")
def test_cpu(boot, kernel, run_dir):
    """The CPU of a processor error is the one with firmware's MPIDR, with or without the bit that
    always is 1; none if firmware names none, or one that Linux does not have.
    """
    machine, src, daemon = start(boot, kernel, run_dir, "trixie", smp=2)
    driver.load(machine)
    names = {1: 1, 0x8000_0001: 1, 0x8000_0000: 0, 0x8000_0100: -1, None: -1}
    post(
        machine,
        src,
        [cper.block(cper.CORRECTED, [cper.arm_processor(mpidr=mpidr)]) for mpidr in names],
    )
    daemon.stored(len(names))
    daemon.stop()
    # In any order: the daemon reads one CPU's events after the other's.
    told = re.findall(
        r"arm_event [^\n]* MPIDR: (0x[0-9a-f]+) .*?^ cpu: (-?\d+)$",
        daemon.log,
        re.MULTILINE | re.DOTALL,
    )
    assert sorted((int(mpidr, 16), int(cpu)) for mpidr, cpu in told) == sorted(
        (mpidr or 0, cpu) for mpidr, cpu in names.items()
    )


@pytest.mark.enough("6.12")
def test_many(boot, kernel, run_dir):
    """A burst is recorded error by error; of a section that the kernel's event cannot hold, the
    beginning.
    """
    machine, src, daemon = start(boot, kernel, run_dir, "trixie")
    driver.load(machine)
    addresses = [ADDRESS + (n << 12) for n in range(300)]
    machine.post_many(
        src,
        [
            cper.block(cper.CORRECTED, [cper.memory(pa=pa, mask=LINE, error_type=2)])
            for pa in addresses
        ],
    )
    machine.quiesce()
    long = bytes(range(256)) * 32
    post(machine, src, [cper.block(cper.CORRECTED, [cper.vendor(payload=long)])])
    daemon.stored(len(addresses) + 1)
    check(
        daemon,
        {
            "mc_event": [
                memory_row(cper.CORRECTED, address=pa, label="unknown memory") for pa in addresses
            ],
            "non_standard_event": [vendor_row(cper.CORRECTED, long[:EVENT_BYTES])],
        },
    )
    assert driver.stats(machine, src)["trace_cut"] == len(long) - EVENT_BYTES


@pytest.mark.kernels("6.1", "6.12")
def test_bookworm(boot, kernel, run_dir):
    """bookworm's version knows nothing of firmware's records but memory errors: under our driver it
    has them.
    """
    machine, src, daemon = start(boot, kernel, run_dir, "bookworm")
    blocks, rows = every_kind(1)
    post(machine, src, blocks)
    driver.load(machine)
    blocks, rows = every_kind(2)
    post(machine, src, blocks)
    daemon.stored(len(SEVERITIES))
    check(daemon, {"mc_event": rows["mc_event"]})
