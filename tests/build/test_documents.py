# SPDX-License-Identifier: GPL-2.0-only
"""What the documents say of options, parameters, attributes and trace events is what the code has.

What a loaded module shows is compared with docs/user/ABI by the core cases.
"""

import re
import subprocess

import pytest

from bed.lib import TOP


def read(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


def described(section: str) -> set[str]:
    """The names that docs/user/ABI has in a directory, or matching an expression."""
    return set(re.findall(rf"^What:\t+{section}/(\w+)$", read("docs/user/ABI"), re.MULTILINE))


def manual(page: str) -> str:
    """A manual page without its markup."""
    return re.sub(
        r"\\f.|^\.\w+ ", "", read(page).replace("\\-", "-").replace('"', ""), flags=re.MULTILINE
    )


def test_parameters_in_documents():
    code = set(re.findall(r"^module_param(?:_array)?\((\w+),", read("src/main.c"), re.MULTILINE))
    assert described("/sys/module/ghes_nmi/parameters") == code
    assert set(re.findall(r"^\| `(\w+)=", read("docs/user/README.md"), re.MULTILINE)) == code
    # On the kernel's command line ghes_nmi= is the unit's.
    assert set(re.findall(r"(\w+)=", manual("docs/user/ghes-nmi.4"))) - {"ghes_nmi"} == code
    assert (
        set(re.findall(r"^#options ghes_nmi (\w+)=", read("packaging/modprobe.conf"), re.MULTILINE))
        == code
    )


def test_attributes():
    """docs/user/README.md has every attribute of a source that docs/user/ABI has."""
    table = re.search(
        r"^\| Attribute \| Meaning \|\n\|---\|---\|\n((?:\|.*\n)+)",
        read("docs/user/README.md"),
        re.MULTILINE,
    )[1]
    names = {
        name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert names == described(r"/sys/bus/platform/devices/GHES\.N/ghes_nmi")


@pytest.mark.parametrize("event", ["record", "section", "malformed"])
def test_trace_events(event):
    """docs/user/ABI names the fields of an event; the manual page and README name the event."""
    code = re.search(
        rf"TRACE_EVENT\({event},.*?TP_fast_assign", read("src/sinks/ghes_nmi_events.h"), re.DOTALL
    )[0]
    fields = set(re.findall(r"__(?:field|array|dynamic_array)\(\w+, (\w+)", code))
    entry = re.search(
        rf"^What:\t+/sys/kernel/tracing/events/ghes_nmi/{event}\nDescription:(.*?)\n\n",
        read("docs/user/ABI"),
        re.MULTILINE | re.DOTALL,
    )[1]
    said = re.sub(r"\([^)]*\)", "", entry[entry.index("Fields:") + 7 :]).replace("and", "")
    assert set(re.findall(r"\w+", said)) == fields
    assert f"ghes_nmi:{event}" in read("README.md") and re.search(
        rf"\b{event}\b", manual("docs/user/ghes-nmi.4")
    )


def options(text: str) -> set[str]:
    return set(re.findall(r"(--[a-z]+(?:-[a-z]+)*)", text)) - {"--help"}


def test_comparison():
    """ghes-ab(8) has the options that an installed ghes-ab has a use for, and no other."""
    said = subprocess.run(
        [TOP / "scripts/ghes-ab", "--help"], check=True, capture_output=True, text=True
    ).stdout
    parts = re.split(
        r"^(options|on emulated platforms|on this machine):$", said, flags=re.MULTILINE
    )
    by_name = dict(zip(parts[1::2], parts[2::2]))
    useful = options(by_name["options"]) | options(by_name["on this machine"])
    page = manual("docs/user/ghes-ab.8").replace("scripts/ghes-ab --help", "")
    assert options(page) == useful
    synopsis = re.search(
        r"^SYNOPSIS$(.*?)^DESCRIPTION$",
        re.sub(r"^\.SH ", "", page, flags=re.MULTILINE),
        re.M | re.S,
    )
    assert options(synopsis[1]) == useful


def test_probe_options():
    said = subprocess.run(
        [TOP / "scripts/probe", "--help"], check=True, capture_output=True, text=True
    ).stdout
    assert options(manual("docs/user/ghes-nmi-probe.8")) == options(said)


def test_contents_of_readme():
    """What everybody looks for is there."""
    text = read("README.md")
    for part in (
        "## Supported kernels",
        "## Quick start",
        "## Limits",
        "(SECURITY.md)",
        "(CONTRIBUTING.md)",
    ):
        assert text.count(part) == 1, part


def test_contents_of_security():
    text = read("SECURITY.md")
    for part in (
        "## What wrong or hostile firmware can do",
        "## What a local user can do",
        "## How to report",
    ):
        assert text.count(part) == 1, part


PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *(str(page.relative_to(TOP)) for page in sorted((TOP / "docs").rglob("*.md"))),
    *(str(page.relative_to(TOP)) for page in sorted((TOP / "tests/bed").rglob("*.md"))),
]


def anchors(page: str) -> set[str]:
    """What a link into a page may name: its headings, as they are rendered."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", read(page), re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    """To a file that is there, and to a heading that it has."""
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", read(page)):
        file = (TOP / page).parent / target if target else TOP / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(
            str(file.resolve().relative_to(TOP))
        ), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_named_files_are_there(page):
    """A path in backquotes that begins with one of our folders; NAME, N and ARCH stand for
    something.
    """
    for path in re.findall(
        r"`((?:src|docs|tests|scripts|include|debian|packaging)/[\w./-]+)`", read(page)
    ):
        if re.search(r"NAME|ARCH|\bN\b", path):
            continue
        names = [TOP / path, *(TOP / f"{path}.{end}" for end in ("c", "h"))]
        assert any(name.exists() for name in names), path


def test_readme_is_short():
    """Tables of kernels, attributes and figures are for docs/."""
    assert len(read("README.md").splitlines()) <= 95


def test_reading_test():
    """docs/develop/questions.md has ten questions; each answer names files, and words that each of
    them has.
    """
    parts = re.split(r"^## \d+\. ", read("docs/develop/questions.md"), flags=re.MULTILINE)[1:]
    assert len(parts) == 10
    for part in parts:
        question = part.splitlines()[0]
        assert question.endswith("?"), question
        answers = re.findall(r"^- `([\w./-]+)`: (.*(?:\n  .*)*)$", part, re.MULTILINE)
        assert answers, question
        for name, words in answers:
            text = re.sub(r"\s+", " ", read(name))
            quoted = re.findall(r'"([^"]+)"', re.sub(r"\s+", " ", words))
            assert quoted, f"{question}: no words of {name}"
            for each in quoted:
                assert each in text, f"{question}: {name} does not have {each!r}"


def test_defects_have_their_tests():
    """Each file that docs/develop/defects.md names has the cases named beside it."""
    rows = re.findall(
        r"^\| (?!Defect)[^|]+ \| ([^|]+) \|$", read("docs/develop/defects.md"), re.MULTILINE
    )
    assert len(rows) >= 14
    for row in rows:
        named = re.findall(r"`(tests/[\w/.]+)`(?: `(\w+)`)?", row)
        assert bool(named) != (row == "nothing yet"), row
        for path, case in named:
            text = read(path)
            assert not case or re.search(
                rf"^(?:(?:def|static void) |TEST\(){case}\b", text, re.MULTILINE
            ), f"{path}: {case}"


ORDERED = re.compile(
    r"\b(?:smp_\w*mb\w*|dma_rmb|mb|wmb|rmb|smp_load_acquire|smp_store_release|"
    r"atomic_\w+_(?:acquire|release)|atomic_cmpxchg|atomic_fetch_inc)\(.*?/\* ([A-Z_]{4,})\b"
)


def test_barriers_are_in_the_design():
    """The table of docs/design has each label that an ordered access in src has, and no label
    beside them.
    """
    labels = {
        label
        for file in (TOP / "src").rglob("*.[ch]")
        if not file.name.endswith(".mod.c")
        for label in re.findall(
            r"/\* ([A-Z]+(?:_[A-Z]+)*)\b(?::[^*]*)? \*/", file.read_text(encoding="utf-8")
        )
    }
    ordered = {
        label
        for file in (TOP / "src").rglob("*.[ch]")
        if not file.name.endswith(".mod.c")
        for label in ORDERED.findall(file.read_text(encoding="utf-8"))
    }
    section = read("docs/design/README.md").split("## Memory order")[1].split("\n## ")[0]
    said = {
        word
        for row in re.findall(r"^\|(.*)$", section, re.MULTILINE)[2:]
        for word in re.findall(r"\b[A-Z]{4,}(?:_[A-Z]+)*\b", "|".join(row.split("|")[:2]))
    }
    assert ordered - said == set()
    assert said - labels == set()
