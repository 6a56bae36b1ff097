// SPDX-License-Identifier: GPL-2.0-only
/*
 * The in-tree sink: what the kernel's own GHES driver does with a record beside
 * logging it still happens.
 *
 *	PCIe error		AER: aer_event, recovery		relay
 *	memory error		report chain: ghes_edac			relay
 *				x86: machine check record		at once
 *	CXL			the CXL driver's queue			relay
 *	anything else but ARM	vendor chain				relay
 *	any recoverable one	count for crash dumps			at once
 *
 * Nothing is reported twice: gn_intree_traces() tells the trace sink what somebody
 * else traces. A consumer that this kernel has and that cannot be fed is counted
 * per source, and said once.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/bitops.h>
#include <linux/kernel.h>

#include "compat/intree.h"
#include "record/repair.h"
#include "record/section.h"
#include "sinks/intree.h"
#include "sinks/relay.h"
#include "sinks/severity.h"
#include "sinks/sink.h"

static unsigned long said;

/**
 * gn_consumer_name() - a consumer as it stands in sysfs and messages
 * @consumer: the consumer
 *
 * Return: a constant string without blanks.
 */
const char *gn_consumer_name(enum gn_consumer consumer)
{
	static const char *const names[GN_CONSUMERS] = {
		[GN_FOR_AER] = "aer",
		[GN_FOR_REPORT] = "edac",
		[GN_FOR_VENDOR] = "vendor",
		[GN_FOR_CXL] = "cxl",
	};

	return names[consumer];
}

static void unserved(struct gn_outlet *out, enum gn_consumer consumer, const char *why)
{
	WRITE_ONCE(out->unserved[consumer], out->unserved[consumer] + 1);
	if (!test_and_set_bit(consumer, &said))
		pr_warn("%s: source %u: %s: a section was not handed to the kernel's driver: %s; counted in ghes_nmi/unserved, not repeated here\n",
			dev_name(out->dev), out->desc->id, gn_consumer_name(consumer), why);
}

static void hand_on(const struct gn_record *record, const struct gn_section *s,
		    enum gn_consumer consumer)
{
	if (!gn_relay_put(record, s, consumer))
		unserved(record->out, consumer, "too many are on their way");
}

static void memory(const struct gn_record *record, const struct gn_section *s)
{
	struct cper_sec_mem_err mem = {};

	if (gn_intree_report_heard())
		hand_on(record, s, GN_FOR_REPORT);
	else if (!gn_intree.report && gn_intree_edac())
		unserved(record->out, GN_FOR_REPORT, "ghes_edac has no interface for it");
	gn_repair(s, (u8 *)&mem, sizeof(mem));
	gn_intree_report_mce(gn_ghes_severity(record->head.severity), &mem);
}

static void pcie(const struct gn_record *record, const struct gn_section *s)
{
	if (!gn_aer_wants(s))
		return;
	if (gn_intree_has_aer())
		hand_on(record, s, GN_FOR_AER);
	else if (IS_ENABLED(CONFIG_ACPI_APEI_PCIEAER))
		unserved(record->out, GN_FOR_AER, "the memory it needs was not found");
}

static void other(const struct gn_record *record, const struct gn_section *s)
{
	if (gn_intree_vendor_heard())
		hand_on(record, s, GN_FOR_VENDOR);
	else if (!gn_intree.vendor)
		unserved(record->out, GN_FOR_VENDOR, "its chain was not found");
}

static void cxl(const struct gn_record *record, const struct gn_section *s)
{
	if (gn_intree_has_process())
		hand_on(record, s, GN_FOR_CXL);
	else if (IS_ENABLED(CONFIG_CXL_BUS))
		unserved(record->out, GN_FOR_CXL, "no function that queues it can be called");
}

/* Recoverable errors by what they hit, for whoever looks at a crash dump. */
static void count_for_dump(const struct gn_section *s)
{
#ifdef GN_HAS_hwerr_log_error_type
	static const enum hwerr_error_type types[GN_SECTION_KINDS] = {
		[GN_SECTION_OTHER] = HWERR_RECOV_OTHERS,
		[GN_SECTION_MEMORY] = HWERR_RECOV_MEMORY,
		[GN_SECTION_ARM] = HWERR_RECOV_CPU,
		[GN_SECTION_PCIE] = HWERR_RECOV_PCI,
		[GN_SECTION_IA] = HWERR_RECOV_CPU,
		[GN_SECTION_GENERIC] = HWERR_RECOV_CPU,
		[GN_SECTION_FIRMWARE] = HWERR_RECOV_OTHERS,
		[GN_SECTION_CXL] = HWERR_RECOV_CXL,
		[GN_SECTION_CXL_EVENT] = HWERR_RECOV_CXL,
	};

	if (s->severity == GN_SEV_RECOVERABLE)
		hwerr_log_error_type(types[gn_section_kind(s->type)]);
#endif
}

static void intree_deliver(const struct gn_record *record)
{
	struct gn_section s;
	struct gn_walk walk;

	gn_walk_start(&walk, record->block);
	while (gn_walk_next(&walk, &s)) {
		count_for_dump(&s);
		/* Listeners take the type's word for what the body holds. */
		if (s.oddity != GN_SOUND)
			continue;
		switch (s.kind) {
		case GN_SECTION_MEMORY:
			memory(record, &s);
			break;
		case GN_SECTION_PCIE:
			pcie(record, &s);
			break;
		case GN_SECTION_ARM:
			break;
		default:
			if (gn_cxl_wants(&s))
				cxl(record, &s);
			else
				other(record, &s);
			break;
		}
	}
}

const struct gn_sink gn_sink_intree = {
	.deliver = intree_deliver,
};

/**
 * gn_intree_traces() - is the event of this section another one's to trace
 * @section: a section of a checked record
 *
 * Context: The drain.
 * Return: true if the trace sink must not emit a ras: event of its own.
 */
bool gn_intree_traces(const struct gn_section *section)
{
	if (gn_aer_wants(section))
		return gn_intree_has_aer();
	if (gn_cxl_wants(section))
		return gn_intree_has_process();
	return section->kind == GN_SECTION_MEMORY && gn_intree_report_heard() && gn_intree_edac();
}

/* What the relay's worker does with a section. */
static void deliver_relayed(const struct gn_relayed *relayed)
{
	struct gn_section s;
	struct gn_walk walk;

	gn_walk_start(&walk, relayed->block);
	if (!gn_walk_next(&walk, &s))
		return;
	switch (relayed->consumer) {
	case GN_FOR_AER:
		/* As of any section that nobody decodes, at least its bytes are traced. */
		if (!gn_aer_feed(&s))
			gn_trace_bytes(&s);
		break;
	case GN_FOR_REPORT:
		gn_chains_report(relayed, &s);
		break;
	case GN_FOR_VENDOR:
		gn_chains_vendor(relayed);
		break;
	case GN_FOR_CXL:
		if (!gn_cxl_feed(&s))
			gn_trace_bytes(&s);
		break;
	default:
		break;
	}
}

/**
 * gn_intree_init() - find the consumers, make the way to them
 *
 * Context: Process context, may sleep. Before the first source is taken.
 * Return: 0 or -ENOMEM.
 */
int gn_intree_init(void)
{
	int err = gn_relay_init(deliver_relayed);

	if (err)
		return err;
	gn_intree_find();
	gn_intree_hold_edac();
	return 0;
}

/**
 * gn_intree_exit() - end what gn_intree_init() began
 *
 * Context: Process context, may sleep. Every source was given back.
 */
void gn_intree_exit(void)
{
	gn_relay_exit();
	gn_intree_release_edac();
	gn_intree_forget();
}
