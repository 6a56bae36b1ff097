/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far the kernel's CPER printer reads into a section that is shown to it:
 * its steps through each section type, in 6.1 and 6.12 where they check least.
 * Contexts are stepped over by their size, or by that rounded up to 16 as 7.3
 * does it.
 */
#ifndef PRINTER_H
#define PRINTER_H

#include "record/le.h"
#include "record/section.h"

/* Bytes that can be read at a body, so that a step out of the section can be followed. */
#define PRINTER_ROOM 16384u

static inline void reach(u64 *end, u64 to)
{
	if (to > *end)
		*end = to;
}

static inline u64 printer_reads_arm(const u8 *body, u64 round)
{
	u32 infos = gn_le16(body + 4), contexts = gn_le16(body + 6);
	int left = (int)(gn_le32(body + 8) - (40 + 32 * infos));
	u64 at = 40 + 32ull * infos, end = 40;

	if (left < 0)
		return end;
	reach(&end, at);
	while (contexts--) {
		u32 registers;
		int size;

		reach(&end, at + 8);
		if (end > PRINTER_ROOM)
			return end;
		registers = gn_le32(body + at + 4);
		size = (int)((8 + (u64)registers + round - 1) & ~(round - 1));
		if (left < size)
			return end;
		reach(&end, at + 8 + registers);
		left -= size;
		at += (u64)(long)size;
	}
	reach(&end, at + (u32)left);
	return end;
}

static inline u64 printer_reads_ia(const u8 *body, u64 round)
{
	u64 valid = gn_le64(body), at, end;
	u32 contexts = valid >> 8 & 0x3f;

	at = end = 64 + 64 * (valid >> 2 & 0x3f);
	while (contexts--) {
		reach(&end, at + 16);
		if (end > PRINTER_ROOM)
			return end;
		reach(&end, at + 16 + gn_le16(body + at + 2));
		at += (16 + (u64)gn_le16(body + at + 2) + round - 1) & ~(round - 1);
	}
	return end;
}

static inline u64 printer_reads_cxl(const u8 *body)
{
	u32 dvsec = gn_le16(body + 108);
	u64 end = 116;

	if (body[0] & 0x20)
		reach(&end, 116 + dvsec);
	if (body[0] & 0x40)
		reach(&end, 116 + dvsec + 88);
	return end;
}

static inline u64 printer_reads_firmware(const u8 *body, u32 length)
{
	u32 fixed = body[1] == 0 ? 16 : body[1] == 1 ? 8 : 32;

	/* What follows is dumped; how much is left is a difference of two u32. */
	return fixed + (u64)(u32)(length - fixed);
}

/* Bytes from the start of @body, which may be read up to PRINTER_ROOM. */
static inline u64 printer_reads(enum gn_section_kind kind, const u8 *body, u32 length, u64 round)
{
	switch (kind) {
	case GN_SECTION_MEMORY:
		return 80;
	case GN_SECTION_ARM:
		return printer_reads_arm(body, round);
	case GN_SECTION_PCIE:
		return 208;
	case GN_SECTION_IA:
		return printer_reads_ia(body, round);
	case GN_SECTION_GENERIC:
		return 192;
	case GN_SECTION_FIRMWARE:
		return printer_reads_firmware(body, length);
	case GN_SECTION_CXL_EVENT:
		return 144;
	case GN_SECTION_CXL:
		return printer_reads_cxl(body);
	default:
		return length;
	}
}

#endif
