/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

/* What must be true; if it is not, the fuzzer keeps the input. */
#define must(condition)                                                \
	do {                                                           \
		if (!(condition)) {                                    \
			fprintf(stderr, "not true: %s\n", #condition); \
			abort();                                       \
		}                                                      \
	} while (0)

/* A copy that ends where its allocation ends; to be freed. */
static inline u8 *exactly(const u8 *from, size_t size)
{
	u8 *p = malloc(size ? size : 1);

	must(p);
	memcpy(p, from, size);
	return p;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif
