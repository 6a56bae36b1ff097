# SPDX-License-Identifier: GPL-2.0-only
"""What the arm64 platform's firmware answers to secure monitor calls."""

import re

import pytest

from bed.lib import cper
from bed.lib.sources import Source

pytestmark = [pytest.mark.arch("arm64"), pytest.mark.kernels("6.12")]

# SDEI calls (DEN0054) and their error codes.
VERSION, REGISTER, ENABLE, DISABLE, CONTEXT, COMPLETE, RESUME, UNREGISTER = (
    0xC4000020 + n for n in range(8)
)
(
    STATUS,
    INFO,
    ROUTING,
    MASK,
    UNMASK,
    BIND,
    RELEASE,
    SIGNAL,
    FEATURES,
    PRIVATE_RESET,
    SHARED_RESET,
) = (0xC4000028 + n for n in range(11))
NOT_SUPPORTED, INVALID, DENIED, NO_RESOURCE = -1, -2, -3, -10
ENTRY = 0xFFFF000000000000


def calls(machine, wanted: list[tuple[int, ...]]) -> None:
    """Make secure monitor calls; each tuple ends with the result that is wanted."""
    machine.vm.check("dmesg -c >/dev/null")
    for at in range(0, len(wanted), 12):
        words = ",".join(
            ":".join(f"{word:x}" for word in call[:-1]) for call in wanted[at : at + 12]
        )
        machine.vm.check(f"insmod /lib/modules/smc.ko calls={words} && rmmod smc")
    got = [
        (int(function, 16), int(result))
        for function, result in re.findall(r"smc: (\w+) = (-?\d+)", machine.vm.check("dmesg"))
    ]
    for call, answer in zip(wanted, got, strict=True):
        assert answer == (call[0], call[-1]), "call " + " ".join(f"{word:#x}" for word in call[:-1])


def test_no_sdei(boot):
    """Firmware without SDEI: the kernel does not find it, and polled sources work."""
    machine = boot([Source(event=804), Source(notify="polled", poll_ms=20)], sdei=False)
    assert "sdei" not in machine.vm.check("dmesg").lower()
    calls(
        machine, [(VERSION, NOT_SUPPORTED), (STATUS, 804, NOT_SUPPORTED), (UNMASK, NOT_SUPPORTED)]
    )
    assert machine.vm.run("readlink /sys/bus/platform/devices/GHES.0/driver").rc != 0
    machine.post(machine.sources[1], cper.sized(172, 0))
    machine.quiesce()


def test_sdei_calls(boot):
    """Every SDEI call's result, in every state a caller can bring about without a handler
    running.
    """
    machine = boot(
        [Source(event=804), Source(event=805, critical=True), Source(event=806, shared=False)],
        append="ghes.disable=1",
    )
    calls(
        machine,
        [
            (VERSION, 1 << 48 | 1 << 32),
            (FEATURES, 0, 0),
            (FEATURES, 1, 0),
            (FEATURES, 2, INVALID),
            (0xC400003F, NOT_SUPPORTED),
            # type, signalled by software, priority
            (INFO, 804, 0, 1),
            (INFO, 804, 1, 0),
            (INFO, 804, 2, 0),
            (INFO, 805, 2, 1),
            (INFO, 806, 0, 0),
            (INFO, 0, 0, 0),
            (INFO, 0, 1, 1),
            (INFO, 804, 5, INVALID),
            (INFO, 999, 0, INVALID),
            # nothing registered
            (STATUS, 804, 0),
            (ENABLE, 804, DENIED),
            (DISABLE, 804, DENIED),
            (UNREGISTER, 804, DENIED),
            (ROUTING, 804, 0, 0, DENIED),
            (INFO, 804, 3, DENIED),
            (STATUS, 999, INVALID),
            (REGISTER, 999, ENTRY, 0, 0, 0, INVALID),
            # registered
            (REGISTER, 804, ENTRY, 1, 2, 0, INVALID),
            (REGISTER, 804, ENTRY, 1, 1, 9, INVALID),
            (STATUS, 804, 0),
            (REGISTER, 804, ENTRY, 1, 0, 0, 0),
            (REGISTER, 804, ENTRY, 1, 0, 0, DENIED),
            (STATUS, 804, 1),
            (INFO, 804, 3, 0),
            (ROUTING, 804, 1, 0, 0),
            (INFO, 804, 3, 1),
            (INFO, 804, 4, 0),
            (ROUTING, 804, 1, 9, INVALID),
            (ROUTING, 804, 2, 0, INVALID),
            (ROUTING, 806, 0, 0, INVALID),
            (INFO, 806, 3, INVALID),
            # enabled
            (ENABLE, 804, 0),
            (ENABLE, 804, 0),
            (STATUS, 804, 3),
            (ROUTING, 804, 0, 0, DENIED),
            (DISABLE, 804, 0),
            (DISABLE, 804, 0),
            (STATUS, 804, 1),
            (UNREGISTER, 804, 0),
            (UNREGISTER, 804, DENIED),
            (STATUS, 804, 0),
            # no handler runs
            (CONTEXT, 0, DENIED),
            (COMPLETE, 0, DENIED),
            (RESUME, 0, DENIED),
            # masking: 1 when it was this call that masked
            (MASK, 1),
            (MASK, 0),
            (UNMASK, 0),
            (UNMASK, 0),
            (MASK, 1),
            (UNMASK, 0),
            # no interrupts can be bound; only event 0 can be signalled, and only on a CPU there is
            (BIND, 40, NO_RESOURCE),
            (RELEASE, 804, INVALID),
            (SIGNAL, 804, 0, INVALID),
            (SIGNAL, 0, 9, INVALID),
            # reset: a private one leaves shared events alone and masks the CPU, and the other way
            # round
            (REGISTER, 804, ENTRY, 0, 0, 0, 0),
            (REGISTER, 806, ENTRY, 0, 0, 0, 0),
            (PRIVATE_RESET, 0),
            (STATUS, 806, 0),
            (STATUS, 804, 1),
            (MASK, 0),
            (UNMASK, 0),
            (REGISTER, 806, ENTRY, 0, 0, 0, 0),
            (SHARED_RESET, 0),
            (STATUS, 804, 0),
            (STATUS, 806, 1),
            (UNREGISTER, 806, 0),
        ],
    )


def test_other_calls(boot):
    """PSCI and SMCCC."""
    calls(
        boot([], smp=2),
        [
            (0x84000000, 0x10001),
            (0x80000000, 0x10001),
            (0x80000001, 0x80000000, 0),
            (0x80000001, 0x80008000, NOT_SUPPORTED),
            (0x8400000A, 0xC4000003, 0),
            (0x8400000A, 0x84000000, 0),
            (0x8400000A, 0x84000099, NOT_SUPPORTED),
            (0xC4000004, 0, 0, 0),
            (0xC4000004, 1, 0, 0),
            (0xC4000004, 9, 0, INVALID),
            (0xC4000003, 1, 0, 0, -4),
            (0xC4000003, 9, 0, 0, INVALID),
            (0xC4000001, 0, 0, 0, 0),
            (0x84000006, 2),
            (0x84000050, NOT_SUPPORTED),
            (0x8600FF01, NOT_SUPPORTED),
        ],
    )
