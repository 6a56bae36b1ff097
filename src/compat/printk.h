/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log in NMI: up to 5.14 a buffer of some KiB per CPU takes what is printed
 * there (CONFIG_PRINTK_NMI), and what it has no room for is lost. Since then
 * every context writes to the log itself.
 */
#ifndef GN_COMPAT_PRINTK_H
#define GN_COMPAT_PRINTK_H

/*
 * Lines for queued records before a panic. The fatal record comes after them, and
 * must have room: with 8 KiB there is room for some 80 lines.
 */
#ifdef CONFIG_PRINTK_NMI
#define GN_LAST_LINES (1u << CONFIG_PRINTK_SAFE_LOG_BUF_SHIFT >> 8)
#else
#define GN_LAST_LINES 600u
#endif

#endif
