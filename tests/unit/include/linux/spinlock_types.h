/* SPDX-License-Identifier: GPL-2.0-only */
/* Stub: a place for one; nothing here takes it. */
#ifndef UNIT_LINUX_SPINLOCK_TYPES_H
#define UNIT_LINUX_SPINLOCK_TYPES_H

typedef struct {
	int unused;
} raw_spinlock_t;

#endif
