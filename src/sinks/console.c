// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console sink: what an administrator reads in the kernel log.
 *
 * The kernel's own printer knows every section type, but trusts lengths, reads
 * a text without an end and carries FRU data from one section to the next. So
 * each section is shown to it alone, in a block made for it (record/repair.c). Of
 * what is too long for that, odd, or of no type it knows, it sees nothing: the
 * first bytes are shown.
 *
 * Lines are limited per source, so that a chatty one hides no other; how many
 * records were left out is said with the next one shown, and counted.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/printk.h>

#include "compat/cper.h"
#include "record/repair.h"
#include "sinks/sink.h"

/* Records shown per source and interval. */
#define INTERVAL	(5 * HZ)
#define SHOWN_CORRECTED 2u
#define SHOWN_OTHERS	10u

/* Bytes shown of a section that nothing can decode, or of a malformed block. */
#define BYTES_SHOWN 128u

/* Lines and sections shown of one record: a legal one may have a megabyte. */
#define LINES_MAX    256u
#define SECTIONS_MAX 32u

/* Lines of a record's head. */
#define LINES_HEAD 3u

/*
 * A fatal record is shown in NMI, which may have interrupted the drain at the
 * source's own scratch: the first one, and what is shown before it, has this. The
 * machine does not live on.
 */
static u8 fatal_scratch[GN_SCRATCH];

/* As the kernel's printer has it: there are programs that look for this line, too. */
static void print_severity(const char *pfx, const struct gn_record *record)
{
	printk("%sevent severity: %s\n", pfx, cper_severity_str(record->head.severity));
}
NOKPROBE_SYMBOL(print_severity);

/* A section that the kernel does not know, that is odd, or too long to be decoded: its bytes. */
static void print_bytes(const char *pfx, const struct gn_section *s, u32 n)
{
	u32 shown = min(s->length, BYTES_SHOWN);

	printk("%s Error %u, type: %s\n", pfx, n, gn_severity_name(s->severity));
	if (s->fru_text[0])
		printk("%s  fru_text: %.20s\n", pfx, s->fru_text);
	printk("%s  section type: %pUl, %s%s%s%u of %u bytes:\n", pfx, s->type,
	       s->oddity ? "malformed (" : "", s->oddity ? gn_oddity_name(s->oddity) : "",
	       s->oddity ? "), " : "", shown, s->length);
	print_hex_dump(pfx, "  ", DUMP_PREFIX_OFFSET, 16, 4, s->body, shown, true);
}
NOKPROBE_SYMBOL(print_bytes);

/* Lines that the kernel's printer makes of a section of @length bytes, at most. */
static u32 lines_of(enum gn_section_kind kind, u32 length)
{
	/* An ARM error information entry has up to 9 of 32 bytes. */
	return kind == GN_SECTION_ARM ? 16 + length / 3 : 24 + length / 8;
}

/*
 * @scratch: GN_SCRATCH bytes that no other context uses; NULL if there are none.
 * @room: lines it may take. Returns those that it took, at most.
 */
static u32 show(const char *level, const struct gn_record *record, u8 *scratch, u32 room)
{
	static atomic_t number;
	const struct gn_hest_source *desc = record->out->desc;
	u32 n, left = 0, lines = LINES_HEAD;
	struct gn_section s;
	struct gn_walk walk;
	bool said = false; /* the severity, which the kernel's printer says with each section */
	char pfx[48];

	/* The first line is the in-tree driver's: there are programs that look for it. */
	scnprintf(pfx, sizeof(pfx), "%s{%u}[Hardware Error]: ", level,
		  (u32)atomic_inc_return(&number));
	printk("%sHardware error from APEI Generic Hardware Error Source: %u\n", pfx, desc->id);
	printk("%sghes_nmi: %s: source %u (%s) reports a %s error, %u bytes\n", pfx,
	       dev_name(record->out->dev), desc->id, gn_notify_name(desc->notify),
	       gn_severity_name(record->head.severity), record->length);
	gn_walk_start(&walk, record->block);
	for (n = 0; gn_walk_next(&walk, &s); n++) {
		u32 length = 0, takes = 3 + BYTES_SHOWN / 16;

		if (scratch && n < SECTIONS_MAX && lines < room)
			length = gn_repair_block(&record->head, &s, scratch, GN_SCRATCH);
		if (length)
			takes = lines_of(s.kind, length);
		if (n >= SECTIONS_MAX || lines + takes > room) {
			left++;
			continue;
		}
		lines += takes;
		if (!length && !said)
			print_severity(pfx, record);
		said = true;
		if (length)
			cper_estatus_print(pfx, (void *)scratch);
		else
			print_bytes(pfx, &s, n);
	}
	if (!said)
		print_severity(pfx, record);
	if (left)
		printk("%s%u of %u sections are not shown\n", pfx, left, n);
	return lines;
}
NOKPROBE_SYMBOL(show);

/* As the in-tree driver has it. */
static const char *level_of(const struct gn_record *record)
{
	switch (record->head.severity) {
	case GN_SEV_CORRECTED:
	case GN_SEV_NONE:
		return KERN_WARNING;
	case GN_SEV_RECOVERABLE:
		return KERN_ERR;
	default:
		return KERN_EMERG;
	}
}

/**
 * gn_console_fatal() - show a record that the kernel is about to die of
 * @record: a checked record
 * @alone: the first fatal one; another one is shown as bytes
 *
 * Context: NMI-safe: writes to the log only, and printk() in NMI takes no lock.
 *          A CPU will panic.
 */
void gn_console_fatal(const struct gn_record *record, bool alone)
{
	show(KERN_EMERG, record, alone ? fatal_scratch : NULL, LINES_MAX);
}
NOKPROBE_SYMBOL(gn_console_fatal);

/**
 * gn_console_queued() - show a record that no drain will deliver any more
 * @record: a checked record
 * @lines: that it may take; it gets its head at least
 *
 * Context: NMI-safe. By whom the first fatal record is shown, before it.
 * Return: lines it took, at most.
 */
u32 gn_console_queued(const struct gn_record *record, u32 lines)
{
	return show(KERN_EMERG, record, fatal_scratch, min(lines, LINES_MAX));
}
NOKPROBE_SYMBOL(gn_console_queued);

/**
 * gn_console_last_words() - show a record that the kernel may die of
 * @record: a checked record
 *
 * Context: NMI-safe. One at a time is decoded, another one is shown as bytes.
 */
void gn_console_last_words(const struct gn_record *record)
{
	static u8 scratch[GN_SCRATCH];
	static unsigned long busy;
	bool other = test_and_set_bit_lock(0, &busy);

	show(KERN_EMERG, record, other ? NULL : scratch, LINES_MAX);
	if (!other)
		clear_bit_unlock(0, &busy);
}
NOKPROBE_SYMBOL(gn_console_last_words);

/**
 * gn_console_last_malformed() - name a malformed block that the kernel may die of
 * @record: the block; its @head is not valid
 *
 * Context: NMI-safe.
 */
void gn_console_last_malformed(const struct gn_record *record)
{
	pr_emerg("source %u: a malformed error status block of %u bytes\n", record->out->desc->id,
		 record->length);
}
NOKPROBE_SYMBOL(gn_console_last_malformed);

/* May this record be shown? */
static bool allowed(struct gn_outlet *s, u32 most)
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
			c->skipped, s->desc->id);
	c->skipped = 0;
	return true;
}

static void console_deliver(const struct gn_record *record)
{
	bool corrected = record->head.severity == GN_SEV_CORRECTED ||
			 record->head.severity == GN_SEV_NONE;

	if (allowed(record->out, corrected ? SHOWN_CORRECTED : SHOWN_OTHERS))
		show(level_of(record), record, record->out->scratch, LINES_MAX);
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
	struct gn_outlet *s = record->out;

	if (!allowed(s, SHOWN_CORRECTED))
		return;
	pr_warn(FW_BUG
		"%s: source %u: malformed error status block (%s), counted and given back; its bytes are in ghes_nmi/malformed_block\n",
		dev_name(s->dev), s->desc->id, gn_verdict_name(verdict));
}

/**
 * gn_console_empty() - say once that a notification came without a record
 * @s: the source
 *
 * Context: The drain.
 */
void gn_console_empty(struct gn_outlet *s)
{
	pr_warn(FW_BUG
		"%s: source %u: %s notification without a record; counted, not repeated here\n",
		dev_name(s->dev), s->desc->id, gn_notify_name(s->desc->notify));
}
