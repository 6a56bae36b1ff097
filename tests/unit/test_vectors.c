// SPDX-License-Identifier: GPL-2.0-only
/* Every vector gets the verdict that stands beside it. */
#include "block.h"
#include "printer.h"
#include "vectors.h"

#include "record/hest.c"
#include "record/estatus.c"
#include "record/section.c"
#include "record/memory.c"
#include "record/repair.c"

#define BLOCK 4096u /* bytes of the block that the vectors are for */

/* What passes is walked to its end, and repaired it leads no helper astray. */
static void must_be_safe(const struct vector *v, const u8 *block, u32 length)
{
	static u8 room[PRINTER_ROOM], scratch[GN_SCRATCH];
	struct gn_section s, one;
	struct gn_walk walk, alone;
	struct gn_estatus head;
	char odd[64] = "";
	u32 n, round, number = 0;

	gn_estatus_read(&head, block);
	gn_walk_start(&walk, block);
	for (; gn_walk_next(&walk, &s); number++) {
		assert_true(s.body + s.length <= block + length);
		if (s.oddity != GN_SOUND) {
			snprintf(odd + strlen(odd), sizeof(odd) - strlen(odd), "%s%u %s",
				 odd[0] ? ", " : "", number, gn_oddity_name(s.oddity));
			assert_int_equal(s.kind, GN_SECTION_OTHER);
		}
		n = gn_repair_block(&head, &s, scratch, sizeof(scratch));
		if (!n) {
			assert_int_equal(s.kind, GN_SECTION_OTHER);
			continue;
		}
		assert_int_equal(check_bytes(scratch, n), GN_GOOD);
		gn_walk_start(&alone, scratch);
		assert_true(gn_walk_next(&alone, &one));
		for (round = 1; round <= 16; round += 15) {
			memset(room, 0xff, sizeof(room));
			memcpy(room, one.body, one.length);
			if (printer_reads(s.kind, room, one.length, round) > one.length)
				fail_msg("%s: the printer leaves the section", v->name);
		}
	}
	assert_int_equal(walk.left, 0);
	if (strcmp(odd, v->odd))
		fail_msg("%s: odd is \"%s\", must be \"%s\"", v->name, odd, v->odd);
}

/* As the module takes a block: measure the header, copy that much, check the copy. */
static enum gn_verdict judge(const struct vector *v)
{
	u8 header[GN_ESTATUS_HEADER] = {};
	enum gn_verdict verdict;
	struct gn_estatus head;
	u32 length;
	u8 *copy;

	assert_in_range(v->size, GN_ESTATUS_HEADER, BLOCK);
	memcpy(header, v->data, sizeof(header));
	gn_estatus_read(&head, header);
	verdict = gn_estatus_measure(&head, BLOCK, &length);
	if (verdict != GN_GOOD)
		return verdict;
	/* The verdict must not depend on what lies behind the vector's bytes. */
	assert_true(length <= v->size);
	copy = exactly(v->data, length);
	verdict = gn_estatus_check(copy, length);
	if (verdict == GN_GOOD)
		must_be_safe(v, copy, length);
	free(copy);
	return verdict;
}

TEST(blocks_are_judged_as_they_must_be)
{
	struct vector *list = vectors_read("tests/vectors/blocks.txt"), *v;
	u32 good = 0, odd = 0, malformed = 0, wrong = 0;

	for (v = list; v; v = v->next) {
		const char *verdict = gn_verdict_name(judge(v));

		*(strcmp(v->verdict, "good") ? &malformed : v->odd[0] ? &odd : &good) += 1;
		if (!strcmp(verdict, v->verdict))
			continue;
		print_message("# %s: %s, must be %s\n", v->name, verdict, v->verdict);
		wrong++;
	}
	vectors_free(list);
	assert_int_equal(wrong, 0);
	assert_true(malformed >= 50);
	assert_true(odd >= 80);
	assert_true(good >= 60);
}

/* Each way of going wrong is there more than once: one vector may be right by luck. */
TEST(every_kind_has_two_vectors)
{
	struct vector *list = vectors_read("tests/vectors/blocks.txt"), *v, *other;

	for (v = list; v; v = v->next) {
		u32 n = 0;

		for (other = list; other; other = other->next)
			n += !strcmp(v->kind, other->kind);
		if (n < 2 && (strcmp(v->verdict, "good") || v->odd[0]))
			fail_msg("%s is the only one of its kind", v->name);
	}
	vectors_free(list);
}

struct said {
	char text[1024];
};

static int say(void *arg, const struct gn_hest_source *src, const char *why)
{
	struct said *said = arg;
	size_t n = strlen(said->text);

	snprintf(said->text + n, sizeof(said->text) - n, "%s%c%u", n ? " " : "", why ? '-' : '+',
		 src->id);
	return 0;
}

TEST(tables_are_read_as_they_must_be)
{
	struct vector *list = vectors_read("tests/vectors/hests.txt"), *v;
	u32 n = 0, wrong = 0;

	for (v = list; v; v = v->next) {
		struct said said = {};
		u8 *exact = exactly(v->data, v->size);
		int err = gn_hest_parse(exact, v->size, say, &said);
		const char *text = err ? "refused" : said.text[0] ? said.text : "none";

		free(exact);
		n++;
		if (!strcmp(text, v->verdict))
			continue;
		print_message("# %s: %s, must be %s\n", v->name, text, v->verdict);
		wrong++;
	}
	vectors_free(list);
	assert_int_equal(wrong, 0);
	assert_true(n >= 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_judged_as_they_must_be),
		cmocka_unit_test(every_kind_has_two_vectors),
		cmocka_unit_test(tables_are_read_as_they_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
