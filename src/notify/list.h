/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sources of a notification that does not name its source: each of them is asked.
 */
#ifndef GN_SOURCES_H
#define GN_SOURCES_H

#include <linux/types.h>

struct gn_source;

/**
 * struct gn_sources - such a list; never changed, only replaced
 * @n: how many
 * @retired: what gn_sources_collected() counted of sources that have left
 * @source: the sources
 */
struct gn_sources {
	u32 n;
	u32 retired;
	struct gn_source *source[];
};

struct gn_sources *gn_sources_make(const struct gn_sources *old, struct gn_source *plus,
				   const struct gn_source *minus);
void gn_sources_retire(struct gn_sources *sources, const struct gn_source *s, u32 *counted);
u32 gn_sources_collected(const struct gn_sources *sources);

#endif
