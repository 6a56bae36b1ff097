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

/*
 * A fatal record is shown in NMI, which may have interrupted the drain at the
 * source's own scratch: the first one has this. The machine does not live on.
 */
static u8 fatal_scratch[GN_SCRATCH];
static atomic_t fatal_shown;

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

/* @scratch: GN_SCRATCH bytes that nobody else uses meanwhile; NULL if there are none. */
static void show(const char *level, const struct gn_record *record, u8 *scratch)
{
	const struct gn_hest_source *desc = record->out->desc;
	struct gn_section s;
	struct gn_walk walk;
	char pfx[40];
	u32 n;

	scnprintf(pfx, sizeof(pfx), "%s[Hardware Error]: ", level);
	printk("%sghes_nmi: %s: source %u (%s) reports a %s error, %u bytes\n", pfx,
	       dev_name(record->out->dev), desc->id, gn_notify_name(desc->notify),
	       gn_severity_name(record->head.severity), record->length);
	gn_walk_start(&walk, record->block);
	for (n = 0; gn_walk_next(&walk, &s); n++) {
		if (scratch && gn_repair_block(&record->head, &s, scratch, GN_SCRATCH))
			cper_estatus_print(pfx, (void *)scratch);
		else
			print_bytes(pfx, &s, n);
	}
}
NOKPROBE_SYMBOL(show);

/**
 * gn_console_fatal() - show a fatal record
 * @record: a checked record
 *
 * Context: NMI-safe: writes to the log only, and printk() in NMI takes no lock.
 *          This CPU will panic.
 */
void gn_console_fatal(const struct gn_record *record)
{
	show(KERN_EMERG, record, atomic_xchg(&fatal_shown, 1) ? NULL : fatal_scratch);
}
NOKPROBE_SYMBOL(gn_console_fatal);

/**
 * gn_console_last_words() - show a record that the kernel is about to die of
 * @record: a checked record
 *
 * Context: NMI-safe. Owner of the source's draining claim, whose scratch this is.
 */
void gn_console_last_words(const struct gn_record *record)
{
	show(KERN_EMERG, record, record->out->scratch);
}
NOKPROBE_SYMBOL(gn_console_last_words);

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
		show(corrected ? KERN_INFO : KERN_ERR, record, record->out->scratch);
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
