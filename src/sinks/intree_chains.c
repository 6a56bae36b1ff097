// SPDX-License-Identifier: GPL-2.0-only
/*
 * The notifier chains of the in-tree GHES driver: memory errors, and sections that
 * no standard describes.
 */
#include "compat/intree.h"
#include "record/repair.h"
#include "sinks/intree.h"
#include "sinks/relay.h"
#include "sinks/severity.h"

static int severity_of(const struct gn_relayed *relayed)
{
	return gn_ghes_severity(gn_estatus_severity(relayed->block));
}

/**
 * gn_chains_report() - tell the report chain of a memory error
 * @relayed: the section as it came
 * @section: the same, decoded
 *
 * Listeners read all of the structure, so they have a copy that is as long. A mask of
 * nothing is none: ghes_edac takes it for a grain of 0 bytes, of which EDAC warns.
 *
 * Context: Process context, sleeps.
 */
void gn_chains_report(const struct gn_relayed *relayed, const struct gn_section *section)
{
	struct cper_sec_mem_err mem = {};

	gn_repair(section, (u8 *)&mem, sizeof(mem));
	if (!mem.physical_addr_mask)
		mem.validation_bits &= ~CPER_MEM_VALID_PA_MASK;
	atomic_notifier_call_chain(gn_intree.report, severity_of(relayed), &mem);
}

/**
 * gn_chains_vendor() - tell the vendor chain of a section
 * @relayed: the section as it came
 *
 * Context: Process context, sleeps.
 */
void gn_chains_vendor(const struct gn_relayed *relayed)
{
	/* Behind the block's header; listeners may write to it, as they may in-tree. */
	blocking_notifier_call_chain(gn_intree.vendor, severity_of(relayed),
				     (void *)(relayed->block + GN_ESTATUS_HEADER));
}
