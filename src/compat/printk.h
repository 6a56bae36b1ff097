/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux 5.15: printk() in NMI writes into a buffer of some KiB per CPU
 * (CONFIG_PRINTK_NMI), and loses what does not fit -> it writes to the log itself.
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
