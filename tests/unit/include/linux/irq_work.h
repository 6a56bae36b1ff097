/* SPDX-License-Identifier: GPL-2.0-only */
/* Stub: a place for one; nothing here runs it. */
#ifndef UNIT_LINUX_IRQ_WORK_H
#define UNIT_LINUX_IRQ_WORK_H

struct irq_work {
	int unused;
};

#endif
