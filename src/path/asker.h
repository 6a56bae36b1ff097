/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who looks at a source for a record of its own, and what the look came to. NMI-safe.
 */
#ifndef GN_ASKER_H
#define GN_ASKER_H

struct gn_entry;
struct gn_source;

/* What a look at a source came to. */
enum gn_outcome {
	GN_NOTHING,   /* the block holds no record */
	GN_BUSY,      /* another context looks, and will look again */
	GN_COLLECTED, /* the record is in the queue, firmware has its block back */
	GN_LEFT,      /* there is a record, it stays with firmware for now */
	GN_BEYOND,    /* the block's address is none that can be read */
};

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
