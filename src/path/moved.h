/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The address of a block that firmware moved: who finds it there tells it, who maps the
 * new place takes it. One that was told later takes the place of one that was not taken.
 *
 *	MOVED_TAKE: xchg(): what is told is taken once, and not what was told before it.
 *	MOVED_AGAIN: cmpxchg(): an address that could not be mapped gives way to a new one.
 */
#ifndef GN_MOVED_H
#define GN_MOVED_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* NMI-safe. The bell is rung after it. */
static __always_inline void gn_moved_tell(u64 *moved_to, u64 pa)
{
	WRITE_ONCE(*moved_to, pa);
}

/* Context: Any. Is there an address to be mapped? */
static inline bool gn_moved_told(const u64 *moved_to)
{
	return READ_ONCE(*moved_to);
}

/* Context: Who maps it. Return: the address, 0 if there is none. */
static inline u64 gn_moved_take(u64 *moved_to)
{
	return xchg(moved_to, 0); /* MOVED_TAKE */
}

/* Context: Who took it and could not map it now. */
static inline void gn_moved_again(u64 *moved_to, u64 pa)
{
	cmpxchg(moved_to, 0, pa); /* MOVED_AGAIN */
}

#endif
