/* SPDX-License-Identifier: GPL-2.0-only */
/* A generic error status block while it is written (ACPI 6.5, 18.3.2.7.1). */
#ifndef BLOCK_H
#define BLOCK_H

#include "unit.h"

#include "record/estatus.h"

/* Section types as the UEFI specification and the kernel's headers print them. */
#define MEMORY	    "a5bc1114-6f64-4ede-b863-3e83ed7c83b1"
#define ARM	    "e19e3d16-bc11-11e4-9caa-c2051d5d46b0"
#define PCIE	    "d995e954-bbc1-430f-ad91-b44dcb3c6f35"
#define IA	    "dc3ea0b0-a144-4797-b95b-53fa242b6e1d"
#define GENERIC	    "9876ccad-47b4-4bdb-b65e-16f193c4f3db"
#define FIRMWARE    "81212a96-09ed-4996-9471-8d729c8e69ed"
#define CXL	    "80b9efb4-52b5-4de3-a777-68784b771048"
#define CXL_MEDIA   "fbcd0a77-c260-417f-85a9-088b1621eba6"
#define CXL_DRAM    "601dcbb3-9c06-4eab-b8af-4e9bfb5c9624"
#define CXL_MODULE  "fe927475-dd59-4339-a586-79bab113b774"
#define CXL_SPARING "e71f3a40-2d29-4092-8a39-4d1c966c7c65"
#define VENDOR	    "01234567-89ab-cdef-0123-456789abcdef"

struct block {
	u8 bytes[16384];
	u32 size; /* header and sections */
};

/* A GUID as it stands in memory: the first three groups are little-endian. */
static inline void put_guid(u8 *p, const char *text)
{
	unsigned int a, b, c, d[8];
	int i;

	assert_int_equal(sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, d, d + 1,
				d + 2, d + 3, d + 4, d + 5, d + 6, d + 7),
			 11);
	put32(p, a);
	put16(p + 4, (u16)b);
	put16(p + 6, (u16)c);
	for (i = 0; i < 8; i++)
		p[8 + i] = (u8)d[i];
}

static inline void block_start(struct block *b)
{
	memset(b, 0, sizeof(*b));
	put32(b->bytes, 0x12);
	put32(b->bytes + 16, GN_SEV_CORRECTED);
	b->size = GN_ESTATUS_HEADER;
}

/* Appends a section with a body of @length zeros and returns its header. */
static inline u8 *add_section(struct block *b, const char *type, u16 revision, u32 length)
{
	u8 *p = b->bytes + b->size;
	u32 header = revision >= 0x300 ? 72 : 64;

	assert_true(b->size + header + length <= sizeof(b->bytes));
	put_guid(p, type);
	put32(p + 16, GN_SEV_CORRECTED);
	put16(p + 20, revision);
	put32(p + 24, length);
	b->size += header + length;
	put32(b->bytes + 12, b->size - GN_ESTATUS_HEADER);
	return p;
}

/* The body of the section at @p. */
static inline u8 *body_of(u8 *p)
{
	return p + (p[21] >= 3 ? 72 : 64);
}

/* gn_estatus_check() of the first @length bytes. */
static inline enum gn_verdict check_bytes(const u8 *bytes, u32 length)
{
	u8 *exact = exactly(bytes, length);
	enum gn_verdict verdict = gn_estatus_check(exact, length);

	free(exact);
	return verdict;
}

static inline enum gn_verdict check(const struct block *b)
{
	return check_bytes(b->bytes, b->size);
}

#endif
