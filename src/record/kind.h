/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a section is, and what can be wrong with its body. Types only. Pure.
 */
#ifndef GN_KIND_H
#define GN_KIND_H

#include <linux/types.h>

/* The section types this module or a kernel helper behind it decodes. */
enum gn_section_kind {
	GN_SECTION_OTHER,     /* vendor and unknown types, odd bodies: bytes */
	GN_SECTION_MEMORY,    /* platform memory error */
	GN_SECTION_ARM,	      /* ARM processor error */
	GN_SECTION_PCIE,      /* PCI Express error */
	GN_SECTION_IA,	      /* IA32/x64 processor error */
	GN_SECTION_GENERIC,   /* generic processor error */
	GN_SECTION_FIRMWARE,  /* firmware error record reference */
	GN_SECTION_CXL,	      /* CXL protocol error */
	GN_SECTION_CXL_EVENT, /* CXL component event */
	GN_SECTION_KINDS
};

/* Which rule of its type a section's body breaks. */
enum gn_oddity {
	GN_SOUND = 0,
	GN_ODD_SHORT,	/* fewer bytes than the structure of its type */
	GN_ODD_LENGTH,	/* a length in it that its own parts or the section's end contradict */
	GN_ODD_ENTRY,	/* an error information or check entry that leaves the section */
	GN_ODD_CONTEXT, /* a context that leaves the section */
	GN_ODDITIES
};

/**
 * struct gn_section - one section of a checked block
 * @type: section type GUID, 16 bytes
 * @body: the section's data
 * @length: bytes of @body
 * @severity: enum gn_severity or an undefined value
 * @kind: which decoder may have @body; GN_SECTION_OTHER where it is odd
 * @oddity: which rule of its type @body breaks
 * @revision: revision of the section's header
 * @flags: CPER section flags
 * @fru_id: 16 bytes, NULL if not valid
 * @fru_text: NUL-terminated, empty if not valid
 * @timestamp: 8 bytes BCD, NULL if not valid
 */
struct gn_section {
	const u8 *type;
	const u8 *body;
	u32 length;
	u32 severity;
	enum gn_section_kind kind;
	enum gn_oddity oddity;
	u16 revision;
	u8 flags;
	const u8 *fru_id;
	char fru_text[21];
	const u8 *timestamp;
};

#endif
