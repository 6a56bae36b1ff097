// SPDX-License-Identifier: GPL-2.0-only
/*
 * For CBMC: a block of any bytes and any length up to LENGTH. The walk ends, and
 * no read leaves the block: it lies at the end of an array, every access to which
 * is checked, and what is handed out lies in it.
 */
#include "path/estatus.c"
#include "path/section.c"

#ifndef LENGTH
#define LENGTH 256u
#endif

u32 nondet_u32(void);
u8 bytes[LENGTH];

int main(void)
{
	u32 limit = nondet_u32(), length;
	enum gn_verdict verdict;
	struct gn_estatus head;
	struct gn_section s;
	struct gn_walk walk;
	const u8 *block;

	__CPROVER_havoc_object(bytes);
	__CPROVER_assume(limit >= GN_ESTATUS_HEADER && limit <= LENGTH);
	block = bytes + LENGTH - limit;
	gn_estatus_read(&head, block);
	verdict = gn_estatus_measure(&head, limit, &length);
	if (verdict != GN_GOOD)
		return 0;
	__CPROVER_assert(length <= limit, "measured");
	block = bytes + LENGTH - length;
	verdict = gn_estatus_check(block, length);
	gn_walk_start(&walk, block);
	while (gn_walk_next(&walk, &s)) {
		__CPROVER_assert(s.body >= block + GN_ESTATUS_HEADER + GN_DATA_HEADER, "behind its header");
		__CPROVER_assert(s.body + s.length <= bytes + LENGTH, "inside the block");
		__CPROVER_assert(!s.fru_text[20], "a text ends");
	}
	__CPROVER_assert(verdict != GN_GOOD || !walk.left, "a good block is walked to its end");
	return 0;
}
