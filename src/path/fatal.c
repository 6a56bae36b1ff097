// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fatal record: show it, store it, panic.
 *
 * The machine is lost; what counts is that the record is in the log, with
 * whatever was collected before it, and that the reset comes. In NMI, printk()
 * only writes to the log buffer, without a lock, and nmi_panic() flushes it past
 * every console lock a stopped context may hold. Firmware has its block back
 * already, so it can publish what the dying machine still meets.
 *
 * Owns the panic timeout's choice. Context: gn_fatal() is NMI-safe, gn_fatal_init() runs at
 * load.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/printk.h>

#include "compat/panic.h"
#include "path/fatal.h"
#include "path/last.h"
#include "path/roll.h"
#include "path/source.h"
#include "sinks/sink.h"

/* Seconds to the reboot where the administrator chose none and the in-tree driver has this. */
#define REBOOT_SECONDS 30

static int timeout;
static bool timeout_given;

/**
 * gn_fatal_init() - before there is a source
 * @text: the panic timeout that a fatal record sets, as of the kernel parameter
 *        panic; NULL or empty: the machine's own
 *
 * Context: Process context.
 * Return: 0 or -errno if @text is no number.
 */
int gn_fatal_init(const char *text)
{
	int err;

	if (!text || !*text)
		return 0;
	err = kstrtoint(text, 0, &timeout);
	timeout_given = !err;
	return err;
}

static void set_panic_timeout(void)
{
	if (timeout_given)
		panic_timeout = timeout;
	else if (!panic_timeout && gn_panic_reboots)
		panic_timeout = REBOOT_SECONDS;
}
NOKPROBE_SYMBOL(set_panic_timeout);

/**
 * gn_fatal() - a record of fatal or undefined severity was collected
 * @s: the source
 * @e: the record, private by now, not published
 * @regs: the interrupted context, may be NULL
 *
 * A malformed block is no reason to panic, whatever its severity field says: it
 * goes the way of every malformed block. One with odd sections, or with none, is.
 *
 * Context: NMI-safe.
 * Return: if the block is malformed; or if another fatal record was first: then
 *         this one is in the log, and the other's CPU panics.
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
	if (!gn_roll_close()) {
		gn_console_fatal(&record, false);
		return;
	}
	gn_last_words();
	gn_console_fatal(&record, true);
	gn_erst_store(&record, gn_last_room());
	add_taint(TAINT_MACHINE_CHECK, LOCKDEP_STILL_OK);
	set_panic_timeout();
	nmi_panic(regs, "ghes_nmi: fatal hardware error reported by firmware");
}
NOKPROBE_SYMBOL(gn_fatal);
