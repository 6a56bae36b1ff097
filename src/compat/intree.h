/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the in-tree GHES driver keeps to itself, and how its consumers are fed.
 *
 *	AER recovery	Linux 6.8: the caller keeps the registers -> they come from the in-tree
 *			driver's pool, and AER frees them into it
 *	report chain	Linux 6.3: ghes_edac is called by name -> it listens to a chain
 *	vendor chain	the same on every supported kernel; its head is static
 *	CXL		Linux 6.10: component events are bytes -> queued for the CXL driver; 6.15:
 *			protocol errors likewise; only the queues' reading ends are exported, so
 *			the in-tree driver's own function is called, see gn_intree_process()
 *	hwerr		Linux 7.0: not counted -> recoverable errors are counted for crash dumps
 *	RCEC		Linux 5.11: no recovery -> endpoints of the root complex can recover
 *	schedule_work()	Linux 6.18, and stable kernels since: system_wq -> system_percpu_wq
 *
 * Kbuild asks the kernel's headers which of them there are: GN_HAS_name. Context: process
 * context or the drain, as each function says.
 */
#ifndef GN_COMPAT_INTREE_H
#define GN_COMPAT_INTREE_H

#include <linux/aer.h>
#include <linux/genalloc.h>
#include <linux/notifier.h>
#include <linux/workqueue.h>

#include "compat/cper.h"

#ifdef GN_HAS_cxl_cper_register_work
#include <cxl/event.h>
#endif
#ifdef GN_HAS_hwerr_log_error_type
#include <linux/vmcore_info.h>
#endif
#ifdef CONFIG_X86_MCE
#include <asm/mce.h>
#endif

/**
 * struct gn_intree - what was found; NULL: not on this kernel, or not found
 * @pool: the in-tree driver's memory, into which AER frees registers; looked for when first
 *        needed
 * @no_pool: it was not found
 * @vendor: head of the chain for sections no standard describes
 * @report: head of the chain for memory errors
 * @edac_owner: who owns the EDAC core
 * @process: can gn_intree_process() be called
 */
struct gn_intree {
	struct gen_pool *pool;
	bool no_pool;
	struct blocking_notifier_head *vendor;
	struct atomic_notifier_head *report;
	const char *(*edac_owner)(void);
	bool process;
};

extern struct gn_intree gn_intree;

void gn_intree_find(void);
void gn_intree_forget(void);

/* So many errors' registers may be on their way to the recovery's work. */
#define GN_AER_FLYING 8

struct aer_capability_regs *gn_intree_aer_regs(u32 n);

/* Can AER be fed? */
static inline bool gn_intree_has_aer(void)
{
#ifndef CONFIG_ACPI_APEI_PCIEAER
	return false;
#elif defined(GN_HAS_ghes_estatus_pool_region_free)
	return !gn_intree.no_pool;
#else
	return true;
#endif
}

/*
 * Waits for the work of AER and of the CXL driver, which is on the queue that schedule_work() uses.
 * Context: process context, on no work item of that queue.
 */
static inline void gn_intree_flush_work(void)
{
#ifdef GN_HAS_system_percpu_wq
	struct workqueue_struct *wq = system_percpu_wq;
#else
	struct workqueue_struct *wq = system_wq;
#endif

#ifdef GN_HAS___flush_workqueue
	__flush_workqueue(wq); /* flush_workqueue() complains of system-wide queues */
#else
	flush_workqueue(wq);
#endif
}

/* Does the kernel's own memory controller driver for GHES own the EDAC core? */
static inline bool gn_intree_edac(void)
{
	const char *owner = gn_intree.edac_owner ? gn_intree.edac_owner() : NULL;

	return owner && !strncmp(owner, "ghes_edac", 9);
}

/* Does anybody listen to the report chain? */
static inline bool gn_intree_report_heard(void)
{
	return gn_intree.report && rcu_access_pointer(gn_intree.report->head);
}

/* Does anybody listen to the vendor chain? */
static inline bool gn_intree_vendor_heard(void)
{
	return gn_intree.vendor && rcu_access_pointer(gn_intree.vendor->head);
}

/* Can sections for the CXL driver be queued? */
static inline bool gn_intree_has_process(void)
{
	return gn_intree.process;
}

void gn_intree_process(const struct acpi_hest_generic_status *block);

/* Is the consumer of machine check records fed? Context: CPU-bound; NMI-like is fine. */
static inline void gn_intree_report_mce(int severity, struct cper_sec_mem_err *mem)
{
#ifdef CONFIG_X86_MCE
	apei_mce_report_mem_error(severity, mem);
#endif
}

#endif
