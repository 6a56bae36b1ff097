# SPDX-License-Identifier: GPL-2.0-only
"""What the in-tree driver would have handed to a driver that this module cannot feed is counted and said once."""

import struct
import uuid

import pytest

from bed.lib import cper, driver

GENERAL_MEDIA = uuid.UUID("fbcd0a77-c260-417f-85a9-088b1621eba6")
PROTOCOL = uuid.UUID("80b9efb4-52b5-4de3-a777-68784b771048")
# Which of the two this kernel's own driver queues for the CXL driver.
QUEUED = {"6.1": (), "6.12": (GENERAL_MEDIA,), "7.3": (GENERAL_MEDIA, PROTOCOL)}


@pytest.mark.kernels(*QUEUED)
@pytest.mark.enough("6.1", "6.12")
def test_cxl_sections_are_counted(boot, kernel):
    machine = boot([driver.rung(kernel, 1)])
    driver.load(machine)
    src = machine.sources[0]
    bodies = {GENERAL_MEDIA: struct.pack("<II", 0x90, 7).ljust(0x90, b"\0"),
              PROTOCOL: struct.pack("<QB", 0, 0).ljust(116, b"\0")}
    counted = 0
    for guid, body in bodies.items():
        for _ in range(2):
            machine.post(src, cper.block(cper.CORRECTED, [cper.Section(guid, body)]))
            driver.settle(machine)
        counted += 2 * (guid in QUEUED[kernel.of])
        said = machine.vm.check(f"cat {driver.device(src)}/ghes_nmi/unserved_consumers")
        assert f"cxl {counted}\n" in said
    lines = machine.vm.check("dmesg").count("cxl: a section was not handed to the kernel's driver")
    assert lines == (counted > 0)
