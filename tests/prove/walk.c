// SPDX-License-Identifier: GPL-2.0-only
/*
 * For CBMC: a block of any bytes, of any length up to LENGTH. The walk ends, no
 * read leaves the block, and what the check of a section is handed lies in it
 * (sections.c goes on from there). The block lies at the end of an array, every
 * access to which is checked.
 */
#include "path/estatus.c"

#include "any.h"

static const u8 *block;

/* Whatever the real one says: it is proven for any section that lies in the block. */
bool gn_section_check(const struct gn_section *section)
{
	__CPROVER_assert(section->body >= block + GN_ESTATUS_HEADER + GN_DATA_HEADER,
			 "a section's body begins behind its header");
	__CPROVER_assert(section->length <= LENGTH &&
				 section->body + section->length <= any_bytes + LENGTH,
			 "a section's body ends in the block");
	return nondet_u32();
}

int main(void)
{
	u32 limit = nondet_u32(), length;
	enum gn_verdict verdict;
	struct gn_estatus head;
	struct gn_section s;
	struct gn_walk walk;

	__CPROVER_assume(limit >= GN_ESTATUS_HEADER && limit <= LENGTH);
	block = any_block(limit);
	gn_estatus_read(&head, block);
	if (gn_estatus_measure(&head, limit, &length) != GN_GOOD)
		return 0;
	__CPROVER_assert(length <= limit, "no more is copied than there is");
	/* The copy is as long as that. */
	block = any_block(length);
	verdict = gn_estatus_check(block, length);
	gn_walk_start(&walk, block);
	while (gn_walk_next(&walk, &s))
		__CPROVER_assert(s.length <= LENGTH &&
					 s.body + s.length <= any_bytes + LENGTH && !s.fru_text[20],
				 "what is handed out lies in the block");
	__CPROVER_assert(verdict != GN_GOOD || !walk.left, "a good block is walked to its end");
	return 0;
}
