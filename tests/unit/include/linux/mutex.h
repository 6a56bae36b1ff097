/* SPDX-License-Identifier: GPL-2.0-only */
/* Stub: tests change what a mutex guards in one thread. */
#ifndef UNIT_LINUX_MUTEX_H
#define UNIT_LINUX_MUTEX_H

struct mutex {
	int unused;
};

#define DEFINE_MUTEX(name) struct mutex name

static inline void mutex_lock(struct mutex *mutex)
{
	(void)mutex;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	(void)mutex;
}

#endif
