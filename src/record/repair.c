// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of sections that the kernel's helpers decode correctly.
 *
 * A sound section lies within its bounds, and the kernel's helpers may still
 * misread it. They read 80 bytes of a memory section of 73, and all of a CXL
 * event however short it is. They step through ARM error information by 32
 * bytes, whatever length an entry states. They step through contexts by their
 * size or, on other kernels, by that size rounded up to 16. So each helper gets a
 * copy with the same content, which all of these kernels read alike:
 *
 *	memory		80 bytes: of a short one what is there, of the second type
 *			what fits into the first
 *	PCIe, generic	exactly the structure
 *	ARM		error information of 32 bytes each, contexts of a multiple
 *			of 16 bytes, section_length as long as that is
 *	IA32/x64	contexts of a multiple of 16 bytes
 *	CXL event	room for the longest event, zeros behind a shorter one
 *	others		their bytes
 *
 * Owns no state. Context: any; the caller owns the copy's memory. Pure: host tests and
 * fuzzers compile this file.
 */
#include <linux/compiler.h>
#include <linux/string.h>

#include "record/memory.h"
#include "record/repair.h"

/* Offsets of what a block of one section needs (ACPI 6.5, tables 18.13 and 18.15). */
enum {
	ONE_ENTRY = GN_ESTATUS_HEADER,
	ONE_REVISION = 0x300,
	ONE_HEADER = 72,
	ONE_FRU_TEXT = 20, /* the printer wants no NUL behind them */
};

/* What is written so far. */
struct copy {
	u8 *to;
	u32 length, room;
	bool full;
};

/* Appends @n bytes, followed by zeros up to @total. */
static void append(struct copy *c, const u8 *from, u32 n, u32 total)
{
	if (total > c->room - c->length) {
		c->full = true;
		return;
	}
	memcpy(c->to + c->length, from, n);
	memset(c->to + c->length + n, 0, total - n);
	c->length += total;
}

static void put_le(u8 *p, u64 value, u32 bytes)
{
	while (bytes--) {
		*p++ = (u8)value;
		value >>= 8;
	}
}

static u32 least(u32 a, u32 b)
{
	return a < b ? a : b;
}

static void repair_memory(struct copy *c, const struct gn_section *s)
{
	struct gn_memory m;

	if (GN_MEMORY > c->room - c->length) {
		c->full = true;
		return;
	}
	gn_memory_read(s, &m);
	gn_memory_write(&m, c->to + c->length);
	c->length += GN_MEMORY;
}

/*
 * Contexts whose size is a multiple of 16, so that rounding changes nothing. The
 * last one keeps its size: no step follows it.
 */
static void repair_contexts(struct copy *c, enum gn_section_kind kind, const u8 *at, u32 count,
			    bool rounded)
{
	while (count-- && !c->full) {
		u64 size = gn_context_size(kind, at);
		u64 whole = (size + 15) & ~15ull;
		u8 *copy = c->to + c->length;

		if (whole > c->room) {
			c->full = true;
			return;
		}
		append(c, at, (u32)size, (u32)whole);
		if (c->full || !count)
			return;
		if (kind == GN_SECTION_ARM)
			put_le(copy + 4, whole - GN_ARM_CONTEXT, 4);
		else
			put_le(copy + 2, whole - GN_IA_CONTEXT, 2);
		at += rounded ? whole : size;
	}
}

/**
 * gn_repair_err_infos() - ARM error information in steps of GN_ARM_ERR_INFO
 * @arm: the parts of a section
 * @to: the entries' first GN_ARM_ERR_INFO bytes, one behind the other
 * @room: bytes at @to
 *
 * Context: Any; pure.
 * Return: bytes written: of as many whole entries as fit.
 */
u32 gn_repair_err_infos(const struct gn_arm *arm, u8 *to, u32 room)
{
	const u8 *at = arm->err_info;
	u32 n, done = 0;

	for (n = 0; n < arm->err_infos && room - done >= GN_ARM_ERR_INFO; n++) {
		memcpy(to + done, at, GN_ARM_ERR_INFO);
		to[done + 1] = GN_ARM_ERR_INFO;
		done += GN_ARM_ERR_INFO;
		at += at[1];
	}
	return done;
}

static void repair_arm(struct copy *c, const struct gn_section *s)
{
	struct gn_arm arm;

	if (!gn_section_arm(s, &arm)) {
		c->full = true;
		return;
	}
	append(c, s->body, GN_ARM_HEADER, GN_ARM_HEADER);
	if (c->full || (u64)GN_ARM_ERR_INFO * arm.err_infos > c->room - c->length) {
		c->full = true;
		return;
	}
	c->length += gn_repair_err_infos(&arm, c->to + c->length, c->room - c->length);
	repair_contexts(c, GN_SECTION_ARM, arm.context, arm.contexts, arm.rounded);
	if (!c->full && arm.vendor)
		append(c, arm.vendor, arm.vendor_length, arm.vendor_length);
	if (!c->full)
		put_le(c->to + 8, c->length, 4);
}

static void repair_ia(struct copy *c, const struct gn_section *s)
{
	struct gn_ia ia;

	if (!gn_section_ia(s, &ia)) {
		c->full = true;
		return;
	}
	append(c, s->body, ia.context_at, ia.context_at);
	repair_contexts(c, GN_SECTION_IA, s->body + ia.context_at, ia.contexts, ia.rounded);
}

static void repair_cxl_event(struct copy *c, const struct gn_section *s)
{
	u32 length = least(gn_le32(s->body), GN_CXL_EVENT);

	append(c, s->body, length, GN_CXL_EVENT);
	if (!c->full)
		put_le(c->to, length, 4);
}

/**
 * gn_repair() - copy a section for kernel helpers
 * @section: a section as the walk hands it out
 * @to: the copy
 * @room: bytes at @to
 *
 * Context: Any; pure.
 * Return: bytes of the copy; 0 if @room is too small, if the body is odd, or if no
 *         helper decodes the type: then it is bytes, to be handled as such.
 */
u32 gn_repair(const struct gn_section *section, u8 *to, u32 room)
{
	struct copy c = { .to = to, .room = room };

	switch (section->kind) {
	case GN_SECTION_MEMORY:
		repair_memory(&c, section);
		break;
	case GN_SECTION_PCIE:
		append(&c, section->body, GN_PCIE, GN_PCIE);
		break;
	case GN_SECTION_GENERIC:
		append(&c, section->body, GN_GENERIC, GN_GENERIC);
		break;
	case GN_SECTION_ARM:
		repair_arm(&c, section);
		break;
	case GN_SECTION_IA:
		repair_ia(&c, section);
		break;
	case GN_SECTION_CXL_EVENT:
		repair_cxl_event(&c, section);
		break;
	case GN_SECTION_FIRMWARE:
	case GN_SECTION_CXL:
		append(&c, section->body, section->length, section->length);
		break;
	default:
		return 0;
	}
	return c.full ? 0 : c.length;
}

/**
 * gn_repair_block() - a block of one section, as kernel helpers can take it
 * @head: the header of the block that the section is from
 * @section: a section as the walk hands it out
 * @to: the new block: no raw data, a full header of revision 0x300, the FRU text
 *      as long as it is
 * @room: bytes at @to
 *
 * Context: Any; pure.
 * Return: bytes of the block; 0 as gn_repair().
 */
u32 gn_repair_block(const struct gn_estatus *head, const struct gn_section *section, u8 *to,
		    u32 room)
{
	u8 *entry = to + ONE_ENTRY;
	u32 length;

	if (room < ONE_ENTRY + ONE_HEADER)
		return 0;
	length = gn_repair(section, entry + ONE_HEADER, room - ONE_ENTRY - ONE_HEADER);
	if (!length)
		return 0;
	memset(to, 0, ONE_ENTRY + ONE_HEADER);
	put_le(to, head->status, 4);
	put_le(to + 12, ONE_HEADER + length, 4);
	put_le(to + 16, head->severity, 4);
	memcpy(entry, section->kind == GN_SECTION_MEMORY ? gn_type_memory : section->type, 16);
	put_le(entry + 16, section->severity, 4);
	put_le(entry + 20, ONE_REVISION, 2);
	entry[23] = section->flags;
	put_le(entry + 24, length, 4);
	if (section->fru_id) {
		entry[22] |= GN_VALID_FRU_ID;
		memcpy(entry + 28, section->fru_id, 16);
	}
	if (section->fru_text[0]) {
		entry[22] |= GN_VALID_FRU_TEXT;
		memcpy(entry + 44, section->fru_text, ONE_FRU_TEXT);
	}
	if (section->timestamp) {
		entry[22] |= GN_VALID_TIMESTAMP;
		memcpy(entry + 64, section->timestamp, 8);
	}
	return ONE_ENTRY + ONE_HEADER + length;
}
