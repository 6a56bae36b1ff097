// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue with one end as an NMI at every instruction of the other.
 * Built with -fno-sanitize=all: instructions of sanitizers would be interrupted, too.
 */
#include "ring.h"
#include "step.h"

#include "path/claim.h"
#include "path/queue.c"

/* A record of 16 bytes, and one that leaves no room but for one of those. */
#define SMALL 16u
#define BIG   (RING_PAGE - GN_QUEUE_ALIGN - 24 - (24 + SMALL))

static struct {
	struct gn_queue q;
	u32 in, out, refused;
	bool fault;
	struct gn_claim collecting;
	bool posted[STEP_DEPTH];
} traffic;

static void put(u32 length)
{
	struct gn_entry *e = gn_queue_reserve(&traffic.q, length);

	if (!e) {
		traffic.refused++;
		return;
	}
	e->stamp = traffic.in;
	e->block[0] = (u8)traffic.in;
	e->block[length - 1] = (u8)~traffic.in++;
	gn_queue_publish(&traffic.q, e);
}

static void put_small(int depth)
{
	(void)depth;
	put(SMALL);
}

static void drain(int depth)
{
	struct gn_entry *e;

	(void)depth;
	while ((e = gn_queue_peek(&traffic.q))) {
		u32 seq = traffic.out++;

		traffic.fault |= e->stamp != seq || e->block[0] != (u8)seq ||
				 e->block[e->length - 1] != (u8)~seq;
		gn_queue_pop(&traffic.q, e);
	}
}

static void start(u8 *base)
{
	memset(&traffic, 0, sizeof(traffic));
	gn_queue_init(&traffic.q, base, RING_PAGE);
	traffic.q.head = traffic.q.tail = RING_PAGE / 2;
}

/* As long as the big record is not popped there is no room; then there is. */
TEST(producer_interrupts_the_consumer)
{
	u8 *base = ring_map(RING_PAGE);
	u32 first, refused = 0, accepted = 0;
	int levels;

	for (first = 0;; first++) {
		start(base);
		put(BIG);
		put(SMALL);
		levels = step_run(drain, put_small, first, STEP_NEVER);
		refused += traffic.refused;
		accepted += traffic.in - 2;
		assert_int_equal(traffic.refused + traffic.in, 2 + levels - 1);
		/* What came after the last peek waits for the next drain. */
		drain(0);
		assert_false(traffic.fault);
		assert_int_equal(traffic.out, traffic.in);
		assert_int_equal(gn_queue_used(&traffic.q), 0);
		if (levels < 2)
			break;
	}
	assert_true(refused > 5);
	assert_true(accepted > 5);
	ring_unmap(base, RING_PAGE);
}

/* A record that is not published yet is not seen, one that is is whole. */
TEST(consumer_interrupts_the_producer)
{
	u8 *base = ring_map(RING_PAGE);
	u32 first, early = 0, late = 0;
	int levels;

	for (first = 0;; first++) {
		start(base);
		put(SMALL);
		levels = step_run(put_small, drain, first, STEP_NEVER);
		assert_int_equal(traffic.in, 2);
		assert_false(traffic.fault);
		early += traffic.out == 1;
		late += traffic.out == 2;
		drain(0);
		assert_false(traffic.fault);
		assert_int_equal(traffic.out, 2);
		if (levels < 2)
			break;
	}
	assert_true(early > 5);
	assert_true(late > 0);
	ring_unmap(base, RING_PAGE);
}

/* As the module collects: who owns the claim puts what others posted, too. */
static void collect(int depth)
{
	int seen, i;

	WRITE_ONCE(traffic.posted[depth], true);
	if (!gn_claim_enter(&traffic.collecting, &seen))
		return;
	do {
		for (i = 0; i < STEP_DEPTH; i++) {
			if (READ_ONCE(traffic.posted[i])) {
				WRITE_ONCE(traffic.posted[i], false);
				put(SMALL);
			}
		}
	} while (!gn_claim_leave(&traffic.collecting, &seen));
}

TEST(producers_interrupt_each_other)
{
	u8 *base = ring_map(RING_PAGE);
	u32 first;
	int levels;

	for (first = 0;; first++) {
		start(base);
		/* The second one comes early or late in the first one. */
		levels = step_run(collect, collect, first, 1 + first * 7 % 64);
		assert_int_equal(traffic.in, levels);
		drain(0);
		assert_false(traffic.fault);
		assert_int_equal(traffic.out, levels);
		if (levels < 2)
			break;
	}
	assert_true(first > 50);
	ring_unmap(base, RING_PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(producer_interrupts_the_consumer),
		cmocka_unit_test(consumer_interrupts_the_producer),
		cmocka_unit_test(producers_interrupt_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
