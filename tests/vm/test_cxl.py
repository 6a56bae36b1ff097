# SPDX-License-Identifier: GPL-2.0-only
"""CXL component events and protocol errors reach the kernel's CXL driver, with either driver
alike.
"""

import re
import struct
import uuid

import pytest

from bed.lib import cper, driver
from bed.lib.modules import Stock

GENERAL_MEDIA = uuid.UUID("fbcd0a77-c260-417f-85a9-088b1621eba6")
DRAM = uuid.UUID("601dcbb3-9c06-4eab-b8af-4e9bfb5c9624")
MEMORY_MODULE = uuid.UUID("fe927475-dd59-4339-a586-79bab113b774")
SPARING = uuid.UUID("e71f3a40-2d29-4092-8a39-4d1c966c7c65")
PROTOCOL = uuid.UUID("80b9efb4-52b5-4de3-a777-68784b771048")

# A memory device below a root port: the port's secondary bus is the first there is.
ARGV = (
    "-device",
    "pcie-root-port,id=rp,chassis=1",
    "-object",
    "memory-backend-ram,id=cxl-mem,size=256M",
    "-object",
    "memory-backend-ram,id=cxl-lsa,size=1M",
    "-device",
    "cxl-type3,bus=rp,memdev=cxl-mem,lsa=cxl-lsa",
)
EVENT = re.compile(r": (cxl_\w+|non_standard_event): (.*)$", re.MULTILINE)
FED = ("6.12", "7.3")
BURST = 100  # the in-tree driver's queue holds 32


def component(guid: uuid.UUID, n: int = 0, bus: int = 1, size: int = 144) -> cper.Section:
    """A component event, UEFI 2.10, N.2.14, with a record as CXL 3.1, 8.2.9.2.1 has it; `n` is a
    part of its address.
    """
    record = struct.pack("<B3sHHQ16x", 112, b"", n, 0, 0) + struct.pack(
        "<QBBB2sBB", 0x1000 * (n + 1), 0, 1, 1, b"", 0, 0
    )
    head = struct.pack("<IQHHBBBHHB8x", size, 0b101, 0x8086, 0xD93, 0, 0, bus, 0, 0, 0)
    return cper.Section(guid, (head + record).ljust(144, b"\0")[:size])


def protocol(device: str, dvsec: int = 60) -> cper.Section:
    """A protocol error of a root port, UEFI 2.10, N.2.13: with one correctable and one
    uncorrectable error.
    """
    segment, bus, slot, function = (int(part, 16) for part in re.split("[:.]", device))
    body = struct.pack("<QB7xBBBH3x", 0b1100010, 4, function, slot, bus, segment).ljust(108, b"\0")
    return cper.Section(
        PROTOCOL,
        body
        + struct.pack("<HH4x", dvsec, 88)
        + bytes(dvsec)
        + struct.pack("<6I64x", 2, 0, 0, 1, 0, 0),
    )


def port(machine) -> str:
    return machine.vm.check(
        "cd /sys/bus/pci/devices && for d in *; do [ $(cat $d/class) = 0x060400 ] && echo $d; done;"
        " true"
    ).split()[0]


def raised(machine, trace: driver.Trace, blocks: list[bytes]) -> list[tuple[str, str]]:
    """What the CXL driver traces of the blocks."""
    for block in blocks:
        machine.post(machine.sources[0], block)
        machine.vm.check("sleep 0.1")
    machine.vm.check("sleep 1")
    return EVENT.findall(trace.text())


def kinds(found: list[tuple[str, str]]) -> list[str]:
    return [name for name, _ in found]


@pytest.mark.kernels(*FED)
def test_the_cxl_driver_is_fed(boot, kernel):
    """Each kind of event, one shorter than the longest, one for no device, a burst; the in-tree
    driver first.
    """
    stock = Stock(kernel, "cxl_pci")
    machine = boot([driver.rung(kernel, 1, length=32768)], argv=ARGV, extra_files=stock.archive())
    stock.load(machine)
    machine.vm.check(
        "for i in $(seq 100); do [ -e /sys/bus/cxl/devices/mem0 ] && break; sleep 0.1; done; ls -d"
        " /sys/bus/cxl/devices/mem0"
    )
    trace = driver.Trace(machine)
    machine.vm.check(f"echo 1 >{driver.TRACING}/events/cxl/enable; dmesg -n 1")
    events = [
        component(GENERAL_MEDIA),
        component(DRAM, 1),
        component(MEMORY_MODULE, 2),
        component(GENERAL_MEDIA, 3, size=100),
        component(GENERAL_MEDIA, 4, bus=7),
        component(SPARING, 5),
    ]
    # No event for a device that is not there; no queue of any kernel takes memory sparing.
    wanted = [
        "cxl_general_media",
        "cxl_dram",
        "cxl_memory_module",
        "cxl_general_media",
        "non_standard_event",
    ]
    if kernel.of == "7.3":
        events += [protocol(port(machine)), protocol("0000:07:00.0")]
        wanted += ["cxl_port_aer_correctable_error"]
    blocks = [cper.block(cper.CORRECTED, [event]) for event in events]
    # What is read beyond a short event is its neighbour's with the in-tree driver, and 0 with ours.
    intree = raised(machine, trace, blocks)
    assert kinds(intree) == wanted
    driver.load(machine)
    ours = raised(machine, trace, blocks)
    assert ours == intree

    # Sections of one record, which come faster than they are traced.
    whole = cper.block(cper.CORRECTED, [component(DRAM, n) for n in range(BURST)])
    found = raised(machine, trace, [whole])
    assert [int(re.search(r"handle=(\w+)", text)[1], 16) for _, text in found] == list(range(BURST))
    said = machine.vm.check(f"cat {driver.device(machine.sources[0])}/ghes_nmi/unserved_consumers")
    assert "cxl 0\n" in said
    driver.unload(machine)
    # Another record than before: what the in-tree driver has had lately it drops.
    after = [cper.block(cper.CORRECTED, [component(DRAM, 99)])]
    assert kinds(raised(machine, trace, after)) == [
        "cxl_dram"
    ], "the in-tree driver's own way afterwards"


@pytest.mark.kernels("6.1")
def test_a_kernel_that_has_no_queue(boot, kernel):
    """CXL sections go where sections that no standard describes go; none is counted as missed."""
    machine = boot([driver.rung(kernel, 1)])
    driver.load(machine)
    src = machine.sources[0]
    trace = driver.Trace(machine)
    for event in (component(GENERAL_MEDIA), protocol("0000:00:01.0")):
        machine.post(src, cper.block(cper.CORRECTED, [event]))
        driver.settle(machine)
        assert kinds(EVENT.findall(trace.text())) == ["non_standard_event"]
    assert "cxl 0\n" in machine.vm.check(f"cat {driver.device(src)}/ghes_nmi/unserved_consumers")
