// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random blocks: whatever firmware writes, the walk ends, stays in the block,
 * and what passes the check leads, repaired, no kernel helper out of its section.
 */
#include "block.h"
#include "printer.h"

#include "record/estatus.c"
#include "record/section.c"
#include "record/memory.c"
#include "record/repair.c"

#define ROUNDS 200000

/* How often what was met: a test that meets nothing proves nothing. */
struct met {
	u32 good[GN_SECTION_KINDS], verdicts[GN_VERDICTS], shown[GN_SECTION_KINDS];
	u32 odd[GN_ODDITIES];
};

/* Fills the body of an ARM section with parts that are mostly what they say. */
static void fill_arm(u64 *seed, u8 *body, u32 length)
{
	u32 infos = pick(seed, 4), contexts = pick(seed, 4), at = 40, i;
	u32 round = pick(seed, 2) ? 16 : 1;

	for (i = 0; i < infos && at + 32 <= length; i++) {
		body[at + 1] = pick(seed, 8) ? 32 : (u8)nasty(seed);
		at += body[at + 1];
	}
	infos = pick(seed, 20) ? i : nasty(seed);
	for (i = 0; i < contexts && at + 8 <= length; i++) {
		u32 size = pick(seed, 8) ? pick(seed, 60) : nasty(seed);

		put32(body + at + 4, size);
		at += (size % 4096 + 8 + round - 1) / round * round;
	}
	put16(body + 4, (u16)infos);
	put16(body + 6, (u16)(pick(seed, 20) ? i : nasty(seed)));
	put32(body + 8, pick(seed, 4) ? length : pick(seed, 2) ? at : nasty(seed));
}

static void fill_ia(u64 *seed, u8 *body, u32 length)
{
	u32 checks = pick(seed, 4), contexts = pick(seed, 4), at = 64 + 64 * checks, i;

	for (i = 0; i < contexts && at + 16 <= length; i++) {
		u32 size = pick(seed, 8) ? pick(seed, 60) : nasty(seed);

		put16(body + at + 2, (u16)size);
		at += 16 + size % 4096;
	}
	put64(body, checks << 2 | (pick(seed, 20) ? contexts : pick(seed, 64)) << 8);
}

static void fill_cxl(u64 *seed, u8 *body)
{
	body[0] = (u8)pick(seed, 256);
	put16(body + 108, (u16)(pick(seed, 4) ? pick(seed, 100) : nasty(seed)));
	put16(body + 110, (u16)(pick(seed, 4) ? 80 + pick(seed, 16) : nasty(seed)));
}

/* A section whose type, length and parts are mostly right. */
static void add_random_section(u64 *seed, struct block *b)
{
	static const struct {
		const char *type;
		u32 length;
	} types[] = {
		{ MEMORY, 73 },	  { ARM, 40 },	{ PCIE, 208 }, { IA, 64 },     { GENERIC, 192 },
		{ FIRMWARE, 16 }, { CXL, 116 }, { VENDOR, 0 }, { MEMORY, 80 }, { CXL_DRAM, 144 },
	};
	u32 i = pick(seed, sizeof(types) / sizeof(types[0]));
	u32 length = types[i].length - (pick(seed, 16) ? 0 : pick(seed, 2)) +
		     (pick(seed, 2) ? 0 : pick(seed, 400));
	u16 revision = pick(seed, 2) ? 0x300 : 0x201;
	u8 *p, *body;

	if (length > 1024)
		length = 0; /* one less than 0 */
	p = add_section(b, types[i].type, revision, length);
	body = body_of(p);
	p[22] = (u8)pick(seed, 8);
	if (!strcmp(types[i].type, ARM) && length >= 40)
		fill_arm(seed, body, length);
	else if (!strcmp(types[i].type, IA) && length >= 64)
		fill_ia(seed, body, length);
	else if (!strcmp(types[i].type, CXL) && length >= 116)
		fill_cxl(seed, body);
	else if (!strcmp(types[i].type, CXL_DRAM))
		put32(body, pick(seed, 8) ? 32 + pick(seed, length - 31) : nasty(seed));
	else if (length >= 2)
		body[1] = (u8)pick(seed, 4);
}

static void make_random_block(u64 *seed, struct block *b)
{
	u32 sections = pick(seed, 5), changes = pick(seed, 2) ? 0 : 1 + pick(seed, 4);

	block_start(b);
	while (sections--)
		add_random_section(seed, b);
	if (!pick(seed, 4)) {
		put32(b->bytes + 4, b->size + (pick(seed, 2) ? 0 : pick(seed, 64)));
		put32(b->bytes + 8, pick(seed, 64));
		b->size += 128;
	}
	while (changes--) {
		u32 at = pick(seed, 2) ? 4 * pick(seed, 5) : pick(seed, b->size - 3);

		if (pick(seed, 2))
			put32(b->bytes + at, nasty(seed));
		else
			b->bytes[at] = (u8)nasty(seed);
	}
}

/* The printer may read what it should not: that is what is asked here. */
static void show(const struct gn_estatus *head, const struct gn_section *s,
		 enum gn_section_kind kind, struct met *met)
{
	static u8 scratch[PRINTER_ROOM];
	u8 *repaired = malloc(GN_SCRATCH);
	u32 length = gn_repair_block(head, s, repaired, GN_SCRATCH), round;
	struct gn_section one;
	struct gn_walk walk;

	if (length) {
		/* What is handed over is a good block of one section of the same type. */
		assert_int_equal(check_bytes(repaired, length), GN_GOOD);
		gn_walk_start(&walk, repaired);
		assert_true(gn_walk_next(&walk, &one));
		assert_int_equal(walk.left, 0);
		assert_memory_equal(one.type, s->type, 16);
		assert_int_equal(one.kind, kind);
		for (round = 1; round <= 16; round += 15) {
			memset(scratch, 0xff, sizeof(scratch));
			memcpy(scratch, one.body, one.length);
			assert_true(printer_reads(kind, scratch, one.length, round) <= one.length);
		}
		met->shown[kind]++;
	} else {
		assert_true(kind == GN_SECTION_OTHER || s->length > 1024);
	}
	free(repaired);
}

/* Walks whether the check passed or not; every pointer must lead into the block. */
static void walk_all(const u8 *block, u32 length, enum gn_verdict verdict, struct met *met)
{
	struct gn_estatus head;
	struct gn_section s;
	struct gn_walk walk;
	u32 n = 0;

	gn_estatus_read(&head, block);
	gn_walk_start(&walk, block);
	while (gn_walk_next(&walk, &s)) {
		assert_true(++n <= length / 64);
		assert_true(s.type >= block + 20 && s.body >= s.type + 64);
		assert_true(s.body + s.length <= block + length);
		assert_true(!s.fru_id || s.fru_id == s.type + 28);
		assert_true(!s.timestamp || (s.timestamp == s.type + 64 && s.body == s.type + 72));
		assert_true(memchr(s.fru_text, 0, sizeof(s.fru_text)) != NULL);
		if (verdict != GN_GOOD)
			continue;
		met->good[s.kind]++;
		met->odd[s.oddity]++;
		show(&head, &s, s.kind, met);
	}
	if (verdict == GN_GOOD)
		assert_int_equal(walk.left, 0);
}

/* As the module does it: measure the header, copy that much, check the copy. */
static void handle(const struct block *b, u32 limit, struct met *met)
{
	enum gn_verdict verdict;
	struct gn_estatus es;
	u32 length;
	u8 *copy;

	gn_estatus_read(&es, b->bytes);
	verdict = gn_estatus_measure(&es, limit, &length);
	if (verdict != GN_GOOD) {
		met->verdicts[verdict]++;
		return;
	}
	assert_in_range(length, 20, limit);
	copy = exactly(b->bytes, length);
	verdict = gn_estatus_check(copy, length);
	met->verdicts[verdict]++;
	walk_all(copy, length, verdict, met);
	free(copy);
}

TEST(what_passes_leads_nobody_astray)
{
	static struct block b;
	struct met met = {};
	u64 seed = 0x47484553;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		make_random_block(&seed, &b);
		handle(&b, pick(&seed, 4) ? 4096 : pick(&seed, b.size + 64), &met);
	}
	for (i = 0; i < GN_SECTION_KINDS; i++)
		assert_true(met.good[i] > 1000);
	for (i = 0; i < GN_ODDITIES; i++)
		assert_true(met.odd[i] > 100);
	for (i = 0; i < GN_VERDICTS; i++)
		assert_true(met.verdicts[i] > 100 || i == GN_CHANGED);
	for (i = GN_SECTION_OTHER + 1; i < GN_SECTION_KINDS; i++)
		assert_true(met.shown[i] > 1000);
	assert_int_equal(met.shown[GN_SECTION_OTHER], 0);
}

TEST(noise_is_stepped_through)
{
	static struct block b;
	struct met met = {};
	u64 seed = 0x4e4f4953;
	u32 i, n;

	for (i = 0; i < ROUNDS / 10; i++) {
		b.size = 20 + pick(&seed, 2000);
		for (n = 0; n < b.size; n += 8)
			put64(b.bytes + n, chance(&seed));
		put32(b.bytes + 8, 0);
		put32(b.bytes + 12, b.size - 20);
		/* Noise has no short lengths; give it some. */
		for (n = 20 + 24; n + 4 < b.size; n += 64 + pick(&seed, 64))
			put32(b.bytes + n, pick(&seed, 64));
		handle(&b, b.size, &met);
	}
	assert_true(met.verdicts[GN_SECTION_HEADER] > 100);
	assert_true(met.verdicts[GN_SECTION_LENGTH] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_passes_leads_nobody_astray),
		cmocka_unit_test(noise_is_stepped_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
