/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections on their way to consumers that sleep: the in-tree driver's.
 */
#ifndef GN_RELAY_H
#define GN_RELAY_H

#include "sinks/sink.h"

/**
 * struct gn_relayed - one section, as the worker has it
 * @out: the source where it came from
 * @block: a block of that section alone; its section's header is aligned as the
 *         kernel wants it
 * @consumer: who is to have it
 */
struct gn_relayed {
	struct gn_outlet *out;
	const u8 *block;
	enum gn_consumer consumer;
};

int gn_relay_init(void (*deliver)(const struct gn_relayed *relayed));
void gn_relay_exit(void);
bool gn_relay_put(const struct gn_record *record, const struct gn_section *section,
		  enum gn_consumer consumer);
void gn_relay_flush(void);

#endif
