// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory error sections of both types (UEFI 2.10, N.2.5 and N.2.6).
 *
 * The second type has wider fields, other validation bits from the sixth on, and no
 * row extension, because its row has 32 bits. Kernels know the first type only.
 *
 * Owns no state. Context: any; not NMI-safe. Pure: host tests and fuzzers compile this
 * file.
 */
#include <linux/compiler.h>
#include <linux/string.h>

#include "record/le.h"
#include "record/memory.h"
#include "record/section.h"

/* Up to here both types have the same bits: as far as the module. */
#define COMMON_VALID (GN_MEM_MODULE * 2 - 1)

/* Validation bits that UEFI 2.1 knew: up to the error type. */
#define OLD_VALID (GN_MEM_TYPE * 2 - 1)
#define NEW_VALID (GN_MEM_CHIP * 2 - 1)

/* The second type's bit @from is what the first one calls @to. */
static const struct {
	u8 from;
	u32 to;
} valid_bits[] = {
	{ 6, GN_MEM_BANK },	      { 7, GN_MEM_DEVICE },	 { 8, GN_MEM_ROW },
	{ 9, GN_MEM_COLUMN },	      { 10, GN_MEM_RANK },	 { 11, GN_MEM_BIT },
	{ 12, GN_MEM_CHIP },	      { 13, GN_MEM_TYPE },	 { 15, GN_MEM_REQUESTOR },
	{ 16, GN_MEM_RESPONDER },     { 17, GN_MEM_TARGET },	 { 18, GN_MEM_CARD_HANDLE },
	{ 19, GN_MEM_MODULE_HANDLE }, { 20, GN_MEM_BANK_GROUP }, { 21, GN_MEM_BANK_ADDRESS },
};

static void read_common(struct gn_memory *m, const u8 *p)
{
	m->status = gn_le64(p + 8);
	m->pa = gn_le64(p + 16);
	m->mask = gn_le64(p + 24);
	m->node = gn_le16(p + 32);
	m->card = gn_le16(p + 34);
	m->module = gn_le16(p + 36);
	m->bank = gn_le16(p + 38);
}

static void read_first(struct gn_memory *m, const u8 *p, u32 length)
{
	m->valid = (u32)gn_le64(p) & (length < GN_MEMORY ? OLD_VALID : NEW_VALID);
	m->device = gn_le16(p + 40);
	m->row = gn_le16(p + 42);
	m->column = gn_le16(p + 44);
	m->bit = gn_le16(p + 46);
	m->requestor = gn_le64(p + 48);
	m->responder = gn_le64(p + 56);
	m->target = gn_le64(p + 64);
	m->type = p[72];
	if (length < GN_MEMORY)
		return;
	/* Bits 1:0 of the extended byte are the row's 17:16, bits 7:5 the chip. */
	if (m->valid & GN_MEM_ROW_EXTENSION)
		m->row |= (p[73] & 3u) << 16;
	m->chip = p[73] >> 5;
	m->rank = gn_le16(p + 74);
	m->card_handle = gn_le16(p + 76);
	m->module_handle = gn_le16(p + 78);
}

static void read_second(struct gn_memory *m, const u8 *p)
{
	u64 valid = gn_le64(p);
	u32 i;

	m->valid = (u32)valid & COMMON_VALID;
	for (i = 0; i < sizeof(valid_bits) / sizeof(valid_bits[0]); i++)
		if (valid >> valid_bits[i].from & 1)
			m->valid |= valid_bits[i].to;
	m->device = gn_le32(p + 40);
	m->row = gn_le32(p + 44);
	m->column = gn_le32(p + 48);
	m->rank = gn_le32(p + 52);
	m->bit = gn_le32(p + 56);
	m->chip = p[60];
	m->type = p[61];
	m->requestor = gn_le64(p + 64);
	m->responder = gn_le64(p + 72);
	m->target = gn_le64(p + 80);
	m->card_handle = gn_le32(p + 88);
	m->module_handle = gn_le32(p + 92);
}

/**
 * gn_memory_read() - decode a memory error section of either type
 * @section: a section whose kind is GN_SECTION_MEMORY
 * @m: filled; a field that is not valid, or not there, is 0 or what the section has
 *
 * Context: Any; pure.
 */
void gn_memory_read(const struct gn_section *section, struct gn_memory *m)
{
	memset(m, 0, sizeof(*m));
	read_common(m, section->body);
	if (gn_section_is_memory2(section->type))
		read_second(m, section->body);
	else
		read_first(m, section->body, section->length);
}

static void put_bytes(u8 *p, u64 value, u32 bytes)
{
	while (bytes--) {
		*p++ = (u8)value;
		value >>= 8;
	}
}

/* A field of the first type, of @bytes; one that does not fit is not valid there. */
static void put_field(u8 *to, u32 offset, u32 bytes, u64 value, u32 bit, u32 *valid)
{
	if (bytes < 8 && value >> (8 * bytes))
		*valid &= ~bit;
	put_bytes(to + offset, value, bytes);
}

/**
 * gn_memory_write() - a memory error as a section of the first type
 * @m: the error
 * @to: GN_MEMORY bytes
 *
 * Context: Any; pure.
 */
void gn_memory_write(const struct gn_memory *m, u8 *to)
{
	u32 valid = m->valid;

	memset(to, 0, GN_MEMORY);
	put_bytes(to + 8, m->status, 8);
	put_bytes(to + 16, m->pa, 8);
	put_bytes(to + 24, m->mask, 8);
	put_bytes(to + 32, m->node, 2);
	put_bytes(to + 34, m->card, 2);
	put_bytes(to + 36, m->module, 2);
	put_bytes(to + 38, m->bank, 2);
	put_field(to, 40, 2, m->device, GN_MEM_DEVICE, &valid);
	put_bytes(to + 42, m->row, 2);
	put_field(to, 44, 2, m->column, GN_MEM_COLUMN, &valid);
	put_field(to, 46, 2, m->bit, GN_MEM_BIT, &valid);
	put_bytes(to + 48, m->requestor, 8);
	put_bytes(to + 56, m->responder, 8);
	put_bytes(to + 64, m->target, 8);
	to[72] = m->type;
	if (m->row >> 16)
		valid |= valid & GN_MEM_ROW ? GN_MEM_ROW_EXTENSION : 0;
	if (m->row >> 18)
		valid &= ~(u32)(GN_MEM_ROW | GN_MEM_ROW_EXTENSION);
	if (m->chip >> 3)
		valid &= ~(u32)GN_MEM_CHIP;
	to[73] = (u8)((m->row >> 16 & 3) | (m->chip & 7) << 5);
	put_field(to, 74, 2, m->rank, GN_MEM_RANK, &valid);
	put_field(to, 76, 2, m->card_handle, GN_MEM_CARD_HANDLE, &valid);
	put_field(to, 78, 2, m->module_handle, GN_MEM_MODULE_HANDLE, &valid);
	put_bytes(to, valid, 8);
}

/**
 * gn_memory_status_name() - an error status in words
 * @status: the error status field
 *
 * Return: a constant string.
 * Source: UEFI 2.10, table N.26.
 */
const char *gn_memory_status_name(u64 status)
{
	static const char *const names[] = {
		[1] = "error inside the component",
		[4] = "storage error in DRAM",
		[5] = "storage error in a TLB",
		[6] = "storage error in a cache",
		[7] = "error in a functional unit",
		[8] = "self test failed",
		[9] = "queue over- or underflow",
		[16] = "error on the bus",
		[17] = "no such address in the IO TLB",
		[18] = "improper access",
		[19] = "address of no component",
		[20] = "lockstep lost",
		[21] = "response without a request",
		[22] = "bus parity error",
		[23] = "path error",
		[25] = "bus timeout",
		[26] = "read of poisoned data",
	};
	u8 code = (u8)(status >> 8);

	return code < sizeof(names) / sizeof(names[0]) && names[code] ? names[code] : "unknown";
}
