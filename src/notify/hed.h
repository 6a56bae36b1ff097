/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hardware error device (PNP0C33), which rings for SCI, GPIO and most GSIV
 * sources.
 */
#ifndef GN_HED_H
#define GN_HED_H

#include <linux/types.h>

struct gn_source;
struct gn_storm;

bool gn_hed_there(void);
void *gn_hed_listen(struct gn_source *s, struct gn_storm *storm);
void gn_hed_leave(void *listener);

#endif
