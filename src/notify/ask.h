/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking a source for a record in a context that may take its time.
 */
#ifndef GN_ASK_H
#define GN_ASK_H

#include <linux/types.h>

struct gn_source;

bool gn_ask(struct gn_source *s);

#endif
