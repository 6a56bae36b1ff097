// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk over the Hardware Error Source Table.
 *
 * Firmware wrote these bytes, so the walk checks the length of an entry before it reads
 * the entry. The walk leaves out a GHES entry that makes no sense, reports it to the
 * caller, and goes on as long as the length of an entry is known.
 *
 * Owns no state. Context: process context, at load. Pure: host tests and fuzzers compile
 * this file.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "record/hest.h"
#include "record/le.h"

#define TABLE_HEADER 36u /* ACPI table header */
#define TABLE_FIRST  40u /* the header and the count of entries */

/* Entry types (ACPI 6.5, table 18.3 and following). */
enum {
	ENTRY_MCE = 0,
	ENTRY_CMC = 1,
	ENTRY_NMI = 2,
	ENTRY_AER_ROOT = 6,
	ENTRY_AER_ENDPOINT = 7,
	ENTRY_AER_BRIDGE = 8,
	ENTRY_GHES = 9,
	ENTRY_GHES_V2 = 10,
	ENTRY_DEFERRED = 11,
	ENTRY_SELF_SIZED = 12, /* from here on an entry holds its own length */
};

/* Fields of a GHES entry (ACPI 6.5, table 18.11 and 18.12). */
enum {
	GHES_ID = 2,
	GHES_RELATED = 4,
	GHES_ENABLED = 7,
	GHES_STATUS_GAS = 20,
	GHES_NOTIFY = 32,
	GHES_NOTIFY_POLL = 36,
	GHES_NOTIFY_VECTOR = 40,
	GHES_BLOCK_LENGTH = 60,
	GHES_SIZE = 64,
	GHES_ACK_GAS = 64,
	GHES_ACK_PRESERVE = 76,
	GHES_ACK_WRITE = 84,
	GHES_V2_SIZE = 92,
};

#define NO_RELATED 0xffffu

/* Of a machine check entry: GHES entries that are related to it assist it. */
enum {
	CHECK_FLAGS = 6,
	FLAG_GHES_ASSIST = 1 << 2,
};

/* Machine check entries end in a list of 28-byte banks. */
#define MCE_BANK 28u

/* Bytes of the entry at @p, of which @room are there; 0 if unknown or cut. */
static size_t entry_size(const u8 *p, size_t room)
{
	size_t fixed, banks = 0, size;

	if (room < 4)
		return 0;
	switch (gn_le16(p)) {
	case ENTRY_MCE:
		fixed = 40;
		banks = 32;
		break;
	case ENTRY_CMC:
	case ENTRY_DEFERRED:
		fixed = 48;
		banks = 44;
		break;
	case ENTRY_NMI:
		fixed = 20;
		break;
	case ENTRY_AER_ROOT:
		fixed = 48;
		break;
	case ENTRY_AER_ENDPOINT:
		fixed = 44;
		break;
	case ENTRY_AER_BRIDGE:
		fixed = 56;
		break;
	case ENTRY_GHES:
		fixed = GHES_SIZE;
		break;
	case ENTRY_GHES_V2:
		fixed = GHES_V2_SIZE;
		break;
	case 3:
	case 4:
	case 5: /* reserved: nothing says how long they are */
		return 0;
	default:
		size = gn_le16(p + 2);
		return size >= 4 && size <= room ? size : 0;
	}
	if (fixed > room)
		return 0;
	size = fixed + (banks ? (size_t)p[banks] * MCE_BANK : 0);
	return size <= room ? size : 0;
}

/* Bits that one access has, from bit 0 on. */
static u64 bits(u32 n)
{
	return n >= 64 ? ~0ull : (1ull << n) - 1;
}

/*
 * Bytes of one access to a register of @width bits at @offset; 0 if there is none. The
 * kernel corrects an access that is too narrow for an aligned register of 32 or 64 bits,
 * as firmware often has it so. An access size that is not defined is as much as it takes,
 * and one that its address is not aligned to is made narrower, if it may be.
 */
static u32 access_bytes(u32 width, u32 offset, u8 code, u64 address)
{
	u32 bytes = 1;

	if (code > 4)
		return 0;
	if (code)
		bytes <<= code - 1;
	if (!offset && (width == 32 || width == 64) && address % (width / 8) == 0 &&
	    bytes < width / 8)
		bytes = width / 8;
	while (!code && bytes < 8 && width + offset > 8 * bytes)
		bytes *= 2;
	while (bytes > 1 && address % bytes && width + offset <= 4 * bytes)
		bytes /= 2;
	return width && width + offset <= 8 * bytes ? bytes : 0;
}

/* A generic address that one load or store can reach. */
static const char *check_gas(const u8 *gas, bool ack, struct gn_hest_register *r)
{
	u8 space = gas[0], width = gas[1], offset = gas[2];
	u64 address = gn_le64(gas + 4);
	u32 bytes = access_bytes(width, offset, gas[3], address);

	if (space > 1)
		return ack ? "read ack register is neither in memory nor an I/O port" :
			     "error status address register is neither in memory nor an I/O port";
	if (!bytes)
		return ack ? "read ack register cannot be reached by one access" :
			     "error status address register cannot be reached by one access";
	if (!ack && width < 32)
		return "error status address register is too narrow for an address";
	if (!address || address % bytes || address + bytes < address ||
	    (space && (bytes > 4 || address + bytes > 0x10000)))
		return ack ? "read ack register has an impossible address" :
			     "error status address register has an impossible address";
	*r = (struct gn_hest_register){
		.address = address,
		.mask = bits(width),
		.port = space,
		.bytes = (u8)bytes,
		.shift = offset,
	};
	return NULL;
}

static const char *parse_ghes(const u8 *p, struct gn_hest_source *src)
{
	const char *why;

	src->v2 = gn_le16(p) == ENTRY_GHES_V2;
	src->id = gn_le16(p + GHES_ID);
	src->enabled = p[GHES_ENABLED];
	src->notify = p[GHES_NOTIFY];
	src->poll_ms = gn_le32(p + GHES_NOTIFY_POLL);
	src->vector = gn_le32(p + GHES_NOTIFY_VECTOR);
	src->block_said = gn_le32(p + GHES_BLOCK_LENGTH);
	src->block_length = src->block_said < GN_BLOCK_MAX ? src->block_said : GN_BLOCK_MAX;

	if (!src->enabled)
		return "firmware did not enable it";
	if (src->assist)
		return "it assists a machine check source (GHES_ASSIST)";
	if (src->block_length < GN_BLOCK_MIN)
		return "error status block is too small for any record";
	why = check_gas(p + GHES_STATUS_GAS, false, &src->status);
	if (why || !src->v2)
		return why;
	src->ack_preserve = gn_le64(p + GHES_ACK_PRESERVE);
	src->ack_write = gn_le64(p + GHES_ACK_WRITE);
	return check_gas(p + GHES_ACK_GAS, true, &src->ack);
}

/* Does a machine check entry with this id among the first @count want assistance? */
static bool wants_assistance(const u8 *table, size_t length, u32 count, u16 id)
{
	size_t at = TABLE_FIRST, step;
	u32 n;

	for (n = 0; n < count; n++, at += step) {
		const u8 *p = table + at;

		step = entry_size(p, length - at);
		if (!step)
			return false;
		switch (gn_le16(p)) {
		case ENTRY_MCE:
		case ENTRY_CMC:
		case ENTRY_DEFERRED:
			if (gn_le16(p + 2) == id && p[CHECK_FLAGS] & FLAG_GHES_ASSIST)
				return true;
		}
	}
	return false;
}

/**
 * gn_hest_parse() - walk a HEST and hand out its GHES entries
 * @table: the table, from its ACPI header on
 * @size: bytes that are readable at @table
 * @fn: called once per GHES or GHESv2 entry, and once for an entry whose
 *      length is unknown or leaves the table, where the walk must end
 * @arg: passed to @fn
 *
 * Entries of other types are stepped over. The count in the table is an upper
 * bound only. The caller checks for duplicate ids.
 *
 * Context: Process context; pure.
 * Return: 0, -EINVAL if @table is no HEST, or what @fn returned.
 * Source: ACPI 6.5, section 18.3.2.
 */
int gn_hest_parse(const u8 *table, size_t size, gn_hest_fn fn, void *arg)
{
	size_t at, length;
	u32 count, n;
	int err;

	if (size < TABLE_FIRST || memcmp(table, "HEST", 4))
		return -EINVAL;
	length = gn_le32(table + 4);
	if (length < TABLE_FIRST || length > size)
		return -EINVAL;

	count = gn_le32(table + TABLE_HEADER);
	for (n = 0, at = TABLE_FIRST; n < count; n++) {
		struct gn_hest_source src = {};
		const u8 *p = table + at;
		size_t step = entry_size(p, length - at);
		const char *why;
		u16 type;

		if (!step) {
			if (length - at >= 4)
				src.id = gn_le16(p + GHES_ID);
			return fn(
				arg, &src,
				"the HEST ends or an unknown entry begins here: the rest cannot be read");
		}
		at += step;
		type = gn_le16(p);
		if (type != ENTRY_GHES && type != ENTRY_GHES_V2)
			continue;
		src.assist = gn_le16(p + GHES_RELATED) != NO_RELATED &&
			     wants_assistance(table, length, count, gn_le16(p + GHES_RELATED));
		why = parse_ghes(p, &src);
		err = fn(arg, &src, why);
		if (err)
			return err;
	}
	return 0;
}

/* Bits of the word that an acknowledgement leaves as they are. */
static u64 kept(const struct gn_hest_source *src)
{
	u64 written = (~src->ack_preserve & src->ack.mask) << src->ack.shift;

	return ~written & bits(8u * src->ack.bytes);
}

/**
 * gn_hest_acks_collide() - can two acknowledgements at a time undo each other
 * @a: a source
 * @b: another one
 *
 * They do where both are in the same word and one keeps bits that the other writes: it
 * writes what it has read earlier.
 *
 * Context: Pure.
 * Return: true if they can.
 */
bool gn_hest_acks_collide(const struct gn_hest_source *a, const struct gn_hest_source *b)
{
	if (!a->v2 || !b->v2 || a->ack.port != b->ack.port ||
	    a->ack.address + a->ack.bytes <= b->ack.address ||
	    b->ack.address + b->ack.bytes <= a->ack.address)
		return false;
	return kept(a) || kept(b);
}

/**
 * gn_notify_name() - the name of a notification type
 * @type: byte 0 of the hardware error notification structure
 *
 * Return: a constant string, "unknown" for values beyond ACPI 6.5.
 * Source: ACPI 6.5, table 18.14.
 */
const char *gn_notify_name(u8 type)
{
	static const char *const names[GN_NOTIFY_TYPES] = {
		[GN_NOTIFY_POLLED] = "POLLED", [GN_NOTIFY_EXTERNAL] = "EXTERNAL",
		[GN_NOTIFY_LOCAL] = "LOCAL",   [GN_NOTIFY_SCI] = "SCI",
		[GN_NOTIFY_NMI] = "NMI",       [GN_NOTIFY_CMCI] = "CMCI",
		[GN_NOTIFY_MCE] = "MCE",       [GN_NOTIFY_GPIO] = "GPIO",
		[GN_NOTIFY_SEA] = "SEA",       [GN_NOTIFY_SEI] = "SEI",
		[GN_NOTIFY_GSIV] = "GSIV",     [GN_NOTIFY_SDEI] = "SDEI",
	};

	return type < GN_NOTIFY_TYPES ? names[type] : "unknown";
}
