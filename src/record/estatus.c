// SPDX-License-Identifier: GPL-2.0-only
/*
 * The error status block: this file measures and checks it before any other code
 * reads it (ACPI 6.5, 18.3.2.7 and UEFI 2.10, appendix N).
 *
 * There are two steps. gn_estatus_measure() needs the header only and runs in NMI,
 * before the copy: it returns how many bytes the copy needs. gn_estatus_check() runs
 * on the private copy, which does not change any more, outside NMI, and steps over
 * every section. A block that passed both is a record: its sections tile it.
 * gn_walk_next() judges the body of each section: a body that breaks the rules of its
 * type is handed out as bytes, and the sections beside it are decoded.
 *
 * All sums are u64: no length that fits a field can wrap them.
 *
 * Owns no state. Context: any; NMI-safe where a function says so. Pure: host tests and
 * fuzzers compile this file.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/string.h>

#include "record/estatus.h"
#include "record/section.h"

/* Fields of a generic error data entry (ACPI 6.5, table 18.15). */
enum {
	DATA_TYPE = 0,
	DATA_SEVERITY = 16,
	DATA_REVISION = 20,
	DATA_VALID = 22,
	DATA_FLAGS = 23,
	DATA_LENGTH = 24,
	DATA_FRU_ID = 28,
	DATA_FRU_TEXT = 44,
	DATA_HEADER = GN_DATA_HEADER, /* up to revision 2.x */
	DATA_TIMESTAMP = 64,
	DATA_HEADER_V3 = 72,
};

#define FRU_TEXT 20u

/**
 * gn_walk_start() - begin at the first section of a block
 * @walk: where the walk stands
 * @block: a block that gn_estatus_measure() passed, all of it readable
 *
 * Context: Any; pure.
 */
void gn_walk_start(struct gn_walk *walk, const u8 *block)
{
	walk->at = block + GN_ESTATUS_HEADER;
	walk->left = gn_le32(block + 12);
}
NOKPROBE_SYMBOL(gn_walk_start);

/* How long the section at the walk is, header and body. */
static __always_inline enum gn_verdict section_length(const struct gn_walk *walk, u32 *header,
						      u32 *length)
{
	const u8 *p = walk->at;

	if (walk->left < DATA_HEADER)
		return GN_SECTION_HEADER;
	*header = gn_le16(p + DATA_REVISION) >= 0x300 ? DATA_HEADER_V3 : DATA_HEADER;
	if (walk->left < *header)
		return GN_SECTION_HEADER;
	*length = gn_le32(p + DATA_LENGTH);
	return *length > walk->left - *header ? GN_SECTION_LENGTH : GN_GOOD;
}

static enum gn_verdict step(struct gn_walk *walk, struct gn_section *s)
{
	const u8 *p = walk->at;
	enum gn_verdict verdict;
	u32 header;
	u8 valid;

	verdict = section_length(walk, &header, &s->length);
	if (verdict != GN_GOOD)
		return verdict;

	s->revision = gn_le16(p + DATA_REVISION);
	valid = p[DATA_VALID];
	s->type = p + DATA_TYPE;
	s->body = p + header;
	s->severity = gn_le32(p + DATA_SEVERITY);
	s->flags = p[DATA_FLAGS];
	s->fru_id = valid & GN_VALID_FRU_ID ? p + DATA_FRU_ID : NULL;
	memset(s->fru_text, 0, sizeof(s->fru_text));
	if (valid & GN_VALID_FRU_TEXT)
		memcpy(s->fru_text, p + DATA_FRU_TEXT, FRU_TEXT);
	s->timestamp = (valid & GN_VALID_TIMESTAMP) && header == DATA_HEADER_V3 ?
			       p + DATA_TIMESTAMP :
			       NULL;

	walk->at += header + s->length;
	walk->left -= header + s->length;
	return GN_GOOD;
}
NOKPROBE_SYMBOL(step);

/**
 * gn_walk_next() - the next section
 * @walk: where the walk stands
 * @section: filled; its pointers lead into the block. FRU data are the
 *           section's own, never a neighbour's
 *
 * A section with an odd body is handed out as bytes: its kind is GN_SECTION_OTHER
 * and its oddity says why.
 *
 * Context: Any; pure. On a checked block only.
 * Return: false after the last section.
 */
bool gn_walk_next(struct gn_walk *walk, struct gn_section *section)
{
	if (!walk->left || step(walk, section) != GN_GOOD)
		return false;
	section->oddity = gn_section_check(section);
	section->kind = section->oddity == GN_SOUND ? gn_section_kind(section->type) :
						      GN_SECTION_OTHER;
	return true;
}
NOKPROBE_SYMBOL(gn_walk_next);

/**
 * gn_estatus_tiled() - do sections tile a copied block that was measured
 * @block: the private copy, as long as gn_estatus_measure() said
 *
 * A block that its sections do not tile is malformed: no length says where any of them
 * begins. The bodies of the sections are not read.
 *
 * Context: NMI-safe; pure. Each step takes at least 64 of the block's bytes.
 * Return: GN_GOOD, or GN_GOOD with GN_NAMES_PAGES if a section is of a type that can name
 *         a page of memory; else what is wrong.
 */
notrace u32 gn_estatus_tiled(const u8 *block)
{
	struct gn_walk walk = { block + GN_ESTATUS_HEADER, gn_le32(block + 12) };
	u32 type, header, length, pages = 0;
	enum gn_verdict verdict;

	while (walk.left) {
		verdict = section_length(&walk, &header, &length);
		if (verdict != GN_GOOD)
			return verdict;
		type = gn_le32(walk.at + DATA_TYPE);
		if (type == GN_TYPE_MEMORY || type == GN_TYPE_MEMORY2 || type == GN_TYPE_ARM)
			pages = GN_NAMES_PAGES;
		walk.at += header + length;
		walk.left -= header + length;
	}
	return GN_GOOD | pages;
}
NOKPROBE_SYMBOL(gn_estatus_tiled);

/**
 * gn_estatus_check() - measure a copied block again, and see whether sections tile it
 * @block: the private copy
 * @length: bytes of the copy, as gn_estatus_measure() said
 *
 * Context: Any; pure. As gn_estatus_tiled().
 * Return: GN_GOOD, else what is wrong.
 */
enum gn_verdict gn_estatus_check(const u8 *block, u32 length)
{
	struct gn_estatus es;
	enum gn_verdict verdict;
	u32 measured;

	if (length < GN_ESTATUS_HEADER)
		return GN_TOO_LONG;
	gn_estatus_read(&es, block);
	verdict = gn_estatus_measure(&es, length, &measured);
	if (verdict != GN_GOOD)
		return verdict;
	return (enum gn_verdict)(gn_estatus_tiled(block) & ~GN_NAMES_PAGES);
}
NOKPROBE_SYMBOL(gn_estatus_check);

/**
 * gn_verdict_name() - a verdict as it stands in sysfs, traces and messages
 * @verdict: the verdict
 *
 * Return: a constant string without blanks.
 */
const char *gn_verdict_name(enum gn_verdict verdict)
{
	static const char *const names[GN_VERDICTS] = {
		[GN_GOOD] = "good",
		[GN_NO_DATA] = "no_data",
		[GN_TOO_LONG] = "too_long",
		[GN_RAW_RANGE] = "raw_range",
		[GN_CHANGED] = "changed",
		[GN_SECTION_HEADER] = "section_header",
		[GN_SECTION_LENGTH] = "section_length",
	};

	return verdict < GN_VERDICTS ? names[verdict] : "unknown";
}

/**
 * gn_severity_name() - an error severity as text
 * @severity: the severity field of a block or section
 *
 * Return: a constant string; "undefined" for values outside the specification.
 * Source: ACPI 6.5, table 18.13.
 */
const char *gn_severity_name(u32 severity)
{
	static const char *const names[GN_SEVERITIES] = {
		[GN_SEV_RECOVERABLE] = "recoverable",
		[GN_SEV_FATAL] = "fatal",
		[GN_SEV_CORRECTED] = "corrected",
		[GN_SEV_NONE] = "informational",
	};

	return severity < GN_SEVERITIES ? names[severity] : "undefined";
}
