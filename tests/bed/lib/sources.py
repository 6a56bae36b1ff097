# SPDX-License-Identifier: GPL-2.0-only
"""Error sources of a machine, and the HEST entries that tell the kernel about them (ACPI 6.5,
18.3.2).
"""

import struct
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HEST_GHES = 9
HEST_GHESV2 = 10

# Hardware error notification types, ACPI 6.5 table 18.14.
NOTIFY = {
    "polled": 0,
    "irq": 1,
    "local": 2,
    "sci": 3,
    "nmi": 4,
    "cmci": 5,
    "mce": 6,
    "gpio": 7,
    "sea": 8,
    "sei": 9,
    "gsiv": 10,
    "sdei": 11,
}

NO_RELATED_SOURCE = 0xFFFF

# Who hears of a source by way of the hardware error device, PNP0C33: the in-tree driver, of all
# three.
HED = ("sci", "gpio", "gsiv")


@dataclass(frozen=True)
class Register:
    """The shape of a register, as a generic address structure says it (ACPI 6.5, 5.2.3.2)."""

    width: int = 64  # bits
    offset: int = 0  # of the lowest bit
    access: int = 4  # 1 to 4: read and written 8 to 64 bits at a time
    io: bool = False  # an I/O port, not memory

    @property
    def size(self) -> int:
        """Bytes of an access. The kernel corrects one that is too narrow for an aligned register of
        32 or 64 bits.
        """
        whole = self.width // 8 if self.offset == 0 and self.width in (32, 64) else 0
        return max(1 << self.access - 1, whole)


MEMORY64 = Register()
MEMORY32 = Register(width=32, access=3)


@dataclass
class Source:
    """One entry of the HEST.

    `index` is its place among the entries, `id` its HEST source id. The platform fills in the
    addresses. `raw` replaces the whole entry by bytes of the test's choice; such an entry has no
    block and cannot be raised.
    """

    index: int = 0
    id: int | None = None  # the index unless given
    type: str = "ghesv2"
    notify: str = "sdei"
    event: int = 0  # SDEI event number, interrupt or vector
    length: int = 4096  # error status block length
    enabled: bool = True
    critical: bool = False  # SDEI priority
    shared: bool = True  # SDEI shared or private event
    poll_ms: int = 1000
    raw: bytes | None = None
    status_reg: int = 0  # address of the register that holds the block's address
    block: int = 0  # address of the error status block
    ack_reg: int = 0  # address of the GHESv2 read-ack register
    ack_preserve: int = 0xFFFFFFFFFFFFFFFE
    ack_write: int = 1
    level: bool = False  # its interrupt stays until the record is taken
    status_shape: Register = MEMORY64
    ack_shape: Register = MEMORY64
    # Sources with the same name acknowledge at one register, a doorbell: firmware hears every
    # write, and tells the sources by their ack_write.
    ack_bell: str | None = None
    related: int = NO_RELATED_SOURCE  # HEST source id
    flags: int = 0
    extra: dict = field(default_factory=dict)  # whatever one platform needs beyond this

    def __post_init__(self) -> None:
        if self.type not in ("ghes", "ghesv2"):
            raise ValueError(f"source type {self.type!r}: ghes or ghesv2")
        if self.notify not in NOTIFY:
            raise ValueError(f"notify {self.notify!r}: one of {', '.join(NOTIFY)}")
        if isinstance(self.raw, str):
            self.raw = bytes.fromhex(self.raw)
        for name in ("status_shape", "ack_shape"):
            if isinstance(getattr(self, name), dict):
                setattr(self, name, Register(**getattr(self, name)))

    @property
    def ack_bits(self) -> int:
        """The bits of the ack register that are set when the operating system has acknowledged; 0:
        it is not told.
        """
        return self.ack_write << self.ack_shape.offset if self.v2 else 0

    @property
    def v2(self) -> bool:
        return self.type == "ghesv2"


def number(sources: list[Source]) -> list[Source]:
    """Give sources their index, and their id where they have none."""
    for index, source in enumerate(sources):
        source.index = index
        if source.id is None:
            source.id = index
    return sources


def load(path: Path | str) -> list[Source]:
    """Sources from a TOML file: [[source]] tables with the names of Source.

    `count = N` repeats a table; ids and event numbers, where given, go up by one each time.
    """
    sources = []
    with open(path, "rb") as file:
        tables = tomllib.load(file)["source"]
    for table in tables:
        count = table.pop("count", 1)
        for i in range(count):
            step = {key: table[key] + i for key in ("id", "event") if key in table}
            sources.append(Source(**(table | step)))
    return number(sources)


def gas(address: int, shape: Register = MEMORY64) -> bytes:
    """Generic address structure."""
    return struct.pack("<BBBBQ", shape.io, shape.width, shape.offset, shape.access, address)


def notification(source: Source) -> bytes:
    poll = source.poll_ms if source.notify == "polled" else 0
    return struct.pack("<BBHIIIIII", NOTIFY[source.notify], 28, 0, poll, source.event, 0, 0, 0, 0)


def entry(source: Source) -> bytes:
    """The HEST entry of one source."""
    if source.raw is not None:
        return source.raw
    data = struct.pack(
        "<HHHBBIII",
        HEST_GHESV2 if source.v2 else HEST_GHES,
        source.id,
        source.related,
        source.flags,
        source.enabled,
        1,
        1,
        source.length,
    )
    data += (
        gas(source.status_reg, source.status_shape)
        + notification(source)
        + struct.pack("<I", source.length)
    )
    if source.v2:
        data += gas(source.ack_reg, source.ack_shape) + struct.pack(
            "<QQ", source.ack_preserve, source.ack_write
        )
    return data


def hest(sources: list[Source]) -> bytes:
    """All HEST entries. The table header and the u32 count before them are the platform's."""
    return b"".join(entry(source) for source in sources)
