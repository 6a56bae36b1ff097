// SPDX-License-Identifier: GPL-2.0-only
/*
 * Synchronous external aborts: a load, a store or an instruction fetch met what
 * is broken, and firmware has a record of it (GHES notification type 8).
 *
 * The kernel has no interface for them; ghes_nmi_mm.ko and ghes_nmi_kvm.ko hook
 * the functions that handle aborts, and call here (ghes_nmi.h).
 *
 * Owns @answered. Context: claims are NMI-safe; the notification's calls are process
 * context's.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/export.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <asm/esr.h>

#include "compat/symbols.h"
#include "notify/notify.h"
#include "record/hest.h"
#include "ghes_nmi.h"
#include "sync/hook.h"
#include "sync/sync.h"

/*
 * Aborts of the kernel that end it as far as this module knows, by the address of their
 * registers. A kernel that can recover asks again (ghes_nmi_sea_answered()).
 */
#define ANSWERED_BITS 4
static const struct pt_regs *answered[1 << ANSWERED_BITS];

/*
 * NMI-safe. A malformed block was taken, and names no page: the task is treated as without
 * a record, and executing again would bring another such block. A function of the kernel
 * that works for the task fails.
 */
static int find_no_record(struct gn_exception *x)
{
	if (x->malformed) {
		if (x->fixed)
			return 0;
	} else if (!gn_retry_ask(&gn_sync_sea.retry, x->regs, x->address, x->near)) {
		return 0;
	}
	atomic_inc(&gn_sync_sea.unclaimed);
	return -ENOENT;
}
NOKPROBE_SYMBOL(find_no_record);

notrace int ghes_nmi_claim_sea(struct pt_regs *regs, unsigned long address, u64 esr)
{
	struct gn_exception x;
	int err;

	gn_exception_begin(&x, regs, regs && !user_mode(regs) ? GN_FIXES_UP : GN_RESUMES);
	x.address = esr & ESR_ELx_FnV ? 0 : address;
	x.esr = esr;
	err = gn_sync_collect(&gn_sync_sea, &x);
	if (unlikely(err == -ENOENT))
		return find_no_record(&x);
	if (unlikely(err == -EIO))
		WRITE_ONCE(answered[hash_ptr(regs, ANSWERED_BITS)], regs);
	return err;
}
EXPORT_SYMBOL_GPL(ghes_nmi_claim_sea);
NOKPROBE_SYMBOL(ghes_nmi_claim_sea);

bool ghes_nmi_sea_answered(const struct pt_regs *regs)
{
	const struct pt_regs **word = &answered[hash_ptr((void *)regs, ANSWERED_BITS)];

	if (READ_ONCE(*word) != regs)
		return false;
	WRITE_ONCE(*word, NULL);
	return true;
}
EXPORT_SYMBOL_GPL(ghes_nmi_sea_answered);
NOKPROBE_SYMBOL(ghes_nmi_sea_answered);

static int sea_available(void)
{
	return gn_hook_serves(GN_NOTIFY_SEA) ? 0 : -EAGAIN;
}

static void sea_changing(bool changing)
{
	if (changing)
		gn_retry_begin(&gn_sync_sea.retry);
	else
		gn_retry_end(&gn_sync_sea.retry);
}

static void sea_after_give(void)
{
	gn_retry_after_give_back(&gn_sync_sea.retry, gn_symbols.apei_claim_sea);
}

static int sea_arm(struct gn_source *s)
{
	return gn_sync_add(&gn_sync_sea, s);
}

static void sea_disarm(struct gn_source *s)
{
	gn_sync_remove(&gn_sync_sea, s);
}

const struct gn_notify gn_notify_sea = {
	.hook = "ghes_nmi_mm",
	.available = sea_available,
	.changing = sea_changing,
	.after_give_back = sea_after_give,
	.arm = sea_arm,
	.disarm = sea_disarm,
};
