# SPDX-License-Identifier: GPL-2.0-only
"""The packages on a clean Debian machine, as its administrator meets them."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from bed.lib import BUILD, TOP, cper, driver
from bed.lib.debian import Debian, build_packages
from bed.lib.sources import Source
from bed.lib.vm import VM

APT = "DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dir::Etc::sourceparts=/dev/null"
OUT_OF_RANGE = "9.9.0-1-cloud-amd64"
POOR = "6.12.999-1-cloud-amd64"  # in the range, and its headers are not enough for any module
# From apt to the first error on the screen, beside the kernel's download.
MINUTES = 3


@pytest.fixture(scope="session")
def packages() -> list[Path]:
    return build_packages()


def test_lintian_and_contents(packages, tmp_path):
    """Two packages, lintian-clean (else they would not be here), with everything in them that their
    programs need.
    """
    listing = {
        file.name.partition("_")[0]: subprocess.run(
            ["dpkg-deb", "-c", file], check=True, capture_output=True, text=True
        ).stdout
        for file in packages
    }
    assert sorted(listing) == ["ghes-nmi-dkms", "ghes-nmi-tools"]
    version = re.search(r'^PACKAGE_VERSION="(.*)"$', (TOP / "dkms.conf").read_text(), re.MULTILINE)[
        1
    ]
    for file in packages:
        assert file.name.split("_")[1] == version, "debian/changelog and dkms.conf differ"
    source = f"./usr/src/ghes_nmi-{version}/"
    shipped = {
        line.split()[5].removeprefix(source)
        for line in listing["ghes-nmi-dkms"].splitlines()
        if source in line and not line.split()[5].endswith("/")
    }
    ours = {
        str(file.relative_to(TOP))
        for folder in ("src", "include")
        for file in (TOP / folder).rglob("*.[chS]")
        if not file.name.endswith(".mod.c")
    }
    assert shipped == ours | {"Kbuild", "dkms.conf", "scripts/probe", "scripts/lib/imports.list"}
    for name in (
        "ghes-nmi.4.gz",
        "ghes-nmi-probe.8.gz",
        "ghes-nmi.service",
        "examples/modprobe.conf",
        "ghes-nmi-probe",
    ):
        assert name in listing["ghes-nmi-tools"], name
    for file in packages:
        subprocess.run(["dpkg-deb", "-x", file, tmp_path], check=True)

    def installed(name: str, *options: str | Path) -> tuple[int, str]:
        said = subprocess.run(
            [tmp_path / "usr/sbin" / name, *options],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
        )
        return said.returncode, said.stdout

    status, said = installed("ghes-ab")
    assert status and said.startswith("ghes-ab: only --here"), said
    status, said = installed("ghes-ab", "--here", "--module", tmp_path / "none.ko")
    assert status == 2 and said.startswith("ghes-ab: ") and said.count("\n") == 1, said
    status, said = installed("ghes-nmi-probe", tmp_path)
    assert status == 2 and "is not a kernel build directory" in said, said


class Machine:
    """What the cases ask of a running machine."""

    def __init__(self, machine) -> None:
        self.machine, self.vm = machine, machine.vm
        self.check = machine.vm.check

    def consistent(self) -> None:
        """dpkg has nothing half done: every package is installed, and wanted so."""
        assert (
            self.check(
                "dpkg --audit; dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' | grep -v '^ii"
                " ' || true"
            )
            == ""
        )

    def dkms(self, release: str) -> str:
        return self.check(f"dkms status -m ghes_nmi -k {release} 2>/dev/null").strip()

    def traces(self) -> str:
        """Files of the packages, or of what dkms made of them."""
        return self.check(
            "find / -xdev \\( -name '*ghes*nmi*' -o -path '/lib/modules/*/updates*' \\) ! -path"
            " '/srv/*' ! -path '/var/lib/apt/*' ! -path '/var/cache/apt/*' | sort"
        )

    def bound(self) -> str | None:
        return driver.bound(self.machine, self.machine.sources[0])

    def wait_until(self, condition: str, timeout: float) -> None:
        """Until a command succeeds; what rasdaemon said goes into the error's text."""
        deadline = time.monotonic() + timeout
        while self.vm.run(condition, timeout).rc:
            if time.monotonic() > deadline:
                raise self.vm.error(
                    f"not within {timeout:.0f} s: {condition}\n"
                    + self.vm.run(
                        (
                            "systemctl list-jobs; journalctl -b -u rasdaemon -u ghes-nmi -n 30;"
                            " dmesg | tail"
                        ),
                        timeout,
                    ).out
                )
            time.sleep(0.3)

    def wait_for_rasdaemon(self, timeout: float) -> None:
        """When the module was loaded it was started anew: what comes while it is not there is not
        for it.
        """
        self.wait_until(
            (
                "systemctl -q is-active rasdaemon && ! systemctl list-jobs | grep -q rasdaemon && "
                f"grep -q 1 {driver.TRACING}/instances/rasdaemon/events/ras/mc_event/enable"
            ),
            timeout,
        )

    def post(self, label: str) -> None:
        self.machine.post(
            self.machine.sources[0],
            cper.block(
                cper.CORRECTED,
                [cper.memory(pa=0x80_0000_1000, error_type=2, entry={"fru_text": label})],
            ),
        )

    def see_error(self, label: str, timeout: float = 120) -> None:
        """A memory error appears in the kernel log and in rasdaemon's journal."""
        self.wait_for_rasdaemon(timeout)
        self.post(label)
        self.wait_until(f"journalctl -b -u rasdaemon | grep -q {label}", timeout)
        assert label in self.check("dmesg")


def made_up_headers(debian: Debian, release: str) -> Path:
    """A package of headers as Debian makes them, of a kernel that does not exist."""
    version = release.partition("-cloud")[0]
    folder = debian.run_dir / f"headers-{version}"
    (folder / "DEBIAN").mkdir(parents=True)
    (folder / f"usr/src/linux-headers-{release}/include").mkdir(parents=True)
    (folder / f"usr/src/linux-headers-{release}/.config").write_text(
        "CONFIG_ACPI_APEI_GHES=y\nCONFIG_RAS=y\n"
    )
    modules = folder / "lib/modules" / release
    modules.mkdir(parents=True)
    (modules / "build").symlink_to(f"/usr/src/linux-headers-{release}")
    (folder / "DEBIAN/control").write_text(
        f"Package: linux-headers-{release}\nVersion: {version}\nArchitecture: amd64\nMaintainer:"
        " nobody\nDescription: headers of a kernel that does not exist\n"
    )
    postinst = folder / "DEBIAN/postinst"
    postinst.write_text(
        f"#!/bin/sh\nset -e\nrun-parts --report --exit-on-error --arg={release} "
        "/etc/kernel/header_postinst.d\n"
    )
    postinst.chmod(0o755)
    file = debian.run_dir / f"linux-headers-{release}_{version}_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "-b", "--root-owner-group", folder, file], check=True, capture_output=True
    )
    return file


@pytest.fixture
def debian(request):
    """A machine of the suite that the case names, bookworm unless it does."""
    name = re.sub(r"[^\w.-]+", "_", request.node.name).removeprefix("test_").strip("_")
    suite = getattr(request, "param", "bookworm")
    if suite != "bookworm" and not request.config.getoption("full"):
        pytest.skip("another suite: with --full")
    debian = Debian(BUILD / "run" / f"packages-{name}", [Source(notify="nmi", length=4096)], suite)
    yield debian
    for vm in list(VM.live):
        vm.close()
    debian.disk.unlink(missing_ok=True)


@pytest.mark.timeout(3600)
@pytest.mark.timed("takes a quarter of an hour")
def test_three_minutes(debian, packages, capsys):
    """As a new user would: install, load, see the first error.

    In the machine's own time, in which its one processor executes an instruction per nanosecond,
    which is slow.
    """
    debian.add_agent()
    debian.add_repository(packages)
    debian.make_disk()
    machine = debian.boot(debian.first_kernel(), smp=1, icount=True, timeout=900)
    guest = Machine(machine)
    # Every line that apt says gets the time it was said at.
    stamped = 'while IFS= read -r line; do read -r up idle </proc/uptime; echo "$up $line"; done'
    said = guest.check(
        (
            f"{{ cat /proc/uptime; {APT} update && "
            f"{APT} install ghes-nmi-dkms ghes-nmi-tools; }} 2>&1 | {stamped}; cat /proc/uptime"
        ),
        3000,
    )
    (debian.run_dir / "install.log").write_text(said)
    first, *_, last = said.strip().split("\n")  # progress lines have carriage returns
    assert guest.bound() == "ghes_nmi", guest.check("journalctl -b -u ghes-nmi")
    guest.wait_for_rasdaemon(300)
    label = "FIRST_ERROR"
    guest.post(label)
    seen = guest.check(
        (
            f"t=$(cat /proc/uptime); until journalctl -b -u rasdaemon | grep -q {label}; do sleep"
            " 0.2; done; echo $t; cat /proc/uptime"
        ),
        600,
    )
    begun, ended = seen.strip().split("\n")
    install, error = (
        float(end.split()[0]) - float(start.split()[0])
        for start, end in ((first, last), (begun, ended))
    )
    with capsys.disabled():
        print(
            f"\n  installed and loaded in {install:.0f} s, the first error seen {error:.1f} s later"
        )
    assert install + error < 60 * MINUTES


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("debian", ["bookworm", "trixie"], indirect=True)
def test_install_to_purge(debian, packages, request):
    """Installed on the running kernel, loaded, the first error seen; kernels that cannot be served;
    loaded at boot; purged.

    Without --full the machine comes with the packages installed, by its own apt and dkms, on this
    machine's processor; and there is no kernel to upgrade to. So does trixie's always.
    """
    full = request.config.getoption("full") and debian.suite == "bookworm"
    old, new = debian.release(), debian.release("next-release")
    debian.add_agent()
    debian.add_repository(
        [
            *packages,
            made_up_headers(debian, OUT_OF_RANGE),
            made_up_headers(debian, POOR),
            *(debian.root / "repository").glob("*.deb" if full else "none"),
        ]
    )
    debian.make_disk(*(() if full else packages))
    machine = debian.boot(debian.first_kernel())
    guest = Machine(machine)
    if full:
        guest.check(f"{APT} update", 120)
        assert guest.traces() == ""
        said = guest.check(f"{APT} install ghes-nmi-dkms ghes-nmi-tools 2>&1", 1500)
        (debian.run_dir / "install.log").write_text(said)
        guest.consistent()
    assert f"{old}, x86_64: installed" in guest.dkms(old)
    assert guest.bound() == "ghes_nmi", guest.check("journalctl -b -u ghes-nmi")
    guest.see_error("FIRST_ERROR")

    # A kernel that the module does not know, and one for which a build would fail: said, and
    # nothing is broken.
    said = guest.check(f"{APT} install linux-headers-{OUT_OF_RANGE} linux-headers-{POOR} 2>&1", 120)
    assert f"kernel {OUT_OF_RANGE} is outside the supported range (Linux 5.10 to 7.3)" in said, said
    assert f"/lib/modules/{POOR}/build is not a kernel build directory" in said, said
    guest.consistent()
    for release in (OUT_OF_RANGE, POOR):
        assert "installed" not in guest.dkms(release) and "built" not in guest.dkms(release)

    running = old
    loaded_at_boot = not full  # there this was the first boot with the packages
    if full:
        said = guest.check(f"{APT} install linux-image-{new} linux-headers-{new} 2>&1", 1500)
        (debian.run_dir / "upgrade.log").write_text(said)
        guest.consistent()
        assert f"{new}, x86_64: installed" in guest.dkms(new), said
        assert f"{old}, x86_64: installed" in guest.dkms(old)
        running = new
    if not loaded_at_boot:
        debian.switch_off(machine)
        machine = debian.boot(debian.kernel(running))
        guest = Machine(machine)

    # At boot, before rasdaemon.
    assert guest.check("uname -r").strip() == running
    assert guest.bound() == "ghes_nmi"
    times = dict(
        line.split("=")
        for line in guest.check(
            "systemctl show -p ExecMainExitTimestampMonotonic ghes-nmi; "
            "systemctl show -p ExecMainStartTimestampMonotonic rasdaemon"
        ).split()
    )
    loaded, daemon = map(int, times.values())
    assert 0 < loaded < daemon, "rasdaemon did not wait for the module"
    guest.see_error("AFTER_BOOT")

    # Nothing stays, and the sources are the kernel's own driver's again.
    said = guest.check(
        (
            f"{APT} purge ghes-nmi-dkms ghes-nmi-tools"
            f" linux-headers-{OUT_OF_RANGE} linux-headers-{POOR} 2>&1"
        ),
        300,
    )
    (debian.run_dir / "purge.log").write_text(said)
    guest.consistent()
    assert guest.bound() == "GHES"
    assert guest.vm.run("test -d /sys/module/ghes_nmi").rc
    assert guest.traces() == ""
    assert (
        guest.check("dpkg -l 'ghes-nmi*' 2>/dev/null | grep -c '^ii\\|^rc' || true").strip() == "0"
    )
    debian.switch_off(machine)
