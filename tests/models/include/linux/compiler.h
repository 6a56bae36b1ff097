/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the kernel's: every access is one of tests/models/weak.h. */
#ifndef MODEL_LINUX_COMPILER_H
#define MODEL_LINUX_COMPILER_H

#include <linux/types.h>

#include "weak.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#define noinline	__attribute__((__noinline__))
#define notrace
#define __aligned(n)	 __attribute__((__aligned__(n)))

#define READ_ONCE(x)	 ((__typeof__(x))weak_load(&(x), sizeof(x), RELAXED))
#define WRITE_ONCE(x, v) weak_store(&(x), sizeof(x), (uint64_t)(v), RELAXED)

#endif
