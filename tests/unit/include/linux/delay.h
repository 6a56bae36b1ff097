/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_DELAY_H
#define UNIT_LINUX_DELAY_H

#include <sched.h>

static inline void usleep_range(unsigned long least, unsigned long most)
{
	(void)least;
	(void)most;
	sched_yield();
}

#endif
