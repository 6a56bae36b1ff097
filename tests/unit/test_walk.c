// SPDX-License-Identifier: GPL-2.0-only
/* The walk over the sections of a block: where each one is, and what its header says. */
#include "block.h"

#include "record/estatus.c"
#include "record/section.c"

TEST(header_has_64_or_72_bytes)
{
	static const u16 revisions[] = { 0, 0x100, 0x201, 0x2ff, 0x300, 0x301, 0x400, 0xffff };
	u32 i;

	for (i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		u32 header = revisions[i] >= 0x300 ? 72 : 64;
		struct gn_section s;
		struct gn_walk walk;
		struct block b;

		block_start(&b);
		add_section(&b, VENDOR, revisions[i], 24);
		add_section(&b, VENDOR, 0x300, 1);
		assert_int_equal(check(&b), GN_GOOD);
		gn_walk_start(&walk, b.bytes);
		assert_true(gn_walk_next(&walk, &s));
		assert_ptr_equal(s.body, b.bytes + 20 + header);
		assert_int_equal(s.length, 24);
		assert_int_equal(s.revision, revisions[i]);
		assert_true(gn_walk_next(&walk, &s));
		assert_ptr_equal(s.body, b.bytes + 20 + header + 24 + 72);
		assert_false(gn_walk_next(&walk, &s));
	}
}

TEST(header_fields_are_read)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;
	u8 *p, *exact;
	u32 i;

	block_start(&b);
	p = add_section(&b, VENDOR, 0x300, 5);
	put32(p + 16, 0x44332211);
	p[22] = 0x7;
	p[23] = 0xa5;
	for (i = 0; i < 16; i++)
		p[28 + i] = (u8)(0x80 + i);
	memcpy(p + 44, "DIMM_A1", 8);
	for (i = 0; i < 8; i++)
		p[64 + i] = (u8)(0x20 + i);
	memcpy(p + 72, "hello", 5);
	exact = exactly(b.bytes, b.size);
	assert_int_equal(gn_estatus_check(exact, b.size), GN_GOOD);
	gn_walk_start(&walk, exact);
	assert_true(gn_walk_next(&walk, &s));
	assert_memory_equal(s.type, p, 16);
	assert_int_equal(s.severity, 0x44332211);
	assert_int_equal(s.flags, 0xa5);
	assert_memory_equal(s.fru_id, p + 28, 16);
	assert_string_equal(s.fru_text, "DIMM_A1");
	assert_memory_equal(s.timestamp, p + 64, 8);
	assert_int_equal(s.length, 5);
	assert_memory_equal(s.body, "hello", 5);
	assert_ptr_equal(s.body + s.length, exact + b.size);
	assert_false(gn_walk_next(&walk, &s));
	free(exact);
}

/* The section's first header is cut: 64 bytes must remain, 72 with a timestamp. */
TEST(cut_header_is_refused)
{
	struct block b;
	u32 n;

	for (n = 64; n < 72; n++) {
		block_start(&b);
		add_section(&b, VENDOR, 0x300, 0);
		put32(b.bytes + 12, n);
		assert_int_equal(check_bytes(b.bytes, 20 + n), GN_SECTION_HEADER);
		put16(b.bytes + 20 + 20, 0x2ff);
		assert_int_equal(check_bytes(b.bytes, 20 + n),
				 n == 64 ? GN_GOOD : GN_SECTION_HEADER);
	}
	for (n = 1; n <= 72; n++) {
		block_start(&b);
		add_section(&b, VENDOR, 0x201, 16);
		b.size += n;
		put32(b.bytes + 12, b.size - 20);
		/* What follows is zeros: a header of revision 0 without a body. */
		assert_int_equal(check(&b), n == 64 ? GN_GOOD : GN_SECTION_HEADER);
	}
}

TEST(body_ends_within_the_sections)
{
	u16 revision;

	for (revision = 0x201; revision <= 0x300; revision += 0xff) {
		struct block b;
		u8 *p;

		block_start(&b);
		p = add_section(&b, VENDOR, revision, 100);
		put32(p + 24, 101);
		assert_int_equal(check(&b), GN_SECTION_LENGTH);
		put32(p + 24, 100);
		assert_int_equal(check(&b), GN_GOOD);
		put32(p + 24, 99);
		assert_int_equal(check(&b), GN_SECTION_HEADER); /* of the byte left over */
		/* Raw data behind the sections do not lengthen them. */
		put32(p + 24, 101);
		put32(b.bytes + 4, b.size);
		put32(b.bytes + 8, 64);
		b.size += 64;
		assert_int_equal(check(&b), GN_SECTION_LENGTH);
	}
}

/* Header and body together would be 0 bytes long, or 8: no step, or too small a one. */
TEST(section_length_does_not_wrap)
{
	static const struct {
		u16 revision;
		u32 length;
	} wraps[] = {
		{ 0x201, 0xffffffc0 }, { 0x201, 0xffffffc8 }, { 0x201, 0xffffffff },
		{ 0x300, 0xffffffb8 }, { 0x300, 0xffffffc0 }, { 0x300, 0xffffffff },
		{ 0x201, 0x80000000 }, { 0x300, 0x7fffffff },
	};
	u32 i;

	for (i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++) {
		struct block b;
		struct gn_section s;
		struct gn_walk walk;

		block_start(&b);
		put32(add_section(&b, VENDOR, wraps[i].revision, 100) + 24, wraps[i].length);
		assert_int_equal(check(&b), GN_SECTION_LENGTH);
		/* Even an unchecked walk ends. */
		gn_walk_start(&walk, b.bytes);
		assert_false(gn_walk_next(&walk, &s));
	}
}

TEST(fru_text_ends_without_a_nul)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;
	u8 *p;

	block_start(&b);
	p = add_section(&b, VENDOR, 0x201, 4);
	p[22] = 0x2;
	memcpy(p + 44, "ABCDEFGHIJKLMNOPQRST", 20);
	memset(p + 64, 'X', 4);
	assert_int_equal(check(&b), GN_GOOD);
	memset(&s, 0xff, sizeof(s));
	gn_walk_start(&walk, b.bytes);
	assert_true(gn_walk_next(&walk, &s));
	assert_string_equal(s.fru_text, "ABCDEFGHIJKLMNOPQRST");
	assert_null(s.fru_id);
}

/* FRU data and time stamp count with their validation bit only, and for their section only. */
TEST(fru_is_the_sections_own)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;
	u8 *p;
	int bits;

	block_start(&b);
	for (bits = 7; bits >= 0; bits--) {
		p = add_section(&b, VENDOR, 0x300, 0);
		p[22] = (u8)(bits | 0xf8);
		memset(p + 28, 0x55, 16);
		memset(p + 44, 'A' + bits, 20);
		memset(p + 64, 0x11, 8);
	}
	assert_int_equal(check(&b), GN_GOOD);
	gn_walk_start(&walk, b.bytes);
	for (bits = 7; bits >= 0; bits--) {
		u8 *header = (u8 *)walk.at;

		assert_true(gn_walk_next(&walk, &s));
		assert_ptr_equal(s.fru_id, bits & 1 ? header + 28 : NULL);
		assert_int_equal(s.fru_text[0], bits & 2 ? 'A' + bits : 0);
		assert_int_equal(strlen(s.fru_text), bits & 2 ? 20 : 0);
		assert_ptr_equal(s.timestamp, bits & 4 ? header + 64 : NULL);
	}
}

TEST(short_header_has_no_timestamp)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;

	block_start(&b);
	add_section(&b, VENDOR, 0x201, 8)[22] = 0x4;
	gn_walk_start(&walk, b.bytes);
	assert_true(gn_walk_next(&walk, &s));
	assert_null(s.timestamp);
}

TEST(one_section_that_does_not_tile_rejects_the_block)
{
	static const u32 bad_length[] = { 79, 0x1000, 0xffffffc0 };
	u32 at, i;

	for (at = 0; at < 3; at++) {
		struct block b;
		u8 *sections[3];

		block_start(&b);
		for (i = 0; i < 3; i++)
			sections[i] = add_section(&b, MEMORY, 0x300, 80);
		assert_int_equal(check(&b), GN_GOOD);
		for (i = 0; i < 3; i++) {
			put32(sections[at] + 24, bad_length[i]);
			assert_int_not_equal(check(&b), GN_GOOD);
		}
		put32(sections[at] + 24, 80);
		assert_int_equal(check(&b), GN_GOOD);
	}
}

/* Bytes of no decoder, between neighbours that are what they were without it. */
TEST(an_odd_section_costs_only_itself)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;
	u8 *sections[3];
	u32 at, i;

	for (at = 0; at < 3; at++) {
		block_start(&b);
		for (i = 0; i < 3; i++)
			sections[i] = add_section(&b, MEMORY, 0x300, 80);
		put_guid(sections[at], PCIE);
		assert_int_equal(check(&b), GN_GOOD);
		gn_walk_start(&walk, b.bytes);
		for (i = 0; i < 3; i++) {
			assert_true(gn_walk_next(&walk, &s));
			assert_ptr_equal(s.type, sections[i]);
			assert_int_equal(s.length, 80);
			assert_int_equal(s.kind, i == at ? GN_SECTION_OTHER : GN_SECTION_MEMORY);
			assert_int_equal(s.oddity, i == at ? GN_ODD_SHORT : GN_SOUND);
		}
		assert_false(gn_walk_next(&walk, &s));
	}
}

TEST(undefined_severity_is_passed_on)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;

	block_start(&b);
	put32(b.bytes + 16, 0xffffffff);
	put32(add_section(&b, VENDOR, 0x300, 8) + 16, 4);
	assert_int_equal(check(&b), GN_GOOD);
	gn_walk_start(&walk, b.bytes);
	assert_true(gn_walk_next(&walk, &s));
	assert_int_equal(s.severity, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_has_64_or_72_bytes),
		cmocka_unit_test(header_fields_are_read),
		cmocka_unit_test(cut_header_is_refused),
		cmocka_unit_test(body_ends_within_the_sections),
		cmocka_unit_test(section_length_does_not_wrap),
		cmocka_unit_test(fru_text_ends_without_a_nul),
		cmocka_unit_test(fru_is_the_sections_own),
		cmocka_unit_test(short_header_has_no_timestamp),
		cmocka_unit_test(one_section_that_does_not_tile_rejects_the_block),
		cmocka_unit_test(an_odd_section_costs_only_itself),
		cmocka_unit_test(undefined_severity_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
