# SPDX-License-Identifier: GPL-2.0-only
"""packaging/load, which the unit runs: what it says and whether the unit fails, on machines of all
kinds.

The programs it calls are replaced, and the places it looks at lie below a folder of the case.
"""

import os
import subprocess
from pathlib import Path

import pytest

from bed.lib import TOP

RELEASE = "6.12.0-55.el10.x86_64"
PLACES = (
    "/proc/cmdline",
    "/proc/vmcore",
    "/sys/module/ghes_nmi",
    "/sys/kernel/security/lockdown",
    "/var/lib/",
    "/etc/pki/",
    "/etc/dkms/",
    "/sys/kernel/tracing",
    "/usr/sbin/rasdaemon",
)


class Machine:
    """Where load runs; `called` is what it ran modprobe with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.programs = path / "programs"
        self.programs.mkdir()
        self.program("uname", f"echo {RELEASE}")
        self.program("systemctl", "exit 3")
        self.modinfo()
        self.modprobe()

    def program(self, name: str, text: str) -> None:
        file = self.programs / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.path}/log\n{text}\n')
        file.chmod(0o755)

    def modinfo(
        self, signer: str = "DKMS module signing key", srcversion: str = "NEW", there: bool = True
    ) -> None:
        self.program(
            "modinfo",
            (
                f'case "$*" in *signer*) echo "{signer}";; *srcversion*) echo {srcversion};; esac; '
                f"exit {0 if there else 1}"
            ),
        )

    def modprobe(self, error: str = "", removes: bool = True) -> None:
        module = self.path / "sys/module/ghes_nmi"
        self.program(
            "modprobe",
            f"""case "$*" in
"-q -r ghes_nmi") {f'rm -r {module}' if removes else 'exit 1'};;
ghes_nmi) {f'echo "{error}"; exit 1' if error else ':'};;
esac""",
        )

    def file(self, name: str, text: str = "") -> None:
        place = self.path / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def load(self, *options: str) -> tuple[int, str]:
        """Exit status and what it said."""
        text = (TOP / "packaging/load").read_text()
        for place in PLACES:
            assert place in text, place
            text = text.replace(place, f"{self.path}{place}")
        script = self.path / "load"
        script.write_text(text)
        said = subprocess.run(
            ["sh", script, *options],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PATH": f"{self.programs}:{os.environ['PATH']}"},
        )
        return said.returncode, said.stdout

    def called(self, program: str) -> list[str]:
        log = self.path / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(program + " ")]


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def test_load_succeeds_silently(machine):
    assert machine.load() == (0, "")
    assert machine.called("modprobe") == ["ghes_nmi"]


def test_load_leaves_the_unit_well_where_there_is_nothing_to_take(machine):
    """systemctl --failed stays empty on a machine with a HEST and no source for us."""
    machine.modprobe("modprobe: ERROR: could not insert 'ghes_nmi': No such device")
    status, said = machine.load()
    assert status == 0 and "no error source of this machine is for this module" in said, said


def test_load_does_nothing_in_a_kdump_kernel(machine):
    machine.file("/proc/vmcore")
    status, said = machine.load()
    assert status == 0 and "crashed" in said and machine.called("modprobe") == [], said


@pytest.mark.parametrize(
    "cmdline,obeyed",
    [
        ("quiet hest_disable", True),
        ("ghes.disable=1", True),
        ("ghes.disable=Y ro", True),
        ("ghes.disable", True),
        ("ghes.disable=on", True),
        ("ghes.disable=0", False),
        ("ghes.disable=n quiet", False),
        ("nohest_disable", False),
        ("hest_disable ghes_nmi=on", False),
        ("", False),
    ],
)
def test_load_obeys_who_switched_ghes_off(machine, cmdline, obeyed):
    machine.file("/proc/cmdline", f"BOOT_IMAGE=/vmlinuz {cmdline}\n")
    status, said = machine.load()
    assert status == 0
    assert machine.called("modprobe") == ([] if obeyed else ["ghes_nmi"])
    assert ("on the kernel's command line: nothing is taken" in said) == obeyed, said


def certificate(machine: Machine, name: str, subject: str) -> None:
    """A certificate in DER, as the tools that sign modules leave it."""
    machine.file(name)
    subprocess.run(
        [
            "openssl",
            "req",
            "-new",
            "-x509",
            "-nodes",
            "-days",
            "1",
            "-subj",
            f"/O=Somewhere/CN={subject}/",
            "-newkey",
            "rsa:2048",
            "-keyout",
            machine.path / "key",
            "-outform",
            "DER",
            "-out",
            machine.path / name.lstrip("/"),
        ],
        check=True,
        capture_output=True,
    )


CERTIFICATES = {
    "/var/lib/dkms/mok.pub": "DKMS module signing key",
    "/var/lib/shim-signed/mok/MOK.der": "machine Secure Boot Module Signature key",
    "/etc/pki/akmods/certs/public_key.der": "builder-1234",
}


@pytest.mark.parametrize("place", CERTIFICATES)
def test_load_names_the_certificate_to_enrol(machine, place):
    """Of all that are there, the one of the key that signed the module: Debian's, Ubuntu's, that of
    akmods.
    """
    for name, subject in CERTIFICATES.items():
        certificate(machine, name, subject)
    machine.modinfo(signer=CERTIFICATES[place])
    machine.modprobe("modprobe: ERROR: could not insert 'ghes_nmi': Key was rejected by service")
    status, said = machine.load()
    assert status == 1 and f"mokutil --import {machine.path}{place}," in said, said
    assert sum(said.count(name) for name in CERTIFICATES) == 1, said


def test_load_names_the_certificate_that_dkms_is_configured_with(machine):
    certificate(machine, "/var/lib/dkms/mok.pub", "another")
    certificate(machine, "/srv/keys/ours.der", "Our key")
    machine.file(
        "/etc/dkms/framework.conf", f'mok_certificate="{machine.path}/srv/keys/ours.der"\n'
    )
    machine.modinfo(signer="Our key")
    machine.modprobe("modprobe: ERROR: could not insert 'ghes_nmi': Required key not available")
    status, said = machine.load()
    assert status == 1 and f"mokutil --import {machine.path}/srv/keys/ours.der," in said, said


def test_load_says_unsigned_under_lockdown(machine):
    machine.file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    machine.modinfo(signer="")
    machine.modprobe("modprobe: ERROR: could not insert 'ghes_nmi': Operation not permitted")
    status, said = machine.load()
    assert status == 1 and "this module is not signed" in said, said


def test_load_tells_unsupported_from_secure_boot(machine):
    """SLES refuses modules that its vendor does not support, by modprobe, with the same error
    number.
    """
    machine.file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    machine.modprobe(
        "modprobe: ERROR: module 'ghes_nmi' is unsupported\n"
        "modprobe: ERROR: Use --allow-unsupported or set allow_unsupported_modules 1 in\n"
        "modprobe: ERROR: /etc/modprobe.d/10-unsupported-modules.conf\n"
        "modprobe: ERROR: could not insert 'ghes_nmi': Operation not permitted"
    )
    status, said = machine.load()
    assert status == 1 and "no matter of Secure Boot" in said and "mokutil" not in said, said


def test_load_says_where_a_module_is_missing(machine):
    machine.modinfo(there=False)
    machine.modprobe(
        f"modprobe: FATAL: Module ghes_nmi not found in directory /lib/modules/{RELEASE}"
    )
    status, said = machine.load()
    assert (
        status == 1
        and f"there is no module for kernel {RELEASE}" in said
        and "ghes-nmi-probe" in said
    ), said


def loaded(machine: Machine, srcversion: str, *holders: str) -> None:
    machine.file("/sys/module/ghes_nmi/srcversion", srcversion)
    machine.file("/sys/module/ghes_nmi/version", "0.0.9\n")
    for holder in holders:
        (machine.path / "sys/module/ghes_nmi/holders" / holder).mkdir(parents=True)


def test_reload_replaces_the_version_before(machine):
    loaded(machine, "OLD", "ghes_nmi_mm")
    assert machine.load("--reload") == (0, "")
    assert machine.called("modprobe") == ["-q -r ghes_nmi_mm", "-q -r ghes_nmi", "ghes_nmi"]


def test_reload_leaves_the_same_version_alone(machine):
    loaded(machine, "NEW")
    assert machine.load("--reload") == (0, "")
    assert machine.called("modprobe") == []


def test_reload_says_what_goes_on_where_it_is_in_use(machine):
    loaded(machine, "OLD")
    machine.modprobe(removes=False)
    status, said = machine.load("--reload")
    assert status == 0 and "version 0.0.9 is in use and goes on until the next boot" in said, said
    assert "ghes_nmi" not in machine.called("modprobe")


def test_reload_keeps_the_module_where_none_was_built(machine):
    loaded(machine, "OLD")
    machine.modinfo(there=False)
    assert machine.load("--reload") == (0, "")
    assert machine.called("modprobe") == []
