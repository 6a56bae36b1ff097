/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel functions that are not exported: one table, looked up at load.
 */
#ifndef GN_SYMBOLS_H
#define GN_SYMBOLS_H

#include <linux/types.h>

#ifdef CONFIG_ARM64
#include <linux/arm_sdei.h>

/**
 * struct gn_symbols - what was found; NULL: this kernel does not have it
 * @sdei_event_register: register a handler for an SDEI event
 * @sdei_event_unregister: -EINPROGRESS while the handler runs: call again
 * @sdei_event_enable: let firmware deliver the event
 * @sdei_event_disable: and stop it
 * @cpu_logical_map: MPIDR of a logical CPU
 * @fixup_exception: the kernel's exception table; called by fixup.h
 * @apei_claim_sea: asks the in-tree driver whether an abort is its own: 0 if it is;
 *                  NMI-safe
 * @force_sig_mceerr: SIGBUS with an address to the current task, blocked or not
 */
struct gn_symbols {
	int (*sdei_event_register)(u32 event, sdei_event_callback *cb, void *arg);
	int (*sdei_event_unregister)(u32 event);
	int (*sdei_event_enable)(u32 event);
	int (*sdei_event_disable)(u32 event);
	u64 (*cpu_logical_map)(unsigned int cpu);
	void *fixup_exception;
	int (*apei_claim_sea)(struct pt_regs *regs);
	int (*force_sig_mceerr)(int code, void __user *address, short lsb);
};

extern struct gn_symbols gn_symbols;
void gn_symbols_init(void);
#else
/* x86: an unexported function may have its entry sealed (IBT). None is called. */
static inline void gn_symbols_init(void)
{
}
#endif

#endif
