/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sinks: who gets a record.
 *
 * One file per consumer. A sink is called by the drain with a checked record,
 * one record of a source at a time, in firmware's order, in hard interrupt
 * context: it must not sleep. Several sources are drained at the same time.
 */
#ifndef GN_SINK_H
#define GN_SINK_H

#include "../path/estatus.h"

struct gn_source;

/**
 * struct gn_record - a record on its way out
 * @source: where it came from
 * @block: the whole block; private, checked, and gone when the sink returns
 * @length: bytes of @block
 * @head: its header
 * @delay_ns: nanoseconds since it was read from firmware
 */
struct gn_record {
	struct gn_source *source;
	const u8 *block;
	u32 length;
	struct gn_estatus head;
	u64 delay_ns;
};

/**
 * struct gn_sink - one consumer
 * @deliver: take a record
 */
struct gn_sink {
	void (*deliver)(const struct gn_record *record);
};

extern const struct gn_sink gn_sink_trace;
extern const struct gn_sink gn_sink_memory;
extern const struct gn_sink gn_sink_listeners;
extern const struct gn_sink gn_sink_console;

/* A block that failed its check, of which nothing but bytes is known. */
void gn_trace_malformed(const struct gn_record *record, enum gn_verdict verdict);
void gn_console_malformed(const struct gn_record *record, enum gn_verdict verdict);

/* A notification came without a record. */
void gn_console_empty(struct gn_source *s);

/* NMI-safe: the console sink's picture of a fatal record, unlimited. */
void gn_console_fatal(const struct gn_record *record);

#endif
