# SPDX-License-Identifier: GPL-2.0-only
"""rasdaemon in the guest, and the rows that it stores."""

import base64
import sqlite3
from pathlib import Path

from bed.lib import cper, driver
from bed.lib.platform import Platform

PROGRAM = "/usr/sbin/rasdaemon"
DATABASE = "/var/lib/rasdaemon/ras-mc_event.db"
INSTANCE = f"{driver.TRACING}/instances/rasdaemon"

# Later versions wait half a minute for each event that a kernel does not have. No-one could raise
# these here: one that never fires stands in.
MISSED = """ras/extlog_mem_event mce/mce_record cxl/cxl_poison cxl/cxl_aer_uncorrectable_error
            cxl/cxl_aer_correctable_error cxl/cxl_overflow cxl/cxl_generic_event
            cxl/cxl_general_media cxl/cxl_dram cxl/cxl_memory_module""".split()
NEVER_CALLED = "kernel_power_off"

# What the daemon calls a severity in mc_event and in the other tables.
SEVERITIES = {
    cper.CORRECTED: ("Corrected", "Corrected"),
    cper.RECOVERABLE: ("Uncorrected", "Recoverable"),
    cper.NONE: ("Info", "Informational"),
}
Rows = dict[str, list[dict[str, object]]]


class Daemon:
    """rasdaemon in the guest, in the foreground and recording, as its service starts it."""

    def __init__(self, machine: Platform, run_dir: Path) -> None:
        self.machine, self.run_dir = machine, run_dir
        run = machine.vm.check
        for event in MISSED:
            run(
                f"cd {driver.TRACING}; [ -d events/{event} ] || echo"
                f" p:{event} {NEVER_CALLED} >>kprobe_events"
            )
        # From 6.1 on a reader of trace_pipe_raw is woken when the buffer is half full, unless told
        # otherwise before it waits. Versions from 0.8 on do so themselves.
        run(f"mkdir -p $(dirname {DATABASE}) {INSTANCE}; echo 0 >{INSTANCE}/buffer_percent")
        run(
            f"({PROGRAM} -f -r >/tmp/rasdaemon.log 2>&1; echo $? >/tmp/rasdaemon.exit) </dev/null"
            " >/dev/null 2>&1 &"
        )
        self.until("grep -q 'Listening to events' /tmp/rasdaemon.log")

    def until(self, condition: str) -> None:
        self.machine.vm.check(
            (
                f"for i in $(seq 300); do {condition} && exit 0; sleep 0.1; done; "
                "tail -n 30 /tmp/rasdaemon.log; exit 1"
            ),
            90,
        )

    def stored(self, count: int) -> None:
        """Wait until it has stored so many events. The database is left alone: a reader's lock
        could cost one.

        x86's machine check log has each memory error, too, and the daemon stores what is there: not
        counted.
        """
        stored = "$(grep -c 'register inserted at db' /tmp/rasdaemon.log)"
        checks = "$(grep -c 'mce_record store' /tmp/rasdaemon.log)"
        self.until(f"[ $(({stored} - {checks})) -ge {count} ]")

    def stop(self) -> sqlite3.Connection:
        """End it; returns the database. Its output is in self.log."""
        self.machine.vm.check("kill -TERM $(pidof rasdaemon)")
        self.until("[ -e /tmp/rasdaemon.exit ]")
        self.log = self.machine.vm.check("cat /tmp/rasdaemon.log")
        copy = self.run_dir / "ras-mc_event.db"
        copy.write_bytes(base64.b64decode(self.machine.vm.check(f"base64 {DATABASE}")))
        (self.run_dir / "rasdaemon.log").write_text(self.log)
        database = sqlite3.connect(copy)
        database.row_factory = sqlite3.Row
        return database


def recorded(database: sqlite3.Connection, expected: Rows) -> Rows:
    """The tables, with those columns that the expected rows have."""
    result = {}
    for table, rows in expected.items():
        columns = list(rows[0])
        # A section's type is stored as text that has no end.
        wanted = ", ".join(
            "substr(cast(sec_type as blob), 1, 16) as sec_type" if name == "sec_type" else name
            for name in columns
        )
        result[table] = [
            dict(row) for row in database.execute(f"select {wanted} from {table} order by id")
        ]
    return result


def vendor_row(severity: int, payload: bytes, **more: object) -> dict[str, object]:
    return {
        "sec_type": cper.VENDOR.bytes_le,
        "fru_id": bytes(16),
        "fru_text": "",
        "severity": SEVERITIES[severity][1],
        "error": payload,
        **more,
    }
