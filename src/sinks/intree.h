/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Consumers of the in-tree GHES driver: who is fed with which section.
 */
#ifndef GN_INTREE_H
#define GN_INTREE_H

#include <linux/types.h>

struct gn_relayed;
struct gn_section;

int gn_intree_init(void);
void gn_intree_exit(void);

void gn_intree_hold_edac(void);
void gn_intree_release_edac(void);

/* Is the event of this section another one's to trace? Context: the drain. */
bool gn_intree_traces(const struct gn_section *section);

/* One consumer each. */
bool gn_aer_wants(const struct gn_section *section);
bool gn_aer_feed(const struct gn_section *section);
bool gn_cxl_wants(const struct gn_section *section);
bool gn_cxl_feed(const struct gn_section *section);
void gn_chains_report(const struct gn_relayed *relayed, const struct gn_section *section);
void gn_chains_vendor(const struct gn_relayed *relayed);

#endif
