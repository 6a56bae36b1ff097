/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synchronous errors: an exception that the task which took it must not leave
 * before its record was delivered.
 */
#ifndef GN_SYNC_H
#define GN_SYNC_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "../source.h"
#include "collect.h"

struct gn_sync_table;
struct gn_waiter;
struct pt_regs;

/**
 * struct gn_sync - one synchronous notification and its sources
 * @table: the sources, read in exceptions
 * @lock: changes of @table, and who delivers from all of them; never taken in
 *        an exception
 * @waiting: claims whose task has not delivered yet; while there are some,
 *           drains in interrupts leave these sources to them
 * @credit: records that were collected before the exception they belong to
 * @credit_until: gn_clock() until which @credit is good
 * @changing: sources are on their way between two drivers
 * @late: claims whose task could not deliver: an interrupt did
 * @unclaimed: exceptions without a record
 */
struct gn_sync {
	struct gn_sync_table __rcu *table;
	struct mutex lock;
	atomic_t waiting;
	atomic_t credit;
	u64 credit_until;
	bool changing;
	atomic_t late;
	atomic_t unclaimed;
};

#ifdef CONFIG_ARM64
extern struct gn_sync gn_sync_sea;
extern struct gn_sync gn_sync_sei;

int gn_sync_add(struct gn_sync *sync, struct gn_source *s);
void gn_sync_remove(struct gn_sync *sync, struct gn_source *s);

int gn_sync_claim(struct gn_sync *sync, struct pt_regs *regs, struct gn_asker *asker,
		  unsigned long address);
int gn_sync_collect(struct gn_sync *sync, struct pt_regs *regs, struct gn_asker *asker);
void gn_sync_ring(struct gn_sync *sync);
void gn_sync_show(struct gn_sync *sync);
void gn_sync_advance(struct gn_sync *sync);
void gn_sync_settle(struct gn_sync *sync, bool collected);
void gn_sync_deliver(struct gn_waiter *w);

/* Is a task going to deliver what is queued in @s? */
static inline bool gn_sync_waits(const struct gn_source *s)
{
	return s->sync && atomic_read(&s->sync->waiting);
}
#else
static inline void gn_sync_advance(struct gn_sync *sync)
{
}

static inline void gn_sync_settle(struct gn_sync *sync, bool collected)
{
}

static inline bool gn_sync_waits(const struct gn_source *s)
{
	return false;
}
#endif

#endif
