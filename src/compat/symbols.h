/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel functions that are not exported: one table, looked up at load.
 */
#ifndef GN_SYMBOLS_H
#define GN_SYMBOLS_H

#include <linux/errno.h>
#include <linux/types.h>

#ifdef CONFIG_ARM64
#include <linux/arm_sdei.h>
#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>

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
 * @task_work_add: runs a function in a task before it goes back to user space; only
 *                 Debian and Ubuntu export it. NMI-safe for the current task.
 *
 * Where a header declares the function, its own type is used: a kernel that has
 * another one is then called as it wants, or the build fails.
 */
struct gn_symbols {
	int (*sdei_event_register)(u32 event, sdei_event_callback *cb, void *arg);
	int (*sdei_event_unregister)(u32 event);
	int (*sdei_event_enable)(u32 event);
	int (*sdei_event_disable)(u32 event);
	u64 (*cpu_logical_map)(unsigned int cpu);
	void *fixup_exception;
	int (*apei_claim_sea)(struct pt_regs *regs);
	typeof(&force_sig_mceerr) force_sig_mceerr;
	typeof(&task_work_add) task_work_add;
};

extern struct gn_symbols gn_symbols;
void gn_symbols_init(void);

/*
 * NMI-safe. The current task runs @work before it goes back to user space. Its flag is set
 * here: TWA_RESUME would look for a CPU to kick, and the task runs on this one.
 * 0, or a negative error number: the work will not run.
 */
static __always_inline int gn_task_work_add(struct callback_head *work)
{
	int error;

	if (unlikely(!gn_symbols.task_work_add))
		return -EOPNOTSUPP;
	error = gn_symbols.task_work_add(current, work, TWA_NONE);
	if (likely(!error))
		set_thread_flag(TIF_NOTIFY_RESUME);
	return error;
}
#else
/* x86: an unexported function may have its entry sealed (IBT). None is called. */
static inline void gn_symbols_init(void)
{
}
#endif

#endif
