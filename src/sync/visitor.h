/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Visitors: tasks that took a synchronous error, with the pages they have still to fail.
 */
#ifndef GN_VISITOR_H
#define GN_VISITOR_H

#include <linux/types.h>

struct gn_touched;
struct pt_regs;

#ifdef CONFIG_ARM64
struct gn_touched *gn_visitor_arrive(const struct pt_regs *regs, unsigned long address,
				     bool kernel);
int gn_visitors(void);
int gn_visitors_init(void);
void gn_visitors_exit(void);
#else
static inline int gn_visitors_init(void)
{
	return 0;
}

static inline void gn_visitors_exit(void)
{
}
#endif

#endif
