/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The moment at which a source changes hands.
 */
#ifndef GN_HANDOVER_H
#define GN_HANDOVER_H

#include <linux/types.h>

#include "path/window.h"

struct gn_hest_source;
struct gn_source;

/**
 * struct gn_hold - firmware is kept from raising another record
 * @ack: the source's read ack register
 * @ack_preserve: see struct gn_hest_source
 * @ack_write: the same
 * @before: records collected when acknowledging stopped
 * @owed: firmware waits for its acknowledgement
 */
struct gn_hold {
	struct gn_window ack;
	u64 ack_preserve;
	u64 ack_write;
	u64 before;
	bool owed;
};

void gn_handover_await_rest(const struct gn_hest_source *desc);
void gn_handover_hold(struct gn_source *s, struct gn_hold *hold, bool busy);
void gn_handover_settle(struct gn_source *s);
void gn_handover_free(struct gn_hold *hold);

#endif
