# SPDX-License-Identifier: GPL-2.0-only
"""What the modules import: upstream exports it, and scripts/probe knows of every symbol."""

import subprocess

import pytest

from bed.lib import TOP
from bed.lib.kernels import EACH_CHANGE, EVERY, Kernel
from build_scripts import load


symbols = load("symbols")
probe = symbols.probe


@pytest.fixture(
    params=[Kernel(arch, version) for arch in EVERY for version in EVERY[arch]],
    ids=lambda kernel: f"{kernel.arch}-{kernel.version}",
)
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


def test_imports_are_exported_upstream(kernel):
    said = subprocess.run(
        [TOP / "scripts/symbols", "--check", kernel.arch, kernel.version],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stdout) == (0, "")


def test_list_of_imports_is_what_the_modules_import(tmp_path):
    """The list that packages get, against one made of the modules as they are now."""
    for arch in EACH_CHANGE:
        for version in EACH_CHANGE[arch]:
            assert Kernel(arch, version).missing() is None
    symbols.write_imports(tmp_path / "imports.list")
    assert (tmp_path / "imports.list").read_text() == probe.list_of_imports().read_text()


def missing(tree) -> list[str]:
    return [finding.what for finding in probe.symbols(tree) if not finding.there]


def test_probe_names_every_symbol_that_is_removed(kernel):
    """And names none where all are there."""
    tree = probe.Tree(kernel.cache / "headers")
    assert missing(tree) == []
    exported, wrong = tree.exported, {}
    for name in symbols.imports(kernel.products):
        tree.exported = exported - {name}
        if missing(tree) != [name]:
            wrong[name] = missing(tree)
    assert wrong == {}


@pytest.mark.parametrize("name", ["task_work_add", "no_such_function"])
def test_import_that_upstream_lacks_is_refused(name, tmp_path):
    """Debian exports task_work_add, by a patch of its own."""
    (tmp_path / "ghes_nmi.c").write_text(f"void {name}(void); void f(void) {{ {name}(); }}\n")
    subprocess.run(
        ["gcc", "-c", "-o", tmp_path / "ghes_nmi.ko", tmp_path / "ghes_nmi.c"], check=True
    )
    said = subprocess.run(
        [TOP / "scripts/symbols", "--check", "x86_64", "6.12", tmp_path],
        check=False,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 1 and said.stdout.startswith(
        f"{name}, imported for x86_64 6.12: "
    ), said.stdout
    assert ("only Debian exports it" in said.stdout) == (name == "task_work_add")


CONFIG = (
    "CONFIG_ARM64=y\nCONFIG_MODULES=y\nCONFIG_KPROBES=y\nCONFIG_ACPI_APEI_GHES=y\nCONFIG_RAS=y\n"
)


@pytest.mark.parametrize(
    "release,config,header,lack,wanted",
    [
        # A later vendor kernel that has the earlier interface, and the other way round.
        ("6.12.0-55.el10", "", "usleep_range_state", "system_percpu_wq", False),
        ("6.12.0-200.el10", "", "system_percpu_wq", "system_percpu_wq", True),
        # Between two kernels that are known.
        ("5.14.0-503.el9", "", "", "_printk", False),
        ("5.14.0-503.el9", "", "", "nmi_panic", True),
        # By configuration.
        (
            "6.12.0-55.el10",
            "CONFIG_LIST_HARDENED=y\n",
            "__list_add_valid_or_report",
            "__list_add_valid_or_report",
            True,
        ),
        ("6.12.0-55.el10", "", "__list_add_valid_or_report", "__list_add_valid_or_report", False),
    ],
)
def test_probe_of_a_vendors_tree(release, config, header, lack, wanted, tmp_path):
    """What a kernel nobody here has built for is asked for depends on its headers and its
    configuration.
    """
    for name, text in {
        "include/config/auto.conf": CONFIG + config,
        "include/linux/kernel.h": f"void {header}(void);",
        "include/generated/utsrelease.h": f'#define UTS_RELEASE "{release}"',
        "Module.symvers": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    tree = probe.Tree(tmp_path)
    tree.exported = {one.name for one in probe.read_names(symbols.IMPORTS)} - {lack}
    assert missing(tree) == ([lack] if wanted else [])
