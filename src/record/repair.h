/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of sections that the kernel's helpers decode correctly.
 */
#ifndef GN_REPAIR_H
#define GN_REPAIR_H

#include <linux/types.h>

#include "record/estatus.h"
#include "record/section.h"

/* Room for a repaired section, or for a block of one. */
#define GN_SCRATCH 2048u

u32 gn_repair(const struct gn_section *section, u8 *to, u32 room);
u32 gn_repair_err_infos(const struct gn_arm *arm, u8 *to, u32 room);
u32 gn_repair_block(const struct gn_estatus *head, const struct gn_section *section, u8 *to,
		    u32 room);

#endif
