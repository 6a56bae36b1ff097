// SPDX-License-Identifier: GPL-2.0-only
/* What kernel helpers are handed instead of a section: the same content, in the one shape all of them take. */
#include "block.h"
#include "printer.h"

#include "path/estatus.c"
#include "path/section.c"
#include "path/repair.c"

/* Repairs the only section of @b into exactly as much room as it takes; to be freed. */
static u8 *repaired(const struct block *b, u32 *length)
{
	u8 *whole = exactly(b->bytes, b->size), *tight;
	struct gn_section s;
	struct gn_walk walk;
	u8 room[16384];
	u32 n;

	assert_int_equal(gn_estatus_check(whole, b->size), GN_GOOD);
	gn_walk_start(&walk, whole);
	assert_true(gn_walk_next(&walk, &s));
	*length = gn_repair(&s, room, sizeof(room));
	tight = malloc(*length ? *length : 1);
	for (n = *length ? *length - 1 : 0; n < *length; n++)
		assert_int_equal(gn_repair(&s, tight, n), 0);
	assert_int_equal(gn_repair(&s, tight, *length), *length);
	free(whole);
	return tight;
}

static u8 *start(struct block *b, const char *type, u32 length)
{
	block_start(b);
	return body_of(add_section(b, type, 0x300, length));
}

/* UEFI 2.1's section says nothing of ranks and handles, whatever its bits say. */
TEST(short_memory_section_becomes_a_whole_one)
{
	struct block b;
	u32 n, length;
	u8 *copy;

	for (n = 73; n < 90; n++) {
		u8 *body = start(&b, MEMORY, n);

		memset(body, 0xff, n);
		copy = repaired(&b, &length);
		assert_int_equal(length, 80);
		assert_int_equal(gn_le64(copy), n < 80 ? 0x7fff : ~0ull);
		assert_memory_equal(copy + 8, body + 8, 65);
		if (n == 73)
			assert_memory_equal(copy + 73, "\0\0\0\0\0\0\0", 7);
		free(copy);
	}
}

TEST(arm_entries_of_any_length_become_32_bytes)
{
	struct block b;
	u8 *body = start(&b, ARM, 40 + 32 + 48 + 255 + 12), *copy;
	u32 length, i, round;

	put16(body + 4, 3);
	put32(body + 8, 40 + 32 + 48 + 255 + 12);
	body[40 + 1] = 32;
	body[40 + 32 + 1] = 48;
	body[40 + 80 + 1] = 255;
	for (i = 0; i < 3; i++)
		body[40 + (i > 0) * 32 + (i > 1) * 48 + 4] = (u8)(0x10 + i);
	memcpy(body + 40 + 335, "vendor part", 12);
	copy = repaired(&b, &length);
	assert_int_equal(length, 40 + 3 * 32 + 12);
	assert_int_equal(gn_le32(copy + 8), length);
	for (i = 0; i < 3; i++) {
		assert_int_equal(copy[40 + 32 * i + 1], 32);
		assert_int_equal(copy[40 + 32 * i + 4], 0x10 + i);
	}
	assert_string_equal((char *)copy + 40 + 96, "vendor part");
	for (round = 1; round <= 16; round += 15)
		assert_int_equal(printer_reads_arm(copy, round), length);
	free(copy);
}

/* Both ways firmware writes them, both ways kernels read them. */
TEST(contexts_become_multiples_of_16)
{
	u32 says, round, in;

	for (says = 0; says < 70; says++) {
		for (in = 1; in <= 16; in += 15) {
			u32 step = (8 + says + in - 1) / in * in, whole = (8 + says + 15) / 16 * 16;
			u32 size = 40 + 2 * step + 8 + says, length;
			struct block b;
			u8 *body = start(&b, ARM, size), *copy;

			memset(body + 40, 0xee, size - 40);
			put16(body + 6, 3);
			put32(body + 8, size);
			put32(body + 40 + 4, says);
			put32(body + 40 + step + 4, says);
			put32(body + 40 + 2 * step + 4, says);
			copy = repaired(&b, &length);
			assert_int_equal(length, 40 + 3 * whole);
			/* A size one kernel rounds and the other does not is the last one's only. */
			assert_int_equal(gn_le32(copy + 44), whole - 8);
			assert_int_equal(gn_le32(copy + 44 + 2 * whole), says);
			for (round = 1; round <= 16; round += 15)
				assert_true(printer_reads_arm(copy, round) <= length);
			/* Registers, then zeros. */
			if (says)
				assert_int_equal(copy[48 + says - 1], 0xee);
			if (whole > 8 + says)
				assert_int_equal(copy[48 + says], 0);
			free(copy);
		}
	}
}

TEST(ia_contexts_become_multiples_of_16)
{
	u32 in, round;

	for (in = 1; in <= 16; in += 15) {
		u32 step = (16 + 92 + in - 1) / in * in, size = 128 + step + 16 + 244, length;
		struct block b;
		u8 *body = start(&b, IA, size), *copy;

		memset(body + 128, 0xee, size - 128);
		put64(body, 1 << 2 | 2 << 8);
		put16(body + 128 + 2, 92);
		put16(body + 128 + step + 2, 244);
		copy = repaired(&b, &length);
		assert_int_equal(length, 128 + 112 + 272);
		assert_int_equal(gn_le16(copy + 128 + 2), 96);
		assert_int_equal(gn_le16(copy + 128 + 112 + 2), 244);
		for (round = 1; round <= 16; round += 15)
			assert_true(printer_reads_ia(copy, round) <= length);
		free(copy);
	}
}

TEST(short_cxl_event_becomes_a_whole_one)
{
	u32 n, length;

	for (n = 32; n < 200; n++) {
		struct block b;
		u8 *body = start(&b, CXL_DRAM, 200), *copy;

		memset(body, 0xff, 200);
		put32(body, n);
		copy = repaired(&b, &length);
		assert_int_equal(length, 144);
		assert_int_equal(gn_le32(copy), n < 144 ? n : 144);
		assert_int_equal(copy[143], n < 144 ? 0 : 0xff);
		free(copy);
	}
}

TEST(what_nobody_decodes_is_not_handed_over)
{
	struct block b;
	u32 length;

	start(&b, VENDOR, 100);
	free(repaired(&b, &length));
	assert_int_equal(length, 0);
}

/* The text has 20 bytes and no NUL, and the field behind it is not empty. */
TEST(block_of_one_section_has_its_own_header)
{
	struct gn_estatus head = { .status = 0x12, .severity = GN_SEV_RECOVERABLE };
	struct gn_section s, one;
	struct gn_walk walk;
	u8 to[GN_SCRATCH];
	struct block b;
	u8 *p;
	u32 n;

	block_start(&b);
	p = add_section(&b, MEMORY, 0x300, 80);
	p[22] = 7;
	p[23] = 0x5a;
	memset(p + 28, 0x11, 16);
	memset(p + 44, 'T', 20);
	memset(p + 64, 0x22, 8);
	add_section(&b, MEMORY, 0x201, 73);
	gn_walk_start(&walk, b.bytes);
	for (n = 0; gn_walk_next(&walk, &s); n++) {
		struct gn_walk alone;

		memset(to, 0xff, sizeof(to));
		assert_int_equal(gn_repair_block(&head, &s, to, 171), 0);
		assert_int_equal(gn_repair_block(&head, &s, to, sizeof(to)), 172);
		assert_int_equal(check_bytes(to, 172), GN_GOOD);
		assert_int_equal(gn_le32(to), 0x12);
		assert_int_equal(gn_estatus_severity(to), GN_SEV_RECOVERABLE);
		gn_walk_start(&alone, to);
		assert_true(gn_walk_next(&alone, &one));
		assert_int_equal(one.severity, GN_SEV_CORRECTED);
		assert_int_equal(one.flags, n ? 0 : 0x5a);
		/* The second section has none of the first one's. */
		assert_int_equal(one.fru_id != NULL, !n);
		assert_int_equal(one.timestamp != NULL, !n);
		assert_string_equal(one.fru_text, n ? "" : "TTTTTTTTTTTTTTTTTTT");
	}
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_memory_section_becomes_a_whole_one),
		cmocka_unit_test(arm_entries_of_any_length_become_32_bytes),
		cmocka_unit_test(contexts_become_multiples_of_16),
		cmocka_unit_test(ia_contexts_become_multiples_of_16),
		cmocka_unit_test(short_cxl_event_becomes_a_whole_one),
		cmocka_unit_test(what_nobody_decodes_is_not_handed_over),
		cmocka_unit_test(block_of_one_section_has_its_own_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
