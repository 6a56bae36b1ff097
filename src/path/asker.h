/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who looks at a source for a record of its own. NMI-safe.
 */
#ifndef GN_ASKER_H
#define GN_ASKER_H

struct gn_entry;
struct gn_source;

/* When the drain is rung for a record. */
enum gn_ring {
	GN_RING_NOW,  /* at once */
	GN_RING_SOON, /* with the next tick */
	GN_RING_NOT,  /* the asker runs the drain itself */
};

/*
 * Called with each record that a look for @asker collects, before the drain can see it and
 * before firmware has its block back: marks in the entry what the asker sees to itself, and
 * says when the drain is rung. NMI-safe.
 */
typedef enum gn_ring gn_meet_fn(void *asker, struct gn_source *s, struct gn_entry *e);

#endif
