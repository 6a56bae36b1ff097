/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking sources over, and giving them back.
 */
#ifndef GN_BIND_H
#define GN_BIND_H

#include <linux/types.h>

/**
 * struct gn_options - what the user chose
 * @ids: only these source ids; all if @nids is 0
 * @nids: how many
 * @takeover: take sources that another driver holds
 * @queue_kib: size of each queue in KiB, 0 for the default
 */
struct gn_options {
	const ushort *ids;
	int nids;
	bool takeover;
	uint queue_kib;
};

int gn_bind_init(const struct gn_options *options);
void gn_bind_exit(void);
void gn_bind_take(u8 type);
void gn_bind_give(u8 type);

#endif
