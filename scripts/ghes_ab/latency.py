# SPDX-License-Identifier: GPL-2.0-only
"""How long after the notification user space knows: nanoseconds of the guest, which are
instructions with icount.
"""

import re
import time

from bed.lib import cper, driver
from ghes_ab.delivery import record
from ghes_ab.drivers import Driver
from ghes_ab.notification import BUS_MCEERR_AR, SETTLE, WARM, Sea, steady
from ghes_ab.workload import SEVERITIES
from bed.lib.platform import Platform
from bed.lib.sources import Source

LOOKED = 2  # records of a measurement that may be collected by the driver's own look
CLOCK = "mono_raw"  # user space has it too
RAW = re.compile(r"^\s*-?\d+ \d+ (\d+) ", re.MULTILINE)
SIGNALLED = re.compile(r"code (\d+) address (\w+) at (\d+)")
BUS_MCEERR_AO = 5
PAGE_MASK = 0xFFFF_FFFF_FFFF_F000


def start_trace(machine: Platform) -> None:
    machine.vm.check(f"echo {CLOCK} >{driver.TRACING}/trace_clock")
    driver.Trace(machine, driver.RAS_EVENT, 4096)


def stop_trace(machine: Platform) -> None:
    machine.vm.check(
        f"echo 0 >{driver.TRACING}/events/{driver.RAS_EVENT}/enable; "
        f"echo local >{driver.TRACING}/trace_clock"
    )


def read_trace(machine: Platform) -> list[tuple[int, str]]:
    """(nanoseconds, text) of each event. The text alone has microseconds, so the buffer is read
    twice.
    """
    run, trace = machine.vm.check, driver.TRACING
    run(f"echo 0 >{trace}/tracing_on")
    lines = [
        line for line in run(f"cat {trace}/trace").splitlines() if not line.startswith("#") and line
    ]
    raw = RAW.findall(
        run(
            f"echo raw >{trace}/trace_options; cat {trace}/trace; echo noraw >{trace}/trace_options"
        )
    )
    run(f"echo >{trace}/trace; echo 1 >{trace}/tracing_on")
    if len(raw) != len(lines):
        raise machine.vm.error(f"{len(raw)} time stamps for {len(lines)} trace events")
    return list(zip(map(int, raw), lines))


def spans(began: list[int], arrived: list[int]) -> list[int]:
    """From each notification to the event of its record, one at a time under way. A record whose
    NMI found nothing is left out: the driver's own look, once a second, came first.
    """
    found, before = [], 0
    for there in arrived:
        mine = [here for here in began if before < here <= there]
        found += [there - here for here in mine[-1:]]
        before = there
    return found


def to_event(
    machine: Platform,
    kind,
    who: Driver,
    src: Source,
    count: int,
    size: int,
    severity: str,
    first: int,
) -> list[int]:
    """From the notification to ras:non_standard_event, for `count` records after some that do not
    count.
    """
    start_trace(machine)
    kind.watch(machine)
    for number in range(first, first + WARM + count):
        steady(machine, who, number - first)
        machine.post(src, record(src, number, size, SEVERITIES[severity]))
        machine.quiesce()
        machine.vm.check(SETTLE)
    events = read_trace(machine)
    began = kind.began(machine, events)
    arrived = [time for time, text in events if "non_standard_event:" in text]
    stop_trace(machine)
    found = spans(began, arrived)
    if len(arrived) != WARM + count or len(found) < len(arrived) - LOOKED:
        raise machine.vm.error(
            f"{WARM + count} records, {len(began)} notifications, {len(arrived)} trace events"
        )
    return found[WARM:]


def owner(machine: Platform, number: int) -> tuple[str, int]:
    """A process that owns a page, and the page's physical address."""
    file = f"/tmp/bystander.{number}"
    machine.vm.check(f"bystander own {file} </dev/null >/dev/null 2>&1 &")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        out = machine.vm.run(f"cat {file}").out
        if out.startswith("page "):
            return file, int(out.split()[1], 16)
    raise machine.vm.error("no process with a page of its own")


def to_signal(machine: Platform, kind, src: Source, count: int, first: int) -> list[int]:
    """From the notification of an uncorrected memory error to the SIGBUS of the process that owns
    the page.
    """
    if isinstance(kind, Sea):
        return kind.touch(machine, 12 * count)  # at little cost, and they differ much
    found = []
    for number in range(first, first + count):
        start_trace(machine)
        file, address = owner(machine, number)
        kind.watch(machine)
        machine.post(
            src,
            cper.block(cper.RECOVERABLE, [cper.memory(pa=address, mask=PAGE_MASK, error_type=3)]),
        )
        machine.quiesce()
        machine.vm.check(f"for i in $(seq 100); do grep -q code {file} && break; sleep 0.02; done")
        began = kind.began(machine, read_trace(machine))
        stop_trace(machine)
        match = SIGNALLED.search(machine.vm.check(f"cat {file}"))
        if not match or int(match[1]) not in (BUS_MCEERR_AO, BUS_MCEERR_AR) or match[2] != "right":
            raise machine.vm.error(f"no SIGBUS about page {address:#x}: {match and match[0]}")
        if len(began) != 1:
            raise machine.vm.error(f"{len(began)} notifications for one record")
        found.append(int(match[3]) - began[0])
    return found
