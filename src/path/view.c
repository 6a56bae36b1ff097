// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entries of a queue, for a reader that is not its consumer and owns no claim.
 *
 * Its consumer may run at the same time, interrupted on this CPU or on another one. It takes
 * out at most one entry (gn_roll_is_closed()), and a producer may write over that one. So an
 * entry is believed in so far as it lies in the ring, and a copy only if its entry was still
 * there afterwards:
 *
 *	smp_rmb() VIEW_COPY: the copy before the tail, pairs with QUEUE_POP.
 *	If the tail is not yet behind the entry, no producer had its room.
 *
 * Pure: host tests compile this file.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "path/view.h"

/* The entry that @v stands at, false if there is none or what stands there is no entry. */
static bool view_entry(const struct gn_queue *q, struct gn_view *v, const struct gn_entry **entry,
		       u32 *span, u32 *length)
{
	u32 room = v->end >= v->at ? v->end - v->at : v->end + q->size - v->at;
	const struct gn_entry *e = (const struct gn_entry *)(q->base + v->at);

	if (!room)
		return false;
	*span = READ_ONCE(e->span);
	*length = READ_ONCE(e->length);
	if (*span < sizeof(*e) || *span > room || *span % GN_QUEUE_ALIGN ||
	    *length > *span - sizeof(*e)) {
		v->at = v->end;
		return false;
	}
	*entry = e;
	return true;
}
NOKPROBE_SYMBOL(view_entry);

/**
 * gn_view_start() - look at a queue without being its consumer
 * @q: the queue
 * @v: the view; it ends with the youngest entry there is now
 *
 * The consumer may pop one entry at the same time and no more: gn_view_next() notices.
 *
 * Context: NMI-safe. Anybody.
 */
void gn_view_start(const struct gn_queue *q, struct gn_view *v)
{
	int tries = 2;

	/* The head may have come around over a tail that the consumer has left meanwhile. */
	do {
		v->at = smp_load_acquire(&q->tail);  /* not beyond the head, which is read later */
		v->end = smp_load_acquire(&q->head); /* QUEUE_PEEK */
	} while (READ_ONCE(q->tail) != v->at && --tries);
}
NOKPROBE_SYMBOL(gn_view_start);

/**
 * gn_view_stamp() - when the next entry of a view was read from firmware
 * @q: the queue
 * @v: the view
 * @stamp: set
 *
 * Context: NMI-safe. Anybody.
 * Return: false if there is no entry.
 */
bool gn_view_stamp(const struct gn_queue *q, struct gn_view *v, u64 *stamp)
{
	const struct gn_entry *e;
	u32 span, length;

	if (!view_entry(q, v, &e, &span, &length))
		return false;
	*stamp = READ_ONCE(e->stamp);
	return true;
}
NOKPROBE_SYMBOL(gn_view_stamp);

/**
 * gn_view_next() - step over the next entry of a view
 * @q: the queue
 * @v: the view
 * @to: a copy of the entry; NULL: only step
 * @most: bytes of a block that there is room for at @to
 *
 * Context: NMI-safe. Anybody.
 * Return: false if there is no entry, or if the consumer has taken it out, so that
 *         the copy may be of something else.
 */
bool gn_view_next(const struct gn_queue *q, struct gn_view *v, struct gn_entry *to, u32 most)
{
	const struct gn_entry *e;
	u32 at = v->at, span, length, tail;

	if (!view_entry(q, v, &e, &span, &length))
		return false;
	v->at = gn_queue_advance(q, at, span);
	if (!to)
		return true;
	if (length > most)
		return false;
	memcpy(to, e, sizeof(*e) + length);
	to->span = span;
	to->length = length;
	smp_rmb(); /* VIEW_COPY */
	tail = READ_ONCE(q->tail);
	return (v->end >= tail ? v->end - tail : v->end + q->size - tail) >=
	       (v->end >= at ? v->end - at : v->end + q->size - at);
}
NOKPROBE_SYMBOL(gn_view_next);
