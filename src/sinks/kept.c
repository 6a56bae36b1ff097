// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes that are kept for root to look at: the last malformed block and the last odd
 * section of a source. The drain keeps them, sysfs reads them (stats.c).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "sinks/sink.h"

static struct gn_kept *kept_new(void)
{
	struct gn_kept *kept = kzalloc(sizeof(*kept), GFP_KERNEL);

	if (kept)
		raw_spin_lock_init(&kept->lock);
	return kept;
}

/**
 * gn_outlet_init() - memory for what is kept
 * @out: zeroed, not known to any drain yet
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM; gn_outlet_free() is due in either case.
 */
int gn_outlet_init(struct gn_outlet *out)
{
	out->kept = kept_new();
	out->kept_section = kept_new();
	return out->kept && out->kept_section ? 0 : -ENOMEM;
}

/**
 * gn_outlet_free() - undo gn_outlet_init()
 * @out: no drain and no reader knows it any more
 *
 * Context: Process context.
 */
void gn_outlet_free(struct gn_outlet *out)
{
	kfree(out->kept);
	kfree(out->kept_section);
}

/**
 * gn_keep() - keep bytes instead of the last ones
 * @kept: the source's last malformed block or odd section
 * @bytes: of it
 * @length: how many; GN_KEEP are kept at most
 * @reason: what is wrong
 *
 * Context: The drain. Not NMI-like: takes a raw lock.
 */
void gn_keep(struct gn_kept *kept, const u8 *bytes, u32 length, u32 reason)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&kept->lock, flags);
	kept->number++;
	kept->total = length;
	kept->length = min_t(u32, length, sizeof(kept->bytes));
	kept->reason = reason;
	memcpy(kept->bytes, bytes, kept->length);
	raw_spin_unlock_irqrestore(&kept->lock, flags);
}
