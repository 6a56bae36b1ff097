/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the shims share: a table of kprobes becomes a module.
 *
 * Where a kernel lacks one of the functions, or refuses a probe of it, the shim logs
 * that and does without; without all of them the module does not load. The shim sets the
 * probes first. Then it calls ghes_nmi.ko, which takes the sources over. It unloads in
 * the reverse order.
 *
 * Owns the probes. Context: load and unload in process context; handlers are NMI-like.
 */
#ifndef GN_SHIM_H
#define GN_SHIM_H

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

#include "ghes_nmi.h"

/* Notification types (ACPI 6.5, table 18.14). */
#define GN_RINGS_SEA BIT(8)
#define GN_RINGS_SEI BIT(9)

/**
 * struct gn_shim - one hooked function
 * @symbol: its name
 * @handler: what is called instead, or before
 * @rings: the notification types that only it rings
 * @without: what happens on a kernel that has no such function to hook
 */
struct gn_shim {
	const char *symbol;
	kprobe_pre_handler_t handler;
	u32 rings;
	const char *without;
};

/* At most this many hooks are in one module. */
#define GN_SHIMS 4

static struct kprobe gn_probes[GN_SHIMS];
static struct ghes_nmi_hook gn_hooks[GN_SHIMS];
static int gn_nhooks;

/* NMI-safe. The probed function returns @value to its caller at once. */
static inline int gn_shim_skip(struct pt_regs *at, u64 value)
{
	at->regs[0] = value;
	at->pc = at->regs[30];
	return 1;
}

/* A kprobe that is off has its instruction back in place. */
static bool gn_shim_active(const struct ghes_nmi_hook *hook)
{
	const struct kprobe *probe = &gn_probes[hook - gn_hooks];

	return READ_ONCE(*probe->addr) != probe->opcode;
}

static void gn_shim_exit(void)
{
	int i;

	ghes_nmi_remove_hooks(gn_hooks, gn_nhooks);
	for (i = 0; i < gn_nhooks; i++)
		unregister_kprobe(&gn_probes[i]);
}

static int gn_shim_init(const struct gn_shim *shims, int n)
{
	int i, err = -ENODEV;

	for (i = 0; i < n; i++) {
		struct kprobe *probe = &gn_probes[gn_nhooks];

		probe->symbol_name = shims[i].symbol;
		probe->pre_handler = shims[i].handler;
		err = register_kprobe(probe);
		if (err) {
			pr_info("this kernel has no function %s that can be hooked (%d): %s\n",
				shims[i].symbol, err, shims[i].without);
			memset(probe, 0, sizeof(*probe));
			continue;
		}
		gn_hooks[gn_nhooks] = (struct ghes_nmi_hook){
			.symbol = shims[i].symbol,
			.rings = shims[i].rings,
			.active = gn_shim_active,
		};
		gn_nhooks++;
	}
	if (!gn_nhooks)
		return -EOPNOTSUPP;
	ghes_nmi_add_hooks(gn_hooks, gn_nhooks);
	return 0;
}

#define GN_SHIM_MODULE(table, description)                     \
	static int __init shim_init(void)                      \
	{                                                      \
		BUILD_BUG_ON(ARRAY_SIZE(table) > GN_SHIMS);    \
		return gn_shim_init(table, ARRAY_SIZE(table)); \
	}                                                      \
	static void __exit shim_exit(void)                     \
	{                                                      \
		gn_shim_exit();                                \
	}                                                      \
	module_init(shim_init);                                \
	module_exit(shim_exit);                                \
	MODULE_DESCRIPTION(description);                       \
	MODULE_AUTHOR("The ghes_nmi authors");                 \
	MODULE_VERSION(GN_VERSION);                            \
	MODULE_LICENSE("GPL v2")

#endif
