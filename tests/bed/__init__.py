# SPDX-License-Identifier: GPL-2.0-only
"""The test bed: emulated firmware-first machines, their firmware, what runs in their guests, and
the library.
"""
