// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the queue of one source
 *
 * A lock-free ring of variable-length entries between one producer and one
 * consumer. The producer may be an NMI that interrupted the consumer at any
 * instruction, on the same or on another CPU; neither ever waits.
 *
 * Who may call what, against what:
 *
 *			reserve	publish	peek	pop	used
 *	reserve		-	-	yes	yes	yes
 *	publish		-	-	yes	yes	yes
 *	peek		yes	yes	-	-	yes
 *	pop		yes	yes	-	-	yes
 *	used		yes	yes	yes	yes	yes
 *
 * Calls marked "-" need a claim word around them: reserve and publish are made
 * by the owner of the source's collecting claim, peek and pop by the owner of
 * its draining claim (claim.h).
 *
 * Shape. The ring's bytes are mapped twice in a row, so an entry that runs over
 * the end goes on in the second image and no code knows about wrapping but the
 * one subtraction in advance(). head == tail means empty; one alignment unit
 * always stays free, so that a full ring never looks empty. Room for one record of the
 * largest size is kept for a fatal one, which cannot wait for a drain.
 *
 *	        tail            head            tail + size
 *	         v               v               v
 *	|  free  | entry | entry |      free     | entry | entry | ...
 *	0                                size ^ second image
 *
 * Reserving does not move head: an entry that is not published (the block
 * changed while it was copied) simply is reserved over. Until published it
 * belongs to the producer, from then on to the consumer, and after pop to the
 * producer again. There is no ABA: each index has one writer.
 *
 * Memory ordering:
 *	QUEUE_PUBLISH: smp_store_release(head) pairs with
 *	QUEUE_PEEK:    smp_load_acquire(head).
 *	If PEEK reads what PUBLISH wrote, the consumer sees the entry's bytes.
 *
 *	QUEUE_POP:     smp_store_release(tail) pairs with
 *	QUEUE_RESERVE: smp_load_acquire(tail).
 *	If RESERVE reads what POP wrote, the consumer's last read of the entry
 *	is done before the producer writes over it.
 *
 * Pure: host tests and model checkers compile this file.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "path/queue.h"

/**
 * gn_queue_init() - an empty queue over memory the caller owns
 * @q: the queue
 * @base: @size bytes, mapped twice in a row, aligned to GN_QUEUE_ALIGN
 * @size: a multiple of GN_QUEUE_ALIGN, at most 1 GiB
 *
 * Context: Before any producer or consumer knows the queue.
 */
void gn_queue_init(struct gn_queue *q, u8 *base, u32 size)
{
	q->base = base;
	q->size = size;
	q->room = size;
	q->head = 0;
	q->tail = 0;
}

/**
 * gn_queue_keep() - keep room for a fatal record
 * @q: the queue
 * @length: bytes of the largest record
 *
 * Context: As gn_queue_init(), after it.
 */
void gn_queue_keep(struct gn_queue *q, u32 length)
{
	q->room -= gn_queue_span(length);
}

/**
 * gn_queue_bytes() - the smallest ring that can hold one record
 * @length: bytes of the record, at most 1 GiB
 *
 * Return: bytes.
 */
u32 gn_queue_bytes(u32 length)
{
	return gn_queue_span(length) + GN_QUEUE_ALIGN;
}

/**
 * gn_queue_peek() - the oldest entry
 * @q: the queue
 *
 * Context: NMI-safe. Single consumer.
 * Return: the entry, the consumer's until gn_queue_pop(); NULL if empty.
 */
struct gn_entry *gn_queue_peek(struct gn_queue *q)
{
	u32 head = smp_load_acquire(&q->head); /* QUEUE_PEEK */

	if (q->tail == head)
		return NULL;
	return (struct gn_entry *)(q->base + q->tail);
}
NOKPROBE_SYMBOL(gn_queue_peek);

/**
 * gn_queue_pop() - give the oldest entry's room back
 * @q: the queue
 * @e: what gn_queue_peek() returned last
 *
 * Context: NMI-safe. Single consumer.
 */
void gn_queue_pop(struct gn_queue *q, const struct gn_entry *e)
{
	smp_store_release(&q->tail, gn_queue_advance(q, q->tail, e->span)); /* QUEUE_POP */
}
NOKPROBE_SYMBOL(gn_queue_pop);

/**
 * gn_queue_used() - how full the ring is
 * @q: the queue
 *
 * Context: Any. A snapshot: both ends may move.
 * Return: bytes, entry headers included.
 */
u32 gn_queue_used(const struct gn_queue *q)
{
	u32 tail = READ_ONCE(q->tail);
	u32 head = READ_ONCE(q->head);

	return head >= tail ? head - tail : head + q->size - tail;
}
NOKPROBE_SYMBOL(gn_queue_used);
