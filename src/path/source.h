/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One error source while the module holds it.
 *
 * Three rooms, each written by one side: struct gn_intake by who collects (NMI-like),
 * struct gn_outlet (sinks/sink.h) by who drains, struct gn_life in process context
 * while a source is created, changes hands and ends.
 */
#ifndef GN_PATH_SOURCE_H
#define GN_PATH_SOURCE_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "path/ack.h"
#include "path/bell.h"
#include "path/claim.h"
#include "path/queue.h"
#include "path/register.h"
#include "path/view.h"
#include "path/window.h"
#include "record/hest.h"
#include "sinks/sink.h"

struct gn_notify;

/**
 * struct gn_intake - what a notification reads and writes
 * @claim: of the collecting side; guards what has no other word here and the
 *         producer end of the queue, and keeps @block mapped
 * @deferring: the record in the block is counted as deferred already
 * @device: a window is Device memory, or @reg is no word of 64 bits: accesses are made
 *          one by one; changes under the claim
 * @reg: the error status address register
 * @block: where the error status block was when it was mapped last
 * @ack: the acknowledgement
 * @moved_to: block address outside @block, to be mapped; 0: none
 * @moved_seen: block address outside the table of NMI sources that was counted as
 *              a move already
 * @refused: block address that could not be mapped; 0: none
 * @moves: how many moves were counted
 * @complain_empty: the drain is to complain about an empty notification, once
 * @records: copied and given back to firmware, good or malformed
 * @deferred: records left with firmware because the queue was full
 * @empty: notifications that came without a record
 * @fatal: fatal records
 * @addresses: block addresses that cannot be firmware's memory
 * @stamp: gn_clock() of the last record or move, 0: there was none
 * @unasked: gn_clock() when a record was collected last that no exception had asked
 *           for, 0: never; see sync/retry.c
 */
struct gn_intake {
	struct gn_claim claim;
	bool deferring;
	bool device;
	struct gn_register reg;
	struct gn_window block;
	struct gn_ack ack;
	u64 moved_to;
	u64 moved_seen;
	u64 refused;
	atomic_t moves;
	int complain_empty;
	u64 records;
	u64 deferred;
	u64 empty;
	u64 fatal;
	u64 addresses;
	u64 stamp;
	u64 unasked;
};

/**
 * struct gn_life - what creating, changing hands and ending needs
 * @notify: the notification that serves the source
 * @pages: memory of the queue
 * @npages: how many
 * @heir: where the acknowledgement goes when the source ends; NULL: nowhere
 * @armed: what the notification has of its own
 * @storms: how often the source was polled for ringing too often
 * @sampled: records collected when gn_exchange_sample() read them
 */
struct gn_life {
	const struct gn_notify *notify;
	void *armed;
	u64 storms;
	struct page **pages;
	u32 npages;
	struct gn_ack *heir;
	u64 sampled;
};

/**
 * struct gn_last - what only a CPU needs that is about to panic
 * @roll: the next source in the roll (path/roll.h)
 * @view: the records in the queue that have not been shown
 */
struct gn_last {
	struct list_head roll;
	struct gn_view view;
};

/**
 * struct gn_source - one error source
 * @in: what a notification reads and writes
 * @queue: the records; producer: owner of @in.claim, consumer: owner of @draining
 * @bell: rings the drain
 * @draining: claim of the draining side; guards the consumer end of @queue and @out
 * @out: what the drain and the sinks read and write
 * @delivering: one drain in a task at a time; taken before @draining
 * @desc: what the HEST says; constant
 * @dev: the device GHES.N; constant
 * @life: process context's
 * @last: of a CPU that is about to panic
 */
struct gn_source {
	struct gn_intake in;
	struct gn_queue queue;
	struct gn_bell bell;

	struct gn_claim draining ____cacheline_aligned_in_smp;
	struct gn_outlet out;
	struct mutex delivering;

	struct gn_hest_source desc;
	struct device *dev;
	struct gn_life life;
	struct gn_last last;
};

/* Records taken from firmware, without the malformed ones. Context: any. */
static inline u64 gn_source_received(const struct gn_source *s)
{
	return gn_received(&s->in.records, s->out.malformed, GN_VERDICTS);
}

#endif
