# SPDX-License-Identifier: GPL-2.0-only
"""A vector: bytes as firmware may write them, what the gate must say, and why. And the files that
hold them.
"""

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass
class Vector:
    name: str
    kind: str  # the way of going wrong, or of being good, that it stands for
    verdict: str
    why: str
    data: bytes
    odd: str = ""  # of a good one: number of a section that is bytes only, and which rule it breaks

    @property
    def good(self) -> bool:
        return self.verdict == "good"

    @property
    def deadly(self) -> bool:
        """The machine panics of it."""
        return self.good and int.from_bytes(self.data[16:20], "little") not in (0, 2, 3)


def shorten(data: bytes) -> str:
    """Hex; 16 and more equal bytes as "00*16"."""
    words = []
    for run in re.finditer(rb"(.)\1{15,}|(?:(?!(.)\2{15}).)+", data, re.DOTALL):
        bytes_ = run.group()
        words.append(f"{bytes_[:1].hex()}*{len(bytes_)}" if run.group(1) else bytes_.hex())
    return " ".join(words)


def lengthen(text: str) -> bytes:
    return b"".join(
        bytes.fromhex(word.partition("*")[0]) * int(word.partition("*")[2] or 1)
        for word in text.split()
    )


def write(vectors: list[Vector], what: str) -> str:
    lines = [
        "# SPDX-License-Identifier: GPL-2.0-only",
        f"# {what} Written by tests/vectors/generate.",
        "",
    ]
    for vector in vectors:
        lines += [f"name {vector.name}", f"kind {vector.kind}", f"verdict {vector.verdict}"]
        lines += [f"odd {vector.odd}"] if vector.odd else []
        lines += [f"why {vector.why}", f"bytes {shorten(vector.data)}", ""]
    return "\n".join(lines)


def read(name: str) -> list[Vector]:
    """The vectors of blocks.txt or hests.txt."""
    vectors = []
    for stanza in (HERE / f"{name}.txt").read_text(encoding="ascii").split("\n\n"):
        fields = dict(line.split(" ", 1) for line in stanza.splitlines() if line and line[0] != "#")
        if fields:
            vectors.append(
                Vector(
                    fields["name"],
                    fields["kind"],
                    fields["verdict"],
                    fields["why"],
                    lengthen(fields["bytes"]),
                    fields.get("odd", ""),
                )
            )
    return vectors
