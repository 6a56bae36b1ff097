// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: synchronous errors
 *
 * A task touched what is broken; the exception rings. It collects from every source of
 * its notification, checks each record, and writes the pages that the record names into
 * the task's visitor (visitor.c): before the task goes on it fails them, and has its
 * SIGBUS. The record is marked in the queue, so that the memory sink leaves those pages
 * out, and goes the ordinary road at the next tick: the task is signalled before the
 * console decodes anything.
 *
 * Pages that find no visitor are failed by the drain's worker, at once. What an
 * exception without a record does is in retry.c.
 *
 * Owns the table of sources of each notification: process context replaces it under @lock,
 * exceptions read it as RCU readers.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat/fixup.h"
#include "notify/list.h"
#include "path/source.h"
#include "path/look.h"
#include "sync/sync.h"
#include "sync/visitor.h"

/* Bit 55 is set in the kernel's addresses and clear in user space's. */
#define KERNEL_HALF (1ull << 55)

struct gn_sync gn_sync_sea = { .lock = __MUTEX_INITIALIZER(gn_sync_sea.lock) };
struct gn_sync gn_sync_sei = { .lock = __MUTEX_INITIALIZER(gn_sync_sei.lock) };

/*
 * NMI-safe. Lets the interrupted function of the kernel fail: on behalf of user space, in a
 * function that can fail, the caller gets -EFAULT. False if it is not one of those: the
 * kernel dies.
 */
static bool fix_up(struct gn_exception *x)
{
	if (!x->fixed)
		x->fixed = x->address && !(x->address & KERNEL_HALF) && gn_fixup(x->regs, x->esr);
	return x->fixed;
}
NOKPROBE_SYMBOL(fix_up);

/* NMI-safe. Does the kernel die of an error that is not corrected? */
static bool dies(struct gn_exception *x)
{
	if (x->ending == GN_FIXES_UP && !fix_up(x))
		x->ending = GN_DIES;
	return x->ending == GN_DIES;
}
NOKPROBE_SYMBOL(dies);

/* NMI-safe. The kernel dies of this record, or of a malformed block: it is in the log before. */
static noinline enum gn_ring show(struct gn_source *s, const struct gn_entry *e)
{
	struct gn_record record = {
		.out = &s->out,
		.block = e->block,
		.length = e->length,
	};

	if (e->verdict != GN_GOOD) {
		gn_console_last_malformed(&record);
	} else {
		gn_estatus_read(&record.head, e->block);
		gn_console_last_words(&record);
	}
	return GN_RING_NOW;
}
NOKPROBE_SYMBOL(show);

/* NMI-safe. A record was collected: gn_meet_fn. */
static __always_inline enum gn_ring meet(void *asker, struct gn_source *s, struct gn_entry *e)
{
	struct gn_exception *x = asker;
	u32 severity = gn_estatus_severity(e->block), pages = 0;

	if (e->verdict == GN_GOOD) {
		e->verdict = gn_estatus_tiled(e->block);
		pages = e->verdict & GN_NAMES_PAGES;
		e->verdict -= pages;
	}
	if (unlikely(e->verdict != GN_GOOD)) {
		x->malformed = true;
		return dies(x) ? show(s, e) : GN_RING_SOON;
	}
	x->records++;
	if (x->ending == GN_DIES)
		return show(s, e);
	if (severity == GN_SEV_CORRECTED || severity == GN_SEV_NONE)
		return GN_RING_SOON;
	if (x->ending == GN_GOES_ON)
		return GN_RING_NOW;
	if (dies(x))
		return show(s, e);
	if (!x->touched && !x->late)
		x->touched = gn_visitor_arrive(x->regs, x->address, x->ending == GN_FIXES_UP);
	if (unlikely(!x->touched)) {
		x->late = true;
		return GN_RING_NOW;
	}
	if (pages)
		e->touched = gn_memory_touched(e->block, x->touched);
	return GN_RING_SOON;
}
NOKPROBE_SYMBOL(meet);

/**
 * gn_sync_collect() - ask every source of the notification
 * @sync: the notification
 * @x: the exception
 *
 * Context: NMI-safe, with preemption off, on the task that took the exception. Does not
 *          return when a record is fatal.
 * Return: 0 if there is a record; -EINPROGRESS: and a worker fails its pages; -EIO: and the
 *         kernel dies of it; -ENOENT if there is none.
 */
notrace int gn_sync_collect(struct gn_sync *sync, struct gn_exception *x)
{
	struct gn_sources *t = rcu_dereference_raw(sync->table);
	enum gn_outcome outcome;
	int err = 0;
	u32 i;

	if (unlikely(!t))
		return -ENOENT;
	gn_retry_enter(&sync->retry);
	for (i = 0; i < t->n; i++) {
		outcome = gn_look_as(t->source[i], x->regs, false, meet, x);
		if (unlikely(outcome == GN_BUSY || outcome == GN_LEFT))
			x->near = true;
	}
	if (unlikely(x->records > 1))
		gn_retry_surplus(&sync->retry);
	gn_retry_leave(&sync->retry);
	if (likely(x->records)) {
		if (unlikely(atomic_read(&sync->retry.count)))
			gn_retry_forget(&sync->retry, x->address);
		if (unlikely(x->ending == GN_DIES))
			err = -EIO;
		if (unlikely(x->late)) {
			atomic_inc(&sync->late);
			err = err ?: -EINPROGRESS;
		}
		return err;
	}
	x->near = x->near || gn_retry_near(&sync->retry);
	for (i = 0; i < t->n && !x->near; i++)
		x->near = gn_retry_recent(READ_ONCE(t->source[i]->in.unasked));
	return -ENOENT;
}
NOKPROBE_SYMBOL(gn_sync_collect);

static void replace(struct gn_sync *sync, struct gn_sources *new)
{
	struct gn_sources *old =
		rcu_replace_pointer(sync->table, new, lockdep_is_held(&sync->lock));

	synchronize_rcu_expedited();
	kvfree(old);
}

/**
 * gn_sync_add() - let exceptions ask this source
 * @sync: the notification
 * @s: the source
 *
 * Context: Process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int gn_sync_add(struct gn_sync *sync, struct gn_source *s)
{
	struct gn_sources *old, *new;

	mutex_lock(&sync->lock);
	old = rcu_dereference_protected(sync->table, lockdep_is_held(&sync->lock));
	new = gn_sources_make(old, s, NULL);
	if (new)
		replace(sync, new);
	mutex_unlock(&sync->lock);
	return new ? 0 : -ENOMEM;
}

/**
 * gn_sync_remove() - no exception asks this source any more
 * @sync: the notification
 * @s: the source
 *
 * Context: Process context, sleeps.
 */
void gn_sync_remove(struct gn_sync *sync, struct gn_source *s)
{
	struct gn_sources *old, *new = NULL;

	mutex_lock(&sync->lock);
	old = rcu_dereference_protected(sync->table, lockdep_is_held(&sync->lock));
	/* The kernel does not fail small allocations; wait if it did. */
	while (old->n > 1 && !(new = gn_sources_make(old, NULL, s)))
		schedule_timeout_uninterruptible(HZ);
	replace(sync, new);
	mutex_unlock(&sync->lock);
}
