/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the kernel's. */
#ifndef MODEL_ASM_BARRIER_H
#define MODEL_ASM_BARRIER_H

#include <linux/compiler.h>

#define smp_load_acquire(p)	((__typeof__(*(p)))weak_load((p), sizeof(*(p)), ACQUIRE))
#define smp_store_release(p, v) weak_store((p), sizeof(*(p)), (uint64_t)(v), RELEASE)
#define smp_mb()		weak_full()
#define smp_rmb()		weak_acquire()
#define smp_wmb()		weak_release()
#define smp_mb__before_atomic() smp_mb()

#endif
