/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source that rings too often is polled until it is calm.
 */
#ifndef GN_STORM_H
#define GN_STORM_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "notify/polled.h"

struct gn_source;

enum gn_storm_state {
	GN_STORM_RINGING, /* the notification rings */
	GN_STORM_POLLING, /* it does not: the source is polled */
	GN_STORM_ENDED,	  /* the source is disarmed */
};

/**
 * struct gn_ways - how a notification is switched
 * @on: let it ring; 0 or -errno; sleeps
 * @off: the opposite; on return no handler runs; sleeps. -errno: it has to go on
 *       ringing, and does, unless it is for good
 */
struct gn_ways {
	int (*on)(struct gn_source *s);
	int (*off)(struct gn_source *s, bool for_good);
};

/**
 * struct gn_storm - the storm control of one source
 * @source: the source
 * @ways: how its notification is switched
 * @lock: guards changes of @state
 * @state: enum gn_storm_state
 * @wanted: of ringing and polling, what was asked for last
 * @change: from ringing to polling, or back
 * @poller: looks while the source is polled
 * @since: jiffies when the present second began
 * @records: records collected then
 * @looks: of the poller in this second
 * @finds: of them, how many found a record
 * @allowed: false: it could not be switched off once
 * @said: the kernel log has heard of a storm of this source
 */
struct gn_storm {
	struct gn_source *source;
	const struct gn_ways *ways;
	struct mutex lock;
	int state;
	int wanted;
	struct work_struct change;
	struct gn_poller poller;
	unsigned long since;
	u64 records;
	u32 looks;
	u32 finds;
	bool allowed;
	bool said;
};

/* Records in a second after which a source is polled; 0: never. Set before any source is armed. */
extern uint gn_storm_rate;

int gn_storm_begin(struct gn_storm *storm, struct gn_source *s, const struct gn_ways *ways);
void gn_storm_end(struct gn_storm *storm);
void gn_storm_rang(struct gn_storm *storm);

#endif
