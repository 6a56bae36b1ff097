// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a HEST: the walk ends, stays in the table, and hands out only what it checked. */
#include "fuzz.h"

#include "record/hest.c"

/* Each entry takes at least 4 bytes, and what is handed out is one of them. */
struct seen {
	size_t calls, ended;
};

static int take(void *arg, const struct gn_hest_source *src, const char *why)
{
	struct seen *seen = arg;

	must(!seen->ended);
	seen->calls++;
	if (why) {
		must(*why);
		return 0;
	}
	must(src->enabled);
	must(src->block_length >= GN_BLOCK_MIN && src->block_length <= GN_BLOCK_MAX);
	must(src->status_reg && src->status_reg % 8 == 0 && src->status_reg + 8 > src->status_reg);
	must(src->v2 == (src->ack_reg != 0));
	if (src->v2)
		must((src->ack_width == 4 || src->ack_width == 8) &&
		     src->ack_reg % src->ack_width == 0);
	must(*gn_notify_name(src->notify));
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 *table = exactly(data, size);
	struct seen seen = {};
	int err = gn_hest_parse(table, size, take, &seen);

	must(!err || !seen.calls);
	must(seen.calls <= size / 4 + 1);
	free(table);
	return 0;
}
