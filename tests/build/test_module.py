# SPDX-License-Identifier: GPL-2.0-only
"""The module as it is built for each test kernel."""

import re
import shutil
import subprocess

import pytest

from gn import BUILD, TOP
from gn.kernels import EVERY, Kernel

KERNELS = [Kernel(arch, version) for arch, versions in EVERY.items() for version in versions]


@pytest.fixture(params=KERNELS, ids=lambda kernel: f"{kernel.arch}-{kernel.version}")
def kernel(request) -> Kernel:
    missing = request.param.missing()
    if missing:
        pytest.fail(f"{missing} is missing: run scripts/prepare {request.param.arch} {request.param.version}",
                    pytrace=False)
    return request.param


def modinfo(kernel: Kernel, field: str) -> str:
    command = ["/sbin/modinfo", "-F", field, kernel.products / "ghes_nmi.ko"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_version_is_that_of_dkms(kernel):
    version = re.search(r'^PACKAGE_VERSION="(.*)"$', (TOP / "dkms.conf").read_text(), re.MULTILINE)[1]
    assert modinfo(kernel, "version") == version


def test_made_for_this_kernel(kernel):
    assert modinfo(kernel, "vermagic").split()[0] == kernel.release


def test_licence(kernel):
    assert modinfo(kernel, "license") in ("GPL", "GPL v2")


def test_build_is_clean_and_reproducible(kernel):
    """The same sources give the same bytes, wherever they are built; and nothing is there to warn of."""
    # Below build/, for a build root of another suite sees nothing else.
    other = BUILD / "run/reproducible" / f"{kernel.arch}-{kernel.version}"
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir(parents=True)
    command = [TOP / "scripts/kmod", "--strict", "--out", other, kernel.arch, kernel.version]
    built = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (built.returncode, built.stdout) == (0, "")
    first = {file.name: file.read_bytes() for file in kernel.products.glob("*.ko")}
    second = {file.name: file.read_bytes() for file in other.glob("*.ko")}
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
