/* SPDX-License-Identifier: GPL-2.0-only */
/* src/path/ack.c over memory of a test's own, and sources that acknowledge by one word. */
#ifndef SHARERS_H
#define SHARERS_H

#define IS_ENABLED(option) 1 /* as on x86, where there are I/O ports */

#define GN_ARCH_H
#define gn_arch_copy memcpy

#include "unit.h"

#include "path/window.h"

#define BASE 0x1000ull

static union {
	u8 bytes[64];
	u64 words[8];
} memory __attribute__((__aligned__(64)));

static bool device;
static int mapped;

int gn_window_map(struct gn_window *w, u64 pa, u32 length)
{
	assert_true(pa >= BASE && pa % 8 == 0 && pa + length <= BASE + sizeof(memory));
	*w = (struct gn_window){
		.va = memory.bytes + (pa - BASE),
		.pa = pa,
		.length = length,
		.device = device,
	};
	mapped++;
	return 0;
}

void gn_window_unmap(struct gn_window *w)
{
	mapped -= !!w->va;
	*w = (struct gn_window){};
}

/* What happens while a word of Device memory is written. */
static void (*while_writing)(void);

static void written(void)
{
	if (while_writing)
		while_writing();
}

/* What happens between the read of a word and its write. */
static void (*after_reading)(void);

static inline u64 was_read(u64 value)
{
	if (after_reading)
		after_reading();
	return value;
}

#define gn_window_read64(at, device)	     was_read(gn_window_read64((at), (device)))
#define gn_window_write64(at, value, device) (gn_window_write64((at), (value), (device)), written())
#include "path/register.c"
#include "path/ack.c"
#undef gn_window_write64
#undef gn_window_read64

static struct gn_hest_source source(u64 address, u8 bytes, u8 shift, u32 width, u64 preserve,
				    u64 write)
{
	return (struct gn_hest_source){
		.v2 = true,
		.ack = { .address = address,
			 .bytes = bytes,
			 .shift = shift,
			 .mask = width == 64 ? ~0ull : (1ull << width) - 1 },
		.ack_preserve = preserve,
		.ack_write = write,
	};
}

#define SHARERS 3

/* Three sources with a bit each; three of them at a time at most. */
static struct gn_ack sharers[SHARERS];

static void share(u32 n)
{
	u32 i;

	memset(&memory, 0, sizeof(memory));
	for (i = 0; i < n; i++) {
		struct gn_hest_source desc = source(BASE, 8, 0, 64, ~(1ull << i), 1ull << i);

		desc.ack_shared = true;
		assert_int_equal(gn_ack_map(&sharers[i], &desc), 0);
	}
}

static void unshare(u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		gn_ack_unmap(&sharers[i]);
	assert_int_equal(mapped, 0);
	assert_true(list_empty(&banks));
}

static inline void give(int n)
{
	if (!gn_ack_give(&sharers[n], device))
		while (!gn_ack_write_owed(&sharers[n]))
			;
}

#endif
