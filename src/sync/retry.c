// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: sources on their way between two drivers
 *
 * The hook is on as long as sources change hands, in either direction, so every
 * exception gets here. Some find nothing, because the other driver, or nobody, has
 * the source: the task must not die of that. It goes on, meets the same error, and
 * asks again.
 *
 *	begin	exceptions without a record are put off
 *	given	the other driver has the sources: exceptions ask it, too
 *	end	exceptions without a record are nobody's, as always
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>

#include "sync/retry.h"

/* No exception put off for so long, in milliseconds: those of the change are over. */
#define REST_MS 50
/* An exception without any record is put off, too: not longer than this. */
#define MOST_MS 1000

/**
 * gn_interim_begin() - exceptions without a record are put off from here
 * @interim: the change of hands
 *
 * Exceptions that went to the other driver before have been there when this returns.
 *
 * Context: Process context, sleeps.
 */
void gn_interim_begin(struct gn_interim *interim)
{
	WRITE_ONCE(interim->other, NULL);
	smp_store_release(&interim->on, true);
	synchronize_rcu_tasks();
}

/**
 * gn_interim_given() - another driver has all sources
 * @interim: the change of hands
 * @other: asks that driver, NULL if it cannot be asked
 *
 * Until here all exceptions were put off, and the other driver has had a look when
 * it was bound. From here each of them asks it. Once it is asked for those that were
 * put off after its look: firmware waits for somebody to take such a record. When
 * all have come in whose record was taken by one of the two, and none had to be put
 * off for a while, this is over: a page that another task or a worker is about to
 * fail is touched again until then, and Linux 7.3 refuses the duplicate record.
 *
 * Context: Process context, sleeps, for MOST_MS and some grace periods at most.
 */
void gn_interim_given(struct gn_interim *interim, int (*other)(struct pt_regs *regs))
{
	unsigned long end = jiffies + msecs_to_jiffies(MOST_MS);
	int seen;

	smp_store_release(&interim->other, other);
	synchronize_rcu_tasks();
	if (other)
		other(NULL);
	do {
		seen = atomic_read(&interim->again);
		msleep(REST_MS);
		synchronize_rcu_tasks();
	} while (seen != atomic_read(&interim->again) && time_before(jiffies, end));
}

/**
 * gn_interim_end() - exceptions without a record are nobody's from here
 * @interim: the change of hands
 *
 * Context: Any.
 */
void gn_interim_end(struct gn_interim *interim)
{
	smp_store_release(&interim->on, false);
}

/**
 * gn_interim_ask() - an exception found no record here
 * @interim: the change of hands
 * @regs: the interrupted context, NULL for a guest
 *
 * The kernel's own accesses are not put off, its interrupts may be off: who changes
 * hands waits for it.
 *
 * Context: NMI-safe.
 * Return: 0: the other driver has taken its record, or it is put off;
 *         -ENOENT: no sources are on their way.
 */
int gn_interim_ask(struct gn_interim *interim, struct pt_regs *regs)
{
	int (*other)(struct pt_regs *regs);

	if (likely(!smp_load_acquire(&interim->on)) || (regs && !user_mode(regs)))
		return -ENOENT;
	other = READ_ONCE(interim->other);
	if (other && other(regs))
		atomic_inc(&interim->again);
	return 0;
}
NOKPROBE_SYMBOL(gn_interim_ask);
