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
	assert_int_equal(seen.src[0].status_reg, 0x123456789abcdef8);
	assert_int_equal(seen.src[0].ack_reg, 0);
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
	assert_int_equal(seen.src[0].status_reg, 0x7e000040);
	assert_int_equal(seen.src[0].ack_reg, 0x123456789abcdef8);
	assert_int_equal(seen.src[0].ack_width, 8);
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

TEST(block_length_has_bounds)
{
	assert_non_null(strstr(refusal(60, 0, 4), "too small"));
	assert_non_null(strstr(refusal(60, GN_BLOCK_MIN - 1, 4), "too small"));
	assert_null(refusal(60, GN_BLOCK_MIN, 4));
	assert_null(refusal(60, GN_BLOCK_MAX, 4));
	assert_non_null(strstr(refusal(60, GN_BLOCK_MAX + 1, 4), "larger"));
	assert_non_null(strstr(refusal(60, 0xffffffff, 4), "larger"));
}

/* Generic addresses: space, width, offset, access size, address (ACPI 6.5, 5.2.3.2). */
TEST(status_register_must_be_reachable)
{
	static const u8 widths[] = { 0, 1, 8, 16, 32, 63, 65, 128, 255 };
	u32 i;

	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(20, i, 1), "error status address"));
	for (i = 0; i < sizeof(widths); i++)
		assert_non_null(strstr(refusal(21, widths[i], 1), "error status address"));
	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(22, i, 1), "error status address"));
	for (i = 1; i < 8; i++)
		assert_non_null(strstr(refusal(24, 0x7e000000 + i, 8), "error status address"));
	assert_non_null(strstr(refusal(24, 0, 8), "error status address"));
	assert_non_null(strstr(refusal(24, 0xfffffffffffffff8, 8), "error status address"));
	assert_null(refusal(24, 0xfffffffffffffff0, 8));
	assert_null(refusal(24, 8, 8));
	/* How wide the accesses are, firmware may say or not. */
	for (i = 0; i < 5; i++)
		assert_null(refusal(23, i, 1));
}

TEST(ack_register_must_be_reachable)
{
	static const u8 widths[] = { 0, 1, 8, 16, 31, 33, 63, 65, 128, 255 };
	u32 i;

	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(64, i, 1), "read ack"));
	for (i = 0; i < sizeof(widths); i++)
		assert_non_null(strstr(refusal(65, widths[i], 1), "read ack"));
	for (i = 1; i < 256; i++)
		assert_non_null(strstr(refusal(66, i, 1), "read ack"));
	for (i = 1; i < 8; i++)
		assert_non_null(strstr(refusal(68, 0x7e000000 + i, 8), "read ack"));
	assert_non_null(strstr(refusal(68, 0, 8), "read ack"));
	assert_non_null(strstr(refusal(68, 0xfffffffffffffff8, 8), "read ack"));
	assert_null(refusal(68, 0xfffffffffffffff0, 8));
}

TEST(ack_register_may_be_32_bits_wide)
{
	struct table t;
	struct seen seen;
	u8 *p;

	start(&t);
	p = add_ghes_v2(&t, 1);
	p[65] = 32;
	put64(p + 68, 0x7e000004);
	assert_int_equal(parse(&t, &seen), 0);
	assert_null(seen.why[0]);
	assert_int_equal(seen.src[0].ack_width, 4);
	put64(p + 68, 0x7e000002);
	assert_int_equal(parse(&t, &seen), 0);
	assert_non_null(seen.why[0]);
	put64(p + 68, 0xfffffffffffffffc);
	assert_int_equal(parse(&t, &seen), 0);
	assert_non_null(seen.why[0]);
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
		cmocka_unit_test(ack_register_may_be_32_bits_wide),
		cmocka_unit_test(notifications_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
