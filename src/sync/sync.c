// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: synchronous errors
 *
 * A task touched what is broken; the exception rings. Before the task executes
 * another instruction, its record must be delivered and the page taken out of
 * use, on its behalf. Two steps:
 *
 *	exception	gn_sync_claim(): collect from every source of the
 *			notification; arrange for the second step
 *	same task,	gn_sync_deliver(): drain the sources, fail the pages of this
 *	about to	task's own records
 *	resume
 *
 * The second step is a task_work: it runs before the task, or the guest of a
 * vCPU thread, goes on. It needs a place that exists already, a waiter; there
 * are some per CPU, and without one (or where the task cannot be had) the claim
 * says so, and the sources are drained from interrupt context and a worker as
 * for any other notification. The task then touches the page again and is told
 * by the kernel, or claims another record.
 *
 * Whose record is it? The entry in the queue carries the pid of the task that
 * collected it. Whoever delivers it, the pages it names are left to that task:
 * two tasks can claim at the same time, and one drains the queue for both.
 *
 * @waiting keeps drains in interrupts off these sources as long as a claim is
 * under way. It is raised before anything is collected (WAIT_FIRST, a full
 * barrier), a drain asks after it peeked at an entry: a drain that sees this
 * claim's entry sees the claim. When it drops to 0, what such a drain may have
 * left behind is looked for (WAIT_LAST).
 *
 * A record may be collected before its exception gets here: by another CPU's
 * exception, which asks all sources, or by the drain's look at a block that had
 * to wait. As for NMIs, an exception is then owed (credit.c): one per record, one
 * per CPU at most.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "compat/symbols.h"
#include "sinks/sink.h"
#include "path/collect.h"
#include "path/drain.h"
#include "ghes_nmi.h"
#include "sync/retry.h"
#include "sync/sync.h"
#include "sync/waiter.h"

/* Looks at a source that another CPU is just collecting from. */
#define COLLECT_TRIES 1000u
/* Records that are shown before the machine dies. */
#define SHOW_MAX 4

struct gn_sync gn_sync_sea = { .lock = __MUTEX_INITIALIZER(gn_sync_sea.lock) };
struct gn_sync gn_sync_sei = { .lock = __MUTEX_INITIALIZER(gn_sync_sei.lock) };

/* NMI-safe. One exception comes for a record, and each CPU can be under way with one. */
static struct gn_debt debt(const struct gn_sources *t)
{
	return (struct gn_debt){
		.sources = t,
		.each = 1,
		.most = num_online_cpus(),
	};
}
NOKPROBE_SYMBOL(debt);

/**
 * gn_sync_age() - another GN_CREDIT_MS have gone by
 * @sync: the notification
 *
 * Context: Process context, one caller at a time.
 */
void gn_sync_age(struct gn_sync *sync)
{
	struct gn_sources *t;
	struct gn_debt owed;

	rcu_read_lock();
	t = rcu_dereference(sync->table);
	if (t) {
		owed = debt(t);
		gn_credit_age(&sync->credit, &owed);
	}
	rcu_read_unlock();
}

/* NMI-safe. One claim less waits; what drains left to it is theirs again. */
static void stop_waiting(struct gn_sync *sync)
{
	struct gn_sources *t;
	u32 i;

	if (!atomic_dec_and_test(&sync->waiting)) /* WAIT_LAST */
		return;
	rcu_read_lock();
	t = rcu_dereference(sync->table);
	for (i = 0; t && i < t->n; i++)
		if (gn_queue_used(&t->source[i]->queue) || READ_ONCE(t->source[i]->bell.look))
			gn_bell_now(&t->source[i]->bell);
	rcu_read_unlock();
}
NOKPROBE_SYMBOL(stop_waiting);

/**
 * gn_sync_collect() - ask every source of the notification
 * @sync: the notification
 * @regs: the interrupted context, may be NULL
 * @asker: who asks
 *
 * Context: NMI-safe, with preemption off. Does not return when a record is fatal.
 * Return: 0 if there is a record for this exception, else -ENOENT.
 */
int gn_sync_collect(struct gn_sync *sync, struct pt_regs *regs, struct gn_asker *asker)
{
	struct gn_sources *t = rcu_dereference_raw(sync->table);
	u32 owner = asker->owner, i;
	bool collected = false, taken = false;
	bool ours = true;
	struct gn_debt owed;

	if (unlikely(!t))
		goto nothing;
	gn_credit_enter(&sync->credit);
	for (i = 0; i < t->n; i++) {
		asker->owner = owner;
		switch (gn_collect_for(t->source[i], regs, asker)) {
		case GN_COLLECTED:
			collected = true;
			break;
		case GN_BUSY: /* whoever is there looks again, for us */
		case GN_LEFT:
			taken = true;
			break;
		case GN_NOTHING:
			break;
		}
	}
	owed = debt(t);
	if (likely(collected))
		gn_credit_claim(&sync->credit, &owed);
	else
		ours = taken || gn_credit_spend(&sync->credit, &owed);
	gn_credit_leave(&sync->credit);
	if (likely(ours))
		return 0;
nothing:
	atomic_inc(&sync->unclaimed);
	return -ENOENT;
}
NOKPROBE_SYMBOL(gn_sync_collect);

/**
 * gn_sync_ring() - have an interrupt drain every source of the notification
 * @sync: the notification
 *
 * Context: NMI-safe, with preemption off.
 */
void gn_sync_ring(struct gn_sync *sync)
{
	struct gn_sources *t = rcu_dereference_raw(sync->table);
	u32 i;

	for (i = 0; t && i < t->n; i++)
		gn_bell_now(&t->source[i]->bell);
}
NOKPROBE_SYMBOL(gn_sync_ring);

/* Shows what is queued, and leaves it there. */
static void show(struct gn_source *s)
{
	struct gn_record record = { .out = &s->out };
	struct gn_entry *e;
	int seen;

	/* Somebody else is delivering it: then it is shown by that. */
	if (!gn_claim_take(&s->draining, &seen))
		return;
	e = gn_queue_peek(&s->queue);
	if (e && e->verdict == GN_GOOD && gn_estatus_check(e->block, e->length) == GN_GOOD) {
		record.block = e->block;
		record.length = e->length;
		gn_estatus_read(&record.head, e->block);
		gn_console_last_words(&record);
	}
	if (!gn_claim_leave(&s->draining, &seen))
		gn_claim_abandon(&s->draining);
}
NOKPROBE_SYMBOL(show);

/**
 * gn_sync_show() - the kernel will die of this exception: show the records first
 * @sync: the notification
 *
 * Context: NMI-safe, with preemption off. Writes to the log only.
 */
void gn_sync_show(struct gn_sync *sync)
{
	struct gn_sources *t = rcu_dereference_raw(sync->table);
	u32 i;

	for (i = 0; t && i < t->n && i < SHOW_MAX; i++)
		show(t->source[i]);
}
NOKPROBE_SYMBOL(gn_sync_show);

/* The other CPU may still be copying the record of a claim that was BUSY. */
static void await_collectors(struct gn_source *s)
{
	u32 tries;

	for (tries = 0; atomic_read(&s->in.claim.calls) && tries < COLLECT_TRIES; tries++)
		usleep_range(10, 20);
}

/**
 * gn_sync_deliver() - the second step
 * @w: a waiter that is READY
 *
 * Context: Process context of the waiter's task, which sleeps in here for as long
 *          as it takes.
 */
void gn_sync_deliver(struct gn_waiter *w)
{
	struct gn_sync *sync = w->sync;
	struct gn_sources *t;
	u32 i;

	mutex_lock(&sync->lock);
	t = rcu_dereference_protected(sync->table, lockdep_is_held(&sync->lock));
	for (i = 0; t && i < t->n; i++) {
		await_collectors(t->source[i]);
		gn_drain_in_task(t->source[i]);
	}
	mutex_unlock(&sync->lock);
	gn_memory_accessed(&w->accessor, w->address, w->kernel);
	stop_waiting(sync);
	atomic_set(&w->state, GN_WAITER_DONE);
}

static void deliver_before_resume(struct callback_head *work)
{
	struct gn_waiter *w = container_of(work, struct gn_waiter, work);

	if (atomic_read(&w->state) == GN_WAITER_READY)
		gn_sync_deliver(w);
	gn_waiter_free(w);
}

int ghes_nmi_flush(void)
{
	struct gn_waiter *w;
	int delivered = 0;

	might_sleep();
	while ((w = gn_waiter_current())) {
		gn_sync_deliver(w);
		delivered++;
	}
	return delivered;
}
EXPORT_SYMBOL_GPL(ghes_nmi_flush);

/*
 * NMI-safe. Does the current task pass the way back to user space that a
 * task_work is run on? For the kernel's own access: not a kernel thread, and not
 * an interrupt, which has the task for no reason.
 */
static bool will_resume(const struct pt_regs *regs)
{
	return !regs || user_mode(regs) || (in_task() && current->mm);
}
NOKPROBE_SYMBOL(will_resume);

/**
 * gn_sync_claim() - an exception
 * @sync: the notification
 * @regs: the interrupted context, NULL for a guest
 * @asker: is told the severity
 * @address: what the task touched, 0 if not known
 *
 * Context: NMI-safe, with preemption off, on the task that took the exception.
 * Return: 0: the record was taken, and is delivered before this task goes on, in
 *         user space or in its guest;
 *         -EINPROGRESS: it was taken, and is delivered soon;
 *         -ENOENT: there is no record.
 */
int gn_sync_claim(struct gn_sync *sync, struct pt_regs *regs, struct gn_asker *asker,
		  unsigned long address)
{
	bool kernel = regs && !user_mode(regs);
	struct gn_waiter *w = NULL;

	if (!rcu_access_pointer(sync->table))
		return gn_interim_ask(&sync->interim, regs);
	asker->owner = current->pid;
	atomic_inc(&sync->waiting);
	smp_mb__after_atomic(); /* WAIT_FIRST */
	if (will_resume(regs))
		w = gn_waiter_take(sync, address, kernel);
	if (gn_sync_collect(sync, regs, asker)) {
		gn_waiter_free(w);
		stop_waiting(sync);
		return gn_interim_ask(&sync->interim, regs);
	}
	if (likely(w)) {
		init_task_work(&w->work, deliver_before_resume);
		atomic_set_release(&w->state, GN_WAITER_READY);
		if (likely(!gn_task_work_add(current, &w->work)))
			return 0;
		gn_waiter_free(w);
	}
	atomic_inc(&sync->late);
	stop_waiting(sync); /* rings the drain, if no other claim is going to deliver */
	return -EINPROGRESS;
}
NOKPROBE_SYMBOL(gn_sync_claim);

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
	struct gn_debt none;

	mutex_lock(&sync->lock);
	old = rcu_dereference_protected(sync->table, lockdep_is_held(&sync->lock));
	new = gn_sources_make(old, s, NULL);
	if (new) {
		if (!old) {
			none = debt(new);
			gn_credit_begin(&sync->credit, &none);
		}
		s->in.sync = sync;
		replace(sync, new);
	}
	mutex_unlock(&sync->lock);
	return new ? 0 : -ENOMEM;
}

/**
 * gn_sync_remove() - no exception asks this source any more
 * @sync: the notification
 * @s: the source
 *
 * What claims have collected and not delivered stays in the queue, for the end
 * of the source.
 *
 * Context: Process context, sleeps.
 */
void gn_sync_remove(struct gn_sync *sync, struct gn_source *s)
{
	struct gn_sources *old, *new = NULL;
	u32 counted = 0;

	mutex_lock(&sync->lock);
	old = rcu_dereference_protected(sync->table, lockdep_is_held(&sync->lock));
	if (old->n > 1) {
		/* The kernel does not fail small allocations; wait if it did. */
		while (!(new = gn_sources_make(old, NULL, s)))
			schedule_timeout_uninterruptible(HZ);
		gn_sources_retire(new, s, &counted);
	}
	replace(sync, new);
	if (new)
		gn_sources_retire(new, s, &counted);
	mutex_unlock(&sync->lock);
}
