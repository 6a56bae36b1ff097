/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One error source while the module holds it.
 */
#ifndef GN_SOURCE_H
#define GN_SOURCE_H

#include <linux/device.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/spinlock_types.h>
#include <linux/workqueue.h>

#include "record/hest.h"
#include "path/claim.h"
#include "record/estatus.h"
#include "path/queue.h"
#include "record/repair.h"
#include "path/window.h"

struct gn_hold;
struct gn_notify;
struct gn_sync;

/* Bytes of a malformed block that are kept for inspection. */
#define GN_KEEP 4096u

/* Counters the collecting side writes; its claim serialises them. */
struct gn_collected {
	u64 records;   /* copied and given back to firmware, good or malformed */
	u64 deferred;  /* left with firmware because the queue was full */
	u64 empty;     /* notifications that came without a record */
	u64 fatal;     /* fatal records */
	u64 addresses; /* block addresses that cannot be firmware's memory */
};

/* Counters the draining side writes; its claim serialises them. */
struct gn_drained {
	u64 delivered;		     /* every sink had them */
	u64 severity[GN_SEVERITIES]; /* of the delivered ones */
	u64 malformed[GN_VERDICTS];  /* by reason */
	u64 trace_cut;		     /* bytes too long for one kernel trace event */
	u64 bad_page;		     /* addresses that are no memory, masks that make no sense */
};

/* Console lines of one source. */
struct gn_console {
	unsigned long since; /* jiffies when the interval began */
	u32 shown;	     /* records in this interval */
	u32 skipped;	     /* records not shown since the last shown one */
	u64 suppressed;	     /* records never shown */
};

/* The last malformed block, for root to look at. */
struct gn_malformed {
	raw_spinlock_t lock; /* drain against sysfs; never taken in NMI */
	u64 number;	     /* how many there were; 0: nothing kept yet */
	u32 total;	     /* bytes that were read from firmware */
	u32 length;	     /* of them kept */
	enum gn_verdict verdict;
	u8 bytes[GN_KEEP];
};

/**
 * struct gn_source - one error source
 *
 * What an NMI reads comes first. Who writes what:
 *
 * @collecting: claim of the collecting side; guards @deferring, @in and the
 *              producer end of @queue, and keeps @block mapped
 * @deferring: the record in the block is counted as deferred already
 * @device: a window is Device memory; changes under the claim
 * @ack_preserve: of the read ack register, see struct gn_hest_source
 * @ack_write: of the read ack register
 * @reg: the error status address register
 * @block: where the error status block was when it was mapped last
 * @ack: the read ack register, not mapped for a GHESv1 source
 * @queue: the records
 * @hold: records are not acknowledged for now, see handover.c; NULL: they are
 * @spare: room for a fatal record while the queue is full
 * @now: runs the drain by an interrupt
 * @soon: runs the drain at the next tick
 * @look: the drain is to look at the block (set by anybody, taken by it)
 * @moved_to: block address outside @block, to be mapped; 0: none
 * @moved_seen: block address outside the table of NMI sources that was counted as
 *              a move already
 * @moves: how many were counted
 * @refused: block address that could not be mapped; 0: none
 * @complain_empty: the drain is to complain about an empty notification, once
 * @in: counters of the collecting side
 * @sync: the synchronous notification that rings, NULL for any other
 *
 * @draining: claim of the draining side; guards the consumer end of @queue,
 *            @out, @console and @scratch
 * @out: counters of the draining side
 * @console: state of the console limit
 * @scratch: for sinks: a section as kernel helpers can take it
 * @malformed: the last malformed block
 * @delivering: one drain in a task at a time; taken before @draining
 * @deliver: runs the drain in a task, for what may sleep
 *
 * @remap: maps a block that moved
 * @closing: no more looks from the drain
 * @marked: records collected when bind.c looked last
 * @notify: the notification that serves the source
 * @desc: what the HEST says
 * @dev: the device GHES.N
 * @pages: memory of @queue
 * @npages: how many
 */
struct gn_source {
	struct gn_claim collecting;
	bool deferring;
	bool device;
	u64 ack_preserve;
	u64 ack_write;
	struct gn_window reg;
	struct gn_window block;
	struct gn_window ack;
	struct gn_queue queue;
	struct gn_hold *hold;
	struct gn_entry *spare;
	struct irq_work now;
	struct irq_work soon;
	int look;
	u64 moved_to;
	u64 moved_seen;
	u64 refused;
	atomic_t moves;
	int complain_empty;
	struct gn_collected in;
	struct gn_sync *sync;

	struct gn_claim draining ____cacheline_aligned_in_smp;
	struct gn_drained out;
	struct gn_console console;
	u8 scratch[GN_SCRATCH] __aligned(8);
	struct gn_malformed malformed;
	struct mutex delivering;
	struct work_struct deliver;

	struct work_struct remap;
	bool closing;
	u64 marked;
	const struct gn_notify *notify;
	struct gn_hest_source desc;
	struct device *dev;
	struct page **pages;
	u32 npages;
};

struct gn_source *gn_source_create(struct device *dev, const struct gn_hest_source *desc,
				   u32 queue_kib);
void gn_source_destroy(struct gn_source *s);
bool gn_source_own(struct gn_source *s, int *seen);
void gn_source_disown(struct gn_source *s, int *seen);
u64 gn_source_malformed(const struct gn_source *s);

#endif
