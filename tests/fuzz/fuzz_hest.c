// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a HEST: the walk ends, stays in the table, and hands out only what it checked. */
#include "fuzz.h"

#include "record/hest.c"

/* Each entry takes at least 4 bytes, and what is handed out is one of them. */
struct seen {
	size_t calls, ended;
};

static void reachable(const struct gn_hest_register *r)
{
	must(r->bytes == 1 || r->bytes == 2 || r->bytes == 4 || r->bytes == 8);
	must(r->mask && r->shift < 8 * r->bytes && r->mask << r->shift >> r->shift == r->mask);
	must(r->bytes == 8 || !(r->mask << r->shift >> 8 * r->bytes));
	must(r->address && r->address % r->bytes == 0 && r->address + r->bytes > r->address);
	must(!r->port || (r->bytes <= 4 && r->address + r->bytes <= 0x10000));
}

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
	must(src->block_length <= src->block_said && !src->assist);
	reachable(&src->status);
	must(src->status.mask >= 0xffffffff);
	must(src->v2 == (src->ack.address != 0));
	if (src->v2)
		reachable(&src->ack);
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
