/* SPDX-License-Identifier: GPL-2.0-only */
/* A producer and a consumer on two threads, and a third that asks how full the ring is. */
#ifndef QUEUE_STRESS_H
#define QUEUE_STRESS_H

#include "ring.h"

#include <pthread.h>
#include <sched.h>

#include "path/queue.c"

#define STRESS_RECORDS 1000000u
#define STRESS_RING    (4 * RING_PAGE)

struct stress {
	struct gn_queue q;
	int over;
};

/* Mostly short ones, now and then one that fills much of the ring. */
static inline u32 stress_length(u64 *seed)
{
	return pick(seed, 4096) ? pick(seed, 40) : pick(seed, STRESS_RING - 64);
}

static void *stress_produce(void *arg)
{
	struct stress *s = arg;
	u64 seed = 0x50524f44;
	u32 seq;

	for (seq = 0; seq < STRESS_RECORDS; seq++) {
		u32 length = stress_length(&seed);

		/* As if a block had changed while it was copied. */
		if (seq % 64 == 0) {
			struct gn_entry *e = gn_queue_reserve(&s->q, 16);

			if (e)
				memset(e->block, 0xee, 16);
		}
		while (!produce(&s->q, seq, length))
			sched_yield();
	}
	return NULL;
}

static void *stress_watch(void *arg)
{
	struct stress *s = arg;
	bool *wrong = calloc(1, sizeof(*wrong));

	while (!READ_ONCE(s->over)) {
		*wrong |= gn_queue_used(&s->q) >= STRESS_RING;
		sched_yield();
	}
	return wrong;
}

/* Every record arrives once, whole and in order. */
TEST(two_threads_lose_nothing)
{
	static struct stress s;
	pthread_t producer, watcher;
	u64 seed = 0x50524f44;
	const char *fault = NULL;
	bool *wrong;
	u32 seq;

	gn_queue_init(&s.q, ring_map(STRESS_RING), STRESS_RING);
	assert_int_equal(pthread_create(&producer, NULL, stress_produce, &s), 0);
	assert_int_equal(pthread_create(&watcher, NULL, stress_watch, &s), 0);
	for (seq = 0; seq < STRESS_RECORDS; seq++) {
		u32 length = stress_length(&seed);
		struct gn_entry *e;

		while (!(e = gn_queue_peek(&s.q)))
			sched_yield();
		if (!fault)
			fault = record_fault(e, seq, length);
		gn_queue_pop(&s.q, e);
	}
	WRITE_ONCE(s.over, 1);
	pthread_join(producer, NULL);
	pthread_join(watcher, (void **)&wrong);
	assert_null(fault);
	assert_false(*wrong);
	assert_null(gn_queue_peek(&s.q));
	assert_int_equal(gn_queue_used(&s.q), 0);
	free(wrong);
	ring_unmap(s.q.base, STRESS_RING);
}

#endif
