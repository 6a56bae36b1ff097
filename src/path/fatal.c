// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fatal record: show it, panic.
 *
 * The machine is lost; what counts is that the record is in the log, and that
 * the reset comes. In NMI, printk() only writes to the log buffer, without a
 * lock, and nmi_panic() flushes it past every console lock a stopped context
 * may hold. Firmware has its block back already, so it is free for what the
 * dying machine still meets.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/printk.h>

#include "sinks/sink.h"
#include "path/source.h"
#include "path/fatal.h"

/* Seconds to the reboot when nobody chose; the in-tree driver's value. */
#define REBOOT_SECONDS 30

/**
 * gn_fatal() - a record of fatal or undefined severity was collected
 * @s: the source
 * @e: the record, private by now, not published
 * @regs: the interrupted context, may be NULL
 *
 * A malformed block is no reason to panic, whatever its severity field says: it
 * goes the way of every malformed block.
 *
 * Context: NMI-safe.
 * Return: only if the block is malformed, or if this CPU is in panic already.
 */
void gn_fatal(struct gn_source *s, const struct gn_entry *e, struct pt_regs *regs)
{
	struct gn_record record = {
		.out = &s->out,
		.block = e->block,
		.length = e->length,
	};

	if (e->verdict != GN_GOOD || gn_estatus_check(e->block, e->length) != GN_GOOD)
		return;
	WRITE_ONCE(s->in.fatal, s->in.fatal + 1);
	gn_estatus_read(&record.head, e->block);
	gn_console_fatal(&record);
	add_taint(TAINT_MACHINE_CHECK, LOCKDEP_STILL_OK);
	if (!panic_timeout)
		panic_timeout = REBOOT_SECONDS;
	nmi_panic(regs, "ghes_nmi: fatal hardware error reported by firmware");
}
NOKPROBE_SYMBOL(gn_fatal);
