/* SPDX-License-Identifier: GPL-2.0-only */
/* What retry.c asks of the kernel: a clock that stands, a grace period of RCU-tasks. */
#ifndef RETRY_KERNEL_H
#define RETRY_KERNEL_H

#include "weak.h"

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* The guards of the headers that retry.c names. */
#define UNIT_LINUX_DELAY_H
#define GN_ARCH_H

#define ENOENT		       2
#define NSEC_PER_MSEC	       1000000ull
#define PAGE_SHIFT	       12
#define ilog2(n)	       6
#define hash_long(value, bits) ((unsigned long)(value) % (1u << (bits)))
#define user_mode(regs)	       true
#define gn_clock()	       2ull
#define gn_clock_ns(ticks)     (ticks)
#define jiffies		       0ul
#define msecs_to_jiffies(ms)   (ms)
#define time_before(a, b)      true
#define msleep(ms)	       ((void)(ms))
#define atomic_inc_return(v)   (weak_change(&(v)->counter, true, 0, 1, true, FULL) + 1)

struct pt_regs {
	int unused;
};

static const struct {
	int pid;
} the_task, *const current = &the_task;

void synchronize_rcu_tasks(void);

#endif
