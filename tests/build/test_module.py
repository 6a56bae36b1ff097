# SPDX-License-Identifier: GPL-2.0-only
"""The module as it is built for each test kernel."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bed.lib import BUILD, TOP
from bed.lib.kernels import EVERY, SUPPORTED, Kernel

KERNELS = [Kernel(arch, version) for arch, versions in EVERY.items() for version in versions]


@pytest.fixture(params=KERNELS, ids=lambda kernel: f"{kernel.arch}-{kernel.version}")
def kernel(request) -> Kernel:
    missing = request.param.missing()
    if missing:
        pytest.fail(
            (
                f"{missing} is missing: run scripts/prepare"
                f" {request.param.arch} {request.param.version}"
            ),
            pytrace=False,
        )
    return request.param


def modinfo(kernel: Kernel, field: str) -> str:
    command = ["/sbin/modinfo", "-F", field, kernel.products / "ghes_nmi.ko"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_version_is_that_of_dkms(kernel):
    version = re.search(r'^PACKAGE_VERSION="(.*)"$', (TOP / "dkms.conf").read_text(), re.MULTILINE)[
        1
    ]
    assert modinfo(kernel, "version") == version


def test_made_for_this_kernel(kernel):
    assert modinfo(kernel, "vermagic").split()[0] == kernel.release


def test_licence(kernel):
    assert modinfo(kernel, "license") in ("GPL", "GPL v2")


def test_hooks_come_with_it(kernel):
    assert modinfo(kernel, "softdep") == (
        "post: ghes_nmi_mm ghes_nmi_kvm" if kernel.arch == "arm64" else ""
    )


def build_again(kernel: Kernel, what: str, *options: str) -> Path:
    """Build it anew, below build/: a build root of another suite sees nothing else. It must say
    nothing.
    """
    other = BUILD / "run" / what / f"{kernel.arch}-{kernel.version}"
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir(parents=True)
    command = [TOP / "scripts/kmod", *options, "--out", other, kernel.arch, kernel.version]
    built = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (built.returncode, built.stdout) == (0, "")
    return other


@pytest.mark.enough("arm64-5.10", "x86_64-7.3")  # make check has 6.12; make matrix every one
def test_build_is_clean(kernel):
    """Nothing is there to warn of, with all warnings and sparse."""
    subprocess.run(
        [TOP / "scripts/fetch", "tools", "strict"], check=True
    )  # it says what it installs
    strict = build_again(kernel, "strict", "--strict")
    assert sorted(file.name for file in strict.glob("*.ko")) == sorted(
        file.name for file in kernel.products.glob("*.ko")
    )


@pytest.mark.enough("arm64-6.12")
@pytest.mark.parametrize(
    "kernel",
    [kernel for kernel in KERNELS if kernel.version in SUPPORTED[kernel.arch]],
    ids=lambda kernel: f"{kernel.arch}-{kernel.version}",
)
def test_build_is_reproducible(kernel):
    """The same sources give the same bytes, wherever they are built. With warnings on gcc may
    choose others.
    """
    other = build_again(kernel, "reproducible")
    first = {file.name: file.read_bytes() for file in kernel.products.glob("*.ko")}
    second = {file.name: file.read_bytes() for file in other.glob("*.ko")}
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_probes_are_armed_in_few_places():
    """Where a probe comes or goes the kernel patches an instruction that other CPUs may execute:
    an address alone is found without. Functions that are probed for a moment are rarely called.
    """
    found = {
        str(file.relative_to(TOP / "src")): re.findall(
            r'"(\w+)", register_\w+\)|symbol_name = "(\w+)"', text
        )
        for file in (TOP / "src").rglob("*.[ch]")
        if "register_kprobe(" in (text := file.read_text(encoding="utf-8"))
        and not file.name.endswith(".mod.c")
    }
    probed = {name for pair in found["compat/intree.c"] for name in pair if name}
    assert set(found) == {"compat/address.h", "compat/intree.c", "shims/shim.h"}
    assert ".flags = KPROBE_FLAG_DISABLED" in (TOP / "src/compat/address.h").read_text()
    assert probed == {
        "blocking_notifier_chain_register",
        "atomic_notifier_chain_register",
        "gen_pool_free_owner",
    }
