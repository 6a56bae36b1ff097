// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notifications that are no NMI: an interrupt, a timer or a task asks whether a
 * source has a record, and delivers it there and then.
 *
 * The record is collected exactly as in an NMI, with interrupts off: an owner of
 * the collecting claim must not be kept from leaving it. Another source's NMI may
 * come at any instruction here; nothing is locked.
 *
 * The drain runs in the same context, so the record is delivered before the
 * notification ends, without an interrupt of its own. On PREEMPT_RT interrupts
 * are not kept off for so long: there the bell is rung.
 */
#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <asm/irq_regs.h>

#include "notify/ask.h"
#include "path/collect.h"
#include "path/drain.h"
#include "path/source.h"

/* The record is delivered by who asks; see above. */
static enum gn_ring deliver_here(struct gn_asker *asker, struct gn_source *s, struct gn_entry *e)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) ? GN_RING_NOW : GN_RING_NOT;
}

/**
 * gn_ask() - look for a record of a source and deliver it
 * @s: the source
 *
 * Finding nothing is no error: a line may be shared, and a timer does not know.
 *
 * Context: Interrupt, softirq or process context; any number of callers. Does not
 *          sleep.
 * Return: true if the source had a record, or another context is just looking.
 */
bool gn_ask(struct gn_source *s)
{
	struct gn_asker asker = { .meet = deliver_here };
	enum gn_outcome outcome;
	unsigned long flags;

	local_irq_save(flags);
	outcome = gn_collect_for(s, get_irq_regs(), &asker);
	if (outcome == GN_COLLECTED && !IS_ENABLED(CONFIG_PREEMPT_RT))
		gn_drain_here(s);
	local_irq_restore(flags);
	return outcome != GN_NOTHING;
}
