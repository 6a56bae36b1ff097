/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HEST bytes -> checked descriptions of GHES sources (ACPI 6.5, 18.3.2).
 */
#ifndef GN_HEST_H
#define GN_HEST_H

#include <linux/types.h>

/* The smallest and the largest error block length that is believed. */
#define GN_BLOCK_MIN 84u /* status block header + one revision 0x201 section */
#define GN_BLOCK_MAX (1u << 20)

/* Hardware error notification types (ACPI 6.5, table 18.14). */
enum gn_notify_type {
	GN_NOTIFY_POLLED = 0,
	GN_NOTIFY_EXTERNAL = 1,
	GN_NOTIFY_LOCAL = 2,
	GN_NOTIFY_SCI = 3,
	GN_NOTIFY_NMI = 4,
	GN_NOTIFY_CMCI = 5,
	GN_NOTIFY_MCE = 6,
	GN_NOTIFY_GPIO = 7,
	GN_NOTIFY_SEA = 8,
	GN_NOTIFY_SEI = 9,
	GN_NOTIFY_GSIV = 10,
	GN_NOTIFY_SDEI = 11,
	GN_NOTIFY_TYPES
};

/**
 * struct gn_hest_source - one GHES or GHESv2 entry, checked
 * @id: source id, the N of the kernel's device GHES.N
 * @v2: the entry has a read ack register (GHESv2)
 * @enabled: firmware enabled the source
 * @notify: enum gn_notify_type, or a value not defined yet
 * @vector: interrupt or SDEI event number of the notification
 * @poll_ms: poll interval in milliseconds
 * @block_length: bytes of the error status block, at most GN_BLOCK_MAX
 * @status_reg: physical address of the 64-bit register that holds the physical
 *              address of the error status block
 * @ack_reg: physical address of the read ack register, 0 unless @v2
 * @ack_width: width of the ack register in bytes, 4 or 8
 * @ack_preserve: bits of the ack register to keep
 * @ack_write: bits of the ack register to set
 */
struct gn_hest_source {
	u16 id;
	bool v2;
	bool enabled;
	u8 notify;
	u32 vector;
	u32 poll_ms;
	u32 block_length;
	u64 status_reg;
	u64 ack_reg;
	u8 ack_width;
	u64 ack_preserve;
	u64 ack_write;
};

/**
 * typedef gn_hest_fn - called for every entry of a HEST
 * @arg: what the caller of gn_hest_parse() gave
 * @src: the checked source; for an entry that is left out only @src->id is valid
 * @why: NULL for a usable source, else why the entry is left out
 *
 * Return: 0 to go on, anything else ends the walk and is returned.
 */
typedef int (*gn_hest_fn)(void *arg, const struct gn_hest_source *src, const char *why);

int gn_hest_parse(const u8 *table, size_t size, gn_hest_fn fn, void *arg);
const char *gn_notify_name(u8 type);

#endif
