// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware -> queue: claim, peek, copy, clear, ack.
 *
 * This is the one place where the module's order towards firmware is. Firmware
 * owns the block while its status is 0; writing a record, it writes the status
 * last. From then on the block is ours until we write the status back to 0 and,
 * for GHESv2, acknowledge.
 *
 *	STATUS	not 0			there is a record
 *	dma_rmb() TAKE_STATUS: no field of the record is loaded before the status
 *	PEEK	header, once		lengths decide how much is copied
 *	COPY	at most that much
 *	CHECK	the copy's lengths are the peeked ones, or the block is malformed
 *	mb()	GIVE_BACK_COPY: every load of the copy is done before
 *	CLEAR	status = 0
 *	wmb()	GIVE_BACK_CLEAR: firmware sees the clear before the ack
 *	ACK	(read & preserve) | write
 *
 * Firmware's own order (record, then status; ack seen, then next record) is the
 * other half of all three pairs. Every path with a status that is not 0 ends there,
 * or leaves the block untouched on purpose: queue full, block not mapped yet.
 * A block whose status is 0 is never acked: the ack could release a record that
 * firmware is just writing.
 *
 * All of this is NMI-safe: no lock, no wait, every loop bounded.
 */
#include <linux/kprobes.h>

#include "../compat/arch.h"
#include "../source.h"
#include "collect.h"
#include "drain.h"
#include "fatal.h"
#include "sync.h"

/* Looks in a row before the owner of a claim goes home regardless. */
#define LOOKS_MAX 8

static __always_inline void acknowledge(const struct gn_window *ack, u64 preserve, u64 write,
					bool device)
{
	u64 value;

	wmb(); /* GIVE_BACK_CLEAR */
	if (likely(ack->length == 8)) {
		value = gn_window_read64(ack->va, device);
		gn_window_write64(ack->va, (value & preserve) | write, device);
	} else {
		value = gn_window_read32(ack->va, device);
		gn_window_write32(ack->va, (value & preserve) | write, device);
	}
}

/* Without an ack register, or while it is held back (handover.c), clearing is all. */
static __always_inline void give_back(struct gn_source *s, void *block, bool device)
{
	mb(); /* GIVE_BACK_COPY */
	gn_window_write32(block, 0, device);
	if (s->ack.va)
		acknowledge(&s->ack, s->ack_preserve, s->ack_write, device);
}

/**
 * gn_collect_acknowledge() - acknowledge a record whose block was cleared earlier
 * @ack: the read ack register
 * @preserve: see struct gn_hest_source
 * @write: the same
 *
 * Context: Any.
 */
void gn_collect_acknowledge(const struct gn_window *ack, u64 preserve, u64 write)
{
	acknowledge(ack, preserve, write, ack->device);
}

/* The lengths in a block's header, each loaded once. */
static __always_inline struct gn_estatus peek_at(const void *block, bool device)
{
	return (struct gn_estatus){
		.raw_offset = gn_window_read32(block + 4, device),
		.raw_length = gn_window_read32(block + 8, device),
		.data_length = gn_window_read32(block + 12, device),
	};
}

static __always_inline bool is_fatal(u32 severity)
{
	return severity == GN_SEV_FATAL || severity >= GN_SEVERITIES;
}

/* The queue is full: the record stays with firmware until the drain made room. */
static noinline enum gn_outcome defer(struct gn_source *s)
{
	if (!s->deferring) {
		s->deferring = true;
		WRITE_ONCE(s->in.deferred, s->in.deferred + 1);
	}
	gn_drain_look(s);
	return GN_LEFT;
}
NOKPROBE_SYMBOL(defer);

/*
 * The queue is full, but a fatal record does not wait for a drain that may never
 * run: it has a place of its own, and the machine panics from there. One that is
 * not even well-formed is no reason to panic and waits like any other.
 */
static noinline enum gn_outcome full(struct gn_source *s, void *block, u32 limit,
				     struct pt_regs *regs, bool device)
{
	struct gn_entry *e = s->spare;
	struct gn_estatus peek = peek_at(block, device);
	u32 length;

	if (!is_fatal(gn_window_read32(block + 16, device)) ||
	    gn_estatus_measure(&peek, limit, &length) != GN_GOOD)
		return defer(s);
	e->length = length;
	e->verdict = GN_GOOD;
	gn_window_copy(e->block, block, length, device);
	if (gn_estatus_changed(&peek, e->block) || !is_fatal(gn_estatus_severity(e->block)) ||
	    gn_estatus_check(e->block, length) != GN_GOOD)
		return defer(s);
	give_back(s, block, device);
	gn_fatal(s, e, regs);
	return GN_COLLECTED; /* this CPU was in panic already */
}
NOKPROBE_SYMBOL(full);

/* The block is not where it was mapped: process context maps the new place. */
static noinline enum gn_outcome moved(struct gn_source *s, u64 pa)
{
	if (!pa)
		return GN_NOTHING;
	if (pa == READ_ONCE(s->refused)) {
		WRITE_ONCE(s->in.addresses, s->in.addresses + 1);
		return GN_LEFT;
	}
	WRITE_ONCE(s->moved_to, pa);
	gn_drain_now(s);
	return GN_LEFT;
}
NOKPROBE_SYMBOL(moved);

static __always_inline enum gn_outcome look(struct gn_source *s, struct pt_regs *regs, bool device,
					    struct gn_asker *asker)
{
	u64 pa = gn_window_read64(s->reg.va, device);
	u64 offset = pa - s->block.pa;
	struct gn_estatus peek;
	enum gn_verdict verdict;
	struct gn_entry *e;
	u32 limit, length, severity;
	u8 *block;

	/* Device memory has no words at odd places: gn_window_map() will refuse those. */
	if (unlikely(offset > s->block.length || offset + GN_BLOCK_MIN > s->block.length ||
		     offset % 4))
		return moved(s, pa);
	block = s->block.va + offset;
	if (!gn_window_read32(block, device))
		return GN_NOTHING;
	dma_rmb(); /* TAKE_STATUS */
	peek = peek_at(block, device);
	limit = s->block.length - (u32)offset;
	verdict = gn_estatus_measure(&peek, limit, &length);
	if (unlikely(verdict != GN_GOOD)) {
		/* A moved block may reach beyond the window. */
		if (offset && gn_estatus_measure(&peek, s->desc.block_length, &length) == GN_GOOD)
			return moved(s, pa);
		length = min_t(u32, limit, GN_KEEP);
	}

	e = gn_queue_reserve(&s->queue, length);
	if (unlikely(!e))
		return full(s, block, limit, regs, device);
	e->stamp = gn_clock();
	e->owner = asker ? asker->owner : 0;
	gn_window_copy(e->block, block, length, device);
	if (unlikely(gn_estatus_changed(&peek, e->block)))
		verdict = GN_CHANGED;
	e->verdict = verdict;
	give_back(s, block, device);
	s->deferring = false;

	severity = gn_estatus_severity(e->block);
	if (unlikely(is_fatal(severity)))
		gn_fatal(s, e, regs);

	gn_queue_publish(&s->queue, e);
	WRITE_ONCE(s->in.records, s->in.records + 1);
	if (asker)
		asker->severity = severity;
	else if (severity == GN_SEV_RECOVERABLE)
		gn_drain_now(s);
	else
		gn_drain_soon(s);
	return GN_COLLECTED;
}

static noinline enum gn_outcome look_device(struct gn_source *s, struct pt_regs *regs,
					    struct gn_asker *asker)
{
	return look(s, regs, true, asker);
}
NOKPROBE_SYMBOL(look_device);

static noinline enum gn_outcome look_normal(struct gn_source *s, struct pt_regs *regs,
					    struct gn_asker *asker)
{
	return look(s, regs, false, asker);
}
NOKPROBE_SYMBOL(look_normal);

/* Somebody called while the owner was busy: look again, but not for ever. */
static noinline enum gn_outcome look_again(struct gn_source *s, struct pt_regs *regs, int seen,
					   struct gn_asker *asker)
{
	enum gn_outcome outcome = GN_NOTHING;
	int looks = LOOKS_MAX;

	if (asker)
		asker->owner = 0; /* what is found now is the caller's who came meanwhile */
	do {
		if (!--looks) {
			gn_claim_abandon(&s->collecting);
			gn_drain_look(s);
			break;
		}
		if ((s->device ? look_device(s, regs, asker) : look_normal(s, regs, asker)) ==
		    GN_COLLECTED)
			outcome = GN_COLLECTED;
	} while (!gn_claim_leave(&s->collecting, &seen));
	return outcome;
}
NOKPROBE_SYMBOL(look_again);

static noinline void found_nothing(struct gn_source *s)
{
	WRITE_ONCE(s->in.empty, s->in.empty + 1);
	if (!s->complain_empty) {
		WRITE_ONCE(s->complain_empty, 1);
		gn_drain_soon(s);
	}
}
NOKPROBE_SYMBOL(found_nothing);

static __always_inline enum gn_outcome collect(struct gn_source *s, struct pt_regs *regs, bool rung,
					       struct gn_asker *asker)
{
	enum gn_outcome outcome;
	int seen;

	if (!gn_claim_take(&s->collecting, &seen))
		return GN_BUSY;
	outcome = unlikely(s->device) ? look_device(s, regs, asker) : look(s, regs, false, asker);
	if (unlikely(outcome == GN_NOTHING && rung))
		found_nothing(s);
	if (unlikely(!gn_claim_leave(&s->collecting, &seen)) &&
	    look_again(s, regs, seen, asker) == GN_COLLECTED)
		outcome = GN_COLLECTED;
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
 * @asker: who asks; the drain is not rung, the asker sees to it
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
	enum gn_outcome outcome = collect(s, NULL, false, NULL);

	/* The exception that the record belongs to may still be on its way. */
	if (s->sync && outcome == GN_COLLECTED)
		gn_sync_earn(s->sync, 1);
	return outcome;
}
NOKPROBE_SYMBOL(gn_collect_again);
