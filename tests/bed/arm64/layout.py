# SPDX-License-Identifier: GPL-2.0-only
"""The shared memory as firmware/layout.h describes it, so that it is described once.

Constants become attributes of this module, structures become Struct objects: layout.source,
layout.entry...
"""

import re
import sys
from pathlib import Path
from typing import Any

HEADER = Path(__file__).parent / "firmware/layout.h"


class Struct:
    """Little-endian u64 members; `words[name]` is a member's place, in words."""

    def __init__(self, body: str) -> None:
        self.words: dict[str, int] = {}
        self.size = 0
        for name, count in re.findall(r"\bu64 (\w+)(?:\[(\d+)\])?;", body):
            self.words[name] = self.size // 8
            self.size += 8 * int(count or 1)


def parse(text: str) -> dict[str, object]:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found: dict[str, object] = {
        name: int(value, 0)
        for name, value in re.findall(r"^#define (\w+)\s+(\w+)\s*$", text, re.MULTILINE)
    }
    for name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.DOTALL | re.MULTILINE):
        found[name] = Struct(body)
    return found


def __getattr__(name: str) -> Any:
    """A name that the header does not have; what it has is an attribute."""
    raise AttributeError(f"{HEADER.name} has no {name}")


vars(sys.modules[__name__]).update(parse(HEADER.read_text()))
