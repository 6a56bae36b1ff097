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

static int kept_init(struct gn_kept *kept)
{
	raw_spin_lock_init(&kept->lock);
	kept->bytes = kzalloc(GN_KEEP, GFP_KERNEL);
	return kept->bytes ? 0 : -ENOMEM;
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
	int err = kept_init(&out->kept);

	return err ? err : kept_init(&out->kept_section);
}

/**
 * gn_outlet_free() - undo gn_outlet_init()
 * @out: no drain and no reader knows it any more
 *
 * Context: Process context.
 */
void gn_outlet_free(struct gn_outlet *out)
{
	kfree(out->kept.bytes);
	kfree(out->kept_section.bytes);
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
	kept->length = min_t(u32, length, GN_KEEP);
	kept->reason = reason;
	memcpy(kept->bytes, bytes, kept->length);
	raw_spin_unlock_irqrestore(&kept->lock, flags);
}
