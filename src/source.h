/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of one error source.
 */
#ifndef GN_SOURCE_H
#define GN_SOURCE_H

#include "path/source.h"

/**
 * struct gn_owned - a source that process context keeps others from
 * @seen: of its claim
 * @flags: whether interrupts were on
 */
struct gn_owned {
	int seen;
	unsigned long flags;
};

int gn_source_try(const struct gn_hest_source *desc, const char **what);
struct gn_source *gn_source_create(struct device *dev, const struct gn_hest_source *desc,
				   u32 queue_kib);
void gn_source_destroy(struct gn_source *s);
bool gn_source_own(struct gn_source *s, struct gn_owned *owned);
void gn_source_disown(struct gn_source *s, struct gn_owned *owned);

#endif
