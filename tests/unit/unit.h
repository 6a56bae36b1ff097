/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests share: cmocka, bytes as firmware writes them, repeatable chance. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/types.h>

#ifdef __SANITIZE_THREAD__
/* The first data race ends the program, as the other sanitizers do. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=1";
}
#endif

/* A cmocka test without a fixture. */
#define TEST(name) static void name(void **state __attribute__((__unused__)))

static inline void put16(u8 *p, u16 v)
{
	p[0] = (u8)v;
	p[1] = (u8)(v >> 8);
}

static inline void put32(u8 *p, u32 v)
{
	put16(p, (u16)v);
	put16(p + 2, (u16)(v >> 16));
}

static inline void put64(u8 *p, u64 v)
{
	put32(p, (u32)v);
	put32(p + 4, (u32)(v >> 32));
}

/*
 * A copy on the heap that ends where its allocation ends: the address sanitizer
 * stops whoever reads one byte too far. To be freed.
 */
static inline u8 *exactly(const u8 *from, size_t size)
{
	u8 *p = malloc(size);

	assert_non_null(p);
	memcpy(p, from, size);
	return p;
}

/* xorshift64*: the same numbers in every run. @state starts at any number but 0. */
static inline u64 chance(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* A number below @n. */
static inline u32 pick(u64 *state, u32 n)
{
	return (u32)((chance(state) >> 32) * n >> 32);
}

/* A length or count as a hostile hand would choose it. */
static inline u32 nasty(u64 *state)
{
	static const u32 edges[] = {
		0,	    1,		2,	    7,		8,	    15,		16,
		31,	    32,		33,	    63,		64,	    65,		71,
		72,	    73,		80,	    84,		0x7f,	    0x80,	0xff,
		0x100,	    0x7fff,	0x8000,	    0xffff,	0x10000,    0x7fffffff, 0x80000000,
		0xffffffb0, 0xffffffb8, 0xffffffc0, 0xfffffff0, 0xfffffff8, 0xffffffff,
	};
	u32 n = sizeof(edges) / sizeof(edges[0]);

	switch (pick(state, 3)) {
	case 0:
		return edges[pick(state, n)];
	case 1:
		return pick(state, 512);
	default:
		return (u32)chance(state);
	}
}

#endif
