// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the gate lets through is handed to the kernel's trace events by the
 * module's own sink for them, and to the kernel's own decoders as the module's
 * console sink hands it over, each section in exactly the bytes it takes.
 */
#include "gate.h"

#include "record/memory.c"
#include "record/repair.c"

/* kernel.c */
void cper_estatus_print(const char *pfx, const void *estatus);
int cper_estatus_check(const void *estatus);
int cxl_cper_sec_prot_err_valid(void *section);
int cxl_cper_setup_prot_err_work_data(void *data, void *section, int severity);

/* kernel_trace.c */
void trace_block(const u8 *block, u32 length);

/* libFuzzer's */
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);

static unsigned long decoded[GN_SECTION_KINDS];

static void __attribute__((__destructor__)) tell(void)
{
	static const char *const names[GN_SECTION_KINDS] = {
		[GN_SECTION_OTHER] = "other",
		[GN_SECTION_MEMORY] = "memory",
		[GN_SECTION_ARM] = "arm",
		[GN_SECTION_PCIE] = "pcie",
		[GN_SECTION_IA] = "ia",
		[GN_SECTION_GENERIC] = "generic",
		[GN_SECTION_FIRMWARE] = "firmware",
		[GN_SECTION_CXL] = "cxl",
		[GN_SECTION_CXL_EVENT] = "cxl_event",
	};
	int i;

	fprintf(stderr, "sections decoded:");
	for (i = 0; i < GN_SECTION_KINDS; i++)
		fprintf(stderr, " %s %lu", names[i], decoded[i]);
	fprintf(stderr, "\n");
}

/* The CXL driver's way with a protocol error, as the in-tree GHES feeds it. */
static void cxl(const u8 *block)
{
	/* prot_err, ras_cap and severity, with room to spare */
	static u8 work[512];
	u8 *section = (u8 *)block + GN_ESTATUS_HEADER + 72;

	if (!cxl_cper_sec_prot_err_valid(section))
		cxl_cper_setup_prot_err_work_data(work, section, 0);
}

static void decode(const struct gn_estatus *head, const struct gn_section *s)
{
	enum gn_section_kind kind = s->kind;
	static u8 scratch[GN_SCRATCH];
	u32 length = gn_repair_block(head, s, scratch, sizeof(scratch));
	u8 *block;

	decoded[kind] += length > 0;
	if (!length)
		return;
	block = exactly(scratch, length);
	must(!cper_estatus_check(block));
	cper_estatus_print("\0016pfx", block);
	if (kind == GN_SECTION_CXL)
		cxl(block);
	free(block);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct gn_estatus head;
	struct gn_section s;
	struct gn_walk walk;
	u32 length;
	u8 *block = through_the_gate(data, size, &length);

	if (!block)
		return 0;
	trace_block(block, length);
	gn_estatus_read(&head, block);
	gn_walk_start(&walk, block);
	while (gn_walk_next(&walk, &s))
		decode(&head, &s);
	free(block);
	return 0;
}

static void put(u8 *p, u32 value, u32 bytes)
{
	while (bytes--) {
		*p++ = (u8)value;
		value >>= 8;
	}
}

/* Sets the lengths of the last section of @data right, so that it gets as far as a decoder. */
static void mend(u8 *data, size_t size, unsigned int seed)
{
	u8 *p = data + GN_ESTATUS_HEADER;
	const u8 *end = data + size;
	u32 header, n = sizeof(rules) / sizeof(rules[0]);

	put(data + 8, 0, 4);
	put(data + 12, (u32)size - GN_ESTATUS_HEADER, 4);
	for (;;) {
		header = gn_le16(p + DATA_REVISION) >= 0x300 ? DATA_HEADER_V3 : DATA_HEADER;
		if ((u64)header + gn_le32(p + DATA_LENGTH) + 72 + 240 > (u64)(end - p))
			break;
		p += header + gn_le32(p + DATA_LENGTH);
	}
	if (end - p < (long)header)
		return;
	if (seed % 4 == 0)
		memcpy(p, rules[seed / 4 % n].type, 16);
	put(p + DATA_LENGTH, (u32)(end - p) - header, 4);
	if (gn_section_kind(p) == GN_SECTION_ARM && end - p - header > 12) {
		put(p + header + 8, (u32)(end - p) - header, 4);
		p[header + 5] = p[header + 7] = 0;
	}
	if (gn_section_kind(p) == GN_SECTION_CXL_EVENT && end - p - header > 4)
		put(p + header + 1, 0, 3);
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 8 && size >= GN_ESTATUS_HEADER + DATA_HEADER_V3)
		mend(data, size, seed / 8);
	return size;
}
