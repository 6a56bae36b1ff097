// SPDX-License-Identifier: GPL-2.0-only
/* What kernel helpers are handed instead of a section: the same content, in the one shape all of them take. */
#include "block.h"
#include "printer.h"

#include "record/estatus.c"
#include "record/section.c"
#include "record/memory.c"
#include "record/repair.c"

static void only_section(const u8 *block, struct gn_section *s)
{
	struct gn_walk walk;

	gn_walk_start(&walk, block);
	assert_true(gn_walk_next(&walk, s));
}

/*
 * Repairs the only section of @b into exactly as much room as it takes; to be freed.
 * In less there is no place for it, and nothing is written beyond.
 */
static u8 *repaired(const struct block *b, u32 *length)
{
	u8 *whole = exactly(b->bytes, b->size), *tight;
	struct gn_section s;
	u8 room[16384];
	u32 n;

	assert_int_equal(gn_estatus_check(whole, b->size), GN_GOOD);
	only_section(whole, &s);
	*length = gn_repair(&s, room, sizeof(room));
	for (n = 0; n < *length; n++) {
		tight = malloc(n ? n : 1);
		assert_int_equal(gn_repair(&s, tight, n), 0);
		free(tight);
	}
	tight = malloc(*length ? *length : 1);
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
		assert_int_equal(gn_le64(copy), n < 80 ? 0x7fff : 0x3fffff);
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

	memset(body, 0xee, 40);
	put16(body + 4, 3);
	put16(body + 6, 0);
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
	assert_memory_equal(copy, body, 8);
	assert_memory_equal(copy + 12, body + 12, 28);
	for (i = 0; i < 3; i++) {
		assert_int_equal(copy[40 + 32 * i + 1], 32);
		assert_int_equal(copy[40 + 32 * i + 4], 0x10 + i);
	}
	assert_string_equal((char *)copy + 40 + 96, "vendor part");
	for (round = 1; round <= 16; round += 15)
		assert_int_equal(printer_reads_arm(copy, round), length);
	free(copy);
}

/* As many whole entries as there is room for; nothing behind them in the section. */
TEST(arm_entries_where_there_is_little_room)
{
	struct block b;
	u8 *body = start(&b, ARM, 40 + 3 * 48), *to;
	struct gn_section s;
	struct gn_arm arm;
	u32 room, length, i;

	put16(body + 4, 3);
	put32(body + 8, 40 + 3 * 48);
	for (i = 0; i < 3; i++)
		body[40 + 48 * i + 1] = 48;
	free(repaired(&b, &length));
	assert_int_equal(length, 40 + 3 * 32);

	only_section(b.bytes, &s);
	assert_true(gn_section_arm(&s, &arm));
	for (room = 0; room < 140; room++) {
		to = malloc(room ? room : 1);
		assert_int_equal(gn_repair_err_infos(&arm, to, room),
				 room < 96 ? room / 32 * 32 : 96);
		free(to);
	}
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
			assert_memory_equal(copy + 40, body + 40, 4);
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
		assert_memory_equal(copy + 128, body + 128, 2);
		assert_memory_equal(copy + 128 + 4, body + 128 + 4, 16 + 92 - 4);
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
		assert_memory_equal(copy + 4, body + 4, (n < 144 ? n : 144) - 4);
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

/* Should somebody forget to check it. */
TEST(what_leaves_its_section_is_not_handed_over)
{
	struct block b;
	struct gn_section s;
	u8 *body = start(&b, ARM, 40), to[512];

	put16(body + 4, 1);
	put32(body + 8, 40);
	only_section(b.bytes, &s);
	assert_int_equal(gn_repair(&s, to, sizeof(to)), 0);

	body = start(&b, IA, 64);
	put64(body, 1 << 2);
	only_section(b.bytes, &s);
	assert_int_equal(gn_repair(&s, to, sizeof(to)), 0);
}

/* The text keeps its 20 bytes without a NUL, and the field behind it is not empty. */
TEST(block_of_one_section_has_its_own_header)
{
	struct gn_estatus head = { .status = 0x12, .severity = GN_SEV_CORRECTED };
	u8 block[20] = { 0x12 }, entry[2][72], to[GN_SCRATCH];
	struct gn_section s;
	struct gn_walk walk;
	struct block b;
	u8 *p;
	u32 n, room;

	put32(block + 12, 72 + 80);
	put32(block + 16, GN_SEV_CORRECTED);

	block_start(&b);
	p = add_section(&b, MEMORY, 0x300, 80);
	put32(p + 16, GN_SEV_FATAL);
	p[22] = 7;
	p[23] = 0x5a;
	memset(p + 28, 0x11, 16);
	memset(p + 44, 'T', 20);
	memset(p + 64, 0x22, 8);
	memcpy(entry[0], p, 72);

	/* None of the first one's, and nothing in the fields that are not valid. */
	p = add_section(&b, MEMORY, 0x201, 73);
	p[22] = 1;
	memset(p + 28, 0x33, 36);
	memset(entry[1], 0, sizeof(entry[1]));
	memset(entry[1] + 28, 0x33, 16);
	entry[1][22] = 1;
	memcpy(entry[1], p, 20);
	entry[1][21] = 3;
	entry[1][24] = 80;

	gn_walk_start(&walk, b.bytes);
	for (n = 0; gn_walk_next(&walk, &s); n++) {
		for (room = 0; room < 172; room++)
			assert_int_equal(gn_repair_block(&head, &s, to, room), 0);
		memset(to, 0xff, sizeof(to));
		assert_int_equal(gn_repair_block(&head, &s, to, sizeof(to)), 172);
		assert_int_equal(check_bytes(to, 172), GN_GOOD);
		assert_memory_equal(to, block, 20);
		assert_memory_equal(to + 20, entry[n], 72);
	}
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_memory_section_becomes_a_whole_one),
		cmocka_unit_test(arm_entries_of_any_length_become_32_bytes),
		cmocka_unit_test(arm_entries_where_there_is_little_room),
		cmocka_unit_test(contexts_become_multiples_of_16),
		cmocka_unit_test(ia_contexts_become_multiples_of_16),
		cmocka_unit_test(short_cxl_event_becomes_a_whole_one),
		cmocka_unit_test(what_nobody_decodes_is_not_handed_over),
		cmocka_unit_test(what_leaves_its_section_is_not_handed_over),
		cmocka_unit_test(block_of_one_section_has_its_own_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
