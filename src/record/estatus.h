/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic error status block: measure, check, walk.
 */
#ifndef GN_ESTATUS_H
#define GN_ESTATUS_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "record/kind.h"
#include "record/le.h"

#define GN_ESTATUS_HEADER 20u /* block status .. error severity */
#define GN_DATA_HEADER	  64u /* the shortest header of a section */

/* Validation bits of a section's header (ACPI 6.5, table 18.15). */
#define GN_VALID_FRU_ID	   0x1u
#define GN_VALID_FRU_TEXT  0x2u
#define GN_VALID_TIMESTAMP 0x4u

/* Error severities of blocks and sections (ACPI 6.5, table 18.13). */
enum gn_severity {
	GN_SEV_RECOVERABLE = 0,
	GN_SEV_FATAL = 1,
	GN_SEV_CORRECTED = 2,
	GN_SEV_NONE = 3,
	GN_SEVERITIES
};

/* What is wrong with a block. */
enum gn_verdict {
	GN_GOOD = 0,
	GN_NO_DATA,	   /* data_length is not 0 and holds no section */
	GN_TOO_LONG,	   /* data or raw data leave the block */
	GN_RAW_RANGE,	   /* raw data lie inside the sections */
	GN_CHANGED,	   /* the lengths changed while the block was copied */
	GN_SECTION_HEADER, /* too few bytes left for a section's header */
	GN_SECTION_LENGTH, /* a section leaves the block's data */
	GN_VERDICTS
};

/**
 * struct gn_estatus - the header of an error status block
 * @status: block status: bit 0 uncorrectable, bit 1 correctable error valid;
 *          0: firmware has nothing to report
 * @raw_offset: offset of the raw data from the start of the block
 * @raw_length: bytes of raw data
 * @data_length: bytes of sections, which follow the header
 * @severity: enum gn_severity or an undefined value
 */
struct gn_estatus {
	u32 status;
	u32 raw_offset;
	u32 raw_length;
	u32 data_length;
	u32 severity;
};

/* Where a walk stands. */
struct gn_walk {
	const u8 *at;
	u64 left;
};

/**
 * gn_estatus_read() - decode the header of a block
 * @es: filled
 * @header: GN_ESTATUS_HEADER bytes
 *
 * Context: NMI-safe; pure.
 */
static __always_inline void gn_estatus_read(struct gn_estatus *es, const u8 *header)
{
	es->status = gn_le32(header);
	es->raw_offset = gn_le32(header + 4);
	es->raw_length = gn_le32(header + 8);
	es->data_length = gn_le32(header + 12);
	es->severity = gn_le32(header + 16);
}

/**
 * gn_estatus_changed() - did a block change while it was copied
 * @peek: the lengths that decided how much was copied
 * @copy: the copy, which does not change any more
 *
 * Context: NMI-safe; pure.
 * Return: true if the copy's lengths are others, or firmware withdrew it.
 */
static __always_inline bool gn_estatus_changed(const struct gn_estatus *peek, const u8 *copy)
{
	return !gn_le32(copy) || gn_le32(copy + 4) != peek->raw_offset ||
	       gn_le32(copy + 8) != peek->raw_length || gn_le32(copy + 12) != peek->data_length;
}

/* Does the status say that there was more than one error of a kind? Context: any; pure. */
static inline bool gn_estatus_multiple(const struct gn_estatus *es)
{
	return es->status & 0xc;
}

/* Sections that the status says there are; 1023: that many, or more. Context: any; pure. */
static inline u32 gn_estatus_entries(const struct gn_estatus *es)
{
	return es->status >> 4 & 0x3ff;
}

/* The severity field of a block. */
static __always_inline u32 gn_estatus_severity(const u8 *block)
{
	return gn_le32(block + 16);
}

/**
 * gn_estatus_measure() - how long the record in a block is
 * @es: the block's header
 * @limit: bytes of the block that may be read
 * @length: set to the bytes from the start of the block to the end of its
 *          sections or of its raw data, whichever is later; at most @limit
 *
 * Context: NMI-safe; pure.
 * Return: GN_GOOD, else what is wrong and @length is not set.
 */
static __always_inline enum gn_verdict gn_estatus_measure(const struct gn_estatus *es, u32 limit,
							  u32 *length)
{
	u64 end = (u64)GN_ESTATUS_HEADER + es->data_length;

	/* 0 is legal: raw data only, or nothing. Less 1 it is beyond every length. */
	if (unlikely(es->data_length - 1 < GN_DATA_HEADER - 1))
		return GN_NO_DATA;
	if (unlikely(es->raw_length)) {
		if (es->raw_offset < end)
			return GN_RAW_RANGE;
		end = (u64)es->raw_offset + es->raw_length;
	}
	if (unlikely(end > limit))
		return GN_TOO_LONG;
	*length = (u32)end;
	return GN_GOOD;
}

/* Beside GN_GOOD: a section may name a page of memory. */
#define GN_NAMES_PAGES 0x100u

u32 gn_estatus_tiled(const u8 *block);
enum gn_verdict gn_estatus_check(const u8 *block, u32 length);
const char *gn_verdict_name(enum gn_verdict verdict);
const char *gn_severity_name(u32 severity);

void gn_walk_start(struct gn_walk *walk, const u8 *block);
bool gn_walk_next(struct gn_walk *walk, struct gn_section *section);

#endif
