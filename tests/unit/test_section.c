// SPDX-License-Identifier: GPL-2.0-only
/* Section types and the lengths they demand (UEFI 2.10, appendix N.2). ARM has a file of its own. */
#include "block.h"

#include "record/estatus.c"
#include "record/section.c"

/* A section of @type with a body of @length bytes, of which @size are given. */
static bool fits(const char *type, const u8 *body, u32 size, u32 length)
{
	struct gn_section s = { .length = length };
	u8 guid[16];
	u8 *exact = calloc(1, length ? length : 1);
	bool ok;

	assert_non_null(exact);
	if (size)
		memcpy(exact, body, size < length ? size : length);
	put_guid(guid, type);
	s.type = guid;
	s.body = exact;
	ok = gn_section_check(&s) == GN_SOUND;
	free(exact);
	return ok;
}

static const struct {
	const char *type;
	enum gn_section_kind kind;
	u32 least;
} types[] = {
	{ MEMORY, GN_SECTION_MEMORY, 73 },
	{ ARM, GN_SECTION_ARM, 40 },
	{ PCIE, GN_SECTION_PCIE, 208 },
	{ IA, GN_SECTION_IA, 64 },
	{ GENERIC, GN_SECTION_GENERIC, 192 },
	{ FIRMWARE, GN_SECTION_FIRMWARE, 16 },
	{ CXL, GN_SECTION_CXL, 116 },
	{ CXL_MEDIA, GN_SECTION_CXL_EVENT, 32 },
	{ CXL_DRAM, GN_SECTION_CXL_EVENT, 32 },
	{ CXL_MODULE, GN_SECTION_CXL_EVENT, 32 },
	{ CXL_SPARING, GN_SECTION_CXL_EVENT, 32 },
	{ VENDOR, GN_SECTION_OTHER, 0 },
};

TEST(types_are_known_by_all_their_bytes)
{
	u8 guid[16];
	u32 i, bit;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		put_guid(guid, types[i].type);
		assert_int_equal(gn_section_kind(guid), types[i].kind);
		for (bit = 0; bit < 128; bit++) {
			guid[bit / 8] ^= (u8)(1 << bit % 8);
			assert_int_equal(gn_section_kind(guid), GN_SECTION_OTHER);
			guid[bit / 8] ^= (u8)(1 << bit % 8);
		}
	}
}

TEST(sections_are_as_long_as_their_type_demands)
{
	u8 body[40] = {};
	u32 i, n;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		u32 size = 0;

		memset(body, 0, sizeof(body));
		if (types[i].kind == GN_SECTION_ARM)
			put32(body + 8, size = 40); /* section_length */
		if (types[i].kind == GN_SECTION_CXL_EVENT)
			put32(body, size = 32); /* length of header and event log */

		for (n = 0; n < types[i].least; n++)
			assert_false(fits(types[i].type, body, size, n));
		for (; n < types[i].least + 300; n++)
			assert_true(fits(types[i].type, body, size, n));
	}
}

/* The two legal lengths, UEFI 2.1 and later, and what lies around them. */
TEST(memory_sections_have_73_or_80_bytes)
{
	assert_int_equal(GN_MEMORY_OLD, 73);
	assert_int_equal(GN_MEMORY, 80);
	assert_false(fits(MEMORY, NULL, 0, 72));
	assert_true(fits(MEMORY, NULL, 0, 73));
	assert_true(fits(MEMORY, NULL, 0, 80));
}

/* From revision 2 on a GUID stands where the record ends before. */
TEST(firmware_reference_grows_with_its_revision)
{
	u32 revision, n;

	for (revision = 0; revision < 256; revision++) {
		u8 body[2] = { 1, (u8)revision };

		assert_false(fits(FIRMWARE, body, 2, 15));
		for (n = 16; n < 32; n++)
			assert_int_equal(fits(FIRMWARE, body, 2, n), revision < 2);
		assert_true(fits(FIRMWARE, body, 2, 32));
		assert_true(fits(FIRMWARE, body, 2, 33));
	}
}

TEST(cxl_lengths_stay_in_the_section)
{
	static const struct {
		u16 dvsec, log;
	} lengths[] = {
		{ 0, 0 }, { 1, 0 }, { 0, 1 }, { 60, 88 }, { 0xffff, 0 }, { 0xffff, 0xffff }
	};
	u8 body[116] = {};
	u32 i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		u32 end = 116u + lengths[i].dvsec + lengths[i].log;

		put16(body + 108, lengths[i].dvsec);
		put16(body + 110, lengths[i].log);
		assert_true(fits(CXL, body, 116, end));
		assert_true(fits(CXL, body, 116, end + 1));
		if (end > 116)
			assert_false(fits(CXL, body, 116, end - 1));
	}
}

/* The log, if valid, is a RAS capability of 88 bytes: who reads it reads all of it. */
TEST(cxl_error_log_is_whole)
{
	u8 body[116] = { 0x40 };
	u16 log;

	put16(body + 108, 24);
	for (log = 0; log < 100; log++) {
		put16(body + 110, log);
		body[0] = 0x40;
		assert_int_equal(fits(CXL, body, 116, 300), log >= 88);
		body[0] = 0x3f;
		assert_true(fits(CXL, body, 116, 300));
	}
}

/* Header and event log: what the section says of itself lies within it. */
TEST(cxl_event_stays_in_the_section)
{
	static const u32 bad[] = { 0, 1, 31, 0x7fffffff, 0x80000000, 0xffffffe0, 0xffffffff };
	u8 body[4] = {};
	u32 i, n;

	for (n = 32; n < 200; n++) {
		put32(body, n);
		assert_true(fits(CXL_DRAM, body, 4, n));
		assert_true(fits(CXL_DRAM, body, 4, n + 1));
		assert_false(fits(CXL_DRAM, body, 4, n - 1));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put32(body, bad[i]);
		assert_false(fits(CXL_DRAM, body, 4, 144));
	}
}

static void put_ia(u8 *body, u32 checks, u32 contexts)
{
	put64(body, 0xffffffffffffc003ull | checks << 2 | contexts << 8);
}

TEST(ia_checks_stay_in_the_section)
{
	u8 body[64] = {};
	u32 checks;

	for (checks = 0; checks < 64; checks++) {
		put_ia(body, checks, 0);
		assert_true(fits(IA, body, 64, 64 + 64 * checks));
		assert_false(fits(IA, body, 64, 63 + 64 * checks));
	}
}

/* 92 and 244 bytes are the IA32 and the X64 execution context, rounded up to 16 or not. */
TEST(ia_contexts_stay_in_the_section)
{
	static const u16 sizes[] = { 0, 1, 8, 15, 16, 92, 244, 512 };
	u32 i, round;

	for (i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		u8 body[4096] = {};
		u16 size = sizes[i / 2];
		u32 step, end;

		round = i % 2 ? 16 : 1;
		step = (16u + size + round - 1) / round * round;
		end = 64 + 64 + step + 16u + size;
		put_ia(body, 1, 2);
		put16(body + 128 + 2, size);
		/* Where the other way would find a header, there is none. */
		memset(body + 128 + 4, 0xff, end - 128 - 4);
		put16(body + 128 + step, 0);
		put16(body + 128 + step + 2, size);
		assert_true(fits(IA, body, sizeof(body), end));
		assert_true(fits(IA, body, sizeof(body), end + 1));
		assert_false(fits(IA, body, sizeof(body), end - 1));
		/* The second header is cut. */
		for (end = 128 + 16u + size; end < 128 + 32u + size; end++)
			assert_false(fits(IA, body, sizeof(body), end));
	}
}

TEST(ia_context_of_any_size_ends_the_walk)
{
	u8 body[128] = {};

	put_ia(body, 0, 63);
	put16(body + 64 + 2, 0xffff);
	assert_false(fits(IA, body, 128, 128));
	put_ia(body, 0, 1);
	assert_false(fits(IA, body, 128, 64 + 16 + 0xfffe));
	assert_true(fits(IA, body, 128, 64 + 16 + 0xffff));
	/* 63 empty ones. */
	put16(body + 64 + 2, 0);
	put_ia(body, 0, 63);
	assert_true(fits(IA, body, 128, 64 + 63 * 16));
	assert_false(fits(IA, body, 128, 64 + 63 * 16 - 1));
}

/* What it is called decides what an administrator looks for. */
TEST(oddities_have_names)
{
	int i, j;

	for (i = 0; i < GN_ODDITIES; i++) {
		const char *name = gn_oddity_name((enum gn_oddity)i);

		assert_non_null(name);
		assert_null(strchr(name, ' '));
		/* As long as the field of the trace event. */
		assert_true(strlen(name) < 8);
		for (j = 0; j < i; j++)
			assert_string_not_equal(name, gn_oddity_name((enum gn_oddity)j));
	}
	assert_string_equal(gn_oddity_name(GN_SOUND), "sound");
	assert_string_equal(gn_oddity_name(GN_ODDITIES), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_known_by_all_their_bytes),
		cmocka_unit_test(sections_are_as_long_as_their_type_demands),
		cmocka_unit_test(memory_sections_have_73_or_80_bytes),
		cmocka_unit_test(firmware_reference_grows_with_its_revision),
		cmocka_unit_test(cxl_lengths_stay_in_the_section),
		cmocka_unit_test(cxl_error_log_is_whole),
		cmocka_unit_test(cxl_event_stays_in_the_section),
		cmocka_unit_test(ia_checks_stay_in_the_section),
		cmocka_unit_test(ia_contexts_stay_in_the_section),
		cmocka_unit_test(ia_context_of_any_size_ends_the_walk),
		cmocka_unit_test(oddities_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
