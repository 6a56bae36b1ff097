/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Notifications that are owed: their records were collected before they came.
 * Pure.
 */
#ifndef GN_CREDIT_H
#define GN_CREDIT_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

struct gn_sources;

/* How long a notification may be under way after its record was collected, at most twice that. */
#define GN_CREDIT_MS 1000u

/* A moment: records collected so far, and notifications that are owed no more. */
struct gn_credit_mark {
	u32 collected;
	u32 gone;
};

union gn_credit_word {
	struct gn_credit_mark mark;
	u64 word; /* so that nobody ever reads half of a new one */
};

/**
 * struct gn_credit - what is owed
 * @since: what came before is forgotten
 * @next: becomes @since; gn_credit_age() only
 * @asking: handlers that may have collected and have not told the credit yet
 * @gone: notifications that had a record for a reason, or were believed
 * @spent: how many were believed
 */
struct gn_credit {
	union gn_credit_word since;
	union gn_credit_word next;
	atomic_t asking;
	atomic_t gone;
	atomic_t spent;
};

/**
 * struct gn_debt - what a notification is owed for
 * @sources: whose records
 * @each: notifications that may come for one record
 * @most: how many are owed at most
 */
struct gn_debt {
	const struct gn_sources *sources;
	u32 each;
	u32 most;
};

void gn_credit_begin(struct gn_credit *credit, const struct gn_debt *debt);
void gn_credit_claim(struct gn_credit *credit, const struct gn_debt *debt);
u32 gn_credit_left(const struct gn_credit *credit, const struct gn_debt *debt);
bool gn_credit_spend(struct gn_credit *credit, const struct gn_debt *debt);
void gn_credit_age(struct gn_credit *credit, const struct gn_debt *debt);
u32 gn_credit_spent(const struct gn_credit *credit);

/**
 * gn_credit_enter() - a notification is about to collect
 * @credit: its credit
 *
 * Context: NMI-safe.
 */
static __always_inline void gn_credit_enter(struct gn_credit *credit)
{
	atomic_inc(&credit->asking);
	smp_mb__after_atomic(); /* ENTER: before anything is collected */
}

/**
 * gn_credit_claimed() - a notification was sent for a reason that is not owed
 * @credit: its credit
 *
 * Context: NMI-safe, after gn_credit_enter().
 */
static __always_inline void gn_credit_claimed(struct gn_credit *credit)
{
	smp_mb__before_atomic(); /* GONE: it was collected before */
	atomic_inc(&credit->gone);
}

/**
 * gn_credit_leave() - a notification has told the credit what it was for
 * @credit: its credit
 *
 * Context: NMI-safe.
 */
static __always_inline void gn_credit_leave(struct gn_credit *credit)
{
	smp_mb__before_atomic(); /* LEAVE: after it counted as gone */
	atomic_dec(&credit->asking);
}

#endif
