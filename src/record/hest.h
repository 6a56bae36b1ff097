/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HEST bytes -> checked descriptions of GHES sources (ACPI 6.5, 18.3.2). The caller owns
 * the table and each description.
 */
#ifndef GN_HEST_H
#define GN_HEST_H

#include <linux/types.h>

/* The smallest error block length that is believed, and the most that is used of a longer one. */
#define GN_BLOCK_MIN 20u /* the header of a status block */
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
 * struct gn_hest_register - a register: a generic address structure, checked
 * @address: physical address, a multiple of @bytes, or number of an I/O port
 * @mask: bits of the register, from bit 0 on
 * @port: @address is an I/O port
 * @bytes: of one access: 1, 2, 4 or 8; at most 4 of a port
 * @shift: where the register begins in them
 *
 * Source: ACPI 6.5, section 5.2.3.2.
 */
struct gn_hest_register {
	u64 address;
	u64 mask;
	bool port;
	u8 bytes;
	u8 shift;
};

/**
 * struct gn_hest_source - one GHES or GHESv2 entry, checked
 * @id: source id, the N of the kernel's device GHES.N
 * @v2: the entry has a read ack register (GHESv2)
 * @enabled: firmware enabled the source
 * @assist: firmware gives the machine check handler more about its errors here
 *          (GHES_ASSIST); no notification of its own comes
 * @notify: enum gn_notify_type, or a value not defined yet
 * @vector: interrupt or SDEI event number of the notification
 * @poll_ms: poll interval in milliseconds
 * @block_length: bytes of the error status block, at most GN_BLOCK_MAX
 * @block_said: how many firmware says there are
 * @status: the register that holds the physical address of the error status block
 * @ack: the read ack register, all 0 unless @v2
 * @ack_preserve: bits of the ack register to keep, from bit 0 of the register on
 * @ack_write: bits of the ack register to set, likewise
 * @ack_shared: another source acknowledges in the same word and keeps its bits, or
 *              this one keeps the other's; set by who knows all sources
 */
struct gn_hest_source {
	u16 id;
	bool v2;
	bool enabled;
	bool assist;
	bool ack_shared;
	u8 notify;
	u32 vector;
	u32 poll_ms;
	u32 block_length;
	u32 block_said;
	struct gn_hest_register status;
	struct gn_hest_register ack;
	u64 ack_preserve;
	u64 ack_write;
};

/**
 * typedef gn_hest_fn - called for every entry of a HEST
 * @arg: what the caller of gn_hest_parse() gave
 * @src: the checked source; for an entry that is left out only @src->id and
 *       @src->assist are valid
 * @why: NULL for a usable source, else why the entry is left out
 *
 * Return: 0 to go on, anything else ends the walk and is returned.
 */
typedef int (*gn_hest_fn)(void *arg, const struct gn_hest_source *src, const char *why);

int gn_hest_parse(const u8 *table, size_t size, gn_hest_fn fn, void *arg);
bool gn_hest_acks_collide(const struct gn_hest_source *a, const struct gn_hest_source *b);
const char *gn_notify_name(u8 type);

#endif
