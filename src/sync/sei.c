// SPDX-License-Identifier: GPL-2.0-only
/*
 * SError interrupts: an error that reached a CPU late, so that no instruction can be
 * named for it (GHES notification type 9). The in-tree driver has none of
 * these sources.
 *
 * What the CPU says of its own state decides how it may go on (Arm DDI 0587,
 * AET): restartable and corrected errors leave it as it was; a recoverable one
 * lets a task go on once what it uses was repaired or taken away; with any other
 * the kernel dies, and the record is in the log before.
 *
 * Nothing is executed again after an SError, so one that finds no record cannot go back
 * and look for it. Where another exception has collected the record a moment ago, or is
 * about to:
 *
 *	restartable, corrected	nothing is lost: the kernel's own way, which goes on
 *	recoverable		the pages are failed with that record; this task may use
 *				them, which nothing shows, so it gets SIGBUS
 *	any other		the kernel dies
 *
 * Owns nothing. Context: claims are NMI-safe.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/export.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <asm/esr.h>

#include "notify/notify.h"
#include "record/hest.h"
#include "ghes_nmi.h"
#include "sync/hook.h"
#include "sync/sync.h"
#include "sync/visitor.h"

/* ESR: an encoding of the implementation's own; the code of an SError. */
#define ESR_IDS		(1ull << 24)
#define ESR_CODE	0x3full
#define ESR_CODE_SERROR 0x11ull

/* NMI-safe. */
static enum gn_ending ending_of(const struct pt_regs *regs, u64 esr)
{
	if (esr & ESR_IDS || (esr & ESR_CODE) != ESR_CODE_SERROR)
		return GN_DIES;
	switch (esr & ESR_ELx_AET) {
	case ESR_ELx_AET_CE:
	case ESR_ELx_AET_UEO:
		return GN_GOES_ON;
	case ESR_ELx_AET_UER:
		return !regs || user_mode(regs) ? GN_RESUMES : GN_DIES;
	default:
		return GN_DIES;
	}
}
NOKPROBE_SYMBOL(ending_of);

notrace int ghes_nmi_claim_sei(struct pt_regs *regs, u64 esr)
{
	struct gn_exception x;
	int err;

	gn_exception_begin(&x, regs, ending_of(regs, esr));
	err = gn_sync_collect(&gn_sync_sei, &x);
	if (err != -ENOENT)
		return err;
	/* A visitor without a page: SIGBUS. */
	if (x.near && x.ending == GN_RESUMES && gn_visitor_arrive(regs, 0, false))
		return 0;
	atomic_inc(&gn_sync_sei.unclaimed);
	return -ENOENT;
}
EXPORT_SYMBOL_GPL(ghes_nmi_claim_sei);
NOKPROBE_SYMBOL(ghes_nmi_claim_sei);

static int sei_available(void)
{
	return gn_hook_serves(GN_NOTIFY_SEI) ? 0 : -EAGAIN;
}

static int sei_arm(struct gn_source *s)
{
	return gn_sync_add(&gn_sync_sei, s);
}

static void sei_disarm(struct gn_source *s)
{
	gn_sync_remove(&gn_sync_sei, s);
}

const struct gn_notify gn_notify_sei = {
	.hook = "ghes_nmi_mm",
	.available = sei_available,
	.arm = sei_arm,
	.disarm = sei_disarm,
};
