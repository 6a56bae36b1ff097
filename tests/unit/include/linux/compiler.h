/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Same meaning as in the kernel: READ_ONCE() and WRITE_ONCE() are single,
 * untorn accesses without order, which is what relaxed atomics are.
 */
#ifndef UNIT_LINUX_COMPILER_H
#define UNIT_LINUX_COMPILER_H

#include <linux/types.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#define noinline	__attribute__((__noinline__))
#define notrace
#define __aligned(n)	 __attribute__((__aligned__(n)))

#define READ_ONCE(x)	 __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

#endif
