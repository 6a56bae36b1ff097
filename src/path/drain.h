/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue -> sinks.
 */
#ifndef GN_DRAIN_H
#define GN_DRAIN_H

#include <linux/compiler.h>
#include <linux/irq_work.h>
#include <linux/sched.h>
#include <linux/tick.h>

#include "source.h"

void gn_drain_init(struct gn_source *s);
void gn_drain_in_task(struct gn_source *s);
void gn_drain_finish(struct gn_source *s);

/*
 * NMI-safe. Have the drain run at once, by an interrupt to this CPU: for a page
 * that nobody may touch any more, and for room in a full queue.
 */
static __always_inline void gn_drain_now(struct gn_source *s)
{
	irq_work_queue(&s->now);
}

/*
 * NMI-safe. Have the drain run at the next timer tick: a corrected error can
 * wait some milliseconds, and raising an interrupt costs as much as all of
 * collecting it.
 *
 * The tick must be sure to come. An idle CPU, or one isolated by nohz_full=, may
 * have made up its mind to stop it just before this NMI, and may then sleep for
 * as long as it likes: there the interrupt is raised. Any other task has a tick.
 */
static __always_inline void gn_drain_soon(struct gn_source *s)
{
	if (is_idle_task(current) || tick_nohz_full_cpu(smp_processor_id()))
		gn_drain_now(s);
	else
		irq_work_queue(&s->soon);
}

/*
 * NMI-safe. Have the drain look at the block too. The flag is set before the
 * irq_work is queued, which orders fully: the run that follows sees it.
 */
static __always_inline void gn_drain_look(struct gn_source *s)
{
	WRITE_ONCE(s->look, 1);
	gn_drain_now(s);
}

#endif
