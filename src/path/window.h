/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A window: firmware memory, mapped at bind and readable in NMI.
 *
 * Firmware may change what is behind a window at any time, so each access is
 * one volatile load or store, or a copy that is checked afterwards. Where the
 * memory is Device (arm64 only: registers in MMIO space) the accessors of I/O
 * memory are used; where it is Normal, plain copies, which cost a fourth. The
 * caller says which, so that a path which knows has no branch for it.
 */
#ifndef GN_WINDOW_H
#define GN_WINDOW_H

#include <linux/compiler.h>
#include <linux/io.h>
#include <linux/string.h>
#include <linux/types.h>

#include "compat/arch.h"

/**
 * struct gn_window - firmware memory, mapped
 * @va: where, NULL if not mapped
 * @pa: physical address of @va
 * @length: bytes, 0 if not mapped
 * @device: Device memory: aligned single accesses only
 */
struct gn_window {
	void *va;
	u64 pa;
	u32 length;
	bool device;
};

int gn_window_map(struct gn_window *w, u64 pa, u32 length);
void gn_window_unmap(struct gn_window *w);

/* NMI-safe. */
static __always_inline u8 gn_window_read8(const void *at, bool device)
{
	return device ? readb_relaxed((const void __iomem __force *)at) :
			READ_ONCE(*(const u8 *)at);
}

/* NMI-safe. */
static __always_inline u16 gn_window_read16(const void *at, bool device)
{
	return device ? readw_relaxed((const void __iomem __force *)at) :
			READ_ONCE(*(const u16 *)at);
}

/* NMI-safe. */
static __always_inline u32 gn_window_read32(const void *at, bool device)
{
	return device ? readl_relaxed((const void __iomem __force *)at) :
			READ_ONCE(*(const u32 *)at);
}

/* NMI-safe. */
static __always_inline u64 gn_window_read64(const void *at, bool device)
{
	return device ? readq_relaxed((const void __iomem __force *)at) :
			READ_ONCE(*(const u64 *)at);
}

/* NMI-safe. */
static __always_inline void gn_window_write8(void *at, u8 value, bool device)
{
	if (device)
		writeb_relaxed(value, (void __iomem __force *)at);
	else
		WRITE_ONCE(*(u8 *)at, value);
}

/* NMI-safe. */
static __always_inline void gn_window_write16(void *at, u16 value, bool device)
{
	if (device)
		writew_relaxed(value, (void __iomem __force *)at);
	else
		WRITE_ONCE(*(u16 *)at, value);
}

/* NMI-safe. */
static __always_inline void gn_window_write32(void *at, u32 value, bool device)
{
	if (device)
		writel_relaxed(value, (void __iomem __force *)at);
	else
		WRITE_ONCE(*(u32 *)at, value);
}

/* NMI-safe. */
static __always_inline void gn_window_write64(void *at, u64 value, bool device)
{
	if (device)
		writeq_relaxed(value, (void __iomem __force *)at);
	else
		WRITE_ONCE(*(u64 *)at, value);
}

/* NMI-safe. */
static __always_inline void gn_window_copy(void *to, const void *from, u32 length, bool device)
{
	if (device)
		memcpy_fromio(to, (const void __iomem __force *)from, length);
	else
		gn_arch_copy(to, from, length);
}

#endif
