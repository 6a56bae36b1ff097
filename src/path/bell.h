/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bell of one source: the one place from which its drain is rung.
 *
 * Collecting, which an NMI may do, rings the drain and knows nothing of it.
 */
#ifndef GN_BELL_H
#define GN_BELL_H

#include <linux/compiler.h>
#include <linux/irq_work.h>
#include <linux/sched.h>
#include <linux/tick.h>
#include <linux/workqueue.h>

/**
 * struct gn_bell - what runs when it is rung
 * @now: runs the drain by an interrupt
 * @soon: runs the drain at the next tick
 * @look: the drain is to look at the block (set by anybody, taken by it)
 * @closing: no more looks from the drain
 * @deliver: runs the drain in a task, for what may sleep
 * @remap: maps a block that moved
 */
struct gn_bell {
	struct irq_work now;
	struct irq_work soon;
	int look;
	bool closing;
	struct work_struct deliver;
	struct work_struct remap;
};

/*
 * NMI-safe. Have the drain run at once, by an interrupt to this CPU: for a page
 * that nobody may touch any more, and for room in a full queue.
 */
static __always_inline void gn_bell_now(struct gn_bell *bell)
{
	irq_work_queue(&bell->now);
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
static __always_inline void gn_bell_soon(struct gn_bell *bell)
{
	if (is_idle_task(current) || tick_nohz_full_cpu(smp_processor_id()))
		gn_bell_now(bell);
	else
		irq_work_queue(&bell->soon);
}

/*
 * NMI-safe. Have the drain look at the block too. The flag is set before the
 * irq_work is queued, which orders fully: the run that follows sees it.
 */
static __always_inline void gn_bell_look(struct gn_bell *bell)
{
	WRITE_ONCE(bell->look, 1);
	gn_bell_now(bell);
}

#endif
