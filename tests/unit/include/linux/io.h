/* SPDX-License-Identifier: GPL-2.0-only */
/* There is no I/O memory on the host: enough for path/window.h to be compiled. */
#ifndef UNIT_LINUX_IO_H
#define UNIT_LINUX_IO_H

#include <linux/string.h>
#include <linux/types.h>

#define __iomem
#define __force

#define readl_relaxed(at)	  (*(const volatile u32 *)(at))
#define readq_relaxed(at)	  (*(const volatile u64 *)(at))
#define writel_relaxed(value, at) ((void)(*(volatile u32 *)(at) = (value)))
#define writeq_relaxed(value, at) ((void)(*(volatile u64 *)(at) = (value)))
#define memcpy_fromio(to, at, n)  memcpy(to, at, n)

#endif
