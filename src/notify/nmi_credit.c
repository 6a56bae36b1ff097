// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the credit
 *
 * Records and NMIs do not come in pairs. One scan may collect the records of
 * several sources; the NMIs that firmware sent for the others then find
 * nothing, here or on another CPU. The drain that makes room, the look after
 * binding and the slow look collect records whose NMI is still to come. The
 * kernel would report each such NMI as unknown, and may panic on it.
 *
 * So NMIs are owed: one per record that was collected, by whomever, and online
 * CPU (firmware may ring them all), less one for each NMI that a record was the
 * reason of. An NMI that nobody claims is taken for one
 * that was owed, as long as there are any.
 *
 * A foreign unknown NMI (a watchdog card, a button) must not be lost to this:
 * what is owed never exceeds one per source and CPU, and all of it is forgotten
 * between one and two times GN_CREDIT_MS after the record was collected.
 *
 * Nothing is counted when a record is collected: what each source has counted
 * anyway is added up when an NMI is unknown. Two numbers suffice for the rest:
 * the records collected and the NMIs gone at the last but one GN_CREDIT_MS.
 * Both wrap; differences do not mind.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>

#include "nmi_credit.h"

/* Tries to be the one that takes the next of what is owed. */
#define TRIES 8

/* A moment: records collected so far, and NMIs that are owed no more. */
struct mark {
	u32 collected;
	u32 gone;
};

union packed_mark {
	struct mark mark;
	u64 word; /* so that an NMI never reads half of a new one */
};

static union packed_mark since; /* what came before is forgotten */
static union packed_mark next;	/* becomes @since; gn_credit_age() only */
static atomic_t gone;		/* NMIs that had a record for a reason, or were swallowed */
static atomic_t swallowed;

/* NMI-safe. What was owed at @now of what came after @from; negative if more NMIs came than records. */
static int owed(struct mark from, struct mark now)
{
	return (int)(now.collected - from.collected) * (int)num_online_cpus() -
	       (int)(now.gone - from.gone);
}
NOKPROBE_SYMBOL(owed);

/**
 * gn_credit_claimed() - an NMI had a record for a reason
 *
 * Context: NMI-safe.
 */
void gn_credit_claimed(void)
{
	atomic_inc(&gone);
}
NOKPROBE_SYMBOL(gn_credit_claimed);

/**
 * gn_credit_left() - how many NMIs are owed
 * @collected: records collected so far, all sources together
 * @sources: how many sources
 *
 * Context: NMI-safe.
 * Return: 0 to @sources times the number of online CPUs.
 */
int gn_credit_left(u32 collected, u32 sources)
{
	union packed_mark from = { .word = READ_ONCE(since.word) };
	struct mark now = { .collected = collected, .gone = atomic_read(&gone) };

	return clamp_t(int, owed(from.mark, now), 0, sources *num_online_cpus());
}
NOKPROBE_SYMBOL(gn_credit_left);

/**
 * gn_credit_spend() - nobody claims an NMI: is it one that is owed?
 * @collected: records collected so far, all sources together
 * @sources: how many sources
 *
 * Context: NMI-safe.
 * Return: true if it is; one less is owed then.
 */
bool gn_credit_spend(u32 collected, u32 sources)
{
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		int old = atomic_read(&gone);

		if (!gn_credit_left(collected, sources))
			return false;
		if (atomic_cmpxchg(&gone, old, old + 1) == old) {
			atomic_inc(&swallowed);
			return true;
		}
	}
	return false;
}
NOKPROBE_SYMBOL(gn_credit_spend);

/**
 * gn_credit_age() - another GN_CREDIT_MS have gone by
 * @collected: records collected so far, all sources together
 *
 * Context: One caller at a time.
 */
void gn_credit_age(u32 collected)
{
	union packed_mark now = {
		.mark = { .collected = collected, .gone = atomic_read(&gone) },
	};

	/* NMIs spent on what is forgotten now are no debt of what comes. */
	if (owed(next.mark, now.mark) < 0)
		next = now;
	WRITE_ONCE(since.word, next.word);
	next = now;
}

/**
 * gn_credit_swallowed() - NMIs that nobody claimed and that were owed
 *
 * Context: Any.
 * Return: how many since the module was loaded.
 */
u32 gn_credit_swallowed(void)
{
	return atomic_read(&swallowed);
}
