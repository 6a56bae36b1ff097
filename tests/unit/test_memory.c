// SPDX-License-Identifier: GPL-2.0-only
/* Memory errors of both section types mean the same (UEFI 2.10, N.2.5 and N.2.6). */
#include "block.h"

#include "record/estatus.c"
#include "record/section.c"
#include "record/memory.c"

#define MEMORY2 "61ec04fc-48e6-d813-25c9-8daa44750b12"

/* The only section of @b, decoded. */
static void read_only(const struct block *b, struct gn_memory *m)
{
	u8 *exact = exactly(b->bytes, b->size);
	struct gn_section s;
	struct gn_walk walk;

	assert_int_equal(gn_estatus_check(exact, b->size), GN_GOOD);
	gn_walk_start(&walk, exact);
	assert_true(gn_walk_next(&walk, &s));
	assert_int_equal(s.kind, GN_SECTION_MEMORY);
	gn_memory_read(&s, m);
	free(exact);
}

/* A section of the second type: every field another number, all of them valid unless @valid says. */
static void second(struct block *b, u64 valid)
{
	u8 *p;

	block_start(b);
	p = body_of(add_section(b, MEMORY2, 0x300, 96));
	put64(p, valid);
	put64(p + 8, 0x40400);
	put64(p + 16, 0x123456789000);
	put64(p + 24, 0xfffffffff000);
	put16(p + 32, 1);
	put16(p + 34, 2);
	put16(p + 36, 3);
	put16(p + 38, 0x0405);
	put32(p + 40, 6);
	put32(p + 44, 0x27777);
	put32(p + 48, 8);
	put32(p + 52, 9);
	put32(p + 56, 10);
	p[60] = 5;
	p[61] = 2;
	p[62] = 1;
	put64(p + 64, 11);
	put64(p + 72, 12);
	put64(p + 80, 13);
	put32(p + 88, 14);
	put32(p + 92, 15);
}

TEST(second_type_is_decoded)
{
	struct gn_memory m;
	struct block b;

	second(&b, ~0ull);
	read_only(&b, &m);
	assert_int_equal(m.valid, NEW_VALID & ~(u32)GN_MEM_ROW_EXTENSION);
	assert_int_equal(m.status, 0x40400);
	assert_int_equal(m.pa, 0x123456789000);
	assert_int_equal(m.mask, 0xfffffffff000);
	assert_int_equal(m.node, 1);
	assert_int_equal(m.card, 2);
	assert_int_equal(m.module, 3);
	assert_int_equal(m.bank, 0x0405);
	assert_int_equal(m.device, 6);
	assert_int_equal(m.row, 0x27777);
	assert_int_equal(m.column, 8);
	assert_int_equal(m.rank, 9);
	assert_int_equal(m.bit, 10);
	assert_int_equal(m.chip, 5);
	assert_int_equal(m.type, 2);
	assert_int_equal(m.requestor, 11);
	assert_int_equal(m.responder, 12);
	assert_int_equal(m.target, 13);
	assert_int_equal(m.card_handle, 14);
	assert_int_equal(m.module_handle, 15);
}

/* Each of its validation bits is the one of that field, and of no other. */
TEST(second_type_has_bits_of_its_own)
{
	static const u32 first[22] = {
		GN_MEM_STATUS,	   GN_MEM_PA,		GN_MEM_MASK,	    GN_MEM_NODE,
		GN_MEM_CARD,	   GN_MEM_MODULE,	GN_MEM_BANK,	    GN_MEM_DEVICE,
		GN_MEM_ROW,	   GN_MEM_COLUMN,	GN_MEM_RANK,	    GN_MEM_BIT,
		GN_MEM_CHIP,	   GN_MEM_TYPE,		0 /* its status */, GN_MEM_REQUESTOR,
		GN_MEM_RESPONDER,  GN_MEM_TARGET,	GN_MEM_CARD_HANDLE, GN_MEM_MODULE_HANDLE,
		GN_MEM_BANK_GROUP, GN_MEM_BANK_ADDRESS,
	};
	struct gn_memory m;
	struct block b;
	u32 bit;

	for (bit = 0; bit < 64; bit++) {
		second(&b, 1ull << bit);
		read_only(&b, &m);
		assert_int_equal(m.valid, bit < 22 ? first[bit] : 0);
	}
}

/* Written as the first type and read again it is what it was, but for what does not fit. */
TEST(second_type_becomes_the_first)
{
	struct gn_memory m, again;
	struct block b, copy;
	u32 valid;

	second(&b, ~0ull);
	read_only(&b, &m);
	block_start(&copy);
	gn_memory_write(&m, body_of(add_section(&copy, MEMORY, 0x300, 80)));
	read_only(&copy, &again);
	valid = m.valid | GN_MEM_ROW_EXTENSION;
	assert_int_equal(again.valid, valid);
	m.valid = valid;
	assert_memory_equal(&m, &again, sizeof(m));

	m.row = 1u << 18;
	m.device = m.column = m.rank = m.bit = 0x10000;
	m.chip = 8;
	m.module_handle = 0x10000;
	block_start(&copy);
	gn_memory_write(&m, body_of(add_section(&copy, MEMORY, 0x300, 80)));
	read_only(&copy, &again);
	assert_int_equal(again.valid,
			 valid & ~(u32)(GN_MEM_ROW | GN_MEM_ROW_EXTENSION | GN_MEM_DEVICE |
					GN_MEM_COLUMN | GN_MEM_RANK | GN_MEM_BIT | GN_MEM_CHIP |
					GN_MEM_MODULE_HANDLE));
}

/* The row's bits 17:16 stand in another byte, with a validation bit of their own. */
TEST(row_has_its_extension)
{
	struct gn_memory m;
	struct block b;
	u8 *p;

	block_start(&b);
	p = body_of(add_section(&b, MEMORY, 0x300, 80));
	put16(p + 42, 0x8001);
	p[73] = 0xe3;
	put64(p, GN_MEM_ROW | GN_MEM_ROW_EXTENSION);
	read_only(&b, &m);
	assert_int_equal(m.row, 0x38001);
	put64(p, GN_MEM_ROW_EXTENSION);
	read_only(&b, &m);
	assert_int_equal(m.row, 0x38001);
	put64(p, GN_MEM_ROW | GN_MEM_CHIP);
	read_only(&b, &m);
	assert_int_equal(m.row, 0x8001);
	assert_int_equal(m.chip, 7);
}

/* UEFI 2.1 ends behind the error type: bits of later fields mean nothing there. */
TEST(short_section_has_no_later_fields)
{
	struct gn_memory m;
	struct block b;
	u32 n;

	for (n = 73; n <= 80; n++) {
		u8 *p;

		block_start(&b);
		p = body_of(add_section(&b, MEMORY, 0x300, n));
		memset(p, 0xff, n);
		read_only(&b, &m);
		assert_int_equal(m.valid, n < 80 ? OLD_VALID : NEW_VALID);
		assert_int_equal(m.type, 0xff);
		assert_int_equal(m.rank, n < 80 ? 0 : 0xffff);
	}
}

TEST(second_type_of_95_bytes_is_odd)
{
	struct gn_section s;
	struct gn_walk walk;
	struct block b;

	block_start(&b);
	add_section(&b, MEMORY2, 0x300, 95);
	gn_walk_start(&walk, b.bytes);
	assert_true(gn_walk_next(&walk, &s));
	assert_int_equal(s.oddity, GN_ODD_SHORT);
	assert_int_equal(s.kind, GN_SECTION_OTHER);
}

TEST(statuses_have_words)
{
	u32 code, known = 0;

	for (code = 0; code < 256; code++)
		known += strcmp(gn_memory_status_name((u64)code << 8), "unknown") != 0;
	assert_int_equal(known, 17);
	assert_string_equal(gn_memory_status_name(0x40400), "storage error in DRAM");
	assert_string_equal(gn_memory_status_name(~0ull), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_type_is_decoded),
		cmocka_unit_test(second_type_has_bits_of_its_own),
		cmocka_unit_test(second_type_becomes_the_first),
		cmocka_unit_test(row_has_its_extension),
		cmocka_unit_test(short_section_has_no_later_fields),
		cmocka_unit_test(second_type_of_95_bytes_is_odd),
		cmocka_unit_test(statuses_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
