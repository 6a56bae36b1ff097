/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiters: tasks that took a synchronous error and have not gone on yet.
 */
#ifndef GN_WAITER_H
#define GN_WAITER_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "sinks/sink.h"

struct gn_sync;

enum gn_waiter_state {
	GN_WAITER_FREE,	 /* nobody's */
	GN_WAITER_TAKEN, /* a claim fills it */
	GN_WAITER_READY, /* the task delivers before it goes on */
	GN_WAITER_DONE,	 /* the task has delivered; the task_work is still to run */
};

/**
 * struct gn_waiter - one of them
 * @work: has the task deliver before it goes on
 * @state: FREE -> TAKEN by whoever claims, on any CPU at any depth; TAKEN -> READY
 *         by the same context; READY -> DONE -> FREE by the task
 * @sync: the notification
 * @pid: the task, 0 while there is none
 * @address: what it touched, 0 if not known
 * @kernel: the kernel did, on its behalf
 * @accessor: the pages of its records; written by who delivers these, under the
 *            source's @delivering, and read by the task when that is done
 */
struct gn_waiter {
	struct callback_head work;
	atomic_t state;
	struct gn_sync *sync;
	pid_t pid;
	unsigned long address;
	bool kernel;
	struct gn_accessor accessor;
};

struct gn_waiter *gn_waiter_take(struct gn_sync *sync, unsigned long address, bool kernel);
void gn_waiter_free(struct gn_waiter *w);
#ifdef CONFIG_ARM64
struct gn_accessor *gn_waiter_accessor(u32 owner);
struct gn_waiter *gn_waiter_current(void);
int gn_waiters(void);

int gn_waiters_init(void);
void gn_waiters_exit(void);
#else
static inline struct gn_accessor *gn_waiter_accessor(u32 owner)
{
	return NULL;
}

static inline int gn_waiters_init(void)
{
	return 0;
}

static inline void gn_waiters_exit(void)
{
}
#endif

#endif
