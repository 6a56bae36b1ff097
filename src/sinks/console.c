// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console sink: what an administrator reads in the kernel log.
 *
 * The kernel's own printer knows every section type, but trusts lengths, reads
 * a text without an end and carries FRU data from one section to the next. So
 * each section is shown to it alone, in a copy made for it: a small block of
 * one section with a full header, the text terminated, short sections filled up
 * with zeros. What is too long for that, or laid out as it does not expect, it
 * never sees: of such a section the first bytes are shown.
 *
 * Lines are limited per source, so that a chatty one hides no other; how many
 * records were left out is said with the next one shown, and counted.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/printk.h>

#include "../compat/cper.h"
#include "../path/section.h"
#include "../source.h"
#include "sink.h"

/* Records shown per source and interval. */
#define INTERVAL	(5 * HZ)
#define SHOWN_CORRECTED 2u
#define SHOWN_OTHERS	10u

/* Bytes shown of a section that nothing can decode, or of a malformed block. */
#define BYTES_SHOWN 128u

/* Validation bit 2 of a section's header (ACPI 6.5, table 18.15). */
#define VALID_TIMESTAMP 0x4

#define BLOCK_HEADER	sizeof(struct acpi_hest_generic_status)
#define DATA_HEADER	sizeof(struct acpi_hest_generic_data_v300)
#define BODY_MAX	(sizeof(((struct gn_console *)0)->scratch) - BLOCK_HEADER - DATA_HEADER)

/* Does the kernel decode this section, and read no byte beyond @body of it? */
static bool decodable(const struct gn_section *s)
{
	struct gn_arm arm;

	if (s->length > BODY_MAX)
		return false;
	switch (gn_section_kind(s->type)) {
	case GN_SECTION_OTHER:
		return false;
	case GN_SECTION_ARM:
		return gn_section_arm(s, &arm) && arm.plain;
	default:
		return true;
	}
}

/* A section that the kernel must not decode, or does not know: its bytes. */
static void print_bytes(const char *pfx, const struct gn_section *s, u32 n)
{
	u32 shown = min(s->length, BYTES_SHOWN);

	printk("%s Error %u, type: %s\n", pfx, n, gn_severity_name(s->severity));
	if (s->fru_text[0])
		printk("%s  fru_text: %.20s\n", pfx, s->fru_text);
	printk("%s  section type: %pUl, %u of %u bytes:\n", pfx, s->type, shown, s->length);
	print_hex_dump(pfx, "  ", DUMP_PREFIX_OFFSET, 16, 4, s->body, shown, true);
}

/* A section that the kernel decodes, in a block of its own. */
static void print_decoded(const char *pfx, const struct gn_record *record,
			  const struct gn_section *s)
{
	u8 *scratch = record->source->console.scratch;
	struct acpi_hest_generic_status *block = (void *)scratch;
	struct acpi_hest_generic_data_v300 *data = (void *)(block + 1);
	u32 length = s->length;

	/* The printer may read a type's whole structure: zeros follow the body. */
	memset(scratch, 0, sizeof(record->source->console.scratch));
	memcpy(data->section_type, s->type, sizeof(data->section_type));
	data->error_severity = s->severity;
	data->revision = 0x300;
	if (s->fru_id) {
		data->validation_bits |= CPER_SEC_VALID_FRU_ID;
		memcpy(data->fru_id, s->fru_id, sizeof(data->fru_id));
	}
	if (s->fru_text[0]) {
		data->validation_bits |= CPER_SEC_VALID_FRU_TEXT;
		memcpy(data->fru_text, s->fru_text, sizeof(data->fru_text) - 1);
	}
	if (s->timestamp) {
		data->validation_bits |= VALID_TIMESTAMP;
		memcpy(&data->time_stamp, s->timestamp, sizeof(data->time_stamp));
	}
	memcpy(data + 1, s->body, length);
	if (gn_section_kind(s->type) == GN_SECTION_MEMORY)
		length = max(length, GN_MEMORY);
	data->error_data_length = length;
	block->block_status = record->head.status;
	block->error_severity = record->head.severity;
	block->data_length = DATA_HEADER + length;
	cper_estatus_print(pfx, block);
}

/**
 * gn_console_print() - show a record
 * @level: KERN_ level of every line
 * @record: a checked record
 *
 * Context: The drain, or NMI when the record is fatal and this CPU will panic.
 *          Writes to the log only; printk() in NMI takes no lock.
 */
void gn_console_print(const char *level, const struct gn_record *record)
{
	const struct gn_hest_source *desc = &record->source->desc;
	struct gn_section s;
	struct gn_walk walk;
	char pfx[40];
	u32 n;

	scnprintf(pfx, sizeof(pfx), "%s[Hardware Error]: ", level);
	printk("%sghes_nmi: %s: source %u (%s) reports a %s error, %u bytes\n", pfx,
	       dev_name(record->source->dev), desc->id, gn_notify_name(desc->notify),
	       gn_severity_name(record->head.severity), record->length);
	gn_walk_start(&walk, record->block);
	for (n = 0; gn_walk_next(&walk, &s); n++) {
		if (decodable(&s))
			print_decoded(pfx, record, &s);
		else
			print_bytes(pfx, &s, n);
	}
}
NOKPROBE_SYMBOL(gn_console_print);

/* May this record be shown? */
static bool allowed(struct gn_source *s, u32 most)
{
	struct gn_console *c = &s->console;

	if (!c->since || time_after(jiffies, c->since + INTERVAL)) {
		c->since = jiffies | 1;
		c->shown = 0;
	}
	if (c->shown >= most) {
		c->skipped++;
		WRITE_ONCE(c->suppressed, c->suppressed + 1);
		return false;
	}
	c->shown++;
	if (c->skipped)
		pr_info("%s: %u records of source %u were not shown here\n", dev_name(s->dev),
			c->skipped, s->desc.id);
	c->skipped = 0;
	return true;
}

static void console_deliver(const struct gn_record *record)
{
	bool corrected = record->head.severity == GN_SEV_CORRECTED ||
			 record->head.severity == GN_SEV_NONE;

	if (allowed(record->source, corrected ? SHOWN_CORRECTED : SHOWN_OTHERS))
		gn_console_print(corrected ? KERN_INFO : KERN_ERR, record);
}

const struct gn_sink gn_sink_console = {
	.deliver = console_deliver,
};

/**
 * gn_console_malformed() - say that a block failed its check
 * @record: the block; its @head is not valid
 * @verdict: why
 *
 * Context: The drain.
 */
void gn_console_malformed(const struct gn_record *record, enum gn_verdict verdict)
{
	struct gn_source *s = record->source;

	if (!allowed(s, SHOWN_CORRECTED))
		return;
	pr_warn(FW_BUG
		"%s: source %u: malformed error status block (%s), counted and given back; its bytes are in ghes_nmi/malformed_block\n",
		dev_name(s->dev), s->desc.id, gn_verdict_name(verdict));
}

/**
 * gn_console_empty() - say once that a notification came without a record
 * @s: the source
 *
 * Context: The drain.
 */
void gn_console_empty(struct gn_source *s)
{
	pr_warn(FW_BUG
		"%s: source %u: %s notification without a record; counted, not repeated here\n",
		dev_name(s->dev), s->desc.id, gn_notify_name(s->desc.notify));
}
