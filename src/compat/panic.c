// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the in-tree driver does with the timeout of a panic.
 *
 * Linux 6.14, and stable kernels with that change: __ghes_panic() sets panic_timeout to
 * 30 seconds where the administrator wants none (panic=0) -> it leaves the timeout alone.
 * No header and no symbol tells the two apart, and a version would be a guess. So this
 * file reads the function's instructions: the older function refers to panic_timeout.
 *
 * Owns gn_panic_reboots, which gn_fatal() reads. Context: process context, at load.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "compat/address.h"
#include "compat/panic.h"

#define REACH 320u /* bytes of a function that are looked at */

/* A compiler may have put what is hardly ever executed elsewhere. */
static const char *const functions[] = { "__ghes_panic", "__ghes_panic.cold" };

/* The in-tree driver chooses a timeout where the administrator chose none. */
bool gn_panic_reboots;

#ifdef CONFIG_ARM64
/*
 * ADRP with the variable's page, and behind it a load, a store or an addition
 * with the same register and the variable's offset in the page.
 */
static bool refers(const void *function, unsigned long variable)
{
	const u32 *code = function;
	unsigned int i, j, n = REACH / sizeof(*code);
	u32 offset = variable & 0xfff;

	for (i = 0; i < n; i++) {
		unsigned long page = (unsigned long)&code[i] & ~0xfffUL;
		s64 pages = (s64)((u64)(code[i] >> 5 & 0x7ffff) << 45) >> 43 | (code[i] >> 29 & 3);

		if ((code[i] & 0x9f000000) != 0x90000000 ||
		    page + (pages << 12) != (variable & ~0xfffUL))
			continue;
		for (j = i + 1; j < n && j <= i + 8; j++) {
			u32 imm = code[j] >> 10 & 0xfff, what = code[j] & 0xffc00000;

			if ((code[j] >> 5 & 31) != (code[i] & 31))
				continue;
			if ((what == 0x91000000 && imm == offset) ||
			    ((what == 0xb9400000 || what == 0xb9000000) && imm * 4 == offset))
				return true;
		}
	}
	return false;
}
#else
/*
 * A displacement from the end of an instruction to the variable: it is the last
 * part of the instruction, or an operand of 1 or 4 bytes follows.
 */
static bool refers(const void *function, unsigned long variable)
{
	const u8 *code = function;
	unsigned int i;

	for (i = 0; i < REACH; i++) {
		s32 displacement;
		long rest;

		memcpy(&displacement, code + i, sizeof(displacement));
		rest = variable - ((unsigned long)code + i + 4) - displacement;
		if (!rest || rest == 1 || rest == 4)
			return true;
	}
	return false;
}
#endif

/**
 * gn_panic_init() - find out what the in-tree driver does
 *
 * Where it has no such function it is taken to leave the timeout alone.
 *
 * Context: Process context, may sleep.
 */
void gn_panic_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		const void *function = gn_address_of(functions[i]);

		if (function)
			gn_panic_reboots |= refers(function, (unsigned long)&panic_timeout);
	}
}
