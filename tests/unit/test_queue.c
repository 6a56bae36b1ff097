// SPDX-License-Identifier: GPL-2.0-only
/* The queue in one thread: order, bytes and room, wherever in the ring the records lie. */
#include "ring.h"

#include "path/queue.c"

#define SIZE RING_PAGE

/* The length of the largest record that fits into a ring of @size bytes. */
#define LARGEST(size) ((size) - GN_QUEUE_ALIGN - (u32)sizeof(struct gn_entry))

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

static void new_queue_is_empty(void **state)
{
	struct gn_queue *q = empty_at(state, 0);

	assert_null(gn_queue_peek(q));
	assert_int_equal(gn_queue_used(q), 0);
}

static void records_of_every_length_come_back_in_order(void **state)
{
	u32 length;

	for (length = 0; length <= LARGEST(SIZE); length++) {
		struct gn_queue *q = empty_at(state, length * 8 % SIZE);
		u32 span = (u32)sizeof(struct gn_entry) + (length + 7) / 8 * 8;
		u32 most = (SIZE - GN_QUEUE_ALIGN) / span, in = 0, out = 0, laps;

		/* Long enough for the records to begin at many places. */
		for (laps = 0; laps < 3; laps++) {
			while (in - out <= most && produce(q, in, length))
				in++;
			assert_int_equal(in - out, most);
			assert_int_equal(gn_queue_used(q), most * span);
			/* Leave some in, so that the next lap begins elsewhere. */
			while (in - out > most / 2)
				assert_true(consume(q, out++, length));
		}
		while (out != in)
			assert_true(consume(q, out++, length));
		assert_false(consume(q, out, length));
		assert_int_equal(gn_queue_used(q), 0);
	}
}

static void largest_record_fits_at_any_place(void **state)
{
	u32 at;

	for (at = 0; at < SIZE; at += GN_QUEUE_ALIGN) {
		struct gn_queue *q = empty_at(state, at);

		assert_null(gn_queue_reserve(q, LARGEST(SIZE) + 1));
		assert_true(produce(q, at, LARGEST(SIZE)));
		assert_int_equal(gn_queue_used(q), SIZE - GN_QUEUE_ALIGN);
		assert_null(gn_queue_reserve(q, 0));
		assert_true(consume(q, at, LARGEST(SIZE)));
		assert_null(gn_queue_peek(q));
	}
}

static void ring_of_the_stated_bytes_holds_the_record(void **state)
{
	u32 length;

	(void)state;
	for (length = 0; length < 5000; length++) {
		struct gn_queue q;
		u32 size = gn_queue_bytes(length);
		u8 *base = malloc(size);

		/* The entry begins at 0, so one image of the ring is enough. */
		gn_queue_init(&q, base, size);
		assert_int_equal(size % GN_QUEUE_ALIGN, 0);
		assert_true(produce(&q, length, length));
		assert_true(consume(&q, length, length));
		gn_queue_init(&q, base, size - GN_QUEUE_ALIGN);
		assert_false(produce(&q, length, length));
		free(base);
	}
}

/* Ordinary records leave room for a fatal one at any place; it has that room once. */
static void full_ring_has_room_for_a_fatal_record(void **state)
{
	const u32 largest = 1000;
	u32 at;

	for (at = 0; at < SIZE; at += GN_QUEUE_ALIGN) {
		struct gn_queue *q = empty_at(state, at);
		u32 in = 0, out;

		gn_queue_keep(q, largest);
		while (produce(q, in, 40))
			in++;
		assert_int_equal(in, (SIZE - GN_QUEUE_ALIGN - gn_queue_span(largest)) /
					     gn_queue_span(40));
		assert_true(produce_last(q, in, largest));
		assert_false(produce_last(q, in, largest));
		assert_null(gn_queue_reserve(q, 0));
		for (out = 0; out < in; out++)
			assert_true(consume(q, out, 40));
		assert_true(consume(q, in, largest));
		assert_false(consume(q, 0, 0));
	}
}

static void full_ring_does_not_look_empty(void **state)
{
	u32 at;

	for (at = 0; at < SIZE; at += GN_QUEUE_ALIGN) {
		struct gn_queue *q = empty_at(state, at);
		u32 in = 0, out;

		/* Entries of 24 bytes leave less than 24; the last one takes them, too. */
		while (gn_queue_used(q) + 2 * sizeof(struct gn_entry) <= SIZE - GN_QUEUE_ALIGN)
			assert_true(produce(q, in++, 0));
		assert_true(produce(q, in, LARGEST(SIZE - gn_queue_used(q))));
		assert_int_equal(gn_queue_used(q), SIZE - GN_QUEUE_ALIGN);
		assert_true(q->head != q->tail);
		assert_false(produce(q, 0, 0));
		for (out = 0; out < in; out++)
			assert_true(consume(q, out, 0));
		/* The room is there again as soon as it is popped. */
		assert_true(produce(q, 77, 24 * out - (u32)sizeof(struct gn_entry)));
		assert_int_equal(gn_queue_used(q), SIZE - GN_QUEUE_ALIGN);
	}
}

static void refused_record_changes_nothing(void **state)
{
	static const u32 lengths[] = { 4000, SIZE, SIZE * 2, 1 << 20, (1 << 30) - 1, 1 << 30 };
	struct gn_queue *q = empty_at(state, 4088);
	u32 i;

	assert_true(produce(q, 1, 100));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		assert_null(gn_queue_reserve(q, lengths[i]));
	assert_true(consume(q, 1, 100));
	assert_null(gn_queue_peek(q));
}

/* A block that changed while it was copied is simply reserved over. */
static void reserving_again_gives_the_same_room(void **state)
{
	u32 at;

	for (at = 0; at < SIZE; at += GN_QUEUE_ALIGN) {
		struct gn_queue *q = empty_at(state, at);
		struct gn_entry *first = gn_queue_reserve(q, 3000);

		assert_non_null(first);
		memset(first->block, 0xee, 3000);
		assert_null(gn_queue_peek(q));
		assert_int_equal(gn_queue_used(q), 0);
		assert_ptr_equal(gn_queue_reserve(q, 17), first);
		assert_ptr_equal(gn_queue_reserve(q, LARGEST(SIZE)), first);
		assert_null(gn_queue_peek(q));
		assert_true(produce(q, 5, 17));
		assert_int_equal(gn_queue_used(q), sizeof(struct gn_entry) + 24);
		assert_true(consume(q, 5, 17));
		assert_null(gn_queue_peek(q));
	}
}

static void peek_leaves_the_record(void **state)
{
	struct gn_queue *q = empty_at(state, 4080);
	struct gn_entry *e;

	assert_true(produce(q, 1, 40));
	assert_true(produce(q, 2, 50));
	e = gn_queue_peek(q);
	assert_ptr_equal(gn_queue_peek(q), e);
	assert_null(record_fault(e, 1, 40));
	assert_true(produce(q, 3, 60));
	assert_null(record_fault(e, 1, 40));
	assert_true(consume(q, 1, 40));
	assert_true(consume(q, 2, 50));
	assert_true(consume(q, 3, 60));
	assert_false(consume(q, 4, 0));
}

/* Against a plain list of what must be in the queue. */
static void random_traffic_comes_back(void **state)
{
	static u32 lengths[1 << 8];
	struct gn_queue *q = empty_at(state, 0);
	u32 in = 0, out = 0, used = 0, round;
	u64 seed = 0x51554555;

	for (round = 0; round < 300000; round++) {
		u32 most = pick(&seed, 8) ? 200 : LARGEST(SIZE) + 20;
		u32 length = pick(&seed, most);
		u32 span = (u32)sizeof(struct gn_entry) + (length + 7) / 8 * 8;

		if (pick(&seed, 2)) {
			bool fits = used + span <= SIZE - GN_QUEUE_ALIGN;

			lengths[in % 256] = length;
			assert_int_equal(produce(q, in, length), fits);
			in += fits;
			used += fits ? span : 0;
		} else {
			length = lengths[out % 256];
			span = (u32)sizeof(struct gn_entry) + (length + 7) / 8 * 8;
			assert_int_equal(consume(q, out, length), in != out);
			used -= in != out ? span : 0;
			out += in != out;
		}
		assert_int_equal(gn_queue_used(q), used);
		assert_true(q->head < SIZE && q->tail < SIZE);
	}
	assert_true(in > 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(new_queue_is_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(records_of_every_length_come_back_in_order, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(largest_record_fits_at_any_place, set_up,
						tear_down),
		cmocka_unit_test(ring_of_the_stated_bytes_holds_the_record),
		cmocka_unit_test_setup_teardown(full_ring_has_room_for_a_fatal_record, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(full_ring_does_not_look_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused_record_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reserving_again_gives_the_same_room, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(peek_leaves_the_record, set_up, tear_down),
		cmocka_unit_test_setup_teardown(random_traffic_comes_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
