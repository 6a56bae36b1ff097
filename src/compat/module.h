/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * try_module_get() for exceptions: it calls nothing and fires no trace event. The same on
 * every supported kernel.
 */
#ifndef GN_COMPAT_MODULE_H
#define GN_COMPAT_MODULE_H

#include <linux/atomic.h>
#include <linux/module.h>

/* NMI-safe. A reference on this module; module_put() drops it. False: rmmod has begun. */
static __always_inline bool gn_module_get(void)
{
#ifdef CONFIG_MODULE_UNLOAD
	return module_is_live(THIS_MODULE) && atomic_inc_not_zero(&THIS_MODULE->refcnt);
#else
	return true;
#endif
}

#endif
