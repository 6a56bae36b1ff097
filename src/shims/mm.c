// SPDX-License-Identifier: GPL-2.0-only
/*
 * ghes_nmi_mm: hooks the functions that handle external aborts and SErrors of
 * the host, and of guests where the kernel asks the host's function for them.
 *
 * Each probe calls ghes_nmi.ko. When ghes_nmi.ko claims the exception, the probe skips
 * the probed function. The probe of a skipped function has ended when the function's
 * caller goes on, so no code of this module is on any stack then.
 *
 * Owns its probes (shim.h). Context: handlers are NMI-like.
 */
#define pr_fmt(fmt) "ghes_nmi_mm: " fmt

#include <linux/module.h>

#include "shims/shim.h"

/* int do_sea(far, esr, regs): 0 is "handled". */
static int on_do_sea(struct kprobe *probe, struct pt_regs *at)
{
	if (!ghes_nmi_claimed(ghes_nmi_claim_sea((void *)at->regs[2], at->regs[0], at->regs[1])))
		return 0;
	return gn_shim_skip(at, 0);
}
NOKPROBE_SYMBOL(on_do_sea);

/*
 * int apei_claim_sea(regs): 0 is "claimed". KVM calls it for a guest; the host's aborts
 * come by do_sea. A kernel that recovers from more aborts of its own (copy_mc of
 * openEuler) calls it once more, after do_sea's hook has taken the record.
 */
static int on_apei_claim_sea(struct kprobe *probe, struct pt_regs *at)
{
	const struct pt_regs *regs = (void *)at->regs[0];

	if (regs ? !ghes_nmi_sea_answered(regs) : !ghes_nmi_claimed(ghes_nmi_claim_sea(NULL, 0, 0)))
		return 0;
	return gn_shim_skip(at, 0);
}
NOKPROBE_SYMBOL(on_apei_claim_sea);

/* void do_serror(regs, esr) */
static int on_do_serror(struct kprobe *probe, struct pt_regs *at)
{
	if (ghes_nmi_claim_sei((void *)at->regs[0], at->regs[1]) < 0)
		return 0;
	return gn_shim_skip(at, 0);
}
NOKPROBE_SYMBOL(on_do_serror);

/* bool arm64_is_fatal_ras_serror(regs, esr), called by KVM; the host's SErrors come by do_serror. */
static int on_fatal_serror(struct kprobe *probe, struct pt_regs *at)
{
	if (at->regs[0] || ghes_nmi_claim_sei(NULL, at->regs[1]) < 0)
		return 0;
	return gn_shim_skip(at, false);
}
NOKPROBE_SYMBOL(on_fatal_serror);

static const struct gn_shim shims[] = {
	{ "do_sea", on_do_sea, GN_RINGS_SEA, "SEA sources stay with the in-tree driver" },
	{ "apei_claim_sea", on_apei_claim_sea, 0, "guests' aborts are not claimed here" },
	{ "do_serror", on_do_serror, GN_RINGS_SEI, "SEI sources cannot be served" },
	{ "arm64_is_fatal_ras_serror", on_fatal_serror, 0, "guests' SErrors are not claimed" },
};

GN_SHIM_MODULE(shims, "Hooks of ghes_nmi in the host's handling of aborts and SErrors");
