/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The address of a kernel function by its name.
 *
 * Linux 5.7: kallsyms_lookup_name() exported -> not exported. A kprobe that is registered
 * disabled has the address, and no instruction is patched: other CPUs execute the function
 * meanwhile. Context: process context, may sleep.
 */
#ifndef GN_ADDRESS_H
#define GN_ADDRESS_H

#include <linux/kprobes.h>

/* NULL if the kernel has no such function, or none that may be probed. */
static inline void *gn_address_of(const char *name)
{
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	void *address;

	if (register_kprobe(&probe))
		return NULL;
	address = probe.addr;
	unregister_kprobe(&probe);
	return address;
}

#endif
