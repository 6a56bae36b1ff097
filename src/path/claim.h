/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The claim word: one owner at a time, and no caller ever waits.
 *
 * The word counts the calls that came since the owner's last look:
 *
 *	0	IDLE: there is no owner
 *	1	CLAIMED: the owner looks, no other call has come
 *	> 1	AGAIN: another call came while the owner looked
 *
 * Whoever lifts it from IDLE owns what it guards, looks, and leaves by
 * gn_claim_leave(). Every other caller is counted in the word, so that the owner looks
 * once more, and leaves: its call is handled. An owner that has looked again too
 * often must not stay (hostile firmware could hold a CPU in an NMI handler): it
 * leaves by gn_claim_abandon() and arranges for a later look.
 *
 * Memory ordering. What a caller saw before its call, the owner sees in the
 * look that follows:
 *	CLAIM_CALL: atomic_fetch_inc(), fully ordered, pairs with
 *	CLAIM_SEEN: atomic_read_acquire().
 * If SEEN reads the count that CALL made, every load after SEEN sees what was
 * visible at the caller before CALL. And what one owner wrote, the next one
 * sees:
 *	CLAIM_LEAVE: atomic_cmpxchg(), fully ordered on success, pairs with CALL.
 *
 * gn_claim_enter() runs in any context and at any nesting depth. Pure.
 */
#ifndef GN_CLAIM_H
#define GN_CLAIM_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

struct gn_claim {
	atomic_t calls;
};

/* NMI-safe. Any number of callers. True: the caller owns it, @seen is set. */
static __always_inline bool gn_claim_enter(struct gn_claim *claim, int *seen)
{
	*seen = 1;
	return atomic_fetch_inc(&claim->calls) == 0; /* CLAIM_CALL */
}

/*
 * NMI-safe. Anybody: is there an owner? The answer is not older than what the caller has
 * seen before: who sees the block that an owner has cleared sees that owner, or has all
 * that it wrote.
 *	LOOK: smp_rmb(), pairs with CLAIM_CALL and CLAIM_LEAVE.
 */
static __always_inline bool gn_claim_busy(const struct gn_claim *claim)
{
	smp_rmb(); /* LOOK */
	return atomic_read_acquire(&claim->calls) != 0;
}

/* NMI-safe. Owner only. False: still the owner; another call came: look again. */
static __always_inline bool gn_claim_leave(struct gn_claim *claim, int *seen)
{
	if (likely(atomic_cmpxchg(&claim->calls, *seen, 0) == *seen)) /* CLAIM_LEAVE */
		return true;
	*seen = atomic_read_acquire(&claim->calls); /* CLAIM_SEEN */
	return false;
}

/* NMI-safe. Owner only. Leaves although another call came: see above. */
static __always_inline void gn_claim_abandon(struct gn_claim *claim)
{
	atomic_set_release(&claim->calls, 0);
}

#endif
