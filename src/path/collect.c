// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware -> queue: who looks at a source, and what a look needs seldom. The look itself is
 * in look.h.
 *
 * Owns nothing: the owner of a source's collecting claim writes its struct gn_intake and the
 * producer end of its queue.
 *
 * How a record is taken from firmware, in which order and behind which barriers,
 * is in take.h.
 *
 * All of this is NMI-safe: no lock, no wait, every loop bounded.
 */
#include <linux/kprobes.h>

#include "path/source.h"
#include "path/collect.h"
#include "path/fatal.h"
#include "path/look.h"
#include "path/moved.h"

/* Looks in a row before the owner abandons the claim. */
#define LOOKS_MAX 8

/* A record that the machine ends with, copied. Returns if this CPU was in panic already. */
noinline void gn_look_fatal(struct gn_source *s, const struct gn_entry *e, u32 offset,
			    struct pt_regs *regs, bool device)
{
	gn_give_back(s, s->in.block.va + offset, device);
	gn_fatal(s, e, regs);
}
NOKPROBE_SYMBOL(gn_look_fatal);

/* The queue is full: the record stays with firmware until the drain made room. */
noinline enum gn_outcome gn_look_full(struct gn_source *s, u32 offset, struct pt_regs *regs,
				      bool device)
{
	struct gn_entry *e;
	enum gn_ring ring;

	if (gn_take(s, offset, device, true, NULL, NULL, &e, &ring) == GN_FATAL) {
		gn_look_fatal(s, e, offset, regs, device);
		gn_enqueue(s, e, GN_SEV_FATAL, NULL, NULL);
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
NOKPROBE_SYMBOL(gn_look_full);

/* The block is not where it was mapped: process context maps the new place. */
noinline enum gn_outcome gn_look_moved(struct gn_source *s, u64 pa)
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
NOKPROBE_SYMBOL(gn_look_moved);

/* A window is Device memory: the look with the accessors of I/O memory. */
noinline enum gn_outcome gn_look_device(struct gn_source *s, struct pt_regs *regs, gn_meet_fn *meet,
					void *asker)
{
	return gn_look(s, regs, true, meet, asker);
}
NOKPROBE_SYMBOL(gn_look_device);

static noinline enum gn_outcome look_normal(struct gn_source *s, struct pt_regs *regs)
{
	return gn_look(s, regs, false, NULL, NULL);
}
NOKPROBE_SYMBOL(look_normal);

/*
 * Written under the claim, so that an exception that finds the block empty afterwards
 * sees it: its record may be the one that was collected.
 */
void gn_look_unasked(struct gn_source *s)
{
	WRITE_ONCE(s->in.unasked, gn_clock() | 1);
}
NOKPROBE_SYMBOL(gn_look_unasked);

/*
 * Another call came while the owner looked: look again, a bounded number of times. A
 * record that this finds is that caller's.
 */
noinline enum gn_outcome gn_look_again(struct gn_source *s, struct pt_regs *regs, int seen)
{
	enum gn_outcome outcome = GN_NOTHING;
	int looks = LOOKS_MAX;

	do {
		if (!--looks) {
			gn_claim_abandon(&s->in.claim);
			gn_bell_look(&s->bell);
			break;
		}
		if ((s->in.device ? gn_look_device(s, regs, NULL, NULL) : look_normal(s, regs)) ==
		    GN_COLLECTED) {
			outcome = GN_COLLECTED;
			gn_look_unasked(s);
		}
	} while (!gn_claim_leave(&s->in.claim, &seen));
	return outcome;
}
NOKPROBE_SYMBOL(gn_look_again);

/* Firmware rang, and has no record: counted, and complained of once. */
noinline void gn_look_empty(struct gn_source *s)
{
	WRITE_ONCE(s->in.empty, s->in.empty + 1);
	if (!s->in.complain_empty) {
		WRITE_ONCE(s->in.complain_empty, 1);
		gn_bell_soon(&s->bell);
	}
}
NOKPROBE_SYMBOL(gn_look_empty);

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
	return gn_look_as(s, regs, true, NULL, NULL);
}
NOKPROBE_SYMBOL(gn_collect);

/**
 * gn_collect_for() - somebody asks whether a source has a record
 * @s: the source
 * @regs: as for gn_collect()
 * @meet: called with each record that the look collects
 * @asker: handed to @meet
 *
 * Finding nothing is no error.
 *
 * Context: NMI-safe. As gn_collect().
 * Return: what the look came to.
 */
notrace enum gn_outcome gn_collect_for(struct gn_source *s, struct pt_regs *regs, gn_meet_fn *meet,
				       void *asker)
{
	return gn_look_as(s, regs, false, meet, asker);
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
	return gn_look_masked(s, regs, false, NULL, NULL);
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
	return gn_look_as(s, NULL, false, NULL, NULL);
}
NOKPROBE_SYMBOL(gn_collect_again);
