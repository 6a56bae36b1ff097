// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: exceptions without a record
 *
 * A task that returns from an abort executes the same instruction again. So an exception
 * that finds no record may simply go back, when its record is likely to be somewhere
 * else: the access succeeds, meets a page that was taken out of use before, or meets
 * the error again, with a new record. That is likely
 *
 *	while another context looks at the sources, or leaves a record with firmware;
 *	for MOMENT_MS after one exception has found several records, or a look that no
 *	exception asked for has found one: those are other exceptions' records;
 *	while the sources change hands: another driver, or none, has the record.
 *
 * Each task and address goes back a bounded number of times in a row. After that the
 * exception is unclaimed: the kernel does what it does without this module. An SError does not execute
 * again: sei.c asks gn_retry_near() only.
 *
 * Memory ordering. Exception B finds a block empty because exception A has collected its
 * record. A counts as asking before it collects, and B asks after it looked. Both look at
 * the source through its claim, which orders fully (path/claim.h):
 *	RETRY_ENTER: atomic_inc(), before A's CLAIM_CALL, pairs with
 *	RETRY_ASK:   atomic_read_acquire(), after B's CLAIM_CALL of the same source.
 * B reads that A is asking, or A has left:
 *	RETRY_LEAVE: atomic_fetch_sub_release(), after @surplus, pairs with
 *	RETRY_ASK:   atomic_read_acquire(), before @surplus.
 * B then sees what A has written there.
 *
 *	RETRY_CHANGE: smp_store_release(@changing) pairs with smp_load_acquire(): who sees
 *	the change sees its @other.
 *
 * A change of hands, for exceptions without a record:
 *	begin		they are put off
 *	after_give_back	the other driver has the sources: it is asked, too
 *	end		they are unclaimed, as always
 *
 * Owns struct gn_retry of its notification. Context: asking is NMI-safe, a change of hands
 * is process context's.
 */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "compat/arch.h"
#include "path/clock.h"
#include "sync/retry.h"

/* How long an exception may be under way after its record was collected. */
#define MOMENT_MS 1000u

/* In a row: of the kernel's accesses, which may have interrupts off; of others; during a change. */
#define TRIES_KERNEL 16
#define TRIES_TASK   1000
#define TRIES_CHANGE (1 << 20)

/* No exception put off for so long, in milliseconds: those of the change are over. */
#define REST_MS 50
/* An exception without any record is put off, too: not longer than this. */
#define MOST_MS 1000

/**
 * gn_retry_surplus() - an exception has found several records
 * @r: its notification's
 *
 * Context: NMI-safe, before gn_retry_leave().
 */
void gn_retry_surplus(struct gn_retry *r)
{
	WRITE_ONCE(r->surplus, gn_clock() | 1);
}
NOKPROBE_SYMBOL(gn_retry_surplus);

/**
 * gn_retry_recent() - is it a moment ago?
 * @stamp: gn_clock() then, 0: never
 *
 * Context: NMI-safe.
 */
bool gn_retry_recent(u64 stamp)
{
	return stamp &&
	       gn_clock_ns(gn_clock_between(stamp, gn_clock())) < MOMENT_MS * NSEC_PER_MSEC;
}
NOKPROBE_SYMBOL(gn_retry_recent);

/**
 * gn_retry_near() - may another exception have this one's record?
 * @r: the notification's
 *
 * Context: NMI-safe, after gn_retry_leave().
 */
bool gn_retry_near(const struct gn_retry *r)
{
	return atomic_read_acquire(&r->asking) || /* RETRY_ASK */
	       gn_retry_recent(READ_ONCE(r->surplus));
}
NOKPROBE_SYMBOL(gn_retry_near);

/* NMI-safe. */
static struct gn_tries *tries_of(struct gn_retry *r, unsigned long address)
{
	return &r->tries[hash_long((address >> PAGE_SHIFT) + current->pid, ilog2(GN_TRIES))];
}
NOKPROBE_SYMBOL(tries_of);

/**
 * gn_retry_forget() - an exception has found its record
 * @r: its notification's
 * @address: what it touched
 *
 * Context: NMI-safe.
 */
void gn_retry_forget(struct gn_retry *r, unsigned long address)
{
	atomic_set(&tries_of(r, address)->n, 0);
}
NOKPROBE_SYMBOL(gn_retry_forget);

/* NMI-safe. */
static bool once_more(struct gn_retry *r, unsigned long address, int most)
{
	struct gn_tries *t = tries_of(r, address);

	if (!gn_retry_recent(READ_ONCE(t->last)))
		atomic_set(&t->n, 0);
	WRITE_ONCE(t->last, gn_clock() | 1);
	if (atomic_inc_return(&t->n) > most)
		return false;
	atomic_inc(&r->count);
	return true;
}
NOKPROBE_SYMBOL(once_more);

/**
 * gn_retry_ask() - an exception found no record
 * @r: its notification's
 * @regs: the interrupted context, NULL for a guest
 * @address: what was touched, 0 if not known
 * @near: its record may be elsewhere
 *
 * The kernel's own accesses are not put off by a change of hands, its interrupts may be
 * off: who changes hands waits for it.
 *
 * Context: NMI-safe.
 * Return: 0: it goes back, or the other driver has taken its record; -ENOENT: it is
 *         unclaimed.
 */
int gn_retry_ask(struct gn_retry *r, struct pt_regs *regs, unsigned long address, bool near)
{
	bool kernel = regs && !user_mode(regs);
	bool changing = smp_load_acquire(&r->changing) && !kernel; /* RETRY_CHANGE */
	int most = kernel ? TRIES_KERNEL : changing ? TRIES_CHANGE : TRIES_TASK;
	int (*other)(struct pt_regs *regs);

	if (changing) {
		other = READ_ONCE(r->other);
		if (other) {
			if (!other(regs))
				return 0;
			atomic_inc(&r->again);
		}
	} else if (!near) {
		return -ENOENT;
	}
	return once_more(r, address, most) ? 0 : -ENOENT;
}
NOKPROBE_SYMBOL(gn_retry_ask);

/**
 * gn_retry_begin() - exceptions without a record are put off from here
 * @r: of the notification whose sources change hands
 *
 * On return, every exception that entered the other driver has left it.
 *
 * Context: Process context, sleeps.
 */
void gn_retry_begin(struct gn_retry *r)
{
	WRITE_ONCE(r->other, NULL);
	smp_store_release(&r->changing, true); /* RETRY_CHANGE */
	synchronize_rcu_tasks();
}

/**
 * gn_retry_after_give_back() - another driver has all sources
 * @r: of the notification whose sources change hands
 * @other: asks that driver, NULL if it cannot be asked
 *
 * Until here all exceptions were put off, and the other driver has looked at the blocks
 * when it was bound. From here each exception asks it. It is asked once for those that
 * were put off after its look: firmware waits until such a record is taken. The
 * change is over when none had to be put off for a while: a page that another task or a
 * worker is about to fail is touched again until then, and Linux 7.3 refuses the
 * duplicate record.
 *
 * Context: Process context, sleeps, for MOST_MS and some grace periods at most.
 */
void gn_retry_after_give_back(struct gn_retry *r, int (*other)(struct pt_regs *regs))
{
	unsigned long end = jiffies + msecs_to_jiffies(MOST_MS);
	int seen;

	WRITE_ONCE(r->other, other);
	synchronize_rcu_tasks();
	if (other)
		other(NULL);
	do {
		seen = atomic_read(&r->again);
		msleep(REST_MS);
		synchronize_rcu_tasks();
	} while (seen != atomic_read(&r->again) && time_before(jiffies, end));
}

/**
 * gn_retry_end() - exceptions without a record are unclaimed from here
 * @r: of the notification whose sources have changed hands
 *
 * Context: Any.
 */
void gn_retry_end(struct gn_retry *r)
{
	WRITE_ONCE(r->changing, false);
}
