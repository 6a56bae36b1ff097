// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace sink: the kernel's RAS events, as rasdaemon reads them, and our own.
 *
 *	memory section		ras:mc_event
 *	ARM processor section	ras:arm_event, where its shape is known (compat/cper.h)
 *	anything else, and what	ras:non_standard_event
 *	breaks its type's rules
 *	every record		ghes_nmi:record
 *	every section		ghes_nmi:section, all bytes, in pieces
 *
 * The ring buffer silently loses an event that does not fit into one of its
 * pages. One error stays one event for rasdaemon, so a longer section is cut in
 * ras:non_standard_event, and the bytes cut are counted.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/dmi.h>
#include <linux/edac.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/uuid.h>
#include <ras/ras_event.h>

#ifdef CONFIG_ARM64
#include <asm/cputype.h>
#endif

#include "compat/cper.h"
#include "compat/symbols.h"
#include "record/le.h"
#include "record/memory.h"
#include "record/repair.h"
#include "sinks/intree.h"
#include "sinks/severity.h"
#include "sinks/sink.h"

#define CREATE_TRACE_POINTS
#include "sinks/ghes_nmi_events.h"

/* Bytes of one event: a page less the headers of page and event (Linux 5.10 to 7.3). A longer one is lost. */
#define EVENT_BYTES ((u32)PAGE_SIZE - 24)
/* Those of ras:non_standard_event before its text and bytes, and of ras:arm_event before its three parts. */
#define OTHER_FIXED ((u32)sizeof(struct trace_entry) + 48)
#define ARM_FIXED   ((u32)sizeof(struct trace_entry) + 64)
/* In one ghes_nmi:section, whose text must fit a page, two letters a byte. */
#define PIECE 1536u

static unsigned int edac_severity(u32 severity)
{
	switch (severity) {
	case GN_SEV_NONE:
		return HW_EVENT_ERR_INFO;
	case GN_SEV_CORRECTED:
		return HW_EVENT_ERR_CORRECTED;
	case GN_SEV_RECOVERABLE:
		return HW_EVENT_ERR_UNCORRECTED;
	default:
		return HW_EVENT_ERR_FATAL;
	}
}

/* Where the error is, as far as firmware says: a field that is not valid is no zero. */
static void describe(char *text, size_t size, u16 source, const struct gn_memory *m)
{
	const struct {
		u32 valid;
		const char *format;
		u64 value;
	} parts[] = {
		{ GN_MEM_NODE, " node:%llu", m->node },
		{ GN_MEM_CARD, " card:%llu", m->card },
		{ GN_MEM_MODULE, " module:%llu", m->module },
		{ GN_MEM_RANK, " rank:%llu", m->rank },
		{ GN_MEM_BANK, " bank:%llu", m->bank },
		{ GN_MEM_BANK_GROUP, " bank_group:%llu", m->bank >> 8 },
		{ GN_MEM_BANK_ADDRESS, " bank_address:%llu", m->bank & 0xff },
		{ GN_MEM_DEVICE, " device:%llu", m->device },
		{ GN_MEM_ROW | GN_MEM_ROW_EXTENSION, " row:%llu", m->row },
		{ GN_MEM_COLUMN, " col:%llu", m->column },
		{ GN_MEM_BIT, " bit:%llu", m->bit },
		{ GN_MEM_CHIP, " chip_id:%llu", m->chip },
		{ GN_MEM_REQUESTOR, " requestor:0x%llx", m->requestor },
		{ GN_MEM_RESPONDER, " responder:0x%llx", m->responder },
		{ GN_MEM_TARGET, " target:0x%llx", m->target },
		{ GN_MEM_CARD_HANDLE, " card_handle:0x%llx", m->card_handle },
		{ GN_MEM_MODULE_HANDLE, " module_handle:0x%llx", m->module_handle },
		{ GN_MEM_STATUS, " status:0x%llx", m->status },
	};
	/* rasdaemon's policy for rows reads what follows these words. */
	const char *location = " APEI location:";
	size_t i, at;

	at = scnprintf(text, size, "APEI source: %u", source);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!(m->valid & parts[i].valid))
			continue;
		at += scnprintf(text + at, size - at, "%s", location);
		at += scnprintf(text + at, size - at, parts[i].format, parts[i].value);
		location = "";
	}
	if (m->valid & GN_MEM_STATUS)
		scnprintf(text + at, size - at, " (%s)", gn_memory_status_name(m->status));
}

/* The module: firmware's text for it, else what SMBIOS calls it. */
static const char *label_of(const struct gn_section *s, const struct gn_memory *m, char *text,
			    size_t size)
{
	const char *bank = NULL, *device = NULL;

	if (s->fru_text[0])
		return s->fru_text;
	if (m->valid & GN_MEM_MODULE_HANDLE && m->module_handle <= 0xffff)
		dmi_memdev_name(m->module_handle, &bank, &device);
	if (!bank && !device)
		return "unknown memory";
	scnprintf(text, size, "%s%s%s", bank ?: "", bank && *bank && device && *device ? " " : "",
		  device ?: "");
	return text;
}

static void trace_memory(const struct gn_record *record, const struct gn_section *s)
{
	const char *type = "unspecified error";
	char detail[400]; /* all of describe()'s parts at their longest */
	char label[160];
	struct gn_memory m;
	u64 address = 0;
	u8 grain = 0;

	gn_memory_read(s, &m);
	if (m.valid & GN_MEM_PA)
		address = m.pa;
	if (m.valid & GN_MEM_MASK && m.mask)
		grain = __ffs64(m.mask);
	if (m.valid & GN_MEM_TYPE)
		type = cper_mem_err_type_str(m.type);
	describe(detail, sizeof(detail), record->out->desc->id, &m);
	trace_mc_event(edac_severity(s->severity), type, label_of(s, &m, label, sizeof(label)), 1,
		       0, -1, -1, -1, address, grain, 0, detail);
}

/* The CPU that a processor error is about, -1 if firmware names none that Linux has. */
static int cpu_of(const struct gn_section *s)
{
#ifdef CONFIG_ARM64
	/* MPIDR_EL1 has bits beside the affinity fields, one of them always set. */
	u64 mpidr = gn_le64(s->body + 16) & MPIDR_HWID_BITMASK;
	unsigned int cpu;

	if (gn_symbols.cpu_logical_map && gn_le32(s->body) & CPER_ARM_VALID_MPIDR)
		for_each_possible_cpu(cpu)
			if (gn_symbols.cpu_logical_map(cpu) == mpidr)
				return cpu;
#endif
	return -1;
}

/* What of @length still fits into one event; @room is what is left for others. */
static u32 fit(u32 length, u32 *room, u64 *cut)
{
	u32 n = min(length, *room);

	*room -= n;
	*cut += length - n;
	return n;
}

static void trace_arm(const struct gn_record *record, const struct gn_section *s)
{
	u64 *cut = &record->out->trace_cut;
	u32 room = EVENT_BYTES - ARM_FIXED;
	struct gn_arm arm;
	struct gn_arm_event event = {
		.proc = (const struct cper_sec_proc_arm *)s->body,
		.severity = gn_ghes_severity(s->severity),
		.cpu = cpu_of(s),
	};

	if (!gn_section_arm(s, &arm))
		return;
	event.err_info = arm.err_info;
	event.err_info_length = fit(GN_ARM_ERR_INFO * arm.err_infos, &room, cut);
	/* Readers of the event know no other length of an entry. */
	if (arm.err_info_length != GN_ARM_ERR_INFO * arm.err_infos) {
		u8 *scratch = record->out->scratch;
		u32 n = gn_repair_err_infos(&arm, scratch, min(event.err_info_length, GN_SCRATCH));

		*cut += event.err_info_length - n;
		event.err_info = scratch;
		event.err_info_length = n;
	}
	event.context = arm.context;
	event.context_length = fit(arm.context_length, &room, cut);
	event.vendor = arm.vendor;
	event.vendor_length = fit(arm.vendor_length, &room, cut);
	gn_emit_arm_event(&event);
}

static void trace_other(const struct gn_section *s, u64 *cut)
{
	u32 room = EVENT_BYTES - OTHER_FIXED - (strlen(s->fru_text) + 1);
	u32 length = fit(s->length, &room, cut);

	trace_non_standard_event((const guid_t *)s->type,
				 s->fru_id ? (const guid_t *)s->fru_id : &guid_null, s->fru_text,
				 gn_ghes_severity(s->severity), s->body, length);
}

/**
 * gn_trace_bytes() - trace a section that another one should have traced
 * @section: the section
 *
 * Context: Process context.
 */
void gn_trace_bytes(const struct gn_section *section)
{
	u64 cut = 0; /* not counted: the drain alone writes the source's */

	trace_other(section, &cut);
}

static void trace_bytes(const struct gn_record *record, u32 index, const struct gn_section *s)
{
	u32 at = 0, n;

	do {
		n = min(s->length - at, PIECE);
		trace_section(record->out->desc->id, index, s->type, s->severity,
			      gn_oddity_name(s->oddity), s->length, at, s->body + at, n);
		at += n;
	} while (at < s->length);
}

/* The kernel's own event of a section. */
static void trace_ras(const struct gn_record *record, const struct gn_section *s)
{
	switch (s->kind) {
	case GN_SECTION_MEMORY:
		if (trace_mc_event_enabled())
			trace_memory(record, s);
		break;
	case GN_SECTION_ARM:
		if (GN_ARM_EVENT_KNOWN) {
			if (trace_arm_event_enabled())
				trace_arm(record, s);
			break;
		}
		fallthrough; /* as bytes */
	default:
		if (trace_non_standard_event_enabled())
			trace_other(s, &record->out->trace_cut);
		break;
	}
}

static void trace_deliver(const struct gn_record *record)
{
	struct gn_section s;
	struct gn_walk walk;
	u32 n = 0;

	gn_walk_start(&walk, record->block);
	while (gn_walk_next(&walk, &s)) {
		if (!gn_intree_traces(&s))
			trace_ras(record, &s);
		if (trace_section_enabled())
			trace_bytes(record, n, &s);
		n++;
	}
	trace_record(record->out->desc->id, gn_notify_name(record->out->desc->notify),
		     record->head.severity, record->length, n, record->delay_ns,
		     gn_estatus_multiple(&record->head), gn_estatus_entries(&record->head));
}

const struct gn_sink gn_sink_trace = {
	.deliver = trace_deliver,
};

/**
 * gn_trace_init() - say which of the kernel's events get nothing
 *
 * Context: Process context.
 */
void gn_trace_init(void)
{
	if (IS_ENABLED(CONFIG_ARM64) && !GN_ARM_EVENT_KNOWN)
		pr_notice(
			"ras:arm_event has arguments unknown to this module; processor errors go to ras:non_standard_event\n");
}

/**
 * gn_trace_malformed() - trace a block that failed its check
 * @record: the block; its @head is not valid
 * @verdict: why
 *
 * Context: The drain.
 */
void gn_trace_malformed(const struct gn_record *record, enum gn_verdict verdict)
{
	trace_malformed(record->out->desc->id, gn_notify_name(record->out->desc->notify),
			gn_verdict_name(verdict), record->length);
}
