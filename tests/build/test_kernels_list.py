# SPDX-License-Identifier: GPL-2.0-only
"""What kernels.list says, and everybody who must say the same: dkms, the probe, the documents."""

import json
import re
import shutil
import subprocess

import pytest

from bed.lib import TOP
from bed.lib.kernels import ARCHES, BUILT, BUILT_LIST, EVERY, MACHINES, PINNED, Kernel, read

every_kernel = pytest.mark.parametrize(
    "kernel",
    [Kernel(arch, version) for arch in EVERY for version in EVERY[arch]],
    ids=lambda kernel: f"{kernel.arch}-{kernel.version}",
)


def test_everybody_says_the_same():
    """dkms.conf, packages and README are as kernels.list and Kbuild have it."""
    checked = subprocess.run(
        [TOP / "scripts/kernels", "--check"], check=False, capture_output=True, text=True
    )
    assert (checked.returncode, checked.stdout) == (0, "")


def test_table_of_kernels():
    """It has every kernel, and none that failed."""
    text = (TOP / "docs/user/kernels.md").read_text(encoding="utf-8")
    suites = {line.suite for line in read()}
    rows = [
        row
        for row in re.findall(r"^\| (\S+) \| (\S+) \| (.*) \| (.*) \|$", text, re.MULTILINE)
        if row[1] in suites
    ]
    assert [(line.name, line.suite) for line in read()] == [
        row[:2] for row in rows
    ], "run make matrix"
    cells = {
        f"{arch}-{name}": cell
        for name, _, *both in rows
        for arch, cell in zip(ARCHES, both, strict=True)
    }
    assert [name for name, cell in cells.items() if "failed" in cell] == []
    waiting = [name for name, cell in cells.items() if "not run" in cell]
    if waiting:
        pytest.skip(f"make matrix has not been run for {', '.join(waiting)}")


@every_kernel
def test_dkms_knows_this_kernel(kernel):
    """dkms.conf lets every supported kernel pass, and names the modules that were built for it."""
    assert kernel.missing() is None
    machine = MACHINES[kernel.arch]
    script = (
        ". ./dkms.conf; [[ $kernelver =~ $BUILD_EXCLUSIVE_KERNEL && $arch =~ $BUILD_EXCLUSIVE_ARCH"
        ' ]] || echo excluded; for option in $BUILD_EXCLUSIVE_CONFIG; do grep -qE "^$option=[ym]"'
        ' "$config" || echo "$option"; done; printf "%s.ko\\n" "${BUILT_MODULE_NAME[@]}"'
    )
    said = subprocess.run(
        ["bash", "-c", script],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
        env={
            "kernelver": kernel.release,
            "arch": machine,
            "config": str(kernel.cache / "config"),
            "kernel_source_dir": "/none",
            "dkms_tree": "/none",
            "PATH": "/usr/bin:/bin",
        },
    ).stdout.split()
    built = {file.name for file in (kernel.products / "kmod").glob("*.ko")}
    assert set(said) == built and "ghes_nmi.ko" in built


@pytest.mark.parametrize(
    "release",
    ["4.19.0-27-amd64", "5.9.0-5-amd64", "7.4.0-1-amd64", "7.10.0-1-amd64", "8.0.0-1-amd64"],
)
def test_dkms_refuses_what_is_out_of_range(release):
    said = subprocess.run(
        ["bash", "-c", ". ./dkms.conf; [[ $release =~ $BUILD_EXCLUSIVE_KERNEL ]]"],
        cwd=TOP,
        env={"release": release, "kernel_source_dir": "/none", "dkms_tree": "/none"},
        check=False,
    )
    assert said.returncode == 1


@every_kernel
def test_probe(kernel):
    """scripts/probe promises what was then built, by its own release, and names what is lacking."""
    assert kernel.missing() is None
    said = subprocess.run(
        [TOP / "scripts/probe", "--json", kernel.cache / "headers"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    result = json.loads(said)
    assert (result["release"], result["architecture"], result["builds"]) == (
        kernel.release,
        kernel.arch,
        True,
    )
    lacks = (
        []
        if kernel.arch != "arm64" or kernel.config("CONFIG_ARM_SDE_INTERFACE")
        else ["CONFIG_ARM_SDE_INTERFACE"]
    )
    assert result["lacks"] == lacks


def copy_headers(kernel: Kernel, tmp_path):
    """What the probe reads of a kernel's headers, to be changed."""
    for name in ("include/config/auto.conf", "include/generated/utsrelease.h", "Module.symvers"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kernel.cache / "headers" / name, target)
    common = next((kernel.cache / "usr/src").glob("linux-headers-*-common"))
    for name in ("linux/kernel.h", "linux/sysfs.h", "linux/arm_sdei.h", "ras/ras_event.h"):
        target = tmp_path / "include" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(common / "include" / name, target)
    return tmp_path


@pytest.mark.parametrize(
    "file,old,new,lack,builds",
    [
        ("include/config/auto.conf", "CONFIG_ACPI_APEI_GHES=y", "", "CONFIG_ACPI_APEI_GHES", False),
        (
            "include/config/auto.conf",
            "CONFIG_ARM_SDE_INTERFACE=y",
            "",
            "CONFIG_ARM_SDE_INTERFACE",
            True,
        ),
        ("Module.symvers", "\tnmi_panic\t", "\tno_panic\t", "nmi_panic", False),
        (
            "include/ras/ras_event.h",
            "TRACE_EVENT(arm_event,\n\n\tTP_PROTO(",
            "TRACE_EVENT(arm_event,\n\n\tTP_PROTO(int a, ",
            "ras:arm_event",
            True,
        ),
        (
            "include/ras/ras_event.h",
            "TRACE_EVENT(arm_event,",
            "TRACE_EVENT(no_event,",
            "ras:arm_event",
            False,
        ),
        (
            "include/linux/sysfs.h",
            "struct kobject *, struct bin_attribute *",
            "struct kobject *, void *",
            "struct bin_attribute",
            False,
        ),
    ],
)
def test_probe_misses(file, old, new, lack, builds, tmp_path):
    """A kernel that lacks something, or has it in another shape."""
    kernel = Kernel("arm64", "6.12")
    assert kernel.missing() is None
    tree = copy_headers(kernel, tmp_path)
    text = (tree / file).read_text()
    assert old in text
    (tree / file).write_text(text.replace(old, new))
    said = subprocess.run(
        [TOP / "scripts/probe", "--json", tree], check=False, capture_output=True, text=True
    )
    result = json.loads(said.stdout)
    assert (said.returncode, result["builds"], result["lacks"]) == (not builds, builds, [lack])


def test_probe_of_no_tree(tmp_path):
    said = subprocess.run(
        [TOP / "scripts/probe", tmp_path], check=False, capture_output=True, text=True
    )
    assert said.returncode == 2 and "is not a kernel build directory" in said.stderr


def test_built_kernels_are_made_of_listed_ones():
    """With names that kernels.list does not have."""
    listed = {line.name: line.tests for line in read()}
    for arch, kernels in BUILT.items():
        for name, of in kernels.items():
            assert name not in listed and arch in listed[of], f"{arch}-{name}"
    options = [
        word
        for line in BUILT_LIST.read_text().splitlines()
        if line and line[0] != "#"
        for word in line.split()[3].split(",")
    ]
    assert [word for word in options if not (TOP / f"tests/kernels/{word}.config").exists()] == []


@every_kernel
def test_kernels_are_pinned(kernel):
    """The release that is tested is the one that was asked for, or Debian has it no more."""
    pinned = PINNED[f"{kernel.arch}-{kernel.version}"]
    assert kernel.missing() is None
    instead = kernel.cache / "instead-of"
    assert kernel.release == pinned or instead.read_text().strip() == pinned
