// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notifications that are no NMI: an interrupt, a timer or a task asks whether a
 * source has a record, and delivers it at once.
 *
 * gn_ask() collects with interrupts off, as an NMI does: no interrupt may delay the owner
 * of the collecting claim. Another source's NMI may come at any instruction here; nothing
 * is locked.
 *
 * gn_ask() runs the drain too, so the record is delivered before the notification ends,
 * without an interrupt of its own. On PREEMPT_RT interrupts are not off for so long:
 * there gn_ask() rings the bell.
 *
 * Owns nothing. Context: interrupt, softirq or process context.
 */
#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <asm/irq_regs.h>

#include "notify/ask.h"
#include "path/collect.h"
#include "path/drain.h"
#include "path/source.h"

/* gn_ask() delivers the record itself; see above. */
static enum gn_ring deliver_here(void *asker, struct gn_source *s, struct gn_entry *e)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) ? GN_RING_NOW : GN_RING_NOT;
}

/**
 * gn_ask() - look for a record of a source and deliver it
 * @s: the source
 *
 * Finding nothing is no error: other devices may share the line, and a timer always asks.
 *
 * Context: Interrupt, softirq or process context; any number of callers. Does not
 *          sleep.
 * Return: true if the source had a record, or another context is just looking.
 */
bool gn_ask(struct gn_source *s)
{
	enum gn_outcome outcome;
	unsigned long flags;

	local_irq_save(flags);
	outcome = gn_collect_for(s, get_irq_regs(), deliver_here, NULL);
	if (outcome == GN_COLLECTED && !IS_ENABLED(CONFIG_PREEMPT_RT))
		gn_drain_here(s);
	local_irq_restore(flags);
	return outcome != GN_NOTHING;
}
