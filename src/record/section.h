/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Section types: which there are, how long each must be.
 */
#ifndef GN_SECTION_H
#define GN_SECTION_H

#include <linux/types.h>

#include "record/kind.h"

/* Platform memory error section (UEFI 2.10, N.2.5): what the sinks read. */
#define GN_MEMORY_OLD 73u /* as of UEFI 2.1 */
#define GN_MEMORY     80u
#define GN_MEMORY2    96u /* section 2 (N.2.6) */

/* Generic processor error (N.2.4.1) and PCI Express error (N.2.7). */
#define GN_GENERIC 192u
#define GN_PCIE	   208u

/* ARM processor error section (UEFI 2.10, N.2.4.4). */
#define GN_ARM_HEADER	40u
#define GN_ARM_ERR_INFO 32u
#define GN_ARM_CONTEXT	8u

/* IA32/x64 processor error section (UEFI 2.10, N.2.4.2). */
#define GN_IA_HEADER  64u
#define GN_IA_CHECK   64u
#define GN_IA_CONTEXT 16u

/* CXL protocol error (N.2.13); CXL component event (N.2.14): header, with a whole event. */
#define GN_CXL_HEADER	    116u
#define GN_CXL_EVENT_HEADER 32u
#define GN_CXL_EVENT	    144u

/**
 * struct gn_arm - the parts of an ARM processor error section
 * @err_info: the error information entries; byte 1 of each is its length, at
 *            least GN_ARM_ERR_INFO
 * @err_infos: how many
 * @err_info_length: bytes of all of them
 * @context: the context information structures, NULL if none
 * @contexts: how many
 * @context_length: bytes of all of them
 * @rounded: each context is followed by the next at a multiple of 16 bytes
 * @vendor: the vendor specific part, NULL if none
 * @vendor_length: its bytes
 */
struct gn_arm {
	const u8 *err_info;
	u32 err_infos;
	u32 err_info_length;
	const u8 *context;
	u32 contexts;
	u32 context_length;
	bool rounded;
	const u8 *vendor;
	u32 vendor_length;
};

/**
 * struct gn_ia - the parts of an IA32/x64 processor error section
 * @context_at: offset of the contexts in the section, behind the checks
 * @contexts: how many
 * @rounded: as in struct gn_arm
 */
struct gn_ia {
	u32 context_at;
	u32 contexts;
	bool rounded;
};

/* Type of a memory section 1. */
extern const u8 gn_type_memory[16];
/* The first word of the types that can name a page: memory (both), ARM processor. */
#define GN_TYPE_MEMORY	0xa5bc1114u
#define GN_TYPE_MEMORY2 0x61ec04fcu
#define GN_TYPE_ARM	0xe19e3d16u

enum gn_section_kind gn_section_kind(const u8 *type);
bool gn_section_is_memory2(const u8 *type);
enum gn_oddity gn_section_check(const struct gn_section *section);
const char *gn_oddity_name(enum gn_oddity oddity);
bool gn_section_arm(const struct gn_section *section, struct gn_arm *arm);
bool gn_section_ia(const struct gn_section *section, struct gn_ia *ia);
u64 gn_context_size(enum gn_section_kind kind, const u8 *context);

#endif
