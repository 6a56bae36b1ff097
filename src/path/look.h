/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a look at a source is. Each function that collects has its own copy of it, so that
 * what it does not need is not in it; what a look needs seldom is in collect.c, once.
 */
#ifndef GN_LOOK_H
#define GN_LOOK_H

#include <linux/irqflags.h>
#include <linux/kconfig.h>

#include "path/asker.h"
#include "path/take.h"

/* Owner of the claim, NMI-safe. */
void gn_look_fatal(struct gn_source *s, const struct gn_entry *e, u32 offset, struct pt_regs *regs,
		   bool device);
enum gn_outcome gn_look_full(struct gn_source *s, u32 offset, struct pt_regs *regs, bool device);
enum gn_outcome gn_look_moved(struct gn_source *s, u64 pa);
enum gn_outcome gn_look_device(struct gn_source *s, struct pt_regs *regs, gn_meet_fn *meet,
			       void *asker);
enum gn_outcome gn_look_again(struct gn_source *s, struct pt_regs *regs, int seen);
void gn_look_empty(struct gn_source *s);
void gn_look_unasked(struct gn_source *s);

/* The look itself. Owner of the claim, NMI-safe. */
static __always_inline enum gn_outcome gn_look(struct gn_source *s, struct pt_regs *regs,
					       bool device, gn_meet_fn *meet, void *asker)
{
	u64 pa = device ? gn_register_value(&s->in.reg) : gn_window_read64(s->in.reg.at, false);
	u64 offset = pa - s->in.block.pa;
	struct gn_entry *e;
	enum gn_ring ring;

	/* Device memory has no words at odd places: gn_window_map() will refuse those. */
	if (unlikely(offset > s->in.block.length || offset + GN_BLOCK_MIN > s->in.block.length ||
		     offset % 4))
		return gn_look_moved(s, pa);
	switch (gn_take(s, (u32)offset, device, false, meet, asker, &e, &ring)) {
	case GN_TAKEN:
		break;
	case GN_FATAL:
		gn_look_fatal(s, e, (u32)offset, regs, device);
		ring = gn_enqueue(s, e, gn_estatus_severity(e->block), meet, asker);
		break;
	case GN_NO_RECORD:
		return GN_NOTHING;
	case GN_NO_PLACE:
		return gn_look_full(s, (u32)offset, regs, device);
	case GN_NO_WINDOW:
		return gn_look_moved(s, pa);
	}
	s->in.deferring = false;
	if (ring == GN_RING_NOW)
		gn_bell_now(&s->bell);
	else if (ring == GN_RING_SOON)
		gn_bell_soon(&s->bell);
	return GN_COLLECTED;
}

/* A look with the claim around it; the interrupts of this CPU are off. */
static __always_inline enum gn_outcome gn_look_masked(struct gn_source *s, struct pt_regs *regs,
						      bool rung, gn_meet_fn *meet, void *asker)
{
	enum gn_outcome outcome;
	int seen;

	if (!gn_claim_enter(&s->in.claim, &seen))
		return GN_BUSY;
	outcome = unlikely(s->in.device) ? gn_look_device(s, regs, meet, asker) :
					   gn_look(s, regs, false, meet, asker);
	if (unlikely(outcome == GN_NOTHING && rung))
		gn_look_empty(s);
	/* Only exceptions ask for it. */
	if (IS_ENABLED(CONFIG_ARM64) && !rung && !meet && outcome == GN_COLLECTED)
		gn_look_unasked(s);
	if (unlikely(!gn_claim_leave(&s->in.claim, &seen)) &&
	    gn_look_again(s, regs, seen) == GN_COLLECTED)
		outcome = GN_COLLECTED;
	return outcome;
}

/**
 * gn_look_as() - look at a source: what every gn_collect() is
 * @s: the source
 * @regs: the interrupted context, for a fatal record's panic; may be NULL
 * @rung: somebody rang for it: finding nothing is an error of firmware's
 * @meet: called with each record that the look collects; NULL: nobody asked
 * @asker: handed to @meet
 *
 * Who calls it with a @meet of its own has that in its look, without a call.
 *
 * Context: NMI-safe. Any number of callers on any CPU at any nesting depth.
 * Return: what the look came to. Does not return when the record is fatal.
 */
static __always_inline enum gn_outcome gn_look_as(struct gn_source *s, struct pt_regs *regs,
						  bool rung, gn_meet_fn *meet, void *asker)
{
	enum gn_outcome outcome;
	unsigned long flags;

	/* No interrupt of this CPU may delay the owner: a fatal record may wait for it. */
	raw_local_irq_save(flags);
	outcome = gn_look_masked(s, regs, rung, meet, asker);
	raw_local_irq_restore(flags);
	return outcome;
}

#endif
