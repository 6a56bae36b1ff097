/* SPDX-License-Identifier: GPL-2.0-only */
/* For CBMC: bytes and numbers that may be anything. */
#ifndef PROVE_ANY_H
#define PROVE_ANY_H

#include <linux/types.h>

#ifndef LENGTH
#define LENGTH 256u
#endif

u32 nondet_u32(void);

static u8 any_bytes[LENGTH];

/* @length bytes of any content; whatever lies behind them is out of bounds. */
static inline const u8 *any_block(u32 length)
{
	__CPROVER_havoc_object(any_bytes);
	return any_bytes + LENGTH - length;
}

#endif
