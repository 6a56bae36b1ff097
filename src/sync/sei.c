// SPDX-License-Identifier: GPL-2.0-only
/*
 * SError interrupts: an error that reached a CPU late, when nobody can say which
 * instruction it was (GHES notification type 9). The in-tree driver has none of
 * these sources.
 *
 * What the CPU says of its own state decides how it may go on (Arm DDI 0587,
 * AET): restartable and corrected errors leave it as it was; a recoverable one
 * lets a task go on once what it uses was repaired or taken away; with any other
 * the kernel dies, and the record is in the log before.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/export.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <asm/esr.h>

#include "path/collect.h"
#include "sync/sync.h"
#include "path/source.h"
#include "ghes_nmi.h"
#include "sync/hook.h"
#include "notify/notify.h"

/* ESR: an encoding of the implementation's own; the code of an SError. */
#define ESR_IDS		(1ull << 24)
#define ESR_CODE	0x3full
#define ESR_CODE_SERROR 0x11ull

enum state {
	GOES_ON,     /* nothing is lost */
	RECOVERABLE, /* contained; the task must not use what is broken */
	LOST,
};

/* NMI-safe. */
static enum state state_of(u64 esr)
{
	if (esr & ESR_IDS || (esr & ESR_CODE) != ESR_CODE_SERROR)
		return LOST;
	switch (esr & ESR_ELx_AET) {
	case ESR_ELx_AET_CE:
	case ESR_ELx_AET_UEO:
		return GOES_ON;
	case ESR_ELx_AET_UER:
		return RECOVERABLE;
	default:
		return LOST;
	}
}
NOKPROBE_SYMBOL(state_of);

int ghes_nmi_claim_sei(struct pt_regs *regs, u64 esr)
{
	struct gn_asker asker = { .severity = GN_SEV_RECOVERABLE };
	enum state state = state_of(esr);

	if (state == RECOVERABLE && (!regs || user_mode(regs)))
		return gn_sync_claim(&gn_sync_sei, regs, &asker, 0);
	if (gn_sync_collect(&gn_sync_sei, regs, &asker))
		return -ENOENT;
	gn_sync_ring(&gn_sync_sei);
	if (state == GOES_ON)
		return 0;
	gn_sync_show(&gn_sync_sei);
	return -EIO;
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
