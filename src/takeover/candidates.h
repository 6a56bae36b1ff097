/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which sources of the HEST are to be taken over.
 */
#ifndef GN_CANDIDATES_H
#define GN_CANDIDATES_H

#include <linux/types.h>

#include "path/ack.h"
#include "record/hest.h"

struct platform_device;

/**
 * struct gn_options - what the user chose
 * @ids: only these source ids; all if @nids is 0
 * @nids: how many
 * @takeover: take over sources that another driver holds
 * @queue_kib: size of each queue in KiB, 0 for the default
 */
struct gn_options {
	const ushort *ids;
	int nids;
	bool takeover;
	uint queue_kib;
};

enum gn_decision {
	GN_TAKE_OVER,
	GN_WAIT,  /* for the hook that rings it */
	GN_LEAVE, /* not chosen, or cannot be served */
};

/**
 * struct gn_candidate - a GHES entry of the HEST
 * @desc: what the HEST says
 * @decision: what is to become of it
 * @ours: the device, if the module made it
 * @tried: binding was tried, so a failure is not repeated
 * @apart: one driver was released, and the other one is not bound yet
 * @heir: its acknowledgement while it is given back
 */
struct gn_candidate {
	struct gn_hest_source desc;
	enum gn_decision decision;
	struct platform_device *ours;
	bool tried;
	bool apart;
	struct gn_ack heir;
};

/**
 * struct gn_candidates - the sources of this machine
 * @list: them
 * @n: how many
 * @waiting: how many of them wait for a hook
 */
struct gn_candidates {
	struct gn_candidate *list;
	int n;
	int waiting;
};

int gn_candidates_make(struct gn_candidates *candidates, const struct gn_options *options);
void gn_candidates_keep_together(struct gn_candidates *candidates);
void gn_candidates_free(struct gn_candidates *candidates);
struct gn_candidate *gn_candidates_find(const struct gn_candidates *candidates, u16 id);

#endif
