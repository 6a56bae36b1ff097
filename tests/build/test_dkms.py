# SPDX-License-Identifier: GPL-2.0-only
"""dkms.conf, for a kernel that the module can be built for and for one that lacks something."""

import os
import shutil
import subprocess

import pytest

from bed.lib import TOP
from bed.lib.kernels import Kernel

SHOW = (
    '. "$1"; echo "AUTOINSTALL=${AUTOINSTALL-}"; echo "WEAK=${NO_WEAK_MODULES-}"; '
    "[[ x86_64 =~ $BUILD_EXCLUSIVE_ARCH ]] && echo built || echo excluded"
)


@pytest.fixture
def source(tmp_path):
    """What a package puts into /usr/src, as far as dkms.conf looks at it."""
    for name in ("dkms.conf", "scripts/probe", "scripts/lib/imports.list"):
        target = tmp_path / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, target)
    return tmp_path / "source"


def conf(source, kernel: Kernel, headers, action: str) -> tuple[dict[str, str], str, str]:
    """What dkms reads, whether it builds, and what it says."""
    said = subprocess.run(
        ["bash", "-c", SHOW, "bash", source / "dkms.conf"],
        check=True,
        capture_output=True,
        text=True,
        env={
            "action": action,
            "kernelver": kernel.release,
            "arch": "x86_64",
            "dkms_tree": "/none",
            "kernel_source_dir": str(headers),
            "PATH": os.environ["PATH"],
        },
    )
    *lines, verdict = said.stdout.splitlines()
    return dict(line.split("=") for line in lines), verdict, said.stderr


@pytest.fixture
def poor(tmp_path):
    """Headers of a kernel in the supported range without one symbol."""
    kernel = Kernel("x86_64", "6.12")
    assert kernel.missing() is None
    headers = tmp_path / "headers"
    shutil.copytree(kernel.cache / "headers/include", headers / "include")
    common = next((kernel.cache / "usr/src").glob("linux-headers-*-common"))
    for name in ("linux", "asm-generic", "ras"):
        shutil.copytree(common / "include" / name, headers / "include" / name, dirs_exist_ok=True)
    text = (kernel.cache / "headers/Module.symvers").read_text()
    (headers / "Module.symvers").write_text(text.replace("\tnmi_panic\t", "\tno_panic\t"))
    return kernel, headers


def test_dkms_builds_where_nothing_is_missing(source):
    kernel = Kernel("x86_64", "6.12")
    assert kernel.missing() is None
    for action in ("build", "install", "autoinstall"):
        assert conf(source, kernel, kernel.cache / "headers", action) == (
            {"AUTOINSTALL": "yes", "WEAK": "yes"},
            "built",
            "",
        )


@pytest.mark.parametrize("action", ["build", "install", "autoinstall"])
def test_dkms_passes_over_what_cannot_be_built(source, poor, action):
    """Not tried, so that no kernel's installation fails; the reason is said."""
    kernel, headers = poor
    read, verdict, said = conf(source, kernel, headers, action)
    assert (read["AUTOINSTALL"], verdict) == ("", "excluded")
    assert f"ghes_nmi is not built for {kernel.release}: nmi_panic: not exported" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("action", ["build", "install", "autoinstall"])
def test_dkms_passes_over_headers_that_are_not_whole(source, tmp_path, action):
    kernel = Kernel("x86_64", "6.12")
    assert kernel.missing() is None
    (tmp_path / "headers/include").mkdir(parents=True)
    read, verdict, said = conf(source, kernel, tmp_path / "headers", action)
    assert (read["AUTOINSTALL"], verdict) == ("", "excluded")
    assert "headers is not a kernel build directory" in said


def test_dkms_does_not_look_at_a_kernel_when_only_asked(source, poor):
    kernel, headers = poor
    assert conf(source, kernel, headers, "status") == (
        {"AUTOINSTALL": "yes", "WEAK": "yes"},
        "built",
        "",
    )


def test_dkms_tries_where_the_probe_cannot_tell(source, tmp_path):
    """No headers, or no Python: dkms says itself what is wrong."""
    kernel = Kernel("x86_64", "6.12")
    assert kernel.missing() is None
    read, verdict, _ = conf(source, kernel, tmp_path / "none", "build")
    assert (read["AUTOINSTALL"], verdict) == ("yes", "built")
    (source / "scripts/probe").unlink()
    assert conf(source, kernel, tmp_path / "none", "build")[1:] == ("built", "")
