// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the moment at which a source changes hands
 *
 * The in-tree driver has a race at each end of its hold on a source, and offers no way
 * to avoid them.
 *
 * When the in-tree driver is released, it frees the source without waiting for the
 * interrupt from which it delivers the records that it queued in NMI; that interrupt then
 * uses freed memory. So this module takes a source over when its block has been empty for
 * a while and every CPU has taken an interrupt since: then no record of it is under way.
 * Under PREEMPT_RT a thread of each CPU delivers them, at its leisure: it is waited for.
 *
 * When the in-tree driver is bound, it reads the block once, and its notification is armed
 * already. If a notification, even of another source, takes the same record at that
 * time, firmware may publish the next record before the first reader clears the block;
 * that record is lost. So this module gives a source under fire back while it withholds
 * an acknowledgement: firmware publishes nothing, and the in-tree driver finds an empty
 * block. Firmware gets its acknowledgement when the in-tree driver is bound. That needs a
 * read ack register (GHESv2); a GHESv1 source is given back as it is.
 *
 * Owns @behind; @heir is the caller's. Context: process context, one change of hands at a
 * time.
 */
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>

#include "takeover/rest.h"
#include "path/collect.h"
#include "path/drain.h"
#include "source.h"

/* Empty for so long, in milliseconds: the in-tree driver's interrupt has come by then. */
#define REST_MS 2
/* The block of a source under fire may never be empty: after this the source is taken over. */
#define REST_MOST_MS 50
/* So long this module waits for the record whose acknowledgement it withholds. */
#define WITHHOLD_MOST_MS 50

static DEFINE_PER_CPU(struct irq_work, behind);

static void nothing(struct irq_work *work)
{
}

static void queue_here(void *unused)
{
	irq_work_queue(this_cpu_ptr(&behind));
}

/*
 * The thread takes all that is queued on its CPU at once, and runs the youngest first: what
 * is queued when the first round is over comes after all that was queued before it.
 */
static void await_threads(void)
{
	int cpu, round;

	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		return;
	for_each_possible_cpu(cpu)
		init_irq_work(per_cpu_ptr(&behind, cpu), nothing);
	for (round = 0; round < 2; round++) {
		on_each_cpu(queue_here, NULL, true);
		for_each_possible_cpu(cpu)
			irq_work_sync(per_cpu_ptr(&behind, cpu));
	}
}

/**
 * gn_rest_await_irq_work() - wait for whatever notifications queued that are silent now
 *
 * Context: Process context, sleeps; under PREEMPT_RT until every CPU has time for a thread.
 */
void gn_rest_await_irq_work(void)
{
	/* An interrupt that runs irq_work is an RCU reader. */
	synchronize_rcu();
	await_threads();
}

static bool empty(const struct gn_window *block)
{
	return !block->va || !gn_window_read32(block->va, block->device);
}

/**
 * gn_rest_await() - wait until no record of a source is under way elsewhere
 * @desc: the source, which another driver holds
 *
 * Context: Process context, sleeps, for some 50 ms at most; under PREEMPT_RT see
 *          gn_rest_await_irq_work().
 */
void gn_rest_await(const struct gn_hest_source *desc)
{
	unsigned long end = jiffies + msecs_to_jiffies(REST_MOST_MS);
	struct gn_window block = {};
	struct gn_register reg;
	int rested = 0;
	u64 pa;

	if (gn_register_map(&reg, &desc->status))
		return;
	pa = gn_register_value(&reg);
	if (pa && gn_window_map(&block, pa, desc->block_length))
		block.va = NULL;
	while (rested < REST_MS && time_before(jiffies, end)) {
		rested = empty(&block) ? rested + 1 : 0;
		usleep_range(1000, 1100);
	}
	gn_window_unmap(&block);
	gn_register_unmap(&reg);
	kick_all_cpus_sync();
	await_threads();
}

/**
 * gn_rest_withhold_ack() - acknowledge no more records of a source that will be given back
 * @s: a bound source
 * @heir: has the source's acknowledgement when the source is destroyed; for
 *        gn_rest_resume_ack()
 * @busy: the source is under fire: wait for the record after which firmware waits
 *
 * Context: Process context, sleeps, for some 50 ms at most.
 */
void gn_rest_withhold_ack(struct gn_source *s, struct gn_ack *heir, bool busy)
{
	unsigned long end = jiffies + msecs_to_jiffies(WITHHOLD_MOST_MS);
	struct gn_owned owned;
	u64 before;

	*heir = (struct gn_ack){};
	if (s->in.ack.way == GN_ACK_NONE || !gn_source_own(s, &owned))
		return;
	gn_ack_withhold(&s->in.ack);
	s->life.heir = heir;
	before = s->in.records;
	gn_source_disown(s, &owned);
	while (busy && READ_ONCE(s->in.records) == before && time_before(jiffies, end))
		usleep_range(500, 1000);
}

/**
 * gn_rest_resume_ack() - let firmware raise records again
 * @heir: what gn_rest_withhold_ack() prepared, of a source that is destroyed
 *
 * Context: Process context, may sleep.
 */
void gn_rest_resume_ack(struct gn_ack *heir)
{
	gn_ack_resume(heir);
	gn_ack_unmap(heir);
}
