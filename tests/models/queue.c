// SPDX-License-Identifier: GPL-2.0-only
/* src/path/queue.[ch]: two records through a ring with room for one, producer and consumer. */
#include "weak.h"

#include "path/queue.c"

#define RECORDS 2u
#define LENGTH	8u

static struct gn_queue queue;
static u64 ring[16] __attribute__((__aligned__(64)));
static u64 bytes; /* plain: any two entries of so small a ring overlap */
static u32 produced, consumed;

static void producer(void)
{
	int tries;

	for (tries = 0; tries < 4 && produced < RECORDS; tries++) {
		struct gn_entry *e = gn_queue_reserve(&queue, LENGTH);

		if (!e)
			continue;
		weak_plain_write(&bytes, produced + 1);
		gn_queue_publish(&queue, e);
		produced++;
	}
}

static void consumer(void)
{
	int tries;

	for (tries = 0; tries < 4 && consumed < RECORDS; tries++) {
		struct gn_entry *e = gn_queue_peek(&queue);

		if (!e)
			continue;
		weak_check(weak_plain_read(&bytes) == consumed + 1);
		consumed++;
		gn_queue_pop(&queue, e);
	}
}

static void begin(void)
{
	memset(ring, 0, sizeof(ring));
	bytes = produced = consumed = 0;
	gn_queue_init(&queue, (u8 *)ring, gn_queue_bytes(LENGTH));
	weak_thread(producer, false);
	weak_thread(consumer, false);
}

static void end(void)
{
	weak_check(consumed <= produced);
}

int main(void)
{
	return weak_explore("queue", begin, end);
}
