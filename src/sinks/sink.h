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

#include <linux/spinlock_types.h>

#include "record/estatus.h"
#include "record/hest.h"
#include "record/repair.h"
#include "sinks/received.h"

struct device;

/* Bytes of a malformed block or section that are kept for inspection. */
#define GN_KEEP 4096u

/* Consumers of the in-tree driver; what one of them could not have is counted. */
enum gn_consumer {
	GN_FOR_AER,    /* PCIe: aer_event, recovery by the device's driver */
	GN_FOR_REPORT, /* memory: the report chain, ghes_edac */
	GN_FOR_VENDOR, /* sections no standard describes: the vendor chain */
	GN_FOR_CXL,    /* CXL component events and protocol errors */
	GN_CONSUMERS
};

const char *gn_consumer_name(enum gn_consumer consumer);

/* Console lines of one source. */
struct gn_console {
	unsigned long since; /* jiffies when the interval began */
	u32 shown;	     /* records in this interval */
	u32 skipped;	     /* records not shown since the last shown one */
	u64 suppressed;	     /* records never shown */
};

/* The last malformed block, or section, for root to look at. */
struct gn_kept {
	raw_spinlock_t lock; /* drain against sysfs; never taken in NMI */
	u64 number;	     /* how many there were; 0: nothing kept yet */
	u32 total;	     /* bytes that were read from firmware */
	u32 length;	     /* of them kept */
	u32 reason;	     /* enum gn_verdict or enum gn_oddity */
	u8 *bytes;	     /* GN_KEEP of them */
};

/* What became of a page that was to be taken out of use. */
enum gn_page {
	GN_PAGE_FAILED,	 /* out of use */
	GN_PAGE_SOFT,	 /* the kernel was asked to move it elsewhere */
	GN_PAGE_LEFT,	 /* left to the task that touched it */
	GN_PAGE_BEFORE,	 /* out of use already */
	GN_PAGE_IGNORED, /* the kernel cannot do without it, or was told not to */
	GN_PAGE_NONE,	 /* no memory */
	GN_PAGES
};

/**
 * struct gn_outlet - one source, as its drain and the sinks know it
 * @desc: what the HEST says; constant
 * @dev: the device GHES.N; constant
 * @delivered: records that every sink had
 * @severity: the same by severity
 * @malformed: malformed blocks by reason
 * @odd: sections delivered as bytes because of their body, by reason
 * @multiple: records whose status says that there was more than one error of a kind
 * @entries_wrong: records with another number of sections than their status says
 * @trace_cut: bytes too long for one kernel trace event
 * @bad_page: addresses that are no memory, masks that make no sense or are too coarse
 * @pages: what became of pages that were to be taken out of use
 * @unserved: sections that a driver of the kernel's should have had, by consumer
 * @console: state of the console limit
 * @kept: the last malformed block
 * @kept_section: the last section with an odd body, its header included
 * @scratch: for sinks: a section as kernel helpers can take it
 *
 * Written by the owner of the source's draining claim; counters are read by anybody.
 */
struct gn_outlet {
	const struct gn_hest_source *desc;
	struct device *dev;
	u64 delivered;
	u64 severity[GN_SEVERITIES];
	u64 malformed[GN_VERDICTS];
	u64 odd[GN_ODDITIES];
	u64 multiple;
	u64 entries_wrong;
	u64 trace_cut;
	u64 bad_page;
	u64 pages[GN_PAGES];
	u64 unserved[GN_CONSUMERS];
	struct gn_console console;
	struct gn_kept kept;
	struct gn_kept kept_section;
	u8 scratch[GN_SCRATCH] __aligned(8);
};

int gn_outlet_init(struct gn_outlet *out);
void gn_outlet_free(struct gn_outlet *out);
void gn_keep(struct gn_kept *kept, const u8 *bytes, u32 length, u32 reason);

/* Malformed blocks of all reasons. Context: any. */
static inline u64 gn_outlet_malformed(const struct gn_outlet *out)
{
	return gn_received_bad(out->malformed, GN_VERDICTS);
}

/* Sections with an odd body, of all reasons. Context: any. */
static inline u64 gn_outlet_odd(const struct gn_outlet *out)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < GN_ODDITIES; i++)
		sum += READ_ONCE(out->odd[i]);
	return sum;
}

/* Pages that one exception can be about; there is one mostly. */
#define GN_TOUCHED 4

/**
 * struct gn_touched - what a task touched, to be failed by itself
 * @pages: page frame numbers, each once
 * @n: how many
 */
struct gn_touched {
	unsigned long pages[GN_TOUCHED];
	u32 n;
};

/* What became of a page that a task touched. */
enum gn_failed {
	GN_FAILED,     /* out of use, and the task that touched it was signalled */
	GN_NOT_FAILED, /* the kernel could not, or it is no memory: no task was signalled */
	GN_FAIL_LATER, /* others are at it for too long */
};

/**
 * struct gn_record - a record on its way out
 * @out: the source where it came from
 * @block: the whole block; private, checked, and reused when the sink has returned
 * @length: bytes of @block
 * @head: its header
 * @delay_ns: nanoseconds since it was read from firmware
 * @in_task: the drain runs in a task
 * @touched: of the pages it names as touched, so many are failed by the task that
 *           touched them, in the record's order
 */
struct gn_record {
	struct gn_outlet *out;
	const u8 *block;
	u32 length;
	struct gn_estatus head;
	u64 delay_ns;
	bool in_task;
	u32 touched;
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
extern const struct gn_sink gn_sink_intree;
extern const struct gn_sink gn_sink_listeners;
extern const struct gn_sink gn_sink_console;

/* The largest range of a record that is believed, in KiB: a huge page. */
#define GN_MEMORY_RANGE_KIB 2048u
extern u32 gn_memory_range_kib;

/* Is there a page to take out of use? */
bool gn_memory_wanted(const struct gn_record *record);
u32 gn_memory_touched(const u8 *block, struct gn_touched *to);
const char *gn_page_name(enum gn_page page);
bool gn_page_known(unsigned long pfn);
enum gn_page gn_page_soft_offline(unsigned long pfn);
enum gn_page gn_page_fail(unsigned long pfn, bool pinned);
enum gn_page gn_page_fail_soon(unsigned long pfn, u32 *patience_ms);
int gn_pages_init(void);
void gn_pages_exit(void);
bool gn_page_pin(unsigned long pfn);
enum gn_failed gn_page_fail_touched(unsigned long pfn, bool signal, u32 patience_ms);

/* A section that was left to another one to trace, who could not. */
void gn_trace_bytes(const struct gn_section *section);

/* A block that failed its check, of which nothing but bytes is known. */
void gn_trace_init(void);
void gn_trace_malformed(const struct gn_record *record, enum gn_verdict verdict);
void gn_console_malformed(const struct gn_record *record, enum gn_verdict verdict);

/* A notification came without a record. */
void gn_console_empty(struct gn_outlet *s);

/* NMI-safe: the console sink's picture of a fatal record; @alone: the first fatal one. */
void gn_console_fatal(const struct gn_record *record, bool alone);
/* NMI-safe, by whom the first fatal record is shown: of one that was collected before it. */
u32 gn_console_queued(const struct gn_record *record, u32 lines);

/* Bytes that gn_erst_store() needs beside the record. */
#define GN_ERST_ROOM 384u
/* NMI-safe: keep a fatal record beyond the reboot. */
void gn_erst_store(const struct gn_record *record, void *room);
/* NMI-safe: the same of a record that kills the kernel otherwise. */
void gn_console_last_words(const struct gn_record *record);
void gn_console_last_malformed(const struct gn_record *record);

#endif
