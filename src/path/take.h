/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking one record from firmware: peek, copy, enqueue, clear, ack.
 *
 * gn_take() is the one place where the module's order towards firmware is. Firmware
 * owns the block while its status is 0; writing a record, it writes the status
 * last. From then on the block is ours until we write the status back to 0 and,
 * for GHESv2, acknowledge.
 *
 *	STATUS	not 0			there is a record
 *	dma_rmb() TAKE_STATUS: no field of the record is loaded before the status
 *	PEEK	header, once		lengths decide how much is copied
 *	PLACE	for that much		none: the record stays as it is
 *	COPY	at most that much
 *	CHECK	the copy's lengths are the peeked ones, or the block is malformed
 *	ENQUEUE	with the drain		unless it is fatal: its next owner has it before
 *					firmware gives it up, and the last words find it
 *	mb()	GIVE_BACK_COPY: every load of the copy is done before
 *	CLEAR	status = 0
 *	wmb()	GIVE_BACK_CLEAR: firmware sees the clear before the ack
 *	ACK	gn_ack_give()
 *
 * Firmware's own order (record, then status; ack seen, then next record) is the
 * other half of all three pairs. Every path with a status that is not 0 ends there,
 * or leaves the block untouched on purpose: queue full, block not mapped yet.
 * A block whose status is 0 is never acked: the ack could release a record that
 * firmware is just writing. tests/unit/test_collect.c has a table of all paths.
 *
 * How the ACK is written, and what comes of it while a source changes hands, is ack.c's.
 *
 * All of this is NMI-safe: no lock, no wait, every loop bounded.
 */
#ifndef GN_TAKE_H
#define GN_TAKE_H

#include "compat/arch.h"
#include "path/asker.h"
#include "path/source.h"

/* The lengths in a block's header, each loaded once. */
static __always_inline struct gn_estatus gn_peek(const void *block, bool device)
{
	return (struct gn_estatus){
		.raw_offset = gn_window_read32(block + 4, device),
		.raw_length = gn_window_read32(block + 8, device),
		.data_length = gn_window_read32(block + 12, device),
	};
}

static __always_inline bool gn_is_fatal(u32 severity)
{
	return severity == GN_SEV_FATAL || severity >= GN_SEVERITIES;
}

/* What gn_take() came to. */
enum gn_taken {
	GN_TAKEN,     /* the record is in the queue, firmware has its block back */
	GN_FATAL,     /* the record is copied and fatal; gn_give_back() is the next step */
	GN_NO_RECORD, /* the status is 0 */
	GN_NO_PLACE,  /* there is none for the record, the block is untouched */
	GN_NO_WINDOW, /* the record reaches beyond what is mapped, the block is untouched */
};

/* Is this a reason to panic, as far as the copy can tell? */
static __always_inline bool gn_is_last(const struct gn_entry *e)
{
	return e->verdict == GN_GOOD && gn_is_fatal(gn_estatus_severity(e->block)) &&
	       gn_estatus_check(e->block, e->length) == GN_GOOD;
}

/* Hand a record to the drain; when that is rung is returned. */
static __always_inline enum gn_ring gn_enqueue(struct gn_source *s, struct gn_entry *e,
					       u32 severity, gn_meet_fn *meet, void *asker)
{
	enum gn_ring ring = severity == GN_SEV_RECOVERABLE ? GN_RING_NOW : GN_RING_SOON;

	if (meet)
		ring = meet(asker, s, e);
	/* Counted first: what the drain counts of this record is never more than this. */
	WRITE_ONCE(s->in.stamp, e->stamp);
	WRITE_ONCE(s->in.records, s->in.records + 1);
	gn_queue_publish(&s->queue, e);
	return ring;
}

/* The last steps: firmware may write its next record. */
static __always_inline void gn_give_back(struct gn_source *s, u8 *block, bool device)
{
	mb();						/* GIVE_BACK_COPY */
	gn_window_write32(block, 0, device);		/* CLEAR */
	if (unlikely(!gn_ack_give(&s->in.ack, device))) /* ACK */
		gn_bell_look(&s->bell);
}

/* There is a record at @block, in @limit bytes that are mapped: from PEEK on. */
static __always_inline enum gn_taken gn_take_record(struct gn_source *s, u8 *block, u32 limit,
						    bool moved, bool device, bool last,
						    gn_meet_fn *meet, void *asker,
						    struct gn_entry **entry, enum gn_ring *ring)
{
	/* With its value: a hardened kernel's compiler clears what is declared without one. */
	struct gn_estatus peek = gn_peek(block, device); /* PEEK */
	u32 length, severity;
	enum gn_verdict verdict = gn_estatus_measure(&peek, limit, &length);
	struct gn_entry *e;

	if (unlikely(verdict != GN_GOOD)) {
		/* A moved block may reach beyond the window. */
		if (moved && gn_estatus_measure(&peek, s->desc.block_length, &length) == GN_GOOD)
			return GN_NO_WINDOW;
		length = min_t(u32, limit, GN_KEEP);
	}

	if (last) { /* PLACE */
		if (verdict != GN_GOOD || !gn_is_fatal(gn_window_read32(block + 16, device)))
			return GN_NO_PLACE;
		e = gn_queue_reserve_last(&s->queue, length);
	} else {
		e = gn_queue_reserve(&s->queue, length);
	}
	if (unlikely(!e))
		return GN_NO_PLACE;
	e->stamp = gn_clock();
	e->touched = 0;
	gn_window_copy(e->block, block, length, device);   /* COPY */
	if (unlikely(gn_estatus_changed(&peek, e->block))) /* CHECK */
		verdict = GN_CHANGED;
	e->verdict = verdict;
	if (last && !gn_is_last(e))
		return GN_NO_PLACE;
	severity = gn_estatus_severity(e->block);
	*entry = e;
	if (unlikely(gn_is_fatal(severity)))
		return GN_FATAL;
	*ring = gn_enqueue(s, e, severity, meet, asker); /* ENQUEUE */
	gn_give_back(s, block, device);
	return GN_TAKEN;
}

/*
 * The order towards firmware, with the words of the table above.
 *
 * @meet: called with the record; NULL: nobody asked for it
 * @asker: handed to @meet
 * @entry: set to a fatal record, for who panics and calls gn_enqueue() should that return
 * @ring: set to when the drain is rung for a record in the queue
 * @last: the queue is full. A fatal record does not wait for a drain that may never
 * run: the ring keeps room for one, and the machine panics from there. One that is
 * not even well-formed is no reason to panic and waits like any other.
 */
static __always_inline enum gn_taken gn_take(struct gn_source *s, u32 offset, bool device,
					     bool last, gn_meet_fn *meet, void *asker,
					     struct gn_entry **entry, enum gn_ring *ring)
{
	u32 limit = s->in.block.length - offset;
	u8 *block = s->in.block.va + offset;

	if (!gn_window_read32(block, device)) /* STATUS */
		return GN_NO_RECORD;
	dma_rmb(); /* TAKE_STATUS */
	return gn_take_record(s, block, limit, offset != 0, device, last, meet, asker, entry, ring);
}

#endif
