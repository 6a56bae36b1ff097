/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the in-tree driver does with the timeout of a panic, and what a panic calls.
 */
#ifndef GN_COMPAT_PANIC_H
#define GN_COMPAT_PANIC_H

#include <linux/notifier.h>
#include <linux/types.h>

/*
 * Linux 5.14: declared in linux/kernel.h -> linux/panic.h. A second, equal declaration
 * does no harm, a different one fails the build.
 */
extern int panic_timeout;

/* Linux 5.14: declared in linux/kernel.h -> linux/panic_notifier.h. */
extern struct atomic_notifier_head panic_notifier_list;

extern bool gn_panic_reboots;

void gn_panic_init(void);

#endif
