/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The roll of all sources, for one that must reach every queue.
 */
#ifndef GN_ROLL_H
#define GN_ROLL_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/types.h>

struct gn_source;

extern struct list_head gn_roll;
extern bool gn_roll_closed;

void gn_roll_add(struct gn_source *s);
void gn_roll_remove(struct gn_source *s);
void gn_roll_wait(void);
bool gn_roll_close(void);

/*
 * NMI-safe. A CPU that is about to panic reads every queue: no drain takes anything
 * out of one any more. A hint: a drain that misses it pops one record at most.
 */
static __always_inline bool gn_roll_is_closed(void)
{
	return unlikely(READ_ONCE(gn_roll_closed));
}

#endif
