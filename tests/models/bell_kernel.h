/* SPDX-License-Identifier: GPL-2.0-only */
/* What a bell asks of the kernel, as the kernel promises it: work that is queued runs once. */
#ifndef BELL_KERNEL_H
#define BELL_KERNEL_H

#include "weak.h"

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* The guards of the kernel's headers that bell.[ch] name. */
#define UNIT_LINUX_IRQ_WORK_H
#define UNIT_LINUX_WORKQUEUE_H
#define GN_COMPAT_IRQ_WORK_H

#define IS_ENABLED(option)	0
#define is_idle_task(task)	0
#define tick_nohz_full_cpu(cpu) 0
#define ENOMEM			12

struct run {
	int queued;
	int runs;
};

struct irq_work {
	struct run run;
};

struct work_struct {
	struct run run;
};

void rung(void);

/* Fully ordered, whether it was queued already or not. */
static inline bool run_queue(struct run *run)
{
	rung();
	return !weak_change(&run->queued, true, 0, 1, false, FULL);
}

static inline void run_begins(struct run *run)
{
	weak_change(&run->runs, true, 0, 1, false, FULL);
	weak_change(&run->queued, true, 0, 0, false, FULL);
}

static inline void run_ends(struct run *run)
{
	weak_store(&run->runs, sizeof(int), 0, RELEASE);
}

static const struct run *awaited; /* there is one closer */

static inline bool idle(void)
{
	return !awaited->queued && !awaited->runs;
}

/* Until the work is neither queued nor running; what its last run did is seen. */
static inline void run_sync(struct run *run)
{
	awaited = run;
	weak_wait(idle);
	weak_load(&run->queued, sizeof(int), ACQUIRE);
	weak_load(&run->runs, sizeof(int), ACQUIRE);
}

#define irq_work_queue(work)	       run_queue(&(work)->run)
#define irq_work_sync(work)	       run_sync(&(work)->run)
#define queue_work(workers, work)      ((void)(workers), run_queue(&(work)->run))
#define schedule_work(work)	       run_queue(&(work)->run)
#define flush_work(work)	       run_sync(&(work)->run)
#define gn_init_irq_work_hard(work, f) ((void)(f))
#define gn_init_irq_work_lazy(work, f) ((void)(f))
#define INIT_WORK(work, f)	       ((void)(f))

struct workqueue_struct {
	int unused;
};
static struct workqueue_struct *the_workers;
#define WQ_UNBOUND			   0
#define alloc_workqueue(name, flags, most) the_workers
#define destroy_workqueue(workers)	   ((void)(workers))

#endif
