/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a section is, and what can be wrong with its body.
 */
#ifndef GN_KIND_H
#define GN_KIND_H

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

#endif
