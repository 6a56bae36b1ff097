// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/view.c: a reader copies the entry that the consumer takes out, and whose room the
 * producer uses again. What the reader believes is the entry that it stood at. FIRST is the
 * record that stands where the ring begins: 1 is there before all threads are, 2 is not.
 */
#include "weak.h"

#include <linux/compiler.h>
#include <linux/types.h>

#define UNIT_LINUX_STRING_H

#define LENGTH 8u

static u64 bytes; /* of the entries: any two of so small a ring overlap */
static u64 copied;

/* The copy of an entry. */
static void copy(void)
{
	copied = READ_ONCE(bytes);
}
#define memcpy(to, from, n) copy()
#include "path/queue.c"
#include "path/view.c"
#undef memcpy

static struct gn_queue queue;
static u64 ring[16] __attribute__((__aligned__(64)));
static struct {
	struct gn_entry entry;
	u8 block[LENGTH];
} to;

static void publish(u64 record)
{
	struct gn_entry *e = gn_queue_reserve(&queue, LENGTH);

	if (!e)
		return;
	WRITE_ONCE(bytes, record);
	gn_queue_publish(&queue, e);
}

static void producer(void)
{
	publish(2);
}

static void consumer(void)
{
	struct gn_entry *e = gn_queue_peek(&queue);

	if (e)
		gn_queue_pop(&queue, e);
}

static void reader(void)
{
	struct gn_view view;
	u32 room;
	u64 expected;

	gn_view_start(&queue, &view);
	room = view.end >= view.at ? view.end - view.at : view.end + queue.size - view.at;
	weak_check(!room || room == gn_queue_span(LENGTH));
	expected = view.at ? 2 : FIRST;
	if (gn_view_next(&queue, &view, &to.entry, LENGTH))
		weak_check(copied == expected);
}

static void begin(void)
{
	memset(ring, 0, sizeof(ring));
	bytes = 0;
	gn_queue_init(&queue, (u8 *)ring, gn_queue_bytes(LENGTH));
#if FIRST == 1
	publish(1);
#endif
	weak_thread(producer, false);
	weak_thread(consumer, false);
	weak_thread(reader, false);
}

static void end(void)
{
}

int main(void)
{
	return weak_explore("view", begin, end);
}
