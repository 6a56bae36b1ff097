/* SPDX-License-Identifier: GPL-2.0-only */
/* Stub: a place for one; nothing here runs it. */
#ifndef UNIT_LINUX_WORKQUEUE_H
#define UNIT_LINUX_WORKQUEUE_H

struct work_struct {
	int unused;
};

#endif
