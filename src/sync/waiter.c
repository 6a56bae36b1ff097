// SPDX-License-Identifier: GPL-2.0-only
/*
 * The places for tasks that have taken a synchronous error. All are made at load:
 * an exception takes one or does without.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "sync/waiter.h"

/* Per CPU: tasks that claimed there and were scheduled out since. */
#define PER_CPU 8u
/* How many a claim tries. */
#define TRIES 16u

static struct gn_waiter *waiters;
static u32 n;

/**
 * gn_waiter_take() - a place for the current task
 * @sync: the notification
 * @address: what the task touched, 0 if not known
 * @kernel: the kernel touched it, on behalf of the task
 *
 * Context: NMI-safe. Any number of callers.
 * Return: the place, TAKEN; NULL if there is none.
 */
struct gn_waiter *gn_waiter_take(struct gn_sync *sync, unsigned long address, bool kernel)
{
	u32 i, at = raw_smp_processor_id() * PER_CPU % n;

	for (i = 0; i < TRIES; i++) {
		struct gn_waiter *w = &waiters[at];

		if (atomic_read(&w->state) == GN_WAITER_FREE &&
		    atomic_cmpxchg(&w->state, GN_WAITER_FREE, GN_WAITER_TAKEN) == GN_WAITER_FREE) {
			w->sync = sync;
			w->address = address;
			w->kernel = kernel;
			w->accessor.n = 0;
			w->accessor.lost = false;
			smp_store_release(&w->pid, current->pid); /* WAITER_PID */
			return w;
		}
		if (++at == n)
			at = 0;
	}
	return NULL;
}
NOKPROBE_SYMBOL(gn_waiter_take);

/**
 * gn_waiter_free() - the task has gone on, or there is no record for it
 * @w: the place, may be NULL
 *
 * Context: NMI-safe.
 */
void gn_waiter_free(struct gn_waiter *w)
{
	if (!w)
		return;
	WRITE_ONCE(w->pid, 0);
	atomic_set_release(&w->state, GN_WAITER_FREE);
}
NOKPROBE_SYMBOL(gn_waiter_free);

static struct gn_waiter *find(pid_t pid)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (smp_load_acquire(&waiters[i].pid) == pid) /* pairs with WAITER_PID */
			return &waiters[i];
	return NULL;
}

/**
 * gn_waiter_accessor() - where a task wants the pages of its record
 * @owner: the record's owner
 *
 * Context: The drain, in a task.
 * Return: the accessor; NULL if that task does not wait (any more).
 */
struct gn_accessor *gn_waiter_accessor(u32 owner)
{
	struct gn_waiter *w = find(owner);

	return w ? &w->accessor : NULL;
}

/**
 * gn_waiter_current() - the current task's place, if it has still to deliver
 *
 * Context: Process context.
 * Return: a place that is READY, or NULL.
 */
struct gn_waiter *gn_waiter_current(void)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (READ_ONCE(waiters[i].pid) == current->pid &&
		    atomic_read(&waiters[i].state) == GN_WAITER_READY)
			return &waiters[i];
	return NULL;
}

/**
 * gn_waiters() - tasks that have not gone on yet
 *
 * Context: Any.
 * Return: how many, a snapshot.
 */
int gn_waiters(void)
{
	int sum = 0;
	u32 i;

	for (i = 0; i < n; i++)
		sum += atomic_read(&waiters[i].state) != GN_WAITER_FREE;
	return sum;
}

/**
 * gn_waiters_init() - make the places
 *
 * Context: Process context, before any source is bound.
 * Return: 0 or -ENOMEM.
 */
int gn_waiters_init(void)
{
	n = num_possible_cpus() * PER_CPU;
	waiters = kvcalloc(n, sizeof(*waiters), GFP_KERNEL);
	return waiters ? 0 : -ENOMEM;
}

/**
 * gn_waiters_exit() - wait until every task has gone on
 *
 * Context: Process context, sleeps; no source is bound, nothing claims any more.
 */
void gn_waiters_exit(void)
{
	while (gn_waiters())
		msleep(20);
	/* The last one has said so, and has still to return from this module. */
	synchronize_rcu_tasks();
	kvfree(waiters);
}
