/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many records were received: those collected, without the malformed ones.
 *
 * Two contexts count: whoever collects, before the record is in the queue, and the
 * drain, which finds out what is malformed. A reader must not see the second without the
 * first, or it tells a number below nothing:
 *
 *	RECEIVED: smp_store_release() of a count of malformed records pairs with smp_rmb().
 *	A reader that sees a record counted as malformed sees it counted as collected. That
 *	the drain itself sees it so is QUEUE_PUBLISH.
 */
#ifndef GN_RECEIVED_H
#define GN_RECEIVED_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

/* Context: the drain of the source. */
static inline void gn_received_malformed(u64 *count)
{
	smp_store_release(count, *count + 1); /* RECEIVED */
}

/* Malformed records of all @n reasons. Context: any. */
static inline u64 gn_received_bad(const u64 *malformed, u32 n)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < n; i++)
		sum += READ_ONCE(malformed[i]);
	return sum;
}

/* Records that were well-formed, or are not checked yet. Context: any. */
static inline u64 gn_received(const u64 *collected, const u64 *malformed, u32 n)
{
	u64 bad = gn_received_bad(malformed, n);

	smp_rmb(); /* RECEIVED */
	return READ_ONCE(*collected) - bad;
}

#endif
