/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking sources over, and giving them back. Process context only.
 */
#ifndef GN_BIND_H
#define GN_BIND_H

#include <linux/types.h>

#include "takeover/candidates.h"

int gn_bind_init(const struct gn_options *options);
void gn_bind_exit(void);
void gn_bind_take_over(u8 type);
void gn_bind_give_back(u8 type);

#endif
