// SPDX-License-Identifier: GPL-2.0-only
/*
 * For CBMC: an error status block of any bytes. Two halves of an induction:
 *
 * start: whatever the header says, a walk over a block that was measured begins
 * with as many bytes left as lie in the block.
 *
 * step: from there, or from wherever it got to, a step reads nothing behind what
 * is left, hands out a section that lies in it, and leaves at least 64 bytes
 * less: so the walk stays in the block and ends.
 *
 * The block lies at the end of an array, every access to which is checked.
 */
#include "record/estatus.c"

#include "any.h"

/* sections.c is about the real ones. */
enum gn_oddity gn_section_check(const struct gn_section *section)
{
	return section ? GN_SOUND : GN_ODD_SHORT;
}

enum gn_section_kind gn_section_kind(const u8 *type)
{
	return type ? GN_SECTION_OTHER : GN_SECTION_KINDS;
}

static void start(void)
{
	u32 limit = nondet_u32(), length;
	struct gn_estatus head;
	struct gn_walk walk;
	const u8 *block;

	__CPROVER_assume(limit >= GN_ESTATUS_HEADER && limit <= LENGTH);
	block = any_block(limit);
	gn_estatus_read(&head, block);
	if (gn_estatus_measure(&head, limit, &length) != GN_GOOD)
		return;
	__CPROVER_assert(length <= limit, "no more is copied than there is");
	gn_walk_start(&walk, block);
	__CPROVER_assert(walk.at == block + GN_ESTATUS_HEADER, "the walk begins behind the header");
	__CPROVER_assert(walk.left + GN_ESTATUS_HEADER <= length, "what is left lies in the block");
}

static void any_step(void)
{
	u32 left = nondet_u32(), before;
	struct gn_section s;
	struct gn_walk walk;

	__CPROVER_assume(left <= LENGTH);
	walk.at = any_block(left);
	walk.left = left;
	if (step(&walk, &s) != GN_GOOD)
		return;
	before = (u32)(s.body - (any_bytes + LENGTH - left));
	__CPROVER_assert(before >= GN_DATA_HEADER && before <= left, "behind its header");
	__CPROVER_assert(s.length <= left - before, "a section lies in what is left");
	__CPROVER_assert(walk.left == left - before - s.length,
			 "each step takes what it hands out");
	__CPROVER_assert(walk.at == s.body + s.length, "the next section lies behind it");
	__CPROVER_assert(!s.fru_text[20], "a text ends");
}

int main(void)
{
	if (nondet_u32())
		start();
	else
		any_step();
	return 0;
}
