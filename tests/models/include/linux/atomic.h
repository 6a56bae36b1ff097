/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the kernel's. A cmpxchg that fails orders nothing, here as there. */
#ifndef MODEL_LINUX_ATOMIC_H
#define MODEL_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

#define atomic_read(v)		       ((int)weak_load(&(v)->counter, sizeof(int), RELAXED))
#define atomic_read_acquire(v)	       ((int)weak_load(&(v)->counter, sizeof(int), ACQUIRE))
#define atomic_set(v, i)	       weak_store(&(v)->counter, sizeof(int), (uint32_t)(i), RELAXED)
#define atomic_set_release(v, i)       weak_store(&(v)->counter, sizeof(int), (uint32_t)(i), RELEASE)
#define atomic_inc(v)		       ((void)weak_change(&(v)->counter, true, 0, 1, true, RELAXED))
#define atomic_fetch_sub_release(i, v) weak_change(&(v)->counter, true, 0, -(i), true, RELEASE)
#define atomic_fetch_sub_relaxed(i, v) weak_change(&(v)->counter, true, 0, -(i), true, RELAXED)
#define atomic_fetch_inc(v)	       weak_change(&(v)->counter, true, 0, 1, true, FULL)
#define atomic_fetch_inc_relaxed(v)    weak_change(&(v)->counter, true, 0, 1, true, RELAXED)
#define atomic_xchg(v, i)	       weak_change(&(v)->counter, true, 0, (i), false, FULL)
#define atomic_inc_return(v)	       (weak_change(&(v)->counter, true, 0, 1, true, FULL) + 1)

/* Of what an int holds. */
#define xchg(p, i)			weak_change((volatile int *)(p), true, 0, (int)(i), false, FULL)
#define xchg_relaxed(p, i)		weak_change((volatile int *)(p), true, 0, (int)(i), false, RELAXED)
#define cmpxchg(p, o, n)		weak_change((volatile int *)(p), false, (int)(o), (int)(n), false, FULL)
#define atomic_xchg_relaxed(v, i)	weak_change(&(v)->counter, true, 0, (i), false, RELAXED)
#define atomic_cmpxchg(v, o, n)		weak_change(&(v)->counter, false, (o), (n), false, FULL)
#define atomic_cmpxchg_relaxed(v, o, n) weak_change(&(v)->counter, false, (o), (n), false, RELAXED)

#endif
