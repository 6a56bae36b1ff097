/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which memory the kernel can take out of use. Any context.
 *
 * Linux 5.16: SGX's memory, which has no struct page; asked by arch_is_platform_page().
 * Linux 6.19: a device's memory without struct page -> what a driver has registered by
 * register_pfn_address_space(); linux/memory-failure.h is new.
 */
#ifndef GN_COMPAT_MEMORY_H
#define GN_COMPAT_MEMORY_H

#include <linux/mm.h>
#include <linux/types.h>

#ifdef GN_HAS_register_pfn_address_space
#define gn_memory_of_devices true
#else
#define gn_memory_of_devices false
#endif

#ifndef GN_HAS_arch_is_platform_page
static inline bool arch_is_platform_page(u64 paddr)
{
	return false;
}
#endif

#endif
