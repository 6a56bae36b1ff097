/* SPDX-License-Identifier: GPL-2.0-only */
/* The platform devices that stand for the sources. Process context only. */
#ifndef GN_DEVICES_H
#define GN_DEVICES_H

#include <linux/types.h>

struct device;
struct gn_candidate;
struct gn_candidates;

bool gn_devices_is_ghes(struct device *dev);
bool gn_devices_there(void);
int gn_devices_make(struct gn_candidates *candidates);
void gn_devices_remove(struct gn_candidates *candidates);
struct gn_candidate *gn_devices_candidate(const struct gn_candidates *candidates,
					  struct device *dev);

#endif
