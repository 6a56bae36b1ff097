/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fatal record: show it, panic.
 */
#ifndef GN_FATAL_H
#define GN_FATAL_H

struct gn_entry;
struct gn_source;
struct pt_regs;

int gn_fatal_init(const char *text);
void gn_fatal(struct gn_source *s, const struct gn_entry *e, struct pt_regs *regs);

#endif
