// SPDX-License-Identifier: GPL-2.0-only
/*
 * Synchronous external aborts: a load, a store or an instruction fetch met what
 * is broken, and firmware has a record of it (GHES notification type 8).
 *
 * The kernel has no interface for them; ghes_nmi_mm.ko and ghes_nmi_kvm.ko hook
 * the functions that handle aborts, and call here (ghes_nmi.h).
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/export.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <asm/esr.h>

#include "compat/fixup.h"
#include "compat/symbols.h"
#include "path/collect.h"
#include "sync/sync.h"
#include "path/source.h"
#include "ghes_nmi.h"
#include "sync/hook.h"
#include "notify/notify.h"

/* Bit 55 of an address tells user space's from the kernel's. */
#define KERNEL_HALF (1ull << 55)

/*
 * NMI-safe. The kernel itself touched it. On behalf of user space, in a function
 * that can fail: the caller gets -EFAULT and the kernel goes on. The kernel's
 * own memory: it dies, and the record is in the log before.
 */
static int claim_kernel(struct pt_regs *regs, unsigned long address, u64 esr)
{
	struct gn_asker asker = { .severity = GN_SEV_RECOVERABLE };

	if (gn_sync_claim(&gn_sync_sea, regs, &asker, address) == -ENOENT)
		return -ENOENT;
	if (asker.severity == GN_SEV_CORRECTED || asker.severity == GN_SEV_NONE)
		return 0;
	if (address && !(address & KERNEL_HALF) && gn_fixup(regs, esr))
		return 0;
	gn_sync_show(&gn_sync_sea);
	return -EIO;
}
NOKPROBE_SYMBOL(claim_kernel);

int ghes_nmi_claim_sea(struct pt_regs *regs, unsigned long address, u64 esr)
{
	struct gn_asker asker = {};

	if (esr & ESR_ELx_FnV)
		address = 0;
	if (regs && !user_mode(regs))
		return claim_kernel(regs, address, esr);
	return gn_sync_claim(&gn_sync_sea, regs, &asker, address);
}
EXPORT_SYMBOL_GPL(ghes_nmi_claim_sea);
NOKPROBE_SYMBOL(ghes_nmi_claim_sea);

static int sea_available(void)
{
	return gn_hook_serves(GN_NOTIFY_SEA) ? 0 : -EAGAIN;
}

static void sea_changing(bool changing)
{
	if (changing)
		gn_interim_begin(&gn_sync_sea.interim);
	else
		gn_interim_end(&gn_sync_sea.interim);
}

static void sea_given(void)
{
	gn_interim_given(&gn_sync_sea.interim, gn_symbols.apei_claim_sea);
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
	.given = sea_given,
	.arm = sea_arm,
	.disarm = sea_disarm,
};
