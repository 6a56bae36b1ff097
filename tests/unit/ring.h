/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for a queue: a ring mapped twice in a row, and nothing readable behind it. */
#ifndef RING_H
#define RING_H

/* memfd_create() is an extension: this header comes first. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

#include "path/queue.h"

#define RING_PAGE 4096u

/* Maps @size bytes twice, between two pages that cannot be accessed. */
static inline u8 *ring_map(u32 size)
{
	u8 *room = mmap(NULL, 2ul * size + 2 * RING_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	int fd = memfd_create("ring", MFD_CLOEXEC), i;

	assert_true(room != MAP_FAILED && fd >= 0 && size % RING_PAGE == 0);
	assert_int_equal(ftruncate(fd, size), 0);
	for (i = 0; i < 2; i++)
		assert_ptr_equal(mmap(room + RING_PAGE + (size_t)size * i, size,
				      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0),
				 room + RING_PAGE + (size_t)size * i);
	close(fd);
	return room + RING_PAGE;
}

static inline void ring_unmap(u8 *base, u32 size)
{
	munmap(base - RING_PAGE, 2ul * size + 2 * RING_PAGE);
}

/* Byte @i of the record number @seq: no two neighbours have the same bytes. */
static inline u8 record_byte(u32 seq, u32 i)
{
	return (u8)(seq * 31 + i * 7 + (seq >> 8));
}

/* Puts record @seq into a place in the queue; false if there is none. */
static inline bool put_record(struct gn_queue *q, struct gn_entry *e, u32 seq, u32 length)
{
	u32 i;

	if (!e)
		return false;
	e->stamp = seq;
	e->verdict = ~seq;
	for (i = 0; i < length; i++)
		e->block[i] = record_byte(seq, i);
	gn_queue_publish(q, e);
	return true;
}

static inline bool produce(struct gn_queue *q, u32 seq, u32 length)
{
	return put_record(q, gn_queue_reserve(q, length), seq, length);
}

static inline bool produce_last(struct gn_queue *q, u32 seq, u32 length)
{
	return put_record(q, gn_queue_reserve_last(q, length), seq, length);
}

/* What is wrong with the record, NULL if it is number @seq. */
static inline const char *record_fault(const struct gn_entry *e, u32 seq, u32 length)
{
	u32 i;

	if (e->stamp != seq || e->verdict != ~seq)
		return "another record";
	if (e->length != length)
		return "another length";
	for (i = 0; i < length; i++)
		if (e->block[i] != record_byte(seq, i))
			return "other bytes";
	return NULL;
}

/* Takes the oldest record out, which must be number @seq; false if the queue is empty. */
static inline bool consume(struct gn_queue *q, u32 seq, u32 length)
{
	struct gn_entry *e = gn_queue_peek(q);

	if (!e)
		return false;
	assert_null(record_fault(e, seq, length));
	gn_queue_pop(q, e);
	return true;
}

#endif
