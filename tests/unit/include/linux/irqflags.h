/* SPDX-License-Identifier: GPL-2.0-only */
/* Changed: no interrupts come here; a test can ask whether they were off. */
#ifndef UNIT_LINUX_IRQFLAGS_H
#define UNIT_LINUX_IRQFLAGS_H

static unsigned long irqs_are_off;

#define raw_local_irq_save(flags)       \
	do {                            \
		(flags) = irqs_are_off; \
		irqs_are_off = 1;       \
	} while (0)
#define raw_local_irq_restore(flags) (irqs_are_off = (flags))
#define local_irq_save(flags)	     raw_local_irq_save(flags)
#define local_irq_restore(flags)     raw_local_irq_restore(flags)

#endif
