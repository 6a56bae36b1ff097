/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sinks: who gets a record.
 *
 * One file per consumer. A sink is called by the drain with a checked record,
 * one record of a source at a time, in firmware's order, in hard interrupt
 * context or with interrupts masked: it must not sleep. Several sources are
 * drained at the same time.
 */
#ifndef GN_SINK_H
#define GN_SINK_H

#include "record/estatus.h"

struct gn_source;

/* Pages one record can name for the task that touched them; there is one mostly. */
#define GN_ACCESSED 4

/**
 * struct gn_accessor - what a task touched, to be failed by itself
 * @pages: page frame numbers
 * @n: how many
 * @lost: a record says that something cannot be used, and names no page
 */
struct gn_accessor {
	unsigned long pages[GN_ACCESSED];
	u32 n;
	bool lost;
};

/**
 * struct gn_record - a record on its way out
 * @source: where it came from
 * @block: the whole block; private, checked, and gone when the sink returns
 * @length: bytes of @block
 * @head: its header
 * @delay_ns: nanoseconds since it was read from firmware
 * @in_task: the drain runs in a task
 * @accessor: of the task that took this error synchronously and waits for the
 *            delivery; NULL if none does
 */
struct gn_record {
	struct gn_source *source;
	const u8 *block;
	u32 length;
	struct gn_estatus head;
	u64 delay_ns;
	bool in_task;
	struct gn_accessor *accessor;
};

/**
 * struct gn_sink - one consumer
 * @deliver: take a record
 * @in_task: it sleeps, so it is called in a task only; the drain asks
 *           gn_memory_wanted() which records need one
 */
struct gn_sink {
	void (*deliver)(const struct gn_record *record);
	bool in_task;
};

extern const struct gn_sink gn_sink_trace;
extern const struct gn_sink gn_sink_memory;
extern const struct gn_sink gn_sink_listeners;
extern const struct gn_sink gn_sink_console;

/* Is there a page to take out of use? */
bool gn_memory_wanted(const struct gn_record *record);
void gn_memory_accessed(const struct gn_accessor *accessor, unsigned long address, bool kernel);

/* A block that failed its check, of which nothing but bytes is known. */
void gn_trace_malformed(const struct gn_record *record, enum gn_verdict verdict);
void gn_console_malformed(const struct gn_record *record, enum gn_verdict verdict);

/* A notification came without a record. */
void gn_console_empty(struct gn_source *s);

/* NMI-safe: the console sink's picture of a fatal record, unlimited. */
void gn_console_fatal(const struct gn_record *record);
/* NMI-safe, owner of the draining claim: the same of a record that kills the kernel otherwise. */
void gn_console_last_words(const struct gn_record *record);

#endif
