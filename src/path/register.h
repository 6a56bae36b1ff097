/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A register of firmware's, mapped: 8 to 64 bits at a time, in memory or an I/O port.
 */
#ifndef GN_REGISTER_H
#define GN_REGISTER_H

#include <linux/types.h>

#include "path/window.h"
#include "record/hest.h"

/**
 * struct gn_register - a register
 * @at: where, NULL if it is not mapped or an I/O port
 * @shape: what the HEST says of it
 * @window: the memory around it
 */
struct gn_register {
	void *at;
	struct gn_hest_register shape;
	struct gn_window window;
};

int gn_register_map(struct gn_register *r, const struct gn_hest_register *shape);
void gn_register_unmap(struct gn_register *r);
u64 gn_register_read(const struct gn_register *r);
void gn_register_write(const struct gn_register *r, u64 value);
u64 gn_register_value(const struct gn_register *r);

/* NMI-safe. One load or store of 64 bits reaches all of it, and no shift is needed. */
static __always_inline bool gn_register_is_plain(const struct gn_register *r)
{
	return r->at && r->shape.bytes == 8 && !r->shape.shift && !~r->shape.mask;
}

#endif
