# SPDX-License-Identifier: GPL-2.0-only
"""Emulated firmware-first platforms, and what tests need to drive them.

    sources   the error sources of a machine, and their HEST entries
    cper      error status blocks (UEFI Common Platform Error Record)
    kernels   the stock kernels tests boot
    ram       guest memory shared with this process
    agent     commands in the guest
    vm        one QEMU process
    platform  a machine with its firmware: the interface tests are written against
"""

from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
BUILD = TOP / "build"
# How much slower than two quiet cores a machine may be: bounds on what always comes, if late, are
# multiplied by it.
PATIENCE = 3
