# SPDX-License-Identifier: GPL-2.0-only
"""ghes-ab --here, run as on a real machine: a guest with Python, whose firmware offers injection
(EINJ).
"""

import json
import lzma
import stat
import time

import pytest

import bed.lib.platform
from bed.lib import BUILD, TOP, cper, driver
from bed.lib.agent import DONE_SEQ
from bed.lib.cpio import Cpio
from bed.lib.kernels import Kernel
from bed.lib.packages import Package
from bed.lib.sources import Source
from bed.lib.trouble import EXCEPT_NMI

ARCH, VERSION = "x86_64", "6.12"
PYTHON = "/usr/bin/python3.11"
LIBRARY = "usr/lib/python3.11"
LEFT_OUT = (
    "/test/",
    "/idlelib/",
    "/lib2to3/",
    "/ensurepip/",
    "/config-",
    "/pydoc_data/",
    "/distutils/",
    "/tkinter/",
    "/encodings/mac",
    "/asyncio/",
    "/xml/",
    "/multiprocessing/",
    "/unittest/",
    "/_ssl",
    "/_hashlib",
    "/_sqlite3",
    "/_curses",
    "/readline",
    "/_dbm",
    "/_test",
    "/_codecs_",
    "/nis.",
    "/_crypt",
    "/audioop",
    "/_uuid",
    "/termios",
)
TOOL = f"python3 /ab/scripts/ghes-ab --here --module {driver.MODULE}"
TABLES = "/sys/firmware/acpi/tables"
NMI_PAUSE = 0.01  # seconds
STATE = (
    f"cd {driver.DEVICES}; for d in GHES.*; do echo $d $(readlink $d/driver); done; ls"
    f" {driver.TRACING}/instances; cut -d ' ' -f 1,3 /proc/modules"
)


def root(kernel: Kernel) -> bytes:
    """Python of Debian, the tool, and the einj module, to be unpacked behind the usual files."""
    package = Package(ARCH, "bookworm", "python3").fetch()
    cpio = Cpio()
    programs = [PYTHON]
    for file in sorted((package.root / LIBRARY).rglob("*")):
        name = str(file.relative_to(package.root))
        if file.is_file() and not any(each in f"/{name}" for each in LEFT_OUT):
            cpio.file(name, file)
            if file.suffix == ".so":
                programs.append(f"/{name}")
    for folder in ("scripts", "tests/bed/lib"):
        for file in sorted((TOP / folder).rglob("*")):
            if file.is_file() and (file.suffix == ".py" or file.name == "ghes-ab"):
                cpio.file(f"ab/{file.relative_to(TOP)}", file)
    cpio.directory("bin")
    cpio.add("bin/python3", stat.S_IFLNK | 0o777, PYTHON.encode())
    modules = f"lib/modules/{kernel.release}"
    cpio.directory(modules)
    einj = kernel.cache / "modules/kernel/drivers/acpi/apei/einj.ko.xz"
    cpio.add(f"{modules}/einj.ko", stat.S_IFREG | 0o644, lzma.decompress(einj.read_bytes()))
    cpio.add(f"{modules}/modules.dep", stat.S_IFREG | 0o644, b"einj.ko:\n")
    return package.archive(*programs) + cpio.bytes()


class Machine:
    """A boot; the firmware raises what the guest injects."""

    def __init__(self) -> None:
        self.injected: list[int] = []
        kernel = Kernel(ARCH, VERSION)
        assert kernel.missing() is None
        sources = [Source(id=n, notify="nmi") for n in range(3)]
        self.machine = bed.lib.platform.open(
            ARCH,
            VERSION,
            sources=sources,
            smp=1,
            run_dir=BUILD / "run/ab-here",
            extra_files=root(kernel),
            einj=self.raise_error,
        )
        self.vm = self.machine.vm

    def raise_error(self, kind: int, address: int) -> None:
        self.injected.append(kind)
        n = len(self.injected)
        severity = cper.CORRECTED if kind in (0x1, 0x8) else cper.RECOVERABLE
        sections = [cper.vendor(payload=n.to_bytes(8, "little"))]
        if kind != 0x1:
            sections.insert(0, cper.memory(pa=address, mask=~0xFFF & (1 << 64) - 1, error_type=2))
        self.machine.post(self.machine.sources[n % 3], cper.block(severity, sections))

    def figures(self, folder: str) -> dict[str, dict]:
        table = json.loads(self.vm.check(f"cat {folder}/figures.json"))[0]
        return {f"{row['metric']} {row['variant']}".strip(): row for row in table["rows"]}

    def run_under_nmis(self, command: str, timeout: float) -> None:
        """A command; from its first look until its end there are NMIs that are no source's.

        Not before: the kernel tells of ten of them in five seconds only.
        """
        looks = f"grep -qs 1 {driver.TRACING}/instances/*/events/nmi/nmi_handler/enable"
        self.vm.check(
            (
                f"rm -f /tmp/rc; ({command}; echo $? >/tmp/rc) </dev/null & "
                f"until {looks} || [ -s /tmp/rc ]; do sleep 0.05; done"
            ),
            60,
        )
        agent = self.vm.agent
        agent.start("until [ -s /tmp/rc ]; do sleep 0.1; done")
        deadline = time.monotonic() + timeout
        while (
            agent.ram.read32(agent.offset + DONE_SEQ) != agent.seq and time.monotonic() < deadline
        ):
            self.machine.nmi()
            time.sleep(NMI_PAUSE)
        agent.finish(10)
        assert self.vm.check("cat /tmp/rc").strip() == "0", self.vm.check("cat /tmp/out")


@pytest.fixture
def here():
    machine = Machine()
    yield machine
    trouble = EXCEPT_NMI.search(machine.vm.console_text())
    machine.machine.close()
    assert not trouble, trouble


def test_on_a_machine(here):
    """One boot: what each part leaves behind must be what it found."""
    injection(here)
    here.vm.check(f"mount -t tmpfs none {TABLES} && echo >{TABLES}/HEST")  # no EINJ any more
    observation(here)
    refusals(here)


def injection(here: Machine) -> None:
    """Errors by EINJ under both drivers, corrected ones unless more is allowed; afterwards all is
    as it was.
    """
    before = here.vm.check(STATE)
    out = here.vm.check(f"{TOOL} --rounds 1 --seconds 0.5 --errors 6 --out /tmp/a 2>&1", 240)
    assert "injecting by EINJ: processor corrected, memory corrected" in out
    assert set(here.injected) == {0x1, 0x8} and len(here.injected) == 12
    rows = here.figures("/tmp/a")
    assert rows["errors injected"]["a"] == rows["errors injected"]["b"] == [6]
    assert rows["errors with a trace event"]["b"] == [6]
    assert all(
        0 < row["b"][0] < 1e9 for name, row in rows.items() if name.startswith("to trace event")
    )
    assert rows["NMI with a record: calls"]["b"] == [6]
    assert here.vm.check(STATE) == before

    # With the module loaded at the start, and with errors that take a process's page away.
    driver.load(here.machine, queue_kib=4)
    before = here.vm.check(STATE)
    here.injected.clear()
    out = here.vm.check(
        f"{TOOL} --rounds 1 --seconds 0.5 --errors 6 --uncorrected --out /tmp/b 2>&1", 240
    )
    assert set(here.injected) == {0x1, 0x8, 0x10}, "fatal errors need a word of their own"
    rows = here.figures("/tmp/b")
    assert rows["processes told by SIGBUS"]["b"] == [2], rows["processes told by SIGBUS"]
    assert here.vm.check(STATE) == before
    assert here.vm.check("cat /sys/module/ghes_nmi/parameters/queue_kib").strip() == "4"

    # Ctrl-C while the sources are with the other driver.
    here.vm.check(
        (
            f"cd /; ({TOOL} --rounds 1 --seconds 100 --out /tmp/c >/tmp/out 2>&1; echo $? >/tmp/rc)"
            " </dev/null & for i in $(seq 300); do grep -q ^ghes_nmi /proc/modules || break; sleep"
            " 0.1; done"
        ),
        60,
    )
    assert here.vm.check(STATE) != before
    here.vm.check(
        (
            "kill -INT $(pidof python3); for i in $(seq 300); do [ -e /tmp/rc ] && break; sleep"
            " 0.1; done"
        ),
        60,
    )
    assert here.vm.check("cat /tmp/rc").strip() == "130" and "interrupted" in here.vm.check(
        "cat /tmp/out"
    )
    assert here.vm.check(STATE) == before
    assert here.vm.check("cat /sys/module/ghes_nmi/parameters/queue_kib").strip() == "4"
    here.vm.check("rmmod ghes_nmi")


def observation(here: Machine) -> None:
    """Without EINJ: what NMIs cost anyway."""
    vm = here.vm
    before = vm.check(STATE)
    here.run_under_nmis(f"{TOOL} --rounds 1 --seconds 2 --out /tmp/d >/tmp/out 2>&1", 240)
    assert "observing only: firmware offers no injection" in vm.check("cat /tmp/out")
    rows = here.figures("/tmp/d")
    for side in "ab":
        assert rows["idle NMI: calls"][side][0] >= 10
        assert (
            rows["idle NMI median"][side][0]
            <= rows["idle NMI p99"][side][0]
            <= rows["idle NMI p99.9"][side][0]
        )
    # The kernel says it of ten in five seconds: the second turn's may be suppressed.
    assert rows["unknown NMIs in the log"]["a"][0] + rows["unknown NMIs in the log"]["b"][0] >= 5
    assert vm.check(STATE) == before


def refusals(here: Machine) -> None:
    """They say why, and change nothing."""
    vm = here.vm
    before = vm.check(STATE)

    def refused(command: str, reason: str) -> None:
        result = vm.run(command, 60)
        assert result.rc == 2 and reason in result.out, result
        assert vm.check(STATE) == before

    user = "import os, sys; os.setuid(1000); os.execv(sys.argv[1], sys.argv[1:])"
    refused(f"python3 -c '{user}' {TOOL.replace('python3', PYTHON, 1)} 2>&1", "only root")
    refused(f"{TOOL.replace('--module', '--module /nowhere.ko #')} 2>&1", "no such module file")
    refused("python3 /ab/scripts/ghes-ab --here 2>&1", "not installed for this kernel")
    vm.check(
        "mount -t securityfs none /sys/kernel/security && echo integrity"
        " >/sys/kernel/security/lockdown"
    )
    refused(f"{TOOL} 2>&1", "locked down (integrity)")
    vm.check(f"rm {TABLES}/HEST")
    refused(f"{TOOL} 2>&1", "no HEST")
