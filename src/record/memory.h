/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A memory error, whichever of its two section types it came in.
 */
#ifndef GN_MEMORY_H
#define GN_MEMORY_H

#include <linux/types.h>

#include "record/estatus.h"

/* Which fields are valid; bit numbers of the first section type (UEFI 2.10, N.2.5). */
enum gn_memory_valid {
	GN_MEM_STATUS = 1u << 0,
	GN_MEM_PA = 1u << 1,
	GN_MEM_MASK = 1u << 2,
	GN_MEM_NODE = 1u << 3,
	GN_MEM_CARD = 1u << 4,
	GN_MEM_MODULE = 1u << 5,
	GN_MEM_BANK = 1u << 6,
	GN_MEM_DEVICE = 1u << 7,
	GN_MEM_ROW = 1u << 8,
	GN_MEM_COLUMN = 1u << 9,
	GN_MEM_BIT = 1u << 10,
	GN_MEM_REQUESTOR = 1u << 11,
	GN_MEM_RESPONDER = 1u << 12,
	GN_MEM_TARGET = 1u << 13,
	GN_MEM_TYPE = 1u << 14,
	GN_MEM_RANK = 1u << 15,
	GN_MEM_CARD_HANDLE = 1u << 16,
	GN_MEM_MODULE_HANDLE = 1u << 17,
	GN_MEM_ROW_EXTENSION = 1u << 18,
	GN_MEM_BANK_GROUP = 1u << 19,
	GN_MEM_BANK_ADDRESS = 1u << 20,
	GN_MEM_CHIP = 1u << 21,
};

/**
 * struct gn_memory - a memory error
 * @valid: which of the fields are valid, enum gn_memory_valid
 * @status: error status
 * @pa: physical address
 * @mask: its valid bits
 * @requestor: id of the requestor
 * @responder: of the responder
 * @target: of the target
 * @node: node of the machine
 * @card: card of the node
 * @module: module of the card
 * @rank: rank of the module
 * @bank: the bank; group in bits 15:8 and address in bits 7:0 where those are valid
 * @device: device of the module
 * @row: the row, whole where the extension is valid
 * @column: the column
 * @bit: the bit in the word
 * @chip: id of the chip
 * @card_handle: SMBIOS handle of the card
 * @module_handle: SMBIOS handle of the module
 * @type: type of the error
 */
struct gn_memory {
	u32 valid;
	u64 status, pa, mask;
	u64 requestor, responder, target;
	u32 node, card, module, rank, bank, device, row, column, bit, chip;
	u32 card_handle, module_handle;
	u8 type;
};

void gn_memory_read(const struct gn_section *section, struct gn_memory *m);
void gn_memory_write(const struct gn_memory *m, u8 *to);
const char *gn_memory_status_name(u64 status);

#endif
