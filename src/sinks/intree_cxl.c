// SPDX-License-Identifier: GPL-2.0-only
/*
 * CXL component events and protocol errors: to the kernel's CXL driver.
 *
 * The in-tree driver's own code queues them. It reads an event at full length,
 * whatever the section's is, so it is given a block of one repaired section.
 *
 * Its queues hold 32 and drop each one more, so only half as many are under way at a
 * time; then the CXL driver's work is waited for.
 */
#include <linux/build_bug.h>
#include <linux/string.h>

#include "compat/intree.h"
#include "record/estatus.h"
#include "record/repair.h"
#include "sinks/intree.h"

#define FLYING 16

/* How many were handed on since the last wait. One worker's. */
static u32 flying;

#ifdef GN_HAS_cxl_cper_register_work
static bool is(const struct gn_section *section, guid_t type)
{
	return !memcmp(section->type, &type, sizeof(type));
}
#endif

/**
 * gn_cxl_wants() - would the in-tree driver queue this section for the CXL driver
 * @section: a section of a checked record
 *
 * Context: Any; pure.
 * Return: true if this kernel's CXL driver takes sections of this type.
 */
bool gn_cxl_wants(const struct gn_section *section)
{
#ifdef GN_HAS_cxl_cper_register_work
	if (is(section, CPER_SEC_CXL_GEN_MEDIA_GUID) || is(section, CPER_SEC_CXL_DRAM_GUID) ||
	    is(section, CPER_SEC_CXL_MEM_MODULE_GUID))
		return true;
#endif
#if defined(GN_HAS_cxl_cper_register_prot_err_work) && defined(CONFIG_ACPI_APEI_PCIEAER)
	if (section->kind == GN_SECTION_CXL)
		return true;
#endif
	return false;
}

/**
 * gn_cxl_feed() - hand a CXL section to the CXL driver
 * @section: a section that gn_cxl_wants()
 *
 * The block's severity is "corrected", which that code uses for nothing but the count
 * for crash dumps. The section's own, which the CXL driver reads, stays.
 *
 * Context: Process context, sleeps; one caller at a time, on no work item of the
 *          queue that schedule_work() uses.
 * Return: false if the section is longer than any that the CXL driver reads.
 */
bool gn_cxl_feed(const struct gn_section *section)
{
	static u8 block[GN_SCRATCH] __aligned(8);
	const struct gn_estatus head = { .severity = GN_SEV_CORRECTED };

#ifdef GN_HAS_cxl_cper_register_work
	BUILD_BUG_ON(sizeof(struct cxl_cper_event_rec) > GN_CXL_EVENT);
#endif
	if (!gn_repair_block(&head, section, block, sizeof(block)))
		return false;
	if (flying == FLYING) {
		gn_intree_flush_work();
		flying = 0;
	}
	flying++;
	gn_intree_process((const struct acpi_hest_generic_status *)block);
	return true;
}
