/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * While the sources of a synchronous notification are on their way between two
 * drivers: an exception whose record this module does not have is put off.
 */
#ifndef GN_INTERIM_H
#define GN_INTERIM_H

#include <linux/atomic.h>
#include <linux/types.h>

struct pt_regs;

/**
 * struct gn_interim - a change of hands
 * @on: sources are on their way
 * @other: while @on, asks the driver that has got them: 0 if it has a record;
 *         NULL: none has
 * @again: exceptions that were put off after @other was asked
 */
struct gn_interim {
	bool on;
	int (*other)(struct pt_regs *regs);
	atomic_t again;
};

void gn_interim_begin(struct gn_interim *interim);
void gn_interim_given(struct gn_interim *interim, int (*other)(struct pt_regs *regs));
void gn_interim_end(struct gn_interim *interim);
int gn_interim_ask(struct gn_interim *interim, struct pt_regs *regs);

#endif
