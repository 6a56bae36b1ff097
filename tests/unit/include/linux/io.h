/* SPDX-License-Identifier: GPL-2.0-only */
/* There is no I/O memory on the host: enough for path/window.h to be compiled. */
#ifndef UNIT_LINUX_IO_H
#define UNIT_LINUX_IO_H

#include <linux/string.h>
#include <linux/types.h>

#define __iomem
#define __force

#define readb_relaxed(at)	  (*(const volatile u8 *)(at))
#define readw_relaxed(at)	  (*(const volatile u16 *)(at))
#define writeb_relaxed(value, at) ((void)(*(volatile u8 *)(at) = (value)))
#define writew_relaxed(value, at) ((void)(*(volatile u16 *)(at) = (value)))
#define readl_relaxed(at)	  (*(const volatile u32 *)(at))
#define readq_relaxed(at)	  (*(const volatile u64 *)(at))
#define writel_relaxed(value, at) ((void)(*(volatile u32 *)(at) = (value)))
#define writeq_relaxed(value, at) ((void)(*(volatile u64 *)(at) = (value)))
#define memcpy_fromio(to, at, n)  memcpy(to, at, n)

/* I/O ports: bytes of a test's. */
static u8 unit_ports[0x10000] __attribute__((__unused__, __aligned__(8)));

#define inb(port)	  (unit_ports[port])
#define inw(port)	  (*(u16 *)&unit_ports[port])
#define inl(port)	  (*(u32 *)&unit_ports[port])
#define outb(value, port) ((void)(unit_ports[port] = (u8)(value)))
#define outw(value, port) ((void)(*(u16 *)&unit_ports[port] = (u16)(value)))
#define outl(value, port) ((void)(*(u32 *)&unit_ports[port] = (u32)(value)))

#endif
