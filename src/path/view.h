/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of a queue, for who is not its consumer.
 */
#ifndef GN_VIEW_H
#define GN_VIEW_H

#include <linux/types.h>

#include "path/queue.h"

/* Where a view stands. */
struct gn_view {
	u32 at;	 /* where the next entry begins */
	u32 end; /* behind the youngest */
};

void gn_view_start(const struct gn_queue *q, struct gn_view *v);
bool gn_view_stamp(const struct gn_queue *q, struct gn_view *v, u64 *stamp);
bool gn_view_next(const struct gn_queue *q, struct gn_view *v, struct gn_entry *to, u32 most);

#endif
