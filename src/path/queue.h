/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of one source: a byte ring of records of any length.
 */
#ifndef GN_QUEUE_H
#define GN_QUEUE_H

#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

#define GN_QUEUE_ALIGN 8u

/**
 * struct gn_entry - one record in a queue
 * @span: bytes of the ring this entry takes, set by gn_queue_reserve()
 * @length: bytes of @block that are valid
 * @stamp: gn_clock() when the record was read
 * @verdict: enum gn_verdict so far: what the producer could see of the block
 * @touched: of the pages that the record names as touched, so many are failed by
 *           the task that met this error; the memory sink leaves them out
 * @block: the error status block, as it was read from firmware
 */
struct gn_entry {
	u32 span;
	u32 length;
	u64 stamp;
	u32 verdict;
	u32 touched;
	u8 block[];
};

/**
 * struct gn_queue - single producer, single consumer
 * @base: the ring, mapped twice in a row: bytes [size, 2 * size) are bytes
 *        [0, size) again, so that every entry is contiguous
 * @size: bytes of the ring, a multiple of GN_QUEUE_ALIGN
 * @room: of them for ordinary records; the rest is kept for a fatal one
 * @head: where the next entry begins, [0, size); producer's
 * @tail: where the oldest entry begins, [0, size); consumer's
 */
struct gn_queue {
	u8 *base;
	u32 size;
	u32 room;
	u32 head ____cacheline_aligned_in_smp;
	u32 tail ____cacheline_aligned_in_smp;
};

void gn_queue_init(struct gn_queue *q, u8 *base, u32 size);
void gn_queue_keep(struct gn_queue *q, u32 length);
u32 gn_queue_bytes(u32 length);

struct gn_entry *gn_queue_peek(struct gn_queue *q);
void gn_queue_pop(struct gn_queue *q, const struct gn_entry *e);

u32 gn_queue_used(const struct gn_queue *q);

static __always_inline u32 gn_queue_advance(const struct gn_queue *q, u32 at, u32 span)
{
	at += span;
	return at >= q->size ? at - q->size : at;
}

static __always_inline u32 gn_queue_span(u32 length)
{
	return (u32)sizeof(struct gn_entry) +
	       ((length + GN_QUEUE_ALIGN - 1) & ~(GN_QUEUE_ALIGN - 1));
}

/* A place in the first @room bytes of the ring, counted from the tail; NULL: none. */
static __always_inline struct gn_entry *gn_queue_reserve_in(struct gn_queue *q, u32 length,
							    u32 room)
{
	u32 head = q->head;
	u32 tail = smp_load_acquire(&q->tail); /* QUEUE_RESERVE */
	u32 used = head >= tail ? head - tail : head + q->size - tail;
	u32 span = gn_queue_span(length);
	struct gn_entry *e;

	if (unlikely(used + span + GN_QUEUE_ALIGN > room))
		return NULL;
	e = (struct gn_entry *)(q->base + head);
	e->span = span;
	e->length = length;
	return e;
}

/**
 * gn_queue_reserve() - room for a record
 * @q: the queue
 * @length: bytes of the record, at most 1 GiB
 *
 * The entry is the producer's to fill, @length bytes at its block. Reserving
 * again without publishing gives the same room again.
 *
 * Context: NMI-safe. Single producer.
 * Return: the entry, NULL if the ring has no room for it now.
 */
static __always_inline struct gn_entry *gn_queue_reserve(struct gn_queue *q, u32 length)
{
	return gn_queue_reserve_in(q, length, q->room);
}

/**
 * gn_queue_reserve_last() - room for a fatal record in a full ring
 * @q: the queue
 * @length: bytes of the record, at most what gn_queue_keep() was told
 *
 * Context: As gn_queue_reserve().
 * Return: the entry, NULL if a fatal record has that room already.
 */
static __always_inline struct gn_entry *gn_queue_reserve_last(struct gn_queue *q, u32 length)
{
	return gn_queue_reserve_in(q, length, q->size);
}

/**
 * gn_queue_publish() - hand a reserved entry to the consumer
 * @q: the queue
 * @e: what gn_queue_reserve() returned last
 *
 * Context: NMI-safe. Single producer.
 */
static __always_inline void gn_queue_publish(struct gn_queue *q, const struct gn_entry *e)
{
	smp_store_release(&q->head, gn_queue_advance(q, q->head, e->span)); /* QUEUE_PUBLISH */
}

#endif
