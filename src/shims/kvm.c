// SPDX-License-Identifier: GPL-2.0-only
/*
 * ghes_nmi_kvm: hooks the function that handles the external aborts of guests.
 *
 * Where KVM has no such function it calls the host's, apei_claim_sea(), which ghes_nmi_mm
 * hooks; there this module is not needed and does not load.
 *
 * Owns its probe (shim.h). Context: the handler is NMI-like.
 */
#define pr_fmt(fmt) "ghes_nmi_kvm: " fmt

#include <linux/module.h>

#include "shims/shim.h"

/* int kvm_handle_guest_sea(vcpu): 1 is "let the guest go on", after work is done. */
static int on_guest_sea(struct kprobe *probe, struct pt_regs *at)
{
	if (!ghes_nmi_claimed(ghes_nmi_claim_sea(NULL, 0, 0)))
		return 0;
	return gn_shim_skip(at, 1);
}
NOKPROBE_SYMBOL(on_guest_sea);

static const struct gn_shim shims[] = {
	{ "kvm_handle_guest_sea", on_guest_sea, 0,
	  "it asks apei_claim_sea for guests, which ghes_nmi_mm serves" },
};

GN_SHIM_MODULE(shims, "Hook of ghes_nmi in KVM's handling of a guest's aborts");
