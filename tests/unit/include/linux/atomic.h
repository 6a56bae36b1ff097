/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Close to the kernel's: its read-modify-write operations that return a value
 * are full barriers; sequentially consistent ones are the strongest C has, and
 * full barriers too on the machines that run these tests. A cmpxchg that fails
 * orders nothing, here as there.
 */
#ifndef UNIT_LINUX_ATOMIC_H
#define UNIT_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

static inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline void atomic_set(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static inline int atomic_read_acquire(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);
}

static inline void atomic_set_release(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);
}

static inline void atomic_inc(atomic_t *v)
{
	__atomic_fetch_add(&v->counter, 1, __ATOMIC_RELAXED);
}

static inline void atomic_dec(atomic_t *v)
{
	__atomic_fetch_sub(&v->counter, 1, __ATOMIC_RELAXED);
}

static inline int atomic_fetch_inc(atomic_t *v)
{
	return __atomic_fetch_add(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline int atomic_xchg(atomic_t *v, int i)
{
	return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);
}

#define xchg(p, value) __atomic_exchange_n((p), (value), __ATOMIC_SEQ_CST)

#define cmpxchg(p, old, new)                                                           \
	({                                                                             \
		__typeof__(*(p)) was = (old);                                          \
		__atomic_compare_exchange_n((p), &was, (new), false, __ATOMIC_SEQ_CST, \
					    __ATOMIC_RELAXED);                         \
		was;                                                                   \
	})

static inline int atomic_cmpxchg(atomic_t *v, int old, int new)
{
	__atomic_compare_exchange_n(&v->counter, &old, new, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED);
	return old;
}

#endif
