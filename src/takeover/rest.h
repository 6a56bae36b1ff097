/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The moment at which a source changes hands.
 */
#ifndef GN_HANDOVER_H
#define GN_HANDOVER_H

#include <linux/types.h>

struct gn_ack;
struct gn_hest_source;
struct gn_source;

void gn_handover_await_rest(const struct gn_hest_source *desc);
void gn_handover_hold(struct gn_source *s, struct gn_ack *heir, bool busy);
void gn_handover_free(struct gn_ack *heir);

#endif
