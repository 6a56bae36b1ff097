/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Section types: which there are, how long each must be.
 */
#ifndef GN_SECTION_H
#define GN_SECTION_H

#include <linux/types.h>

#include "estatus.h"

/* The section types this module or a kernel helper behind it decodes. */
enum gn_section_kind {
	GN_SECTION_OTHER,    /* vendor and unknown types: bytes */
	GN_SECTION_MEMORY,   /* platform memory error */
	GN_SECTION_ARM,	     /* ARM processor error */
	GN_SECTION_PCIE,     /* PCI Express error */
	GN_SECTION_IA,	     /* IA32/x64 processor error */
	GN_SECTION_GENERIC,  /* generic processor error */
	GN_SECTION_FIRMWARE, /* firmware error record reference */
	GN_SECTION_CXL,	     /* CXL protocol error */
	GN_SECTION_KINDS
};

/* Platform memory error section (UEFI 2.10, N.2.5): what the sinks read. */
#define GN_MEMORY_OLD 73u /* as of UEFI 2.1 */
#define GN_MEMORY     80u

/* ARM processor error section (UEFI 2.10, N.2.4.4). */
#define GN_ARM_HEADER	40u
#define GN_ARM_ERR_INFO 32u
#define GN_ARM_CONTEXT	8u

/**
 * struct gn_arm - the parts of an ARM processor error section
 * @err_info: the error information entries; byte 1 of each is its length, at
 *            least GN_ARM_ERR_INFO
 * @err_infos: how many
 * @err_info_length: bytes of all of them
 * @plain: kernel helpers, which take every entry for GN_ARM_ERR_INFO bytes long
 *         and round nothing up, stay in the section
 * @context: the context information structures, NULL if none
 * @context_length: bytes of all of them
 * @vendor: the vendor specific part, NULL if none
 * @vendor_length: its bytes
 */
struct gn_arm {
	const u8 *err_info;
	u32 err_infos;
	u32 err_info_length;
	bool plain;
	const u8 *context;
	u32 context_length;
	const u8 *vendor;
	u32 vendor_length;
};

enum gn_section_kind gn_section_kind(const u8 *type);
bool gn_section_check(const struct gn_section *section);
bool gn_section_arm(const struct gn_section *section, struct gn_arm *arm);

#endif
