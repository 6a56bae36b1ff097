# SPDX-License-Identifier: GPL-2.0-only
"""What the documents say of options, parameters, attributes and trace events is what the code has.

What a loaded module shows is compared with docs/ABI by the core cases.
"""

import re
import subprocess

import pytest

from bed.lib import TOP


def read(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


def described(section: str) -> set[str]:
    """The names that docs/ABI has in a directory, or matching an expression."""
    return set(re.findall(rf"^What:\t+{section}/(\w+)$", read("docs/ABI"), re.MULTILINE))


def manual(page: str) -> str:
    """A manual page without its markup."""
    return re.sub(r"\\f.|^\.\w+ ", "", read(page).replace("\\-", "-").replace('"', ""), flags=re.MULTILINE)


def test_parameters_in_documents():
    code = set(re.findall(r"^module_param(?:_array)?\((\w+),", read("src/main.c"), re.MULTILINE))
    assert described("/sys/module/ghes_nmi/parameters") == code
    assert set(re.findall(r"^\| `(\w+)=", read("README.md"), re.MULTILINE)) == code
    # On the kernel's command line ghes_nmi= is the unit's.
    assert set(re.findall(r"(\w+)=", manual("docs/ghes-nmi.4"))) - {"ghes_nmi"} == code
    assert set(re.findall(r"^#options ghes_nmi (\w+)=", read("packaging/modprobe.conf"), re.MULTILINE)) == code


def test_attributes():
    """README has every attribute of a source that docs/ABI has."""
    table = re.search(r"^\| Attribute \| Meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", read("README.md"), re.MULTILINE)[1]
    names = {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert names == described(r"/sys/bus/platform/devices/GHES\.N/ghes_nmi")


@pytest.mark.parametrize("event", ["record", "section", "malformed"])
def test_trace_events(event):
    """docs/ABI names the fields of an event; the manual page and README name the event."""
    code = re.search(rf"TRACE_EVENT\({event},.*?TP_fast_assign", read("src/sinks/ghes_nmi_events.h"), re.DOTALL)[0]
    fields = set(re.findall(r"__(?:field|array|dynamic_array)\(\w+, (\w+)", code))
    entry = re.search(rf"^What:\t+/sys/kernel/tracing/events/ghes_nmi/{event}\nDescription:(.*?)\n\n", read("docs/ABI"),
                      re.MULTILINE | re.DOTALL)[1]
    said = re.sub(r"\([^)]*\)", "", entry[entry.index("Fields:") + 7:]).replace("and", "")
    assert set(re.findall(r"\w+", said)) == fields
    assert f"ghes_nmi:{event}" in read("README.md") and re.search(rf"\b{event}\b", manual("docs/ghes-nmi.4"))


def options(text: str) -> set[str]:
    return set(re.findall(r"(--[a-z]+(?:-[a-z]+)*)", text)) - {"--help"}


def test_comparison():
    """ghes-ab(8) has the options that an installed ghes-ab has a use for, and no other."""
    said = subprocess.run([TOP / "scripts/ghes-ab", "--help"], check=True, capture_output=True, text=True).stdout
    parts = re.split(r"^(options|on emulated platforms|on this machine):$", said, flags=re.MULTILINE)
    by_name = dict(zip(parts[1::2], parts[2::2]))
    useful = options(by_name["options"]) | options(by_name["on this machine"])
    page = manual("docs/ghes-ab.8").replace("scripts/ghes-ab --help", "")
    assert options(page) == useful
    synopsis = re.search(r"^SYNOPSIS$(.*?)^DESCRIPTION$", re.sub(r"^\.SH ", "", page, flags=re.MULTILINE), re.M | re.S)
    assert options(synopsis[1]) == useful


def test_probe_options():
    said = subprocess.run([TOP / "scripts/probe", "--help"], check=True, capture_output=True, text=True).stdout
    assert options(manual("docs/ghes-nmi-probe.8")) == options(said)


def test_contents_of_readme():
    """What everybody looks for is there."""
    text = read("README.md")
    for part in ("## Supported kernels", "## Quick start", "## Limits", "(SECURITY.md)", "(CONTRIBUTING.md)"):
        assert text.count(part) == 1, part


def test_contents_of_security():
    text = read("SECURITY.md")
    for part in ("## What wrong or hostile firmware can do", "## What a local user can do", "## How to report"):
        assert text.count(part) == 1, part


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
                                  *(f"docs/{page.name}" for page in sorted((TOP / "docs").glob("*.md")))])
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", read(page)):
        assert ((TOP / page).parent / target).exists(), target
