# SPDX-License-Identifier: GPL-2.0-only
"""What no guest's console may say unannounced."""

import re

UNKNOWN_NMI = "Uhhuh"
SERIOUS = (r"\bBUG\b|WARNING:|\bOops\b|Call [Tt]race:|Kernel panic|possible recursive locking|"
           r"circular locking|inconsistent lock state|suspicious RCU usage|soft lockup|hard LOCKUP|"
           r"blocked for more than \d+ seconds|detected stalls|Unable to handle kernel|KASAN|UBSAN")
TROUBLE = re.compile(f"{UNKNOWN_NMI}|{SERIOUS}")
EXCEPT_NMI = re.compile(SERIOUS)  # unknown NMIs are counted, not forbidden
