# SPDX-License-Identifier: GPL-2.0-only
"""Every command of the README on a Debian machine that has nothing: it installs what it needs.

CI runs make check and make test so; the others are here.
"""

import os
import subprocess

import pytest

from bed.lib import TOP

COMMANDS = {
    "demo": "make demo",
    "deb": "make deb",
    "check": "make check",
    "fuzz": "make fuzz SECONDS=1",
    "prove": "make prove",
    "matrix": "scripts/matrix --quick arm64-6.12",
    "probe": "scripts/kmod arm64 6.12 && scripts/probe build/cache/kernel/arm64-6.12/headers",
}


def minbase(suite: str, command: str, timeout: float) -> tuple[int, str]:
    result = subprocess.run(
        [TOP / "scripts/minbase", suite, "sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    return result.returncode, result.stdout


@pytest.fixture(autouse=True)
def asked_for(pytestconfig):
    if not pytestconfig.getoption("full"):
        pytest.skip("machines that have nothing: with --full")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
@pytest.mark.parametrize("name", COMMANDS)
def test_command_installs_what_it_needs(suite, name):
    status, said = minbase(suite, COMMANDS[name], 3500)
    assert status == 0, said[-4000:]


@pytest.mark.timeout(600)
def test_nothing_is_there():
    """No compiler, no Python, nothing of this machine; nothing stays, and the exit status is the
    command's.
    """
    left = TOP / "build/left-by-a-command"
    status, said = minbase(
        "bookworm",
        (
            "for p in gcc python3 qemu-system-arm sparse git; do command -v $p; done; "
            f"apt-get install -qq -y hello >/dev/null 2>&1; echo >/root/x; echo >{left}; id -u; "
            "echo $HOME; exit 7"
        ),
        500,
    )
    assert (status, said.splitlines()) == (7, ["0", "/root"])
    left.unlink()
    assert not os.path.exists("/root/x")
    status, said = minbase(
        "bookworm", "test ! -e /root/x && ! command -v hello && ls build | grep -c minbase", 500
    )
    assert (status, said.strip()) == (0, "1"), said
