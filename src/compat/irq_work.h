/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux 5.11: irq_work flags set by hand -> IRQ_WORK_INIT_LAZY(), IRQ_WORK_INIT_HARD().
 * Context: process context, before the work is queued.
 */
#ifndef GN_COMPAT_IRQ_WORK_H
#define GN_COMPAT_IRQ_WORK_H

#include <linux/irq_work.h>

/* Run by the next timer tick. */
static inline void gn_init_irq_work_lazy(struct irq_work *work, void (*func)(struct irq_work *))
{
#ifdef IRQ_WORK_INIT_LAZY
	*work = IRQ_WORK_INIT_LAZY(func);
#else
	init_irq_work(work, func);
	atomic_set(&work->flags, IRQ_WORK_LAZY);
#endif
}

/* Run in hard interrupt context, under PREEMPT_RT too. */
static inline void gn_init_irq_work_hard(struct irq_work *work, void (*func)(struct irq_work *))
{
#ifdef IRQ_WORK_INIT_HARD
	*work = IRQ_WORK_INIT_HARD(func);
#else
	init_irq_work(work, func);
	atomic_set(&work->flags, IRQ_WORK_HARD_IRQ);
#endif
}

#endif
