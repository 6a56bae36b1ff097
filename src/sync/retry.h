/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions that find no record, and may find one, or no error, when they come again.
 */
#ifndef GN_RETRY_H
#define GN_RETRY_H

#include <linux/atomic.h>
#include <linux/types.h>

struct pt_regs;

/* Counters of tries; each task and address has one, which a few may share. */
#define GN_TRIES 64u

/**
 * struct gn_tries - how often an exception went back without a record
 * @n: how often in a row
 * @last: gn_clock() of the last time
 */
struct gn_tries {
	atomic_t n;
	u64 last;
};

/**
 * struct gn_retry - of one notification
 * @asking: exceptions that are looking at the sources
 * @surplus: gn_clock() when one exception found more than one record last, 0: never
 * @changing: the sources change hands
 * @other: during the change, asks the driver that has the sources: 0 if it has a record;
 *         NULL: no driver has them
 * @again: exceptions that were put off after @other was asked
 * @count: exceptions that went back without a record
 * @tries: how often which of them did in a row
 */
struct gn_retry {
	atomic_t asking;
	u64 surplus;
	bool changing;
	int (*other)(struct pt_regs *regs);
	atomic_t again;
	atomic_t count;
	struct gn_tries tries[GN_TRIES];
};

void gn_retry_surplus(struct gn_retry *r);
bool gn_retry_near(const struct gn_retry *r);
bool gn_retry_recent(u64 stamp);
int gn_retry_ask(struct gn_retry *r, struct pt_regs *regs, unsigned long address, bool near);
void gn_retry_forget(struct gn_retry *r, unsigned long address);

void gn_retry_begin(struct gn_retry *r);
void gn_retry_after_give_back(struct gn_retry *r, int (*other)(struct pt_regs *regs));
void gn_retry_end(struct gn_retry *r);

/**
 * gn_retry_enter() - an exception is about to look at the sources
 * @r: its notification's
 *
 * Context: NMI-safe.
 */
static __always_inline void gn_retry_enter(struct gn_retry *r)
{
	atomic_inc(&r->asking); /* RETRY_ENTER */
}

/**
 * gn_retry_leave() - it has looked at all of them
 * @r: its notification's
 *
 * Context: NMI-safe.
 */
static __always_inline void gn_retry_leave(struct gn_retry *r)
{
	atomic_fetch_sub_release(1, &r->asking); /* RETRY_LEAVE */
}

#endif
