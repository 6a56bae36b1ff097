// SPDX-License-Identifier: GPL-2.0-only
/*
 * The length rules of each section type (UEFI 2.10, appendix N.2).
 *
 * A decoder reads a section that passed gn_section_check() up to the length that its
 * type demands here, without another check. A section of a type that no decoder knows
 * is bytes, and bytes have no rules. A section that did not pass is bytes too.
 *
 * Owns no state. Context: any; the type and size functions are used in NMI-safe code. Pure:
 * host tests and fuzzers compile this file.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/string.h>

#include "record/le.h"
#include "record/section.h"

/* As it stands in memory: a5bc1114-6f64-4ede-b863-3e83ed7c83b1. */
const u8 gn_type_memory[16] = { 0x14, 0x11, 0xbc, 0xa5, 0x64, 0x6f, 0xde, 0x4e,
				0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c, 0x83, 0xb1 };

struct rule {
	enum gn_section_kind kind;
	u8 type[16]; /* GUID as it stands in memory */
	u32 least;   /* bytes */
};

static const struct rule rules[] = {
	{ GN_SECTION_MEMORY,
	  { 0x14, 0x11, 0xbc, 0xa5, 0x64, 0x6f, 0xde, 0x4e, 0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c,
	    0x83, 0xb1 },
	  GN_MEMORY_OLD },
	{ GN_SECTION_MEMORY, /* 61ec04fc-48e6-d813-25c9-8daa44750b12 */
	  { 0xfc, 0x04, 0xec, 0x61, 0xe6, 0x48, 0x13, 0xd8, 0x25, 0xc9, 0x8d, 0xaa, 0x44, 0x75,
	    0x0b, 0x12 },
	  GN_MEMORY2 },
	{ GN_SECTION_ARM,
	  { 0x16, 0x3d, 0x9e, 0xe1, 0x11, 0xbc, 0xe4, 0x11, 0x9c, 0xaa, 0xc2, 0x05, 0x1d, 0x5d,
	    0x46, 0xb0 },
	  GN_ARM_HEADER },
	{ GN_SECTION_PCIE,
	  { 0x54, 0xe9, 0x95, 0xd9, 0xc1, 0xbb, 0x0f, 0x43, 0xad, 0x91, 0xb4, 0x4d, 0xcb, 0x3c,
	    0x6f, 0x35 },
	  GN_PCIE },
	{ GN_SECTION_IA,
	  { 0xb0, 0xa0, 0x3e, 0xdc, 0x44, 0xa1, 0x97, 0x47, 0xb9, 0x5b, 0x53, 0xfa, 0x24, 0x2b,
	    0x6e, 0x1d },
	  GN_IA_HEADER },
	{ GN_SECTION_GENERIC,
	  { 0xad, 0xcc, 0x76, 0x98, 0xb4, 0x47, 0xdb, 0x4b, 0xb6, 0x5e, 0x16, 0xf1, 0x93, 0xc4,
	    0xf3, 0xdb },
	  GN_GENERIC },
	{ GN_SECTION_FIRMWARE,
	  { 0x96, 0x2a, 0x21, 0x81, 0xed, 0x09, 0x96, 0x49, 0x94, 0x71, 0x8d, 0x72, 0x9c, 0x8e,
	    0x69, 0xed },
	  16 },
	{ GN_SECTION_CXL,
	  { 0xb4, 0xef, 0xb9, 0x80, 0xb5, 0x52, 0xe3, 0x4d, 0xa7, 0x77, 0x68, 0x78, 0x4b, 0x77,
	    0x10, 0x48 },
	  GN_CXL_HEADER },
	/* CXL component events: general media, DRAM, memory module, memory sparing. */
	{ GN_SECTION_CXL_EVENT,
	  { 0x77, 0x0a, 0xcd, 0xfb, 0x60, 0xc2, 0x7f, 0x41, 0x85, 0xa9, 0x08, 0x8b, 0x16, 0x21,
	    0xeb, 0xa6 },
	  GN_CXL_EVENT_HEADER },
	{ GN_SECTION_CXL_EVENT,
	  { 0xb3, 0xcb, 0x1d, 0x60, 0x06, 0x9c, 0xab, 0x4e, 0xb8, 0xaf, 0x4e, 0x9b, 0xfb, 0x5c,
	    0x96, 0x24 },
	  GN_CXL_EVENT_HEADER },
	{ GN_SECTION_CXL_EVENT,
	  { 0x75, 0x74, 0x92, 0xfe, 0x59, 0xdd, 0x39, 0x43, 0xa5, 0x86, 0x79, 0xba, 0xb1, 0x13,
	    0xb7, 0x74 },
	  GN_CXL_EVENT_HEADER },
	{ GN_SECTION_CXL_EVENT,
	  { 0x40, 0x3a, 0x1f, 0xe7, 0x29, 0x2d, 0x92, 0x40, 0x8a, 0x39, 0x4d, 0x1c, 0x96, 0x6c,
	    0x7c, 0x65 },
	  GN_CXL_EVENT_HEADER },
};

/**
 * gn_section_is_memory2() - is it the second type of a memory section
 * @type: the section type GUID of a section whose kind is GN_SECTION_MEMORY
 *
 * Context: Any; pure.
 */
bool gn_section_is_memory2(const u8 *type)
{
	return memcmp(type, gn_type_memory, sizeof(gn_type_memory)) != 0;
}

static const struct rule *rule_of(const u8 *type)
{
	u32 i, first = gn_le32(type);

	/* Compare the first bytes first: an exception runs this, too. */
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (gn_le32(rules[i].type) == first &&
		    !memcmp(rules[i].type, type, sizeof(rules[i].type)))
			return &rules[i];
	return NULL;
}
NOKPROBE_SYMBOL(rule_of);

/**
 * gn_section_kind() - which decoder a section wants
 * @type: the section type GUID, 16 bytes
 *
 * Context: Any; pure.
 * Return: the kind, GN_SECTION_OTHER for a type without one.
 */
enum gn_section_kind gn_section_kind(const u8 *type)
{
	const struct rule *rule = rule_of(type);

	return rule ? rule->kind : GN_SECTION_OTHER;
}
NOKPROBE_SYMBOL(gn_section_kind);

/**
 * gn_context_size() - bytes of a context information structure
 * @kind: GN_SECTION_ARM or GN_SECTION_IA
 * @context: its header
 *
 * Context: Any; pure.
 * Return: header and registers, not rounded.
 * Source: UEFI 2.10, N.2.4.4.2 and N.2.4.2.2.
 */
u64 gn_context_size(enum gn_section_kind kind, const u8 *context)
{
	if (kind == GN_SECTION_ARM)
		return GN_ARM_CONTEXT + (u64)gn_le32(context + 4);
	return GN_IA_CONTEXT + (u64)gn_le16(context + 2);
}
NOKPROBE_SYMBOL(gn_context_size);

/*
 * Where the context at @at ends: rounded up to a multiple of @round bytes, or with
 * the section, at @end. 0 if it leaves the section.
 */
static u64 context_end(const struct gn_section *s, enum gn_section_kind kind, u64 at, u64 end,
		       u64 round)
{
	u32 header = kind == GN_SECTION_ARM ? GN_ARM_CONTEXT : GN_IA_CONTEXT;
	u64 size;

	if (end - at < header)
		return 0;
	size = gn_context_size(kind, s->body + at);
	if (size > end - at)
		return 0;
	size = (size + round - 1) & ~(round - 1);
	return at + (size < end - at ? size : end - at);
}

/* The same for @count of them, one behind the other; @at is not 0. */
static u64 contexts_end(const struct gn_section *s, enum gn_section_kind kind, u64 at, u64 end,
			u32 count, u64 round)
{
	while (count-- && at)
		at = context_end(s, kind, at, end, round);
	return at;
}
NOKPROBE_SYMBOL(contexts_end);

/*
 * Some firmware rounds contexts up to 16 bytes, some does not; kernels differ likewise.
 * The way that fills the section is this firmware's. If neither or both fill it, the
 * specification decides: it rounds. Returns where the contexts end, 0 if they leave the
 * section either way.
 */
static u64 contexts_find(const struct gn_section *s, enum gn_section_kind kind, u64 at, u64 end,
			 u32 count, bool *rounded)
{
	u64 wide = contexts_end(s, kind, at, end, count, 16);
	u64 dense = contexts_end(s, kind, at, end, count, 1);

	*rounded = wide && (wide == end || dense != end);
	return *rounded ? wide : dense;
}
NOKPROBE_SYMBOL(contexts_find);

/* gn_section_arm(), and what is wrong. */
static enum gn_oddity arm_parts(const struct gn_section *section, struct gn_arm *arm)
{
	const u8 *body = section->body;
	u64 at = GN_ARM_HEADER, start, end;
	u32 i;

	if (section->length < GN_ARM_HEADER)
		return GN_ODD_SHORT;
	arm->err_infos = gn_le16(body + 4);
	arm->contexts = gn_le16(body + 6);
	/* section_length is the ARM section's own idea of its size */
	end = gn_le32(body + 8);
	if (end < GN_ARM_HEADER || end > section->length)
		return GN_ODD_LENGTH;

	arm->err_info = body + at;
	for (i = 0; i < arm->err_infos; i++) {
		u8 size;

		if (end - at < GN_ARM_ERR_INFO)
			return GN_ODD_ENTRY;
		size = body[at + 1];
		if (size < GN_ARM_ERR_INFO || size > end - at)
			return GN_ODD_ENTRY;
		at += size;
	}
	arm->err_info_length = (u32)(at - GN_ARM_HEADER);

	start = at;
	at = contexts_find(section, GN_SECTION_ARM, start, end, arm->contexts, &arm->rounded);
	if (!at)
		return GN_ODD_CONTEXT;
	arm->context = arm->contexts ? body + start : NULL;
	arm->context_length = (u32)(at - start);
	arm->vendor = at < end ? body + at : NULL;
	arm->vendor_length = (u32)(end - at);
	return GN_SOUND;
}
NOKPROBE_SYMBOL(arm_parts);

/**
 * gn_section_arm() - find the parts of an ARM processor error section
 * @section: a section of kind GN_SECTION_ARM
 * @arm: filled
 *
 * The error information entries come first, each of a length of its own, then
 * the contexts, each a header of 8 bytes and its registers. What is left is the
 * vendor's.
 *
 * Context: Any; pure.
 * Return: false if a part leaves the section.
 * Source: UEFI 2.10, N.2.4.4.
 */
bool gn_section_arm(const struct gn_section *section, struct gn_arm *arm)
{
	return arm_parts(section, arm) == GN_SOUND;
}
NOKPROBE_SYMBOL(gn_section_arm);

/* gn_section_ia(), and what is wrong. */
static enum gn_oddity ia_parts(const struct gn_section *section, struct gn_ia *ia)
{
	u64 valid;

	if (section->length < GN_IA_HEADER)
		return GN_ODD_SHORT;
	valid = gn_le64(section->body);
	ia->contexts = (valid >> 8) & 0x3f;
	ia->context_at = GN_IA_HEADER + GN_IA_CHECK * (u32)((valid >> 2) & 0x3f);
	if (ia->context_at > section->length)
		return GN_ODD_ENTRY;
	if (!contexts_find(section, GN_SECTION_IA, ia->context_at, section->length, ia->contexts,
			   &ia->rounded))
		return GN_ODD_CONTEXT;
	return GN_SOUND;
}
NOKPROBE_SYMBOL(ia_parts);

/**
 * gn_section_ia() - find the parts of an IA32/x64 processor error section
 * @section: a section of kind GN_SECTION_IA
 * @ia: filled
 *
 * Check structures of 64 bytes, then contexts, each a header of 16 bytes and
 * its registers.
 *
 * Context: Any; pure.
 * Return: false if a part leaves the section.
 * Source: UEFI 2.10, N.2.4.2.
 */
bool gn_section_ia(const struct gn_section *section, struct gn_ia *ia)
{
	return ia_parts(section, ia) == GN_SOUND;
}

/*
 * CXL protocol error: the DVSEC and the error log follow the fixed part. A log
 * is a RAS capability structure, and helpers read all of one.
 */
static enum gn_oddity cxl_fits(const struct gn_section *s)
{
	u32 log = gn_le16(s->body + 110);
	u64 end = (u64)GN_CXL_HEADER + gn_le16(s->body + 108) + log;
	bool log_valid = s->body[0] & 0x40;

	return end <= s->length && (!log_valid || log >= 88) ? GN_SOUND : GN_ODD_LENGTH;
}

/* CXL component event: the event log follows the header, which says how long both are. */
static enum gn_oddity cxl_event_fits(const struct gn_section *s)
{
	u32 length = gn_le32(s->body);

	return length >= GN_CXL_EVENT_HEADER && length <= s->length ? GN_SOUND : GN_ODD_LENGTH;
}

/* Firmware error record reference: a GUID follows from revision 2 on. */
static enum gn_oddity firmware_fits(const struct gn_section *s)
{
	return s->body[1] < 2 || s->length >= 32 ? GN_SOUND : GN_ODD_SHORT;
}

/**
 * gn_section_check() - does a body obey the rules of its type
 * @section: the section, its length within the block
 *
 * Context: Any; pure.
 * Return: GN_SOUND if it may be decoded, else which rule it breaks.
 */
enum gn_oddity gn_section_check(const struct gn_section *section)
{
	const struct rule *rule = rule_of(section->type);
	struct gn_arm arm;
	struct gn_ia ia;

	if (!rule)
		return GN_SOUND;
	if (section->length < rule->least)
		return GN_ODD_SHORT;
	switch (rule->kind) {
	case GN_SECTION_ARM:
		return arm_parts(section, &arm);
	case GN_SECTION_IA:
		return ia_parts(section, &ia);
	case GN_SECTION_CXL:
		return cxl_fits(section);
	case GN_SECTION_CXL_EVENT:
		return cxl_event_fits(section);
	case GN_SECTION_FIRMWARE:
		return firmware_fits(section);
	default:
		return GN_SOUND;
	}
}
NOKPROBE_SYMBOL(gn_section_check);

/**
 * gn_oddity_name() - an oddity as it stands in sysfs and messages
 * @oddity: the oddity
 *
 * Return: a constant string without blanks.
 */
const char *gn_oddity_name(enum gn_oddity oddity)
{
	static const char *const names[GN_ODDITIES] = {
		[GN_SOUND] = "sound",	  [GN_ODD_SHORT] = "short",	[GN_ODD_LENGTH] = "length",
		[GN_ODD_ENTRY] = "entry", [GN_ODD_CONTEXT] = "context",
	};

	return oddity < GN_ODDITIES ? names[oddity] : "unknown";
}
