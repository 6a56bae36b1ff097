/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices on their way between two drivers. Process context only. */
#ifndef GN_EXCHANGE_H
#define GN_EXCHANGE_H

#include <linux/types.h>

#include "takeover/candidates.h"

struct device_driver;

/**
 * struct gn_exchange - what changes hands
 * @driver: ours
 * @candidates: the sources
 * @takeover: take over what another driver holds
 * @everything: give all back, not only those that wait for a hook
 */
struct gn_exchange {
	struct device_driver *driver;
	struct gn_candidates *candidates;
	bool takeover;
	bool everything;
};

void gn_exchange_take_over(const struct gn_exchange *x);
void gn_exchange_sample(const struct gn_exchange *x);
void gn_exchange_give_back(const struct gn_exchange *x);

#endif
