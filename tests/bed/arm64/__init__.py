# SPDX-License-Identifier: GPL-2.0-only
"""An arm64 server: QEMU's virt machine with firmware at EL3."""
