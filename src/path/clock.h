/* SPDX-License-Identifier: GPL-2.0-only */
/* Times between two readings of gn_clock(). Any context, NMI-safe. Pure. */
#ifndef GN_CLOCK_H
#define GN_CLOCK_H

#include <linux/compiler.h>
#include <linux/types.h>

/*
 * NMI-safe. Ticks from one reading to a later one. Another CPU's counter may be ahead of this
 * CPU's, and this CPU may read its counter early: then no time has passed.
 */
static __always_inline u64 gn_clock_between(u64 from, u64 to)
{
	return (s64)(to - from) > 0 ? to - from : 0;
}

#endif
