# SPDX-License-Identifier: GPL-2.0-only
"""What a driver holds of the machine's memory: what is less free when it has the sources that
nobody had before.

Free are the pages of the allocator and those in its per-CPU lists, after all caches were dropped.
The in-tree driver's pool is there from boot and never given back, so it is added to what it takes
later. Newer x86 kernels take 2 MiB when the first module comes, for the code of all: another module
is there before either driver.
"""

import re

from ghes_ab.drivers import Driver, bind, release, unbind
from bed.lib.platform import Platform

PAGE = 4096
FIRST = "/lib/modules/pfnmap.ko"
POOL = re.compile(r"ghes_estatus_pool.*\bpages=(\d+)")
FREE = re.compile(r"^ +(?:nr_free_pages|count:) +(\d+)$", re.MULTILINE)


def free(machine: Platform) -> int:
    """Bytes."""
    return PAGE * sum(
        map(
            int,
            FREE.findall(
                machine.vm.check(
                    "sync; sleep 0.2; echo 3 >/proc/sys/vm/drop_caches; sleep 0.2; cat"
                    " /proc/zoneinfo"
                )
            ),
        )
    )


def pool(machine: Platform) -> int:
    """Bytes."""
    return PAGE * sum(map(int, POOL.findall(machine.vm.check("cat /proc/vmallocinfo"))))


def used(machine: Platform, who: Driver) -> int:
    """Bytes; the sources are the driver's afterwards."""
    release(machine)
    unbind(machine)
    machine.vm.check(f"lsmod | grep -q pfnmap || insmod {FIRST}")
    before = free(machine)
    if who.in_tree:
        bind(machine)
    else:
        machine.vm.check(f"insmod {who.in_guest} {' '.join(who.parameters)}", 120)
    return before - free(machine) + (pool(machine) if who.in_tree else 0)
