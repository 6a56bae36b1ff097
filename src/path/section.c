// SPDX-License-Identifier: GPL-2.0-only
/*
 * The length rules of each section type (UEFI 2.10, appendix N.2).
 *
 * A section that passed gn_section_check() may be decoded up to the length its
 * type demands here without asking again. Types nobody decodes are bytes, and
 * bytes have no rules.
 *
 * Pure: host tests and fuzzers compile this file.
 */
#include <linux/compiler.h>
#include <linux/string.h>

#include "../le.h"
#include "section.h"

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
	{ GN_SECTION_ARM,
	  { 0x16, 0x3d, 0x9e, 0xe1, 0x11, 0xbc, 0xe4, 0x11, 0x9c, 0xaa, 0xc2, 0x05, 0x1d, 0x5d,
	    0x46, 0xb0 },
	  GN_ARM_HEADER },
	{ GN_SECTION_PCIE,
	  { 0x54, 0xe9, 0x95, 0xd9, 0xc1, 0xbb, 0x0f, 0x43, 0xad, 0x91, 0xb4, 0x4d, 0xcb, 0x3c,
	    0x6f, 0x35 },
	  208 },
	{ GN_SECTION_IA,
	  { 0xb0, 0xa0, 0x3e, 0xdc, 0x44, 0xa1, 0x97, 0x47, 0xb9, 0x5b, 0x53, 0xfa, 0x24, 0x2b,
	    0x6e, 0x1d },
	  64 },
	{ GN_SECTION_GENERIC,
	  { 0xad, 0xcc, 0x76, 0x98, 0xb4, 0x47, 0xdb, 0x4b, 0xb6, 0x5e, 0x16, 0xf1, 0x93, 0xc4,
	    0xf3, 0xdb },
	  192 },
	{ GN_SECTION_FIRMWARE,
	  { 0x96, 0x2a, 0x21, 0x81, 0xed, 0x09, 0x96, 0x49, 0x94, 0x71, 0x8d, 0x72, 0x9c, 0x8e,
	    0x69, 0xed },
	  16 },
	{ GN_SECTION_CXL,
	  { 0xb4, 0xef, 0xb9, 0x80, 0xb5, 0x52, 0xe3, 0x4d, 0xa7, 0x77, 0x68, 0x78, 0x4b, 0x77,
	    0x10, 0x48 },
	  116 },
};

static const struct rule *rule_of(const u8 *type)
{
	u32 i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!memcmp(rules[i].type, type, sizeof(rules[i].type)))
			return &rules[i];
	return NULL;
}

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

/*
 * Steps over @count contexts at @at, each rounded up to a multiple of @round
 * bytes; the last one may end with the section at @end instead. Returns where
 * they end, 0 if one leaves the section.
 */
static u64 arm_contexts_end(const u8 *body, u64 at, u64 end, u32 count, u64 round)
{
	while (count--) {
		u64 size;

		if (end - at < GN_ARM_CONTEXT)
			return 0;
		size = gn_le32(body + at + 4);
		if (size > end - at - GN_ARM_CONTEXT)
			return 0;
		size = (size + GN_ARM_CONTEXT + round - 1) & ~(round - 1);
		at += size < end - at ? size : end - at;
	}
	return at;
}

/**
 * gn_section_arm() - find the parts of an ARM processor error section
 * @section: a section of kind GN_SECTION_ARM
 * @arm: filled
 *
 * The error information entries come first, then the contexts, each a header
 * of 8 bytes and its registers. Firmware rounds them up to 16 bytes, or not;
 * kernel helpers do not, and a section that they would leave is not plain. What
 * is left is the vendor's.
 *
 * Context: Any; pure.
 * Return: false if a part leaves the section.
 * Source: UEFI 2.10, N.2.4.4.
 */
bool gn_section_arm(const struct gn_section *section, struct gn_arm *arm)
{
	const u8 *body = section->body;
	u64 at = GN_ARM_HEADER, end, rounded, unrounded;
	u32 contexts, i;

	if (section->length < GN_ARM_HEADER)
		return false;
	arm->err_infos = gn_le16(body + 4);
	contexts = gn_le16(body + 6);
	/* section_length is the ARM section's own idea of its size */
	end = gn_le32(body + 8);
	if (end < GN_ARM_HEADER || end > section->length)
		return false;

	arm->err_info = body + at;
	arm->plain = true;
	for (i = 0; i < arm->err_infos; i++) {
		u8 size;

		if (end - at < GN_ARM_ERR_INFO)
			return false;
		size = body[at + 1];
		if (size < GN_ARM_ERR_INFO || size > end - at)
			return false;
		if (size != GN_ARM_ERR_INFO)
			arm->plain = false;
		at += size;
	}
	arm->err_info_length = (u32)(at - GN_ARM_HEADER);

	rounded = arm_contexts_end(body, at, end, contexts, 16);
	unrounded = arm_contexts_end(body, at, end, contexts, 1);
	if (!rounded && !unrounded)
		return false;
	if (!unrounded)
		arm->plain = false;
	arm->context = contexts ? body + at : NULL;
	arm->context_length = (u32)((rounded ? rounded : unrounded) - at);
	at += arm->context_length;
	arm->vendor = at < end ? body + at : NULL;
	arm->vendor_length = (u32)(end - at);
	return true;
}

/*
 * CXL protocol error: the DVSEC and the error log follow the fixed part. A log
 * is a RAS capability structure, and helpers read all of one.
 */
static bool cxl_fits(const struct gn_section *s)
{
	u32 log = gn_le16(s->body + 110);
	u64 end = 116ull + gn_le16(s->body + 108) + log;
	bool log_valid = s->body[0] & 0x40;

	return end <= s->length && (!log_valid || log >= 88);
}

/*
 * IA32/x64: 64-byte check entries and context entries of stated size, one right
 * behind the other: an execution context of 92 or 244 bytes is not rounded up.
 */
static bool ia_fits(const struct gn_section *s)
{
	u64 valid = gn_le64(s->body);
	u32 checks = (valid >> 2) & 0x3f, contexts = (valid >> 8) & 0x3f;
	u64 at = 64 + 64ull * checks;

	if (at > s->length)
		return false;
	while (contexts--) {
		if (s->length - at < 16)
			return false;
		at += 16 + gn_le16(s->body + at + 2);
		if (at > s->length)
			return false;
	}
	return true;
}

/* Firmware error record reference: a GUID follows from revision 2 on. */
static bool firmware_fits(const struct gn_section *s)
{
	return s->body[1] < 2 || s->length >= 32;
}

/**
 * gn_section_check() - is a section as long as its type demands
 * @section: the section, its length within the block
 *
 * Context: Any; pure.
 * Return: true if it may be decoded.
 */
bool gn_section_check(const struct gn_section *section)
{
	const struct rule *rule = rule_of(section->type);
	struct gn_arm arm;

	if (!rule)
		return true;
	if (section->length < rule->least)
		return false;
	switch (rule->kind) {
	case GN_SECTION_ARM:
		return gn_section_arm(section, &arm);
	case GN_SECTION_IA:
		return ia_fits(section);
	case GN_SECTION_CXL:
		return cxl_fits(section);
	case GN_SECTION_FIRMWARE:
		return firmware_fits(section);
	default:
		return true;
	}
}
