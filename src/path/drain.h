/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue -> sinks.
 */
#ifndef GN_DRAIN_H
#define GN_DRAIN_H

#include <linux/workqueue.h>

struct gn_source;

void gn_drain_init(struct gn_source *s, void (*remap)(struct work_struct *work));
void gn_drain_here(struct gn_source *s);
void gn_drain_in_task(struct gn_source *s);
void gn_drain_finish(struct gn_source *s);

#endif
