// SPDX-License-Identifier: GPL-2.0-only
/* The parts of an ARM processor error section (UEFI 2.10, N.2.4.4). */
#include "block.h"

#include "record/estatus.c"
#include "record/section.c"

#define HEADER 40u

/* A section while it is written. */
struct arm {
	u8 bytes[8192];
	u32 size;
	u16 err_infos, contexts;
};

static void arm_start(struct arm *a)
{
	memset(a, 0, sizeof(*a));
	a->size = HEADER;
}

/* An error information entry that says it is @says bytes long and takes @takes. */
static void add_err_info(struct arm *a, u8 says, u32 takes)
{
	a->bytes[a->size + 1] = says;
	a->size += takes;
	a->err_infos++;
}

/* A context that says its registers take @says bytes and that takes @takes, header included. */
static void add_context(struct arm *a, u32 says, u32 takes)
{
	put16(a->bytes + a->size + 2, 4);
	put32(a->bytes + a->size + 4, says);
	memset(a->bytes + a->size + 8, 0xff, takes > 8 ? takes - 8 : 0);
	a->size += takes;
	a->contexts++;
}

/* Finds the parts in a body of @length bytes; section_length is @own. */
static bool split(const struct arm *a, u32 own, u32 length, struct gn_arm *parts)
{
	struct gn_section s = { .length = length };
	u8 *exact = exactly(a->bytes, length);
	u8 guid[16];
	bool ok;

	put_guid(guid, ARM);
	s.type = guid;
	s.body = exact;
	/* A body that is cut ends somewhere in its own header. */
	if (length >= HEADER) {
		put16(exact + 4, a->err_infos);
		put16(exact + 6, a->contexts);
		put32(exact + 8, own);
	}
	memset(parts, 0xff, sizeof(*parts));
	ok = gn_section_arm(&s, parts);
	assert_int_equal(gn_section_check(&s) == GN_SOUND, ok);
	if (ok) {
		/* The parts lie one behind the other and fill section_length. */
		assert_ptr_equal(parts->err_info, exact + HEADER);
		assert_int_equal(parts->err_infos, a->err_infos);
		assert_int_equal(HEADER + (u64)parts->err_info_length + parts->context_length +
					 parts->vendor_length,
				 own);
		if (a->contexts)
			assert_ptr_equal(parts->context, exact + HEADER + parts->err_info_length);
		else
			assert_null(parts->context);
		if (parts->vendor_length)
			assert_ptr_equal(parts->vendor + parts->vendor_length, exact + own);
		else
			assert_null(parts->vendor);
	}
	free(exact);
	return ok;
}

static bool whole(const struct arm *a, struct gn_arm *parts)
{
	return split(a, a->size, a->size, parts);
}

TEST(section_length_lies_in_the_section)
{
	struct gn_arm parts;
	struct arm a;
	u32 n;

	arm_start(&a);
	for (n = 0; n < HEADER; n++) {
		assert_false(split(&a, n, HEADER, &parts));
		assert_false(split(&a, HEADER, n, &parts));
	}
	assert_true(split(&a, HEADER, HEADER, &parts));
	assert_false(split(&a, HEADER + 1, HEADER, &parts));
	assert_false(split(&a, 0xffffffff, HEADER, &parts));
	assert_false(split(&a, 0x80000000, HEADER, &parts));
	/* What lies behind section_length is nobody's. */
	assert_true(split(&a, HEADER, HEADER + 100, &parts));
	assert_int_equal(parts.vendor_length, 0);
}

TEST(err_info_has_at_least_32_bytes)
{
	static const u8 too_short[] = { 0, 1, 31 };
	struct gn_arm parts;
	struct arm a;
	u32 i;

	for (i = 0; i < sizeof(too_short); i++) {
		arm_start(&a);
		add_err_info(&a, too_short[i], 32);
		assert_false(whole(&a, &parts));
		/* However many there are said to be: none is handed out. */
		a.err_infos = 0xffff;
		assert_false(whole(&a, &parts));
	}
	arm_start(&a);
	add_err_info(&a, 32, 32);
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.err_info_length, 32);
	assert_false(split(&a, a.size - 1, a.size, &parts));
	a.err_infos = 2;
	assert_false(whole(&a, &parts));
	a.err_infos = 0xffff;
	assert_false(whole(&a, &parts));
}

TEST(err_info_may_be_longer)
{
	struct gn_arm parts;
	struct arm a;

	arm_start(&a);
	add_err_info(&a, 32, 32);
	add_err_info(&a, 33, 33);
	add_err_info(&a, 255, 255);
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.err_info_length, 32 + 33 + 255);
	assert_false(split(&a, a.size - 1, a.size, &parts));

	arm_start(&a);
	add_err_info(&a, 33, 32);
	assert_false(whole(&a, &parts));
}

TEST(err_info_ends_within_section_length)
{
	struct gn_arm parts;
	struct arm a;
	u32 n;

	arm_start(&a);
	add_err_info(&a, 32, 32);
	add_err_info(&a, 32, 32);
	for (n = HEADER; n < a.size; n++) {
		assert_false(split(&a, n, a.size, &parts));
		assert_false(split(&a, n, n, &parts));
	}
}

TEST(context_is_rounded_up_to_16_bytes)
{
	u32 says;

	for (says = 0; says < 300; says++) {
		u32 takes = (8 + says + 15) / 16 * 16;
		struct gn_arm parts;
		struct arm a;

		arm_start(&a);
		add_err_info(&a, 32, 32);
		add_context(&a, says, takes);
		add_context(&a, says, takes);
		assert_true(whole(&a, &parts));
		assert_int_equal(parts.context_length, 2 * takes);
		assert_int_equal(parts.vendor_length, 0);
		/* The last one may lack what rounds it up, but no register. */
		a.size -= takes - says - 8;
		assert_true(whole(&a, &parts));
		assert_int_equal(parts.context_length, takes + 8 + says);
		assert_int_equal(parts.vendor_length, 0);
		assert_false(split(&a, a.size - 1, a.size - 1, &parts));
	}
}

/* Firmware that does not round writes the next header right behind the registers. */
TEST(contexts_without_rounding_are_found)
{
	struct gn_arm parts;
	struct arm a;

	arm_start(&a);
	add_err_info(&a, 32, 32);
	add_context(&a, 256, 264); /* AArch64 general purpose */
	add_context(&a, 136, 144); /* AArch64 EL1 */
	add_context(&a, 120, 128); /* AArch64 EL2 */
	add_context(&a, 10, 18);   /* miscellaneous */
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.context_length, 264 + 144 + 128 + 18);
	assert_int_equal(parts.vendor_length, 0);
	assert_false(split(&a, a.size - 1, a.size - 1, &parts));
}

/* Which way firmware rounds shows where the last one ends; registers may look like a header. */
TEST(the_way_that_fills_the_section_is_firmwares)
{
	struct gn_arm parts;
	struct arm a;

	arm_start(&a);
	add_context(&a, 20, 32);
	put16(a.bytes + HEADER + 28 + 2, 0);
	put32(a.bytes + HEADER + 28 + 4, 0xffffffff);
	add_context(&a, 8, 16);
	put32(a.bytes + HEADER + 32, 0xffffffff); /* version and type of the second one */
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.context_length, 48);
	assert_true(parts.rounded);

	arm_start(&a);
	add_context(&a, 12, 20);
	add_context(&a, 36, 44);
	/* Twelve bytes into the second one is what rounding takes for a header. */
	put32(a.bytes + HEADER + 32 + 4, 0);
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.context_length, 64);
	assert_false(parts.rounded);
}

TEST(context_stays_in_the_section)
{
	static const u32 says[] = { 25,		0x7ffffff8, 0x7fffffff, 0x80000000,
				    0xfffffff0, 0xfffffff8, 0xffffffff };
	struct gn_arm parts;
	struct arm a;
	u32 i, n;

	for (i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		arm_start(&a);
		add_context(&a, says[i], 32);
		assert_false(whole(&a, &parts));
		a.contexts = 0xffff;
		assert_false(whole(&a, &parts));
	}
	/* A header that is cut. */
	for (n = 0; n < 8; n++) {
		arm_start(&a);
		add_context(&a, 0, n);
		assert_false(whole(&a, &parts));
	}
	arm_start(&a);
	add_context(&a, 0, 8);
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.context_length, 8);
}

TEST(many_empty_contexts_end)
{
	struct gn_arm parts;
	struct arm a;

	arm_start(&a);
	memset(a.bytes, 0, sizeof(a.bytes));
	a.size = sizeof(a.bytes);
	a.contexts = 0xffff;
	assert_false(whole(&a, &parts));
	a.contexts = (sizeof(a.bytes) - HEADER) / 16;
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.context_length, a.contexts * 16);
	assert_int_equal(parts.vendor_length, 8);
}

TEST(vendor_part_is_what_is_left)
{
	struct gn_arm parts;
	struct arm a;

	arm_start(&a);
	add_err_info(&a, 32, 32);
	add_context(&a, 24, 32);
	a.size += 7;
	assert_true(whole(&a, &parts));
	assert_int_equal(parts.vendor_length, 7);
	/* It ends with section_length, not with the section. */
	assert_true(split(&a, a.size - 3, a.size, &parts));
	assert_int_equal(parts.vendor_length, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section_length_lies_in_the_section),
		cmocka_unit_test(err_info_has_at_least_32_bytes),
		cmocka_unit_test(err_info_may_be_longer),
		cmocka_unit_test(err_info_ends_within_section_length),
		cmocka_unit_test(context_is_rounded_up_to_16_bytes),
		cmocka_unit_test(contexts_without_rounding_are_found),
		cmocka_unit_test(the_way_that_fills_the_section_is_firmwares),
		cmocka_unit_test(context_stays_in_the_section),
		cmocka_unit_test(many_empty_contexts_end),
		cmocka_unit_test(vendor_part_is_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
