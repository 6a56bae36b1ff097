/* SPDX-License-Identifier: GPL-2.0-only */
/* Stub: a place for one; nothing here takes it. */
#ifndef UNIT_LINUX_MUTEX_H
#define UNIT_LINUX_MUTEX_H

struct mutex {
	int unused;
};

#endif
