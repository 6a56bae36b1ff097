/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware -> queue.
 */
#ifndef GN_COLLECT_H
#define GN_COLLECT_H

#include <linux/types.h>

#include "path/asker.h"

struct gn_source;
struct pt_regs;

enum gn_outcome gn_collect(struct gn_source *s, struct pt_regs *regs);
enum gn_outcome gn_collect_for(struct gn_source *s, struct pt_regs *regs, gn_meet_fn *meet,
			       void *asker);
enum gn_outcome gn_collect_in_nmi(struct gn_source *s, struct pt_regs *regs);
enum gn_outcome gn_collect_again(struct gn_source *s);

#endif
