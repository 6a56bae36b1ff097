// SPDX-License-Identifier: GPL-2.0-only
/* The error status block as a whole: its header, and how many bytes it takes. */
#include "block.h"

#include "record/estatus.c"
#include "record/section.c"

#define UNTOUCHED 0xdeadbeef

/* Measures a header with these fields; *@length is UNTOUCHED if it was not set. */
static enum gn_verdict measure(u32 raw_offset, u32 raw_length, u32 data_length, u32 limit,
			       u32 *length)
{
	struct gn_estatus es = {
		.status = 1,
		.raw_offset = raw_offset,
		.raw_length = raw_length,
		.data_length = data_length,
	};

	*length = UNTOUCHED;
	return gn_estatus_measure(&es, limit, length);
}

TEST(header_fields_are_read)
{
	static const u8 bytes[GN_ESTATUS_HEADER] = {
		0x01, 0x02, 0x03, 0x04, 0x11, 0x12, 0x13, 0x14, 0x21, 0x22,
		0x23, 0x24, 0x31, 0x32, 0x33, 0x34, 0x41, 0x42, 0x43, 0x44,
	};
	u8 *exact = exactly(bytes, sizeof(bytes));
	struct gn_estatus es;

	gn_estatus_read(&es, exact);
	free(exact);
	assert_int_equal(es.status, 0x04030201);
	assert_int_equal(es.raw_offset, 0x14131211);
	assert_int_equal(es.raw_length, 0x24232221);
	assert_int_equal(es.data_length, 0x34333231);
	assert_int_equal(es.severity, 0x44434241);
}

TEST(a_block_holds_a_whole_section_header_or_none)
{
	u32 length, n;

	for (n = 1; n < 64; n++) {
		assert_int_equal(measure(0, 0, n, 4096, &length), GN_NO_DATA);
		assert_int_equal(length, UNTOUCHED);
		/* Raw data behind it do not mend it. */
		assert_int_equal(measure(20 + n, 64, n, 4096, &length), GN_NO_DATA);
	}
	assert_int_equal(measure(0, 0, 64, 4096, &length), GN_GOOD);
	assert_int_equal(length, 84);
}

/* Raw data only, or nothing at all: what the severity says counts. */
TEST(a_block_without_sections_is_a_record)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;
	u32 length;

	assert_int_equal(measure(0, 0, 0, 4096, &length), GN_GOOD);
	assert_int_equal(length, 20);
	assert_int_equal(measure(0, 0, 0, 20, &length), GN_GOOD);
	assert_int_equal(measure(0, 0, 0, 19, &length), GN_TOO_LONG);
	assert_int_equal(measure(20, 64, 0, 4096, &length), GN_GOOD);
	assert_int_equal(length, 84);
	assert_int_equal(measure(19, 64, 0, 4096, &length), GN_RAW_RANGE);
	assert_int_equal(measure(20, 64, 0, 83, &length), GN_TOO_LONG);

	block_start(&b);
	assert_int_equal(check(&b), GN_GOOD);
	gn_walk_start(&walk, b.bytes);
	assert_false(gn_walk_next(&walk, &s));
}

TEST(sections_end_within_the_limit)
{
	u32 length;

	assert_int_equal(measure(0, 0, 4076, 4095, &length), GN_TOO_LONG);
	assert_int_equal(length, UNTOUCHED);
	assert_int_equal(measure(0, 0, 4076, 4096, &length), GN_GOOD);
	assert_int_equal(length, 4096);
	assert_int_equal(measure(0, 0, 4076, 4097, &length), GN_GOOD);
	assert_int_equal(length, 4096);
	assert_int_equal(measure(0, 0, 64, 0, &length), GN_TOO_LONG);
	assert_int_equal(measure(0, 0, 64, 83, &length), GN_TOO_LONG);
}

TEST(data_length_does_not_wrap)
{
	static const u32 lengths[] = { 0xffffffec, 0xfffffff4, 0xffffffff, 0x80000000 };
	u32 length, i;

	/* 20 + 0xffffffec would be 0, 20 + 0xfffffff4 would be 8. */
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_int_equal(measure(0, 0, lengths[i], 1 << 20, &length), GN_TOO_LONG);
		assert_int_equal(length, UNTOUCHED);
		/* Nor does it as the bound of raw data. */
		assert_int_equal(measure(100, 1, lengths[i], 1 << 20, &length), GN_RAW_RANGE);
	}
	assert_int_equal(measure(0, 0, 0xffffffec, 0xffffffff, &length), GN_TOO_LONG);
}

TEST(raw_data_follow_the_sections)
{
	u32 length, offset;

	for (offset = 0; offset < 84; offset++) {
		assert_int_equal(measure(offset, 1, 64, 4096, &length), GN_RAW_RANGE);
		assert_int_equal(length, UNTOUCHED);
	}
	assert_int_equal(measure(84, 1, 64, 4096, &length), GN_GOOD);
	assert_int_equal(length, 85);
	assert_int_equal(measure(100, 16, 64, 4096, &length), GN_GOOD);
	assert_int_equal(length, 116);
}

TEST(raw_data_end_within_the_limit)
{
	u32 length;

	assert_int_equal(measure(84, 16, 64, 99, &length), GN_TOO_LONG);
	assert_int_equal(length, UNTOUCHED);
	assert_int_equal(measure(84, 16, 64, 100, &length), GN_GOOD);
	assert_int_equal(length, 100);
	assert_int_equal(measure(4096, 1, 64, 4096, &length), GN_TOO_LONG);
	assert_int_equal(measure(4095, 1, 64, 4096, &length), GN_GOOD);
}

TEST(raw_end_does_not_wrap)
{
	static const struct {
		u32 offset, length;
	} raw[] = {
		{ 0xffffffff, 1 },	    { 0xffffffff, 9 },		{ 0xffffff00, 0x200 },
		{ 84, 0xffffffac },	    { 84, 0xffffffff },		{ 0xffffffff, 0xffffffff },
		{ 0x80000000, 0x80000000 }, { 0x80000000, 0x80000100 },
	};
	u32 length, i;

	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
		assert_int_equal(measure(raw[i].offset, raw[i].length, 64, 4096, &length),
				 GN_TOO_LONG);
		assert_int_equal(length, UNTOUCHED);
	}
}

TEST(raw_offset_without_raw_data_means_nothing)
{
	u32 length;

	assert_int_equal(measure(7, 0, 64, 4096, &length), GN_GOOD);
	assert_int_equal(length, 84);
	assert_int_equal(measure(0xffffffff, 0, 64, 4096, &length), GN_GOOD);
	assert_int_equal(length, 84);
}

/* The copy of a block that firmware wrote to meanwhile. */
TEST(changed_block_is_noticed)
{
	struct gn_estatus peek;
	struct block b;
	u8 *copy;
	u32 i;

	block_start(&b);
	add_section(&b, VENDOR, 0x300, 8);
	gn_estatus_read(&peek, b.bytes);
	copy = exactly(b.bytes, b.size);
	assert_false(gn_estatus_changed(&peek, copy));
	/* Another byte of raw data offset, raw data length or data length. */
	for (i = 4; i < 16; i++) {
		copy[i] ^= 0x80;
		assert_true(gn_estatus_changed(&peek, copy));
		copy[i] ^= 0x80;
	}
	/* Status and severity may become others, but a record that is withdrawn is none. */
	copy[0] ^= 0x01;
	copy[16] ^= 0x01;
	copy[20] ^= 0xff;
	assert_false(gn_estatus_changed(&peek, copy));
	assert_int_equal(gn_estatus_severity(copy), GN_SEV_CORRECTED ^ 1);
	put32(copy, 0);
	assert_true(gn_estatus_changed(&peek, copy));
	free(copy);
}

TEST(check_wants_the_whole_block)
{
	struct block b;
	u32 n;

	block_start(&b);
	add_section(&b, VENDOR, 0x300, 100);
	assert_int_equal(check(&b), GN_GOOD);
	/* A copy that is shorter than what it says: the block grew while it was copied. */
	for (n = 0; n < b.size; n++)
		assert_int_equal(check_bytes(b.bytes, n), GN_TOO_LONG);
	/* One that is longer holds bytes that are nobody's. */
	assert_int_equal(check_bytes(b.bytes, b.size + 1), GN_GOOD);
	assert_int_equal(check_bytes(b.bytes, sizeof(b.bytes)), GN_GOOD);
}

TEST(check_measures_again)
{
	struct block b;

	block_start(&b);
	add_section(&b, VENDOR, 0x300, 100);
	put32(b.bytes + 12, 63);
	assert_int_equal(check(&b), GN_NO_DATA);
	put32(b.bytes + 12, 172);
	put32(b.bytes + 8, 1);
	put32(b.bytes + 4, 20);
	assert_int_equal(check(&b), GN_RAW_RANGE);
	put32(b.bytes + 4, 192);
	assert_int_equal(check(&b), GN_TOO_LONG);
	b.size++;
	assert_int_equal(check(&b), GN_GOOD);
}

TEST(raw_data_are_no_sections)
{
	struct block b;
	struct gn_section s;
	struct gn_walk walk;

	block_start(&b);
	add_section(&b, VENDOR, 0x201, 8);
	put32(b.bytes + 4, b.size);
	put32(b.bytes + 8, 64);
	memset(b.bytes + b.size, 0xff, 64);
	b.size += 64;
	assert_int_equal(check(&b), GN_GOOD);
	gn_walk_start(&walk, b.bytes);
	assert_true(gn_walk_next(&walk, &s));
	assert_false(gn_walk_next(&walk, &s));
}

TEST(verdicts_and_severities_have_names)
{
	int i, j;

	for (i = 0; i < GN_VERDICTS; i++) {
		const char *name = gn_verdict_name((enum gn_verdict)i);

		assert_non_null(name);
		assert_null(strchr(name, ' '));
		for (j = 0; j < i; j++)
			assert_string_not_equal(name, gn_verdict_name((enum gn_verdict)j));
	}
	assert_string_equal(gn_verdict_name(GN_GOOD), "good");
	assert_string_equal(gn_verdict_name(GN_VERDICTS), "unknown");
	assert_string_equal(gn_verdict_name((enum gn_verdict) - 1), "unknown");

	assert_string_equal(gn_severity_name(0), "recoverable");
	assert_string_equal(gn_severity_name(1), "fatal");
	assert_string_equal(gn_severity_name(2), "corrected");
	assert_string_equal(gn_severity_name(3), "informational");
	assert_string_equal(gn_severity_name(4), "undefined");
	assert_string_equal(gn_severity_name(0xffffffff), "undefined");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_fields_are_read),
		cmocka_unit_test(a_block_holds_a_whole_section_header_or_none),
		cmocka_unit_test(a_block_without_sections_is_a_record),
		cmocka_unit_test(sections_end_within_the_limit),
		cmocka_unit_test(data_length_does_not_wrap),
		cmocka_unit_test(raw_data_follow_the_sections),
		cmocka_unit_test(raw_data_end_within_the_limit),
		cmocka_unit_test(raw_end_does_not_wrap),
		cmocka_unit_test(raw_offset_without_raw_data_means_nothing),
		cmocka_unit_test(changed_block_is_noticed),
		cmocka_unit_test(check_wants_the_whole_block),
		cmocka_unit_test(check_measures_again),
		cmocka_unit_test(raw_data_are_no_sections),
		cmocka_unit_test(verdicts_and_severities_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
