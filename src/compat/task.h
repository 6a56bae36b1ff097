/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks: which of them never go back to user space.
 *
 * PF_USER_WORKER: Linux 6.4: vhost's threads are kernel threads -> they are made for
 * user space, and stay in the kernel. PF_IO_WORKER is io_uring's of that kind.
 */
#ifndef GN_COMPAT_TASK_H
#define GN_COMPAT_TASK_H

#include <linux/sched.h>

#ifdef PF_USER_WORKER
#define GN_STAYS_IN_KERNEL (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER)
#else
#define GN_STAYS_IN_KERNEL (PF_KTHREAD | PF_IO_WORKER)
#endif

#endif
