// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory sink: a page with an uncorrected error is taken out of use.
 *
 * Here only what the in-tree driver does for an asynchronous notification: the
 * page is queued for memory_failure(), which a kernel thread runs.
 */
#include <linux/mm.h>
#include <linux/pfn.h>

#include "../compat/cper.h"
#include "../path/section.h"
#include "../source.h"
#include "sink.h"

static void fail_page(const struct gn_section *s)
{
	struct cper_sec_mem_err mem = {};

	memcpy(&mem, s->body, min_t(u32, s->length, sizeof(mem)));
	if (!(mem.validation_bits & CPER_MEM_VALID_PA))
		return;
	if (mem.physical_addr > (u64)(phys_addr_t)-1 || !pfn_valid(PHYS_PFN(mem.physical_addr)))
		return;
#ifdef CONFIG_MEMORY_FAILURE
	memory_failure_queue(PHYS_PFN(mem.physical_addr), 0);
#endif
}

static void memory_deliver(const struct gn_record *record)
{
	struct gn_section s;
	struct gn_walk walk;

	if (record->head.severity != GN_SEV_RECOVERABLE)
		return;
	gn_walk_start(&walk, record->block);
	while (gn_walk_next(&walk, &s))
		if (s.severity == GN_SEV_RECOVERABLE &&
		    gn_section_kind(s.type) == GN_SECTION_MEMORY)
			fail_page(&s);
}

const struct gn_sink gn_sink_memory = {
	.deliver = memory_deliver,
};
