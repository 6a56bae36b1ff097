/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bell of one source: the one place from which its drain is rung.
 *
 * Collecting, which an NMI may do, rings the drain without knowing it. Context: each
 * function's comment says which.
 */
#ifndef GN_BELL_H
#define GN_BELL_H

#include <linux/atomic.h>
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
 * @closing: nothing is rung any more
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

/* Arguments of gn_bell_init(): each runs when it is rung. */
struct gn_bell_runs {
	void (*now)(struct irq_work *work);
	void (*soon)(struct irq_work *work);
	void (*deliver)(struct work_struct *work);
	void (*remap)(struct work_struct *work);
};

/* Runs what may sleep on whatever CPU there is. */
extern struct workqueue_struct *gn_bell_workers;

int gn_bell_setup(void);
void gn_bell_teardown(void);

void gn_bell_init(struct gn_bell *bell, const struct gn_bell_runs *runs);
void gn_bell_close(struct gn_bell *bell);

/* NMI-safe. Pairs with CLOSE in bell.c. */
static __always_inline bool gn_bell_closing(const struct gn_bell *bell)
{
	return unlikely(READ_ONCE(bell->closing));
}

/*
 * NMI-safe. Have the drain run at once, by an interrupt to this CPU: for a page
 * that no task may touch any more, and for room in a full queue.
 */
static __always_inline void gn_bell_now(struct gn_bell *bell)
{
	if (!gn_bell_closing(bell))
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
 * Under PREEMPT_RT a tick would leave the work to a thread of this CPU, which a task
 * of higher priority may keep from running for ever: there the interrupt is raised.
 */
static __always_inline void gn_bell_soon(struct gn_bell *bell)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT) || is_idle_task(current) ||
	    tick_nohz_full_cpu(smp_processor_id()))
		gn_bell_now(bell);
	else if (!gn_bell_closing(bell))
		irq_work_queue(&bell->soon);
}

/*
 * NMI-safe. Have the drain look at the block too. The flag is set before the
 * irq_work is queued, which orders fully: the run that follows sees it. If a drain of
 * another CPU takes the flag first, it sees all that was done before, an abandoned
 * claim above all:
 *
 *	WANT_LOOK: smp_store_release(), pairs with TAKE_LOOK, xchg().
 */
static __always_inline void gn_bell_look(struct gn_bell *bell)
{
	smp_store_release(&bell->look, 1); /* WANT_LOOK */
	gn_bell_now(bell);
}

/* NMI-safe. The drain: does somebody want a look? It is told once. */
static __always_inline bool gn_bell_take_look(struct gn_bell *bell)
{
	return xchg(&bell->look, 0); /* TAKE_LOOK */
}

/* Have the drain run in a task. Context: any but NMI-like. */
static inline void gn_bell_deliver(struct gn_bell *bell)
{
	if (!gn_bell_closing(bell))
		queue_work(gn_bell_workers, &bell->deliver);
}

/* Have the block mapped anew. Context: any but NMI-like. */
static inline void gn_bell_remap(struct gn_bell *bell)
{
	if (!gn_bell_closing(bell))
		schedule_work(&bell->remap);
}

#endif
