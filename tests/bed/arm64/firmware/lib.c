// SPDX-License-Identifier: GPL-2.0-only
/* What the compiler and everybody else needs: memory, time and the one lock. */
#include "fw.h"

void *memcpy(void *to, const void *from, u64 n)
{
	u8 *t = to;
	const u8 *f = from;

	if ((((u64)t | (u64)f) & 7) == 0)
		for (; n >= 8; n -= 8, t += 8, f += 8)
			*(volatile u64 *)t = *(const u64 *)f;
	for (; n; n--)
		*(volatile u8 *)t++ = *f++;
	return to;
}

void *memset(void *to, int c, u64 n)
{
	volatile u8 *t = to;

	while (n--)
		*t++ = (u8)c;
	return to;
}

u64 ticks_now(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

/*
 * Everything that EL3 does is done under one lock, taken in trap() and released on the way down.
 * It is held for the copying of one record at most, never while waiting.
 */
static u32 locked;

void lock(void)
{
	while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE))
		;
}

void unlock(void)
{
	store(&locked, 0);
}
