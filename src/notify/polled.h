/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking at a source at an interval.
 */
#ifndef GN_POLLED_H
#define GN_POLLED_H

#include <linux/timer.h>
#include <linux/types.h>

struct gn_source;

/**
 * struct gn_poller - a timer that looks at a source
 * @timer: the timer
 * @source: the source
 * @interval: jiffies between two looks
 * @ended: the timer is not to be started again
 * @looked: called after each look, in softirq context; NULL: nothing is
 */
struct gn_poller {
	struct timer_list timer;
	struct gn_source *source;
	unsigned long interval;
	bool ended;
	void (*looked)(struct gn_poller *p, bool found);
};

void gn_poller_start(struct gn_poller *p, struct gn_source *s, u32 ms);
void gn_poller_stop(struct gn_poller *p);

#endif
