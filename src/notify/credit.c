// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the credit
 *
 * Records and notifications do not come in pairs where one notification makes
 * several sources be looked at. It may collect the records of several; those that
 * firmware sent for the others then find nothing, here or on another CPU. The
 * drain that makes room, the look after binding and the slow look collect records
 * whose notification is still to come. Left alone, the kernel would report an NMI
 * as unknown, and may panic on it; and an abort's task would be killed.
 *
 * So notifications are owed: as many as may come for each record that was
 * collected, by whomever, less one for each that a record was the reason of. One
 * that finds nothing is taken for one that was owed, as long as there are any.
 *
 * A foreign one (a watchdog card's NMI, an abort without a record) must not be
 * lost to this: what is owed is bounded, and all of it is forgotten between one
 * and two times GN_CREDIT_MS after the record was collected.
 *
 * Nothing is counted when a record is collected: what each source has counted
 * anyway is added up when a notification finds nothing. That count is there
 * before the source's claim is left, so whoever finds a block empty because
 * another one took its record finds the credit too. Two numbers suffice for the
 * rest: the records collected and the notifications gone at the last but one
 * GN_CREDIT_MS. Both wrap; differences do not mind.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/kprobes.h>

#include "notify/credit.h"
#include "notify/list.h"

/* Tries to be the one that takes the next of what is owed. */
#define TRIES 8

/* NMI-safe. What was owed at @now of what came after @from; negative if more came than records. */
static s32 owed(struct gn_credit_mark from, struct gn_credit_mark now, u32 each)
{
	return (s32)((now.collected - from.collected) * each - (now.gone - from.gone));
}
NOKPROBE_SYMBOL(owed);

/*
 * NMI-safe. How many are owed. What is gone is read first: whoever counts as gone
 * meanwhile has collected meanwhile, and would be taken for one without a record.
 */
static u32 look_up(const struct gn_credit *credit, const struct gn_debt *debt, u32 *gone)
{
	union gn_credit_word from;
	struct gn_credit_mark now;
	s32 left;

	now.gone = (u32)atomic_read(&credit->gone);
	smp_rmb(); /* GONE */
	now.collected = gn_sources_collected(debt->sources);
	from.word = READ_ONCE(credit->since.word);
	*gone = now.gone;
	left = owed(from.mark, now, debt->each);
	if (left <= 0)
		return 0;
	return (u32)left < debt->most ? (u32)left : debt->most;
}
NOKPROBE_SYMBOL(look_up);

/* NMI-safe. Takes one of what is owed. Whoever others are always faster than is believed. */
static bool take(struct gn_credit *credit, const struct gn_debt *debt)
{
	int tries;
	u32 gone;

	for (tries = 0; tries < TRIES; tries++) {
		if (!look_up(credit, debt, &gone))
			return false;
		/* Orders what was collected before it, too: GONE. */
		if (atomic_cmpxchg(&credit->gone, (int)gone, (int)(gone + 1)) == (int)gone)
			return true;
	}
	return true;
}
NOKPROBE_SYMBOL(take);

/**
 * gn_credit_begin() - nothing is owed
 * @credit: the credit
 * @debt: for what
 *
 * Context: Nobody asks meanwhile.
 */
void gn_credit_begin(struct gn_credit *credit, const struct gn_debt *debt)
{
	credit->since.mark.collected = gn_sources_collected(debt->sources);
	credit->since.mark.gone = (u32)atomic_read(&credit->gone);
	credit->next = credit->since;
}

/**
 * gn_credit_claim() - a notification had a record
 * @credit: its credit
 * @debt: for what
 *
 * As gn_credit_claimed(), and never below nothing: where a foreign one was
 * believed in the place of this one, no other must pay for it.
 *
 * Context: NMI-safe, after gn_credit_enter().
 */
void gn_credit_claim(struct gn_credit *credit, const struct gn_debt *debt)
{
	take(credit, debt);
}
NOKPROBE_SYMBOL(gn_credit_claim);

/**
 * gn_credit_left() - how many notifications are owed
 * @credit: the credit
 * @debt: for what
 *
 * Context: Any.
 * Return: 0 to the most there may be.
 */
u32 gn_credit_left(const struct gn_credit *credit, const struct gn_debt *debt)
{
	u32 gone;

	return look_up(credit, debt, &gone);
}

/**
 * gn_credit_spend() - a notification finds nothing: is it one that is owed?
 * @credit: the credit
 * @debt: for what
 *
 * Context: NMI-safe.
 * Return: true if it is; one less is owed then.
 */
bool gn_credit_spend(struct gn_credit *credit, const struct gn_debt *debt)
{
	if (!take(credit, debt))
		return false;
	atomic_inc(&credit->spent);
	return true;
}
NOKPROBE_SYMBOL(gn_credit_spend);

/**
 * gn_credit_age() - another GN_CREDIT_MS have gone by
 * @credit: the credit
 * @debt: for what
 *
 * A handler that is asking may have its record among the collected and not be
 * among the gone yet. It counts as gone in what is kept, or one too few would be
 * owed from then on. Hence the order: what is collected is read first; who
 * collected it is still asking (ENTER), or gone (LEAVE).
 *
 * Context: One caller at a time.
 */
void gn_credit_age(struct gn_credit *credit, const struct gn_debt *debt)
{
	union gn_credit_word kept;
	struct gn_credit_mark now;
	u32 asking;

	now.collected = gn_sources_collected(debt->sources);
	smp_rmb(); /* ENTER */
	asking = (u32)atomic_read(&credit->asking);
	smp_rmb(); /* LEAVE */
	now.gone = (u32)atomic_read(&credit->gone);

	kept.mark = (struct gn_credit_mark){ now.collected, now.gone + asking };
	/* Notifications spent on what is forgotten now are no debt of what comes. */
	if (owed(credit->next.mark, now, debt->each) < 0)
		credit->next = kept;
	WRITE_ONCE(credit->since.word, credit->next.word);
	credit->next = kept;
}

/**
 * gn_credit_spent() - notifications that found nothing and were owed
 * @credit: the credit
 *
 * Context: Any.
 * Return: how many since the module was loaded.
 */
u32 gn_credit_spent(const struct gn_credit *credit)
{
	return (u32)atomic_read(&credit->spent);
}
