/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * irq_work: the initialiser of a lazy one is of 5.11.
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

#endif
