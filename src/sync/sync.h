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

#include "path/source.h"
#include "path/collect.h"
#include "notify/credit.h"
#include "sync/retry.h"
#include "notify/list.h"

struct gn_waiter;
struct pt_regs;

/**
 * struct gn_sync - one synchronous notification and its sources
 * @table: the sources, read in exceptions
 * @lock: changes of @table, and who delivers from all of them; never taken in
 *        an exception
 * @waiting: claims whose task has not delivered yet; while there are some,
 *           drains in interrupts leave these sources to them
 * @credit: exceptions whose records were collected before they came
 * @interim: sources on their way between two drivers
 * @late: claims whose task could not deliver: an interrupt did
 * @unclaimed: exceptions without a record
 */
struct gn_sync {
	struct gn_sources __rcu *table;
	struct mutex lock;
	atomic_t waiting;
	struct gn_credit credit;
	struct gn_interim interim;
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
void gn_sync_age(struct gn_sync *sync);
void gn_sync_deliver(struct gn_waiter *w);

/* Is a task going to deliver what is queued in @s? */
static inline bool gn_sync_waits(const struct gn_source *s)
{
	return s->in.sync && atomic_read(&s->in.sync->waiting);
}
#else
static inline bool gn_sync_waits(const struct gn_source *s)
{
	return false;
}
#endif

#endif
