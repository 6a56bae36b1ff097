// SPDX-License-Identifier: GPL-2.0-only
/* The HEST walk: it finds what is whole, and never leaves the table. */
#include "hest_table.h"

#include "record/hest.c"

/* Sizes: ACPI 6.5, 18.3.2; a machine check entry has 28 bytes more per bank. */
TEST(other_types_are_stepped_over)
{
	static const struct {
		u16 type;
		u32 size, banks_at, banks;
	} others[] = {
		{ 0, 40, 32, 0 },  { 0, 40, 32, 1 },  { 0, 40, 32, 255 },  { 1, 48, 44, 0 },
		{ 1, 48, 44, 32 }, { 2, 20, 0, 0 },   { 6, 48, 0, 0 },	   { 7, 44, 0, 0 },
		{ 8, 56, 0, 0 },   { 11, 48, 44, 0 }, { 11, 48, 44, 3 },   { 12, 4, 0, 0 },
		{ 12, 100, 0, 0 }, { 13, 8, 0, 0 },   { 0x7fff, 6, 0, 0 }, { 0xffff, 12, 0, 0 },
	};
	u32 i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		u32 size = others[i].size + others[i].banks * 28;
		struct table t;
		struct seen seen;
		u8 *p;

		start(&t);
		add_ghes(&t, 1);
		p = add(&t, others[i].type, 99, size);
		if (others[i].banks_at)
			p[others[i].banks_at] = (u8)others[i].banks;
		if (others[i].type >= 12)
			put16(p + 2, (u16)size);
		add_ghes_v2(&t, 2);
		/* As the last entry, too, it must fit. */
		memcpy(add(&t, others[i].type, 0, size), p, size);
		assert_int_equal(parse(&t, &seen), 0);
		assert_int_equal(seen.n, 2);
		assert_null(seen.why[0]);
		assert_null(seen.why[1]);
		assert_int_equal(seen.src[1].id, 2);

		/* One byte short, it ends the walk. */
		t.size--;
		assert_int_equal(parse(&t, &seen), 0);
		assert_int_equal(seen.n, 3);
		assert_non_null(seen.why[2]);
	}
}

TEST(types_without_a_length_end_the_walk)
{
	u16 type;

	for (type = 3; type <= 5; type++) {
		struct table t;
		struct seen seen;

		start(&t);
		add_ghes(&t, 1);
		add(&t, type, 42, 64);
		add_ghes(&t, 2);
		assert_int_equal(parse(&t, &seen), 0);
		assert_int_equal(seen.n, 2);
		assert_null(seen.why[0]);
		assert_non_null(strstr(seen.why[1], "cannot be read"));
		assert_int_equal(seen.src[1].id, 42);
	}
}

TEST(self_sized_entry_of_impossible_size_ends_the_walk)
{
	static const u16 sizes[] = { 0, 1, 2, 3, 13, 0xffff };
	u32 i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct table t;
		struct seen seen;

		start(&t);
		add_ghes(&t, 1);
		add(&t, 12, sizes[i], 12);
		assert_int_equal(parse(&t, &seen), 0);
		assert_int_equal(seen.n, 2);
		assert_non_null(strstr(seen.why[1], "cannot be read"));
	}
}

TEST(count_too_small_bounds_the_walk)
{
	struct table t;
	struct seen seen;
	int n;

	for (n = 0; n <= 3; n++) {
		start(&t);
		add_ghes(&t, 1);
		add_ghes(&t, 2);
		add_ghes(&t, 3);
		t.count = (u32)n;
		assert_int_equal(parse(&t, &seen), 0);
		assert_int_equal(seen.n, n);
	}
}

TEST(count_too_big_keeps_what_is_there)
{
	static const u32 counts[] = { 3, 4, 0x7fffffff, 0xffffffff };
	u32 i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct table t;
		struct seen seen;

		start(&t);
		add_ghes(&t, 1);
		add_ghes_v2(&t, 2);
		t.count = counts[i];
		assert_int_equal(parse(&t, &seen), 0);
		assert_int_equal(seen.n, 3);
		assert_null(seen.why[0]);
		assert_null(seen.why[1]);
		assert_non_null(seen.why[2]);
	}
}

/* Cut at every byte: what is whole is found, the rest is one refusal. */
TEST(cut_table_keeps_what_is_whole)
{
	struct table t;
	struct seen seen;
	u32 first, second, full, cut;

	start(&t);
	add_ghes_v2(&t, 1);
	first = t.size;
	add(&t, 0, 7, 40 + 28)[32] = 1;
	add_ghes(&t, 2);
	second = t.size;
	put16(add(&t, 12, 0, 16) + 2, 16);
	assert_int_equal(parse(&t, &seen), 0);
	assert_int_equal(seen.n, 2);
	full = t.size;
	for (cut = 0; cut < full; cut++) {
		/* The bytes are missing but the table's length counts them. */
		put32(t.bytes + 4, full);
		assert_int_equal(parse_bytes(t.bytes, cut, &seen), -EINVAL);
		assert_int_equal(seen.n, 0);
		if (cut < 8)
			continue;
		/* The table's length says so. */
		put32(t.bytes + 4, cut);
		if (cut < 40) {
			assert_int_equal(parse_bytes(t.bytes, cut, &seen), -EINVAL);
			continue;
		}
		assert_int_equal(parse_bytes(t.bytes, cut, &seen), 0);
		assert_int_equal(seen.n, 1 + (cut >= first) + (cut >= second));
		assert_non_null(seen.why[seen.n - 1]);
		if (seen.n > 1)
			assert_null(seen.why[0]);
		/* So it does, and more bytes follow that are none of the table's. */
		assert_int_equal(parse_bytes(t.bytes, full, &seen), 0);
		assert_int_equal(seen.n, 1 + (cut >= first) + (cut >= second));
		assert_non_null(seen.why[seen.n - 1]);
	}
}

TEST(table_that_is_no_hest_is_refused)
{
	struct table t;
	struct seen seen;
	int i;

	for (i = 0; i < 4; i++) {
		start(&t);
		add_ghes(&t, 1);
		t.bytes[i] ^= 0x20;
		assert_int_equal(parse(&t, &seen), -EINVAL);
		assert_int_equal(seen.n, 0);
	}
	for (i = 0; i < 40; i++) {
		start(&t);
		add_ghes(&t, 1);
		put32(t.bytes + 4, (u32)i);
		put32(t.bytes + 36, 1);
		assert_int_equal(parse_bytes(t.bytes, t.size, &seen), -EINVAL);
	}
	start(&t);
	assert_int_equal(parse(&t, &seen), 0);
	assert_int_equal(seen.n, 0);
}

TEST(duplicates_are_both_handed_out)
{
	struct table t;
	struct seen seen;

	start(&t);
	add_ghes(&t, 5);
	add_ghes_v2(&t, 5);
	assert_int_equal(parse(&t, &seen), 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.src[0].id, 5);
	assert_int_equal(seen.src[1].id, 5);
	assert_null(seen.why[0]);
	assert_null(seen.why[1]);
}

TEST(callback_ends_the_walk)
{
	struct table t;
	struct seen seen = { .stop_at = 2 };

	start(&t);
	add_ghes(&t, 1);
	add_ghes(&t, 2);
	add_ghes(&t, 3);
	put32(t.bytes + 4, t.size);
	put32(t.bytes + 36, t.count);
	assert_int_equal(gn_hest_parse(t.bytes, t.size, collect, &seen), 7);
	assert_int_equal(seen.n, 2);

	/* The refusal of what cannot be read ends it with its return value, too. */
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 4;
	put32(t.bytes + 36, 4);
	assert_int_equal(gn_hest_parse(t.bytes, t.size, collect, &seen), 7);
	assert_int_equal(seen.n, 4);
}

static void assert_reachable(const struct gn_hest_register *r)
{
	assert_true(r->bytes == 1 || r->bytes == 2 || r->bytes == 4 || r->bytes == 8);
	assert_true(r->mask && r->shift < 8 * r->bytes);
	assert_true(r->mask << r->shift >> r->shift == r->mask);
	assert_true(r->bytes == 8 || !(r->mask << r->shift >> 8 * r->bytes));
	assert_true(r->address && r->address % r->bytes == 0);
	assert_true(r->address + r->bytes > r->address);
	assert_true(!r->port || (r->bytes <= 4 && r->address + r->bytes <= 0x10000));
}

/* What the rest of the module relies on in a source that is handed out as usable. */
static int check_promises(void *arg, const struct gn_hest_source *src, const char *why)
{
	u32 *calls = arg;

	++*calls;
	if (why)
		return 0;
	assert_true(src->enabled);
	assert_in_range(src->block_length, GN_BLOCK_MIN, GN_BLOCK_MAX);
	assert_true(src->block_length <= src->block_said && !src->assist);
	assert_reachable(&src->status);
	assert_true(src->status.mask >= 0xffffffff);
	if (src->v2)
		assert_reachable(&src->ack);
	return 0;
}

TEST(random_mutations_break_no_promise)
{
	u64 seed = 0x48455354;
	struct table t;
	int round;

	start(&t);
	add_ghes(&t, 1);
	add(&t, 0, 2, 40 + 56)[32] = 2;
	add_ghes_v2(&t, 3);
	add(&t, 6, 4, 48);
	add(&t, 11, 5, 48 + 28)[44] = 1;
	put16(add(&t, 12, 0, 24) + 2, 24);
	add_ghes_v2(&t, 6);
	put32(t.bytes + 4, t.size);
	put32(t.bytes + 36, t.count);
	for (round = 0; round < 100000; round++) {
		u32 size = pick(&seed, 4) ? t.size : pick(&seed, t.size + 1);
		u8 *exact = exactly(t.bytes, size);
		u32 calls = 0, n = pick(&seed, 6);

		while (n-- && size) {
			u32 at = pick(&seed, 4) ? pick(&seed, size) : pick(&seed, 48) % size;
			u8 le[4];

			put32(le, pick(&seed, 2) ? nasty(&seed) : (u32)chance(&seed));
			memcpy(exact + at, le, size - at < 4 ? size - at : 1 + pick(&seed, 4));
		}
		if (size >= 8 && pick(&seed, 2))
			put32(exact + 4, size);
		gn_hest_parse(exact, size, check_promises, &calls);
		/* An entry has at least 4 bytes. */
		assert_true(calls <= size / 4 + 1);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_types_are_stepped_over),
		cmocka_unit_test(types_without_a_length_end_the_walk),
		cmocka_unit_test(self_sized_entry_of_impossible_size_ends_the_walk),
		cmocka_unit_test(count_too_small_bounds_the_walk),
		cmocka_unit_test(count_too_big_keeps_what_is_there),
		cmocka_unit_test(cut_table_keeps_what_is_whole),
		cmocka_unit_test(table_that_is_no_hest_is_refused),
		cmocka_unit_test(duplicates_are_both_handed_out),
		cmocka_unit_test(callback_ends_the_walk),
		cmocka_unit_test(random_mutations_break_no_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
