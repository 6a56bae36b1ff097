// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk over the Hardware Error Source Table.
 *
 * Firmware wrote these bytes, so nothing is believed before its length is. One
 * entry that makes no sense costs that entry, not the table: the walk goes on
 * as long as the length of an entry is known, and tells its caller about every
 * GHES entry that it leaves out.
 *
 * Pure: no kernel service is used, host tests and fuzzers compile this file.
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

/* A generic address that a plain load or store of @bits can reach. */
static const char *check_gas(const u8 *gas, bool ack, u64 *addr, u8 *bytes)
{
	u8 space = gas[0], width = gas[1], offset = gas[2];

	*addr = gn_le64(gas + 4);
	*bytes = width / 8;
	if (space != 0)
		return ack ? "read ack register is not in system memory" :
			     "error status address register is not in system memory";
	if (offset != 0 || (width != 64 && !(ack && width == 32)))
		return ack ? "read ack register is not 32 or 64 bits wide at offset 0" :
			     "error status address register is not 64 bits wide at offset 0";
	if (!*addr || *addr % *bytes || *addr + *bytes < *addr)
		return ack ? "read ack register has an impossible address" :
			     "error status address register has an impossible address";
	return NULL;
}

static const char *parse_ghes(const u8 *p, struct gn_hest_source *src)
{
	const char *why;
	u8 bytes;

	src->v2 = gn_le16(p) == ENTRY_GHES_V2;
	src->id = gn_le16(p + GHES_ID);
	src->enabled = p[GHES_ENABLED];
	src->notify = p[GHES_NOTIFY];
	src->poll_ms = gn_le32(p + GHES_NOTIFY_POLL);
	src->vector = gn_le32(p + GHES_NOTIFY_VECTOR);
	src->block_length = gn_le32(p + GHES_BLOCK_LENGTH);

	if (!src->enabled)
		return "firmware did not enable it";
	if (src->block_length < GN_BLOCK_MIN)
		return "error status block is too small for any record";
	if (src->block_length > GN_BLOCK_MAX)
		return "error status block is larger than 1 MiB";
	why = check_gas(p + GHES_STATUS_GAS, false, &src->status_reg, &bytes);
	if (why || !src->v2)
		return why;
	src->ack_preserve = gn_le64(p + GHES_ACK_PRESERVE);
	src->ack_write = gn_le64(p + GHES_ACK_WRITE);
	return check_gas(p + GHES_ACK_GAS, true, &src->ack_reg, &src->ack_width);
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
 * bound only. Duplicate ids are the caller's business: it knows what it holds.
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
		why = parse_ghes(p, &src);
		err = fn(arg, &src, why);
		if (err)
			return err;
	}
	return 0;
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
