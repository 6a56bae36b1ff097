// SPDX-License-Identifier: GPL-2.0-only
/* The view of a queue: its records, whatever its consumer does meanwhile. */
#include "ring.h"

#include "path/queue.c"
#include "path/view.c"

#define SIZE RING_PAGE

struct fixture {
	struct gn_queue q;
	u8 *base;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->base = ring_map(SIZE);
	gn_queue_init(&f->q, f->base, SIZE);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ring_unmap(f->base, SIZE);
	free(f);
	return 0;
}

/* An empty queue whose next entry begins at @at, a multiple of GN_QUEUE_ALIGN. */
static struct gn_queue *empty_at(void **state, u32 at)
{
	struct fixture *f = *state;

	gn_queue_init(&f->q, f->base, SIZE);
	f->q.head = f->q.tail = at;
	return &f->q;
}

/* A copy of every record, in order, wherever the ring wraps; the consumer has them all still. */
static void view_shows_what_the_consumer_will_have(void **state)
{
	struct gn_entry *copy = malloc(sizeof(*copy) + SIZE);
	u32 at, n;

	assert_non_null(copy);
	for (at = 0; at < SIZE; at += 8) {
		struct gn_queue *q = empty_at(state, at);
		struct gn_view view;
		u64 stamp;

		gn_view_start(q, &view);
		assert_false(gn_view_stamp(q, &view, &stamp));
		assert_false(gn_view_next(q, &view, copy, SIZE));
		for (n = 0; n < 5; n++)
			assert_true(produce(q, n, 100 * n + n));
		gn_view_start(q, &view);
		assert_true(produce(q, 5, 8)); /* after the view began */
		for (n = 0; n < 5; n++) {
			assert_true(gn_view_stamp(q, &view, &stamp));
			assert_int_equal(stamp, n);
			assert_true(gn_view_next(q, &view, n == 3 ? NULL : copy, SIZE));
			if (n != 3)
				assert_null(record_fault(copy, n, 100 * n + n));
		}
		assert_false(gn_view_next(q, &view, copy, SIZE));
		for (n = 0; n < 5; n++)
			assert_true(consume(q, n, 100 * n + n));
	}
	free(copy);
}

/* The consumer takes out the record that is just being copied, or the one before. */
static void view_tells_what_was_taken_out(void **state)
{
	struct gn_queue *q = empty_at(state, SIZE - 64);
	struct gn_entry *copy = malloc(sizeof(*copy) + 64);
	struct gn_view view;
	u32 n;

	assert_non_null(copy);
	for (n = 0; n < 3; n++)
		assert_true(produce(q, n, 64));
	gn_view_start(q, &view);
	assert_true(consume(q, 0, 64));
	assert_false(gn_view_next(q, &view, copy, 64));
	assert_true(gn_view_next(q, &view, copy, 64));
	assert_null(record_fault(copy, 1, 64));
	assert_false(gn_view_next(q, &view, copy, 63)); /* no room */
	assert_false(gn_view_next(q, &view, copy, 64)); /* the end */
	free(copy);
}

/* An entry that somebody is writing over: no step leaves the ring, and the view ends. */
static void view_of_anything_ends(void **state)
{
	struct gn_entry *copy = malloc(sizeof(*copy) + SIZE);
	u64 seed = 0x56494557;
	u32 i, steps;

	assert_non_null(copy);
	for (i = 0; i < 20000; i++) {
		struct gn_queue *q = empty_at(state, pick(&seed, SIZE / 8) * 8);
		struct gn_view view;
		struct gn_entry *e;
		u64 stamp;

		for (steps = 0; steps < 3; steps++)
			assert_true(produce(q, steps, 8 * pick(&seed, 100)));
		gn_view_start(q, &view);
		e = gn_queue_peek(q);
		e->span = pick(&seed, 2) ? nasty(&seed) : 8 * pick(&seed, 300);
		e->length = nasty(&seed);
		for (steps = 0; gn_view_stamp(q, &view, &stamp); steps++) {
			gn_view_next(q, &view, copy, SIZE);
			assert_true(view.at < SIZE && steps < SIZE / sizeof(*e));
		}
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(view_shows_what_the_consumer_will_have, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(view_tells_what_was_taken_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(view_of_anything_ends, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
