// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/ack.c, register.c and claim.h: two sources acknowledge by one word (SHARED), or each
 * by a word of its own. No acknowledgement is lost, and firmware that sees one sees a cleared
 * status. The access has BYTES: of 4 the word is exchanged, and what firmware changes in it
 * meanwhile stays; of 2 it is read and written.
 */
#include "weak.h"

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* The guards of the headers that these files name. */
#define GN_ARCH_H
#define UNIT_LINUX_SLAB_H
#define UNIT_LINUX_DELAY_H

#define IS_ENABLED(option) 0
#define wmb()		   weak_release()
#define gn_arch_copy	   memcpy
#define cpu_relax()	   ((void)0)
#define usleep_range(a, b) ((void)0)

#define GFP_KERNEL	   0
static char room[1][8192] __attribute__((__aligned__(64)));
#define kzalloc(size, flags) memset(room[0], 0, sizeof(room[0]))
#define kfree(p)	     ((void)(p))

#include "path/window.h"

#define SOURCES 2
#define BASE	0x1000ull

static u32 words[SOURCES * 2] __attribute__((__aligned__(8)));

int gn_window_map(struct gn_window *w, u64 pa, u32 length)
{
	*w = (struct gn_window){ .va = (u8 *)words + (pa - BASE), .pa = pa, .length = length };
	return 0;
}

void gn_window_unmap(struct gn_window *w)
{
	*w = (struct gn_window){};
}

#include "path/register.c"
#include "path/ack.c"

static struct gn_ack acks[SOURCES];
static int status[SOURCES];

static void give(int i)
{
	WRITE_ONCE(status[i], 0);
	if (!gn_ack_give(&acks[i], false))
		weak_check(gn_ack_write_owed(&acks[i]));
}

static void first(void)
{
	give(0);
}

static void second(void)
{
	give(1);
}

static void firmware(void)
{
	int i;

	for (i = 0; i < SOURCES; i++) {
		if (!(gn_register_read(&acks[i].reg) & 1u << i))
			continue;
		smp_rmb();
		weak_check(!READ_ONCE(status[i]));
	}
}

/* Firmware's own bit. */
static void other_writer(void)
{
	weak_change((volatile int *)words, true, 0, 0x8000, true, RELAXED);
}

static void begin(void)
{
	int i;

	memset(words, 0, sizeof(words));
	banks = (struct list_head){ &banks, &banks };
	for (i = 0; i < SOURCES; i++) {
		struct gn_hest_source desc = {
			.v2 = true,
			.ack = { .address = BASE + (SHARED ? 0 : 8 * i),
				 .bytes = BYTES,
				 .mask = 0xffff },
			.ack_preserve = ~(1ull << i),
			.ack_write = 1ull << i,
			.ack_shared = SHARED,
		};

		status[i] = 1;
		weak_check(!gn_ack_map(&acks[i], &desc));
	}
	weak_thread(first, false);
	weak_thread(second, false);
	weak_thread(firmware, false);
	if (BYTES == 4)
		weak_thread(other_writer, false);
}

static void end(void)
{
	int i;

	for (i = 0; i < SOURCES; i++)
		weak_check(gn_register_read(&acks[i].reg) & 1u << i);
	for (i = 0; i < SOURCES && SHARED; i++)
		weak_check(!acks[i].bank->slots[acks[i].slot].marked.counter);
	weak_check(BYTES < 4 || words[0] & 0x8000);
}

int main(void)
{
	return weak_explore("ack", begin, end);
}
