/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The moment at which a source changes hands. Process context only.
 */
#ifndef GN_REST_H
#define GN_REST_H

#include <linux/types.h>

struct gn_ack;
struct gn_hest_source;
struct gn_source;

void gn_rest_await_irq_work(void);
void gn_rest_await(const struct gn_hest_source *desc);
void gn_rest_withhold_ack(struct gn_source *s, struct gn_ack *heir, bool busy);
void gn_rest_resume_ack(struct gn_ack *heir);

#endif
