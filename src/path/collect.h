/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware -> queue.
 */
#ifndef GN_COLLECT_H
#define GN_COLLECT_H

#include <linux/types.h>

struct gn_entry;
struct gn_source;
struct pt_regs;

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

/**
 * struct gn_asker - a context that looks for its record
 * @meet: called with each record that the look collects, before the drain can see it:
 *        marks in the entry what the asker sees to itself, and says when the drain is
 *        rung. NMI-safe.
 */
struct gn_asker {
	enum gn_ring (*meet)(struct gn_asker *asker, struct gn_source *s, struct gn_entry *e);
};

enum gn_outcome gn_collect(struct gn_source *s, struct pt_regs *regs);
enum gn_outcome gn_collect_for(struct gn_source *s, struct pt_regs *regs, struct gn_asker *asker);
enum gn_outcome gn_collect_in_nmi(struct gn_source *s, struct pt_regs *regs);
enum gn_outcome gn_collect_again(struct gn_source *s);

#endif
