# SPDX-License-Identifier: GPL-2.0-only
"""An x86 server: QEMU's q35 machine, with the host process as its firmware."""
