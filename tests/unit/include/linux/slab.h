/* SPDX-License-Identifier: GPL-2.0-only */
/* The heap: the address sanitizer sees what is used after it is freed, and what is not freed. */
#ifndef UNIT_LINUX_SLAB_H
#define UNIT_LINUX_SLAB_H

#include <stdlib.h>

#define GFP_KERNEL 0

static inline void *kzalloc(size_t size, int flags)
{
	(void)flags;
	return calloc(1, size);
}

static inline void kfree(void *p)
{
	free(p);
}

#endif
