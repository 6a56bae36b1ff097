/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks: what rings the notifications that the kernel has no interface for.
 */
#ifndef GN_HOOK_H
#define GN_HOOK_H

#include <linux/sysfs.h>
#include <linux/types.h>

#ifdef CONFIG_ARM64

bool gn_hook_serves(u8 type);
void gn_hook_init(void (*take_over)(u8 type), void (*give_back)(u8 type));
void gn_hook_exit(void);
#else
static inline void gn_hook_init(void (*take_over)(u8 type), void (*give_back)(u8 type))
{
}

static inline void gn_hook_exit(void)
{
}
#endif

#endif
