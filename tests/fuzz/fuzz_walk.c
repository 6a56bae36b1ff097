// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as an error status block: the walk ends and stays in the block, good or not. */
#include "gate.h"

static bool walk_all(const u8 *block, u32 length)
{
	const u8 *last = block + GN_ESTATUS_HEADER;
	struct gn_section s;
	struct gn_walk walk;
	u32 n = 0;

	gn_walk_start(&walk, block);
	while (gn_walk_next(&walk, &s)) {
		n++;
		must(s.type == last && s.body >= s.type + GN_DATA_HEADER);
		must(s.length <= (size_t)(block + length - s.body));
		must(!s.fru_text[20]);
		must(s.kind == (s.oddity ? GN_SECTION_OTHER : gn_section_kind(s.type)));
		last = s.body + s.length;
	}
	must(n <= length / GN_DATA_HEADER);
	/* A good block is walked to its end. */
	return !walk.left;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct gn_estatus head;
	u32 length;
	u8 *block = through_the_gate(data, size, &length);

	if (block) {
		must(walk_all(block, length));
	} else if (size >= GN_ESTATUS_HEADER && size <= 1 << 20) {
		gn_estatus_read(&head, data);
		if (gn_estatus_measure(&head, (u32)size, &length) == GN_GOOD) {
			block = exactly(data, length);
			walk_all(block, length);
		}
	}
	free(block);
	return 0;
}
