// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last words: what the queues hold when the machine dies.
 *
 * A record that was collected with interrupts masked has been cleared and
 * acknowledged, and no sink has had it. A CPU that is about to panic shows those
 * of all sources, the oldest first. It may have interrupted a drain at any
 * instruction, and other CPUs still run: nothing is claimed, locked or taken out.
 * Each record is copied to a room of its own first, and the copy is checked, so
 * that an entry which another CPU's drain pops at the same time does no harm. A
 * record that a drain was delivering is shown although it may have been shown before.
 *
 * Owns struct gn_last of every source, and the room. Context: NMI-safe, the CPU that panics; init and
 * exit in process context.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "compat/panic.h"
#include "compat/printk.h"
#include "path/last.h"
#include "path/roll.h"
#include "path/source.h"
#include "sinks/sink.h"

/*
 * For one record at a time: the last words, then the fatal record as ERST takes it. A larger
 * one takes its place when a source has larger records.
 */
static DEFINE_MUTEX(making_room);
static void *room;
static u32 room_length;

/**
 * gn_last_make_room() - there will be records of so many bytes
 * @length: bytes of the largest record of a source that is not on the roll yet
 *
 * Context: Process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int gn_last_make_room(u32 length)
{
	void *larger, *old = NULL;
	int err = 0;

	mutex_lock(&making_room);
	if (room && length <= room_length)
		goto out;
	larger = kvzalloc(GN_ERST_ROOM + length, GFP_KERNEL);
	if (!larger) {
		err = -ENOMEM;
		goto out;
	}
	old = room;
	room_length = length;
	WRITE_ONCE(room, larger);
	gn_roll_wait();
out:
	mutex_unlock(&making_room);
	kvfree(old);
	return err;
}

/**
 * gn_last_room() - memory that the CPU has which panics
 *
 * Context: NMI-safe. The one for whom gn_roll_close() was true.
 * Return: GN_ERST_ROOM bytes more than the largest record has.
 */
void *gn_last_room(void)
{
	return READ_ONCE(room);
}
NOKPROBE_SYMBOL(gn_last_room);

/* The oldest record that has not been shown; NULL: there is none. */
static struct gn_source *oldest(void)
{
	struct gn_source *s, *found = NULL;
	u64 stamp, least = 0;

	list_for_each_entry_lockless(s, &gn_roll, last.roll)
	{
		if (!gn_view_stamp(&s->queue, &s->last.view, &stamp))
			continue;
		if (!found || (s64)(stamp - least) < 0) {
			found = s;
			least = stamp;
		}
	}
	return found;
}
NOKPROBE_SYMBOL(oldest);

/* Returns the lines it took. */
static u32 show(struct gn_source *s, const struct gn_entry *e, u32 lines)
{
	struct gn_record record = { .out = &s->out, .block = e->block, .length = e->length };

	if (e->verdict != GN_GOOD || gn_estatus_check(e->block, e->length) != GN_GOOD) {
		gn_console_last_malformed(&record);
		return 1;
	}
	gn_estatus_read(&record.head, e->block);
	return gn_console_queued(&record, lines);
}
NOKPROBE_SYMBOL(show);

/**
 * gn_last_words() - show what all queues hold
 *
 * At most GN_LAST_LINES lines: the last records get a line each, and what is left
 * then is counted.
 *
 * Context: NMI-safe. The one for whom gn_roll_close() was true.
 */
void gn_last_words(void)
{
	u32 lines = GN_LAST_LINES, shown = 0, left = 0;
	struct gn_source *s;

	list_for_each_entry_lockless(s, &gn_roll, last.roll)
		gn_view_start(&s->queue, &s->last.view);
	while ((s = oldest())) {
		struct gn_entry *e = gn_last_room();

		if (!gn_view_next(&s->queue, &s->last.view, lines ? e : NULL, s->desc.block_length))
			continue;
		if (!lines) {
			left++;
			continue;
		}
		if (!shown++)
			pr_emerg("records that were collected before the end:\n");
		lines -= min(lines, show(s, e, lines));
	}
	if (left)
		pr_emerg("%u more records that were collected before the end are not shown\n",
			 left);
}
NOKPROBE_SYMBOL(gn_last_words);

/* NMI-safe. The CPU that panics, for whatever reason; no other runs any more. */
static int on_panic(struct notifier_block *nb, unsigned long action, void *data)
{
	if (gn_roll_close())
		gn_last_words();
	return NOTIFY_DONE;
}
NOKPROBE_SYMBOL(on_panic);

static struct notifier_block panicking = { .notifier_call = on_panic };

/**
 * gn_last_init() - show the queues at every panic, whatever causes it
 *
 * With a crash kernel loaded the machine is gone before: the queues are in its dump.
 *
 * Context: Process context.
 */
void gn_last_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panicking);
}

/**
 * gn_last_exit() - there is no source any more
 *
 * Context: Process context, sleeps.
 */
void gn_last_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panicking);
	kvfree(room);
}
