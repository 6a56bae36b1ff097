// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping firmware memory so that an NMI may read it. Process context; the caller owns
 * each window.
 *
 * acpi_os_map_iomem() knows the memory's type from firmware's own memory map:
 * write-back for reserved RAM, Device for MMIO. It is asked at bind and never
 * in NMI. An address in System RAM is refused first: it is the kernel's memory,
 * and mapping it a second time is a mistake or an attack.
 */
#include <linux/acpi.h>
#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/mm.h>

#include "compat/arch.h"
#include "path/window.h"

/**
 * gn_window_map() - map firmware memory
 * @w: filled
 * @pa: physical address, 4-byte aligned
 * @length: bytes, at least 1
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for an address that cannot be firmware's memory; -ENOMEM
 *         when the kernel cannot map it.
 */
int gn_window_map(struct gn_window *w, u64 pa, u32 length)
{
	void __iomem *va;

	*w = (struct gn_window){};
	if (!pa || pa % 4 || pa + length < pa || !gn_arch_has_address(pa + length - 1))
		return -EINVAL;
	if (region_intersects(pa, length, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return -EINVAL;
	va = acpi_os_map_iomem(pa, length);
	if (!va)
		return -ENOMEM;
	w->va = (void __force *)va;
	w->pa = pa;
	w->length = length;
	w->device = gn_arch_is_device(w->va);
	return 0;
}

/**
 * gn_window_unmap() - undo gn_window_map()
 * @w: the window, mapped or not; no context reads it any more
 *
 * Context: Process context, may sleep.
 */
void gn_window_unmap(struct gn_window *w)
{
	if (w->va)
		acpi_os_unmap_iomem((void __iomem __force *)w->va, w->length);
	*w = (struct gn_window){};
}
