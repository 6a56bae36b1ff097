// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware -> queue: looking at a source, and the outcome.
 *
 * Owns nothing: the owner of a source's collecting claim writes its struct gn_intake and the
 * producer end of its queue.
 *
 * How a record is taken from firmware, in which order and behind which barriers,
 * is in take.h.
 *
 * All of this is NMI-safe: no lock, no wait, every loop bounded.
 */
#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <linux/kprobes.h>

#include "path/source.h"
#include "path/collect.h"
#include "path/fatal.h"
#include "path/moved.h"
#include "path/take.h"

/* Looks in a row before the owner abandons the claim. */
#define LOOKS_MAX 8

/* A record that the machine ends with, copied. Returns if this CPU was in panic already. */
static noinline void end_with(struct gn_source *s, const struct gn_entry *e, u32 offset,
			      struct pt_regs *regs, bool device)
{
	gn_give_back(s, s->in.block.va + offset, device);
	gn_fatal(s, e, regs);
}
NOKPROBE_SYMBOL(end_with);

/* The queue is full: the record stays with firmware until the drain made room. */
static noinline enum gn_outcome full(struct gn_source *s, u32 offset, struct pt_regs *regs,
				     bool device)
{
	struct gn_entry *e;
	enum gn_ring ring;

	if (gn_take(s, offset, device, true, NULL, &e, &ring) == GN_FATAL) {
		end_with(s, e, offset, regs, device);
		gn_enqueue(s, e, GN_SEV_FATAL, NULL);
		gn_bell_soon(&s->bell);
		return GN_COLLECTED;
	}
	if (!s->in.deferring) {
		s->in.deferring = true;
		WRITE_ONCE(s->in.deferred, s->in.deferred + 1);
	}
	gn_bell_look(&s->bell);
	return GN_LEFT;
}
NOKPROBE_SYMBOL(full);

/* The block is not where it was mapped: process context maps the new place. */
static noinline enum gn_outcome moved(struct gn_source *s, u64 pa)
{
	if (!pa)
		return GN_NOTHING;
	if (pa != READ_ONCE(s->in.refused)) {
		/* Process context maps it, or refuses it and says so. */
		gn_moved_tell(&s->in.moved_to, pa);
		gn_bell_now(&s->bell);
		if (gn_arch_has_address(pa))
			return GN_LEFT;
	}
	WRITE_ONCE(s->in.addresses, s->in.addresses + 1);
	return GN_BEYOND;
}
NOKPROBE_SYMBOL(moved);

static __always_inline enum gn_outcome look(struct gn_source *s, struct pt_regs *regs, bool device,
					    struct gn_asker *asker)
{
	u64 pa = device ? gn_register_value(&s->in.reg) : gn_window_read64(s->in.reg.at, false);
	u64 offset = pa - s->in.block.pa;
	struct gn_entry *e;
	enum gn_ring ring;

	/* Device memory has no words at odd places: gn_window_map() will refuse those. */
	if (unlikely(offset > s->in.block.length || offset + GN_BLOCK_MIN > s->in.block.length ||
		     offset % 4))
		return moved(s, pa);
	switch (gn_take(s, (u32)offset, device, false, asker, &e, &ring)) {
	case GN_TAKEN:
		break;
	case GN_FATAL:
		end_with(s, e, (u32)offset, regs, device);
		ring = gn_enqueue(s, e, gn_estatus_severity(e->block), asker);
		break;
	case GN_NO_RECORD:
		return GN_NOTHING;
	case GN_NO_PLACE:
		return full(s, (u32)offset, regs, device);
	case GN_NO_WINDOW:
		return moved(s, pa);
	}
	s->in.deferring = false;
	if (ring == GN_RING_NOW)
		gn_bell_now(&s->bell);
	else if (ring == GN_RING_SOON)
		gn_bell_soon(&s->bell);
	return GN_COLLECTED;
}

static noinline enum gn_outcome look_device(struct gn_source *s, struct pt_regs *regs,
					    struct gn_asker *asker)
{
	return look(s, regs, true, asker);
}
NOKPROBE_SYMBOL(look_device);

static noinline enum gn_outcome look_normal(struct gn_source *s, struct pt_regs *regs)
{
	return look(s, regs, false, NULL);
}
NOKPROBE_SYMBOL(look_normal);

/*
 * Written under the claim, so that an exception that finds the block empty afterwards
 * sees it: its record may be the one that was collected.
 */
static void note_unasked(struct gn_source *s)
{
	WRITE_ONCE(s->in.unasked, gn_clock() | 1);
}
NOKPROBE_SYMBOL(note_unasked);

/*
 * Another call came while the owner looked: look again, a bounded number of times. A
 * record that this finds is that caller's.
 */
static noinline enum gn_outcome look_again(struct gn_source *s, struct pt_regs *regs, int seen)
{
	enum gn_outcome outcome = GN_NOTHING;
	int looks = LOOKS_MAX;

	do {
		if (!--looks) {
			gn_claim_abandon(&s->in.claim);
			gn_bell_look(&s->bell);
			break;
		}
		if ((s->in.device ? look_device(s, regs, NULL) : look_normal(s, regs)) ==
		    GN_COLLECTED) {
			outcome = GN_COLLECTED;
			note_unasked(s);
		}
	} while (!gn_claim_leave(&s->in.claim, &seen));
	return outcome;
}
NOKPROBE_SYMBOL(look_again);

static noinline void found_nothing(struct gn_source *s)
{
	WRITE_ONCE(s->in.empty, s->in.empty + 1);
	if (!s->in.complain_empty) {
		WRITE_ONCE(s->in.complain_empty, 1);
		gn_bell_soon(&s->bell);
	}
}
NOKPROBE_SYMBOL(found_nothing);

/* What a look is, but for the interrupts: those of this CPU are off. */
static __always_inline enum gn_outcome collect_masked(struct gn_source *s, struct pt_regs *regs,
						      bool rung, struct gn_asker *asker)
{
	enum gn_outcome outcome;
	int seen;

	if (!gn_claim_enter(&s->in.claim, &seen))
		return GN_BUSY;
	outcome = unlikely(s->in.device) ? look_device(s, regs, asker) :
					   look(s, regs, false, asker);
	if (unlikely(outcome == GN_NOTHING && rung))
		found_nothing(s);
	/* Only exceptions ask for it. */
	if (IS_ENABLED(CONFIG_ARM64) && !rung && !asker && outcome == GN_COLLECTED)
		note_unasked(s);
	if (unlikely(!gn_claim_leave(&s->in.claim, &seen)) &&
	    look_again(s, regs, seen) == GN_COLLECTED)
		outcome = GN_COLLECTED;
	return outcome;
}

static __always_inline enum gn_outcome collect(struct gn_source *s, struct pt_regs *regs, bool rung,
					       struct gn_asker *asker)
{
	enum gn_outcome outcome;
	unsigned long flags;

	/* No interrupt of this CPU may delay the owner: a fatal record may wait for it. */
	raw_local_irq_save(flags);
	outcome = collect_masked(s, regs, rung, asker);
	raw_local_irq_restore(flags);
	return outcome;
}

/**
 * gn_collect() - a notification rang for a source
 * @s: the source
 * @regs: the interrupted context, for a fatal record's panic; may be NULL
 *
 * Context: NMI-safe. Any number of callers on any CPU at any nesting depth.
 * Return: what the look came to. Does not return when the record is fatal.
 */
notrace enum gn_outcome gn_collect(struct gn_source *s, struct pt_regs *regs)
{
	return collect(s, regs, true, NULL);
}
NOKPROBE_SYMBOL(gn_collect);

/**
 * gn_collect_for() - an exception may be about a record of this source
 * @s: the source
 * @regs: as for gn_collect()
 * @asker: the context that asks, or NULL
 *
 * One exception asks several sources, so finding nothing is no error.
 *
 * Context: NMI-safe. As gn_collect().
 * Return: what the look came to.
 */
notrace enum gn_outcome gn_collect_for(struct gn_source *s, struct pt_regs *regs,
				       struct gn_asker *asker)
{
	return collect(s, regs, false, asker);
}
NOKPROBE_SYMBOL(gn_collect_for);

/**
 * gn_collect_in_nmi() - an NMI may be about a record of this source
 * @s: the source
 * @regs: as for gn_collect()
 *
 * One NMI asks many sources, so finding nothing is no error. An NMI has no asker, and
 * its CPU's interrupts are off already: this function saves what the others spend on both.
 *
 * Context: NMI handler, or interrupts off. As gn_collect().
 * Return: what the look came to.
 */
notrace enum gn_outcome gn_collect_in_nmi(struct gn_source *s, struct pt_regs *regs)
{
	return collect_masked(s, regs, false, NULL);
}
NOKPROBE_SYMBOL(gn_collect_in_nmi);

/**
 * gn_collect_again() - look at a source although nothing rang
 * @s: the source
 *
 * For the look after binding, after a full queue, after a block moved: finding
 * nothing is no error of firmware's here.
 *
 * Context: NMI-safe. As gn_collect().
 * Return: what the look came to.
 */
notrace enum gn_outcome gn_collect_again(struct gn_source *s)
{
	return collect(s, NULL, false, NULL);
}
NOKPROBE_SYMBOL(gn_collect_again);
