// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the moment at which a source changes hands
 *
 * The in-tree driver is careless at both ends of its hold on a source, and
 * cannot be told to be otherwise.
 *
 * When it is released it frees the source without waiting for the interrupt
 * from which it delivers records it has queued in NMI, and then uses what was
 * freed. So a source is taken when its block has been empty for a while and all
 * CPUs have taken an interrupt since: then nothing is under way there.
 *
 * When it is bound it reads the block once, while its notification is armed
 * already. If a notification, even of another source, takes the same record
 * meanwhile, firmware may have published the next one by the time that the
 * first reader clears the block: that record is gone. So a source under fire is
 * given back while firmware is waiting for an acknowledgement that this module
 * owes it. The in-tree driver finds an empty block and leaves it alone, and only
 * when it is bound does firmware get its acknowledgement. This needs a read ack
 * register (GHESv2); a GHESv1 source is given back as it is.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/smp.h>

#include "takeover/rest.h"
#include "path/collect.h"
#include "path/drain.h"
#include "source.h"

/* Empty for so long, in milliseconds: the in-tree driver's interrupt has come by then. */
#define REST_MS 2
/* A source under fire may never be: then it is taken anyhow. */
#define REST_MOST_MS 50
/* How long to wait for the record after which firmware is held. */
#define WITHHOLD_MOST_MS 50

static bool empty(const struct gn_window *block)
{
	return !block->va || !gn_window_read32(block->va, block->device);
}

/**
 * gn_rest_await() - wait until no record of a source is under way elsewhere
 * @desc: the source, which another driver holds
 *
 * Context: Process context, sleeps, for some 50 ms at most.
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
