# SPDX-License-Identifier: GPL-2.0-only
"""The RPM packages on a machine that has rpm and dkms: what a user of other distributions does with
them.
"""

import subprocess

import pytest

from bed.lib import TOP


@pytest.mark.timeout(3600)
@pytest.mark.full("four builds of the modules")
@pytest.mark.parametrize("flavour", ["dkms", "kmod"])
def test_rpm_install_upgrade_remove(flavour):
    """The modules of the first version, then those of the next, then nothing at all."""
    done = subprocess.run(
        [
            TOP / "scripts/minbase",
            "bookworm",
            "tests/packages/rpm-machine",
            flavour,
            "0.1.0",
            "0.2.0",
        ],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(done.stdout)
    assert done.returncode == 0 and "\nok    nothing is left\n" in done.stdout, done.stdout[-4000:]
