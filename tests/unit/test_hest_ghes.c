// SPDX-License-Identifier: GPL-2.0-only
/* One GHES entry of a HEST: its fields, and what makes it unusable. */
#include "hest_table.h"

#include "record/hest.c"

/* Parses one GHESv2 entry with @bytes at @offset replaced; NULL: it is usable. */
static const char *refusal(u32 offset, u64 value, u32 bytes)
{
	struct table t;
	struct seen seen;
	u8 *p, le[8];

	start(&t);
	p = add_ghes_v2(&t, 3);
	put64(le, value);
	memcpy(p + offset, le, bytes);
	assert_int_equal(parse(&t, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.src[0].id, 3);
	return seen.why[0];
}

static void assert_register(const struct gn_hest_register *r, u64 address, bool port, u8 bytes,
			    u8 shift, u64 mask)
{
	assert_int_equal(r->address, address);
	assert_int_equal(r->port, port);
	assert_int_equal(r->bytes, bytes);
	assert_int_equal(r->shift, shift);
	assert_int_equal(r->mask, mask);
}

TEST(fields_of_ghes_are_read)
{
	struct table t;
	struct seen seen;
	u8 *p;

	start(&t);
	p = add_ghes(&t, 0xabcd);
	put32(p + 36, 0x11223344);
	put32(p + 40, 0x55667788);
	put32(p + 60, 0x1234);
	put64(p + 24, 0x123456789abcdef8);
	assert_int_equal(parse(&t, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_null(seen.why[0]);
	assert_int_equal(seen.src[0].id, 0xabcd);
	assert_false(seen.src[0].v2);
	assert_true(seen.src[0].enabled);
	assert_int_equal(seen.src[0].notify, GN_NOTIFY_SDEI);
	assert_int_equal(seen.src[0].poll_ms, 0x11223344);
	assert_int_equal(seen.src[0].vector, 0x55667788);
	assert_int_equal(seen.src[0].block_length, 0x1234);
	assert_register(&seen.src[0].status, 0x123456789abcdef8, false, 8, 0, ~0ull);
	assert_int_equal(seen.src[0].ack.address, 0);
}

TEST(fields_of_ghes_v2_are_read)
{
	struct table t;
	struct seen seen;
	u8 *p;

	start(&t);
	p = add_ghes_v2(&t, 1);
	put64(p + 68, 0x123456789abcdef8);
	put64(p + 76, 0xfedcba9876543210);
	put64(p + 84, 0x0123456789abcdef);
	assert_int_equal(parse(&t, &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_null(seen.why[0]);
	assert_true(seen.src[0].v2);
	assert_register(&seen.src[0].status, 0x7e000040, false, 8, 0, ~0ull);
	assert_register(&seen.src[0].ack, 0x123456789abcdef8, false, 8, 0, ~0ull);
	assert_int_equal(seen.src[0].ack_preserve, 0xfedcba9876543210);
	assert_int_equal(seen.src[0].ack_write, 0x0123456789abcdef);
}

TEST(disabled_entries_are_left_out)
{
	struct table t;
	struct seen seen;

	start(&t);
	add_ghes(&t, 10)[7] = 0;
	add_ghes(&t, 11)[7] = 0x80;
	put32(add_ghes(&t, 12) + 60, 0);
	add_ghes(&t, 13)[7] = 0;
	add_ghes(&t, 14);
	assert_int_equal(parse(&t, &seen), 0);
	assert_int_equal(seen.n, 5);
	assert_non_null(strstr(seen.why[0], "enable"));
	assert_null(seen.why[1]);
	assert_true(seen.src[1].enabled);
	assert_non_null(seen.why[2]);
	assert_non_null(seen.why[3]);
	assert_null(seen.why[4]);
	assert_int_equal(seen.src[4].id, 14);
}

/* The one entry with @bytes at @offset replaced, which is usable. */
static struct gn_hest_source changed(u32 offset, const u8 *bytes, u32 n)
{
	struct table t;
	struct seen seen;

	start(&t);
	memcpy(add_ghes_v2(&t, 3) + offset, bytes, n);
	assert_int_equal(parse(&t, &seen), 0);
	assert_null(seen.why[0]);
	return seen.src[0];
}

TEST(block_length_has_bounds)
{
	static const u32 lengths[] = {
		20, 83, 84, 65536, GN_BLOCK_MAX, GN_BLOCK_MAX + 1, 0xffffffff
	};
	u32 i;

	assert_non_null(strstr(refusal(60, 0, 4), "too small"));
	assert_non_null(strstr(refusal(60, GN_BLOCK_MIN - 1, 4), "too small"));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct gn_hest_source src;
		u8 le[4];

		put32(le, lengths[i]);
		src = changed(60, le, 4);
		assert_int_equal(src.block_said, lengths[i]);
		assert_int_equal(src.block_length,
				 lengths[i] < GN_BLOCK_MAX ? lengths[i] : GN_BLOCK_MAX);
	}
}

/* Generic addresses: space, width, offset, access size, address (ACPI 6.5, 5.2.3.2). */
TEST(status_register_must_be_reachable)
{
	static const u8 widths[] = { 0, 1, 8, 16, 31, 65, 128, 255 };
	u32 i;

	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(20, i, 1), "error status address"));
	for (i = 0; i < sizeof(widths); i++)
		assert_non_null(strstr(refusal(21, widths[i], 1), "error status address"));
	assert_null(refusal(21, 32, 1));
	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(22, i, 1), "error status address"));
	for (i = 1; i < 8; i++)
		assert_non_null(strstr(refusal(24, 0x7e000000 + i, 8), "error status address"));
	assert_non_null(strstr(refusal(24, 0, 8), "error status address"));
	assert_non_null(strstr(refusal(24, 0xfffffffffffffff8, 8), "error status address"));
	assert_null(refusal(24, 0xfffffffffffffff0, 8));
	assert_null(refusal(24, 8, 8));
	/* How wide the accesses are, firmware may say or not; five is no size. */
	for (i = 0; i < 5; i++)
		assert_null(refusal(23, i, 1));
	for (; i < 256; i++)
		assert_non_null(strstr(refusal(23, i, 1), "error status address"));
}

TEST(ack_register_must_be_reachable)
{
	static const u8 widths[] = { 0, 65, 128, 255 };
	u32 i;

	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(64, i, 1), "read ack"));
	for (i = 0; i < sizeof(widths); i++)
		assert_non_null(strstr(refusal(65, widths[i], 1), "read ack"));
	for (i = 1; i < 65; i++)
		assert_null(refusal(65, i, 1));
	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(66, i, 1), "read ack"));
	for (i = 1; i < 8; i++)
		assert_non_null(strstr(refusal(68, 0x7e000000 + i, 8), "read ack"));
	assert_non_null(strstr(refusal(68, 0, 8), "read ack"));
	assert_non_null(strstr(refusal(68, 0xfffffffffffffff8, 8), "read ack"));
	assert_null(refusal(68, 0xfffffffffffffff0, 8));
}

TEST(registers_have_many_shapes)
{
	static const struct shape {
		u8 gas[4]; /* space, width, offset, access size */
		u64 address;
		u8 bytes; /* 0: it cannot be reached */
	} shapes[] = {
		{ { 0, 64, 0, 4 }, 0x1000, 8 },	  { { 0, 64, 0, 3 }, 0x1000, 8 }, /* corrected */
		{ { 0, 64, 0, 1 }, 0x1000, 8 },	  { { 0, 64, 0, 3 }, 0x1004, 0 },
		{ { 0, 64, 0, 0 }, 0x1000, 8 },	  { { 0, 64, 1, 4 }, 0x1000, 0 },
		{ { 0, 63, 1, 4 }, 0x1000, 8 },	  { { 0, 32, 0, 3 }, 0x1004, 4 },
		{ { 0, 32, 0, 1 }, 0x1004, 4 }, /* corrected */
		{ { 0, 32, 0, 4 }, 0x1000, 8 },	  { { 0, 32, 32, 4 }, 0x1000, 8 },
		{ { 0, 32, 33, 4 }, 0x1000, 0 },  { { 0, 32, 0, 4 }, 0x1004, 4 }, /* narrowed */
		{ { 0, 32, 1, 3 }, 0x1000, 0 },	  { { 0, 32, 1, 0 }, 0x1000, 8 },
		{ { 0, 32, 0, 3 }, 0x1002, 0 },	  { { 0, 16, 0, 2 }, 0x1002, 2 },
		{ { 0, 16, 0, 1 }, 0x1002, 0 },	  { { 0, 16, 8, 3 }, 0x1000, 4 },
		{ { 0, 16, 0, 2 }, 0x1001, 0 },	  { { 0, 16, 0, 0 }, 0x1002, 2 },
		{ { 0, 8, 0, 1 }, 0x1003, 1 },	  { { 0, 8, 56, 4 }, 0x1000, 8 },
		{ { 0, 8, 4, 3 }, 0x1000, 4 },	  { { 0, 8, 4, 1 }, 0x1000, 0 },
		{ { 0, 1, 7, 1 }, 0x1003, 1 },	  { { 0, 1, 8, 1 }, 0x1000, 0 },
		{ { 1, 8, 0, 1 }, 0xa01, 1 },	  { { 1, 16, 0, 2 }, 0xa02, 2 },
		{ { 1, 32, 0, 3 }, 0xa04, 4 },	  { { 1, 64, 0, 4 }, 0xa08, 0 },
		{ { 1, 8, 0, 1 }, 0xffff, 1 },	  { { 1, 8, 0, 1 }, 0x10000, 0 },
		{ { 1, 32, 0, 3 }, 0xfffc, 4 },	  { { 1, 16, 0, 2 }, 0xffff, 0 },
		{ { 0, 8, 0, 5 }, 0x1000, 0 },	  { { 0, 8, 0, 255 }, 0x1000, 0 },
		{ { 127, 64, 0, 4 }, 0x1000, 0 },
	};
	u32 i, n = sizeof(shapes) / sizeof(shapes[0]);

	for (i = 0; i < n; i++) {
		const struct shape *s = &shapes[i];
		u64 mask = s->gas[1] == 64 ? ~0ull : (1ull << s->gas[1]) - 1;
		u8 gas[12];

		print_message("# shape %u\n", i);
		memcpy(gas, s->gas, 4);
		put64(gas + 4, s->address);
		if (s->bytes) {
			struct gn_hest_source src = changed(64, gas, 12);

			assert_register(&src.ack, s->address, s->gas[0] == 1, s->bytes, s->gas[2],
					mask);
			if (s->gas[1] >= 32) {
				src = changed(20, gas, 12);
				assert_register(&src.status, s->address, s->gas[0] == 1, s->bytes,
						s->gas[2], mask);
			}
		} else {
			struct table t;
			struct seen seen;

			start(&t);
			memcpy(add_ghes_v2(&t, 3) + 64, gas, 12);
			assert_int_equal(parse(&t, &seen), 0);
			assert_non_null(strstr(seen.why[0], "read ack"));
		}
	}
}

/* Machine check entries that firmware gives assistance through GHES entries (GHES_ASSIST). */
TEST(assistants_are_left_out)
{
	static const u16 types[] = { 0, 1, 11 };
	u32 i;

	for (i = 0; i < 3; i++) {
		u32 size = types[i] ? 48 : 40;
		struct table t;
		struct seen seen;
		u8 *check;

		start(&t);
		put16(add_ghes(&t, 1) + 4, 50);
		check = add(&t, types[i], 50, size);
		put16(add_ghes_v2(&t, 2) + 4, 50);
		put16(add_ghes_v2(&t, 3) + 4, 51);
		put16(add_ghes_v2(&t, 4) + 4, 0xffff);
		check[6] = 1 << 2;
		assert_int_equal(parse(&t, &seen), 0);
		assert_int_equal(seen.n, 4);
		assert_true(seen.src[0].assist && seen.src[1].assist);
		assert_non_null(strstr(seen.why[0], "GHES_ASSIST"));
		assert_non_null(strstr(seen.why[1], "GHES_ASSIST"));
		assert_false(seen.src[2].assist || seen.src[3].assist);
		assert_true(!seen.why[2] && !seen.why[3]);
		/* Without the flag, a relation alone, they are sources as any other. */
		check[6] = (u8) ~(1 << 2);
		assert_int_equal(parse(&t, &seen), 0);
		assert_true(!seen.why[0] && !seen.why[1] && !seen.src[1].assist);
	}
}

/* A source that acknowledges at @address, @bytes at a time, in the @width bits from @shift on. */
static struct gn_hest_source acks(u64 address, u8 bytes, u8 shift, u32 width, u64 preserve)
{
	return (struct gn_hest_source){
		.v2 = true,
		.ack = { .address = address,
			 .bytes = bytes,
			 .shift = shift,
			 .mask = width == 64 ? ~0ull : (1ull << width) - 1 },
		.ack_preserve = preserve,
	};
}

TEST(acknowledgements_in_one_word_collide)
{
	struct gn_hest_source whole = acks(0x1000, 8, 0, 64, ~1ull);
	struct gn_hest_source low = acks(0x1000, 4, 0, 32, ~1ull);
	struct gn_hest_source high = acks(0x1004, 4, 0, 32, ~1ull);
	struct gn_hest_source byte = acks(0x1007, 1, 0, 8, 0);
	struct gn_hest_source bell = acks(0x1000, 8, 0, 64, 0), none = bell, port = whole;
	/* It writes its whole field, and keeps what is beside it. */
	struct gn_hest_source field = acks(0x1000, 8, 8, 8, 0);

	none.v2 = false;
	port.ack.port = true;
	assert_true(gn_hest_acks_collide(&whole, &whole));
	assert_true(gn_hest_acks_collide(&whole, &low) && gn_hest_acks_collide(&low, &whole));
	assert_true(gn_hest_acks_collide(&whole, &high) && gn_hest_acks_collide(&high, &whole));
	assert_true(gn_hest_acks_collide(&byte, &whole) && gn_hest_acks_collide(&high, &byte));
	assert_true(gn_hest_acks_collide(&bell, &whole) && gn_hest_acks_collide(&field, &field));
	assert_false(gn_hest_acks_collide(&low, &high) || gn_hest_acks_collide(&high, &low));
	assert_false(gn_hest_acks_collide(&byte, &low));
	assert_false(gn_hest_acks_collide(&bell, &bell));
	assert_false(gn_hest_acks_collide(&none, &whole) || gn_hest_acks_collide(&whole, &none));
	assert_false(gn_hest_acks_collide(&port, &whole));
}

TEST(notifications_have_names)
{
	u32 type;

	assert_string_equal(gn_notify_name(0), "POLLED");
	assert_string_equal(gn_notify_name(4), "NMI");
	assert_string_equal(gn_notify_name(8), "SEA");
	assert_string_equal(gn_notify_name(9), "SEI");
	assert_string_equal(gn_notify_name(11), "SDEI");
	for (type = 0; type < 12; type++) {
		assert_non_null(gn_notify_name((u8)type));
		assert_string_not_equal(gn_notify_name((u8)type), "unknown");
	}
	for (; type < 256; type++)
		assert_string_equal(gn_notify_name((u8)type), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_ghes_are_read),
		cmocka_unit_test(fields_of_ghes_v2_are_read),
		cmocka_unit_test(disabled_entries_are_left_out),
		cmocka_unit_test(block_length_has_bounds),
		cmocka_unit_test(status_register_must_be_reachable),
		cmocka_unit_test(ack_register_must_be_reachable),
		cmocka_unit_test(registers_have_many_shapes),
		cmocka_unit_test(assistants_are_left_out),
		cmocka_unit_test(acknowledgements_in_one_word_collide),
		cmocka_unit_test(notifications_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
