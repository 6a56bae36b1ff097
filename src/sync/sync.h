/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synchronous errors: an exception that looks for its record.
 */
#ifndef GN_SYNC_H
#define GN_SYNC_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "sync/retry.h"

struct gn_source;
struct gn_sources;
struct pt_regs;

/**
 * struct gn_sync - one synchronous notification and its sources
 * @table: the sources, read in exceptions
 * @lock: changes of @table; never taken in an exception
 * @retry: exceptions without a record
 * @late: errors whose pages a worker failed, because the task could not be had
 * @unclaimed: exceptions that this module left to the kernel
 */
struct gn_sync {
	struct gn_sources __rcu *table;
	struct mutex lock;
	struct gn_retry retry;
	atomic_t late;
	atomic_t unclaimed;
};

/* How the interrupted context ends after an error that is not corrected. */
enum gn_ending {
	GN_RESUMES,  /* user space or a guest: the task fails what it touched, and gets SIGBUS */
	GN_FIXES_UP, /* the kernel, maybe on behalf of a task: a function fails, or it dies */
	GN_GOES_ON,  /* nothing is lost there */
	GN_DIES,     /* the kernel, whatever the record says */
};

/**
 * struct gn_exception - one that asks for its record
 * @regs: the interrupted context, NULL for a guest
 * @address: what was touched, 0 if not known
 * @esr: the syndrome
 * @touched: where the pages of a record go, NULL while there is no visitor
 * @ending: GN_FIXES_UP becomes GN_DIES when the function cannot fail
 * @records: how many were found
 * @malformed: so was a block that failed its check
 * @fixed: the interrupted function will fail
 * @late: a worker fails the pages
 * @near: another context may have taken the record
 */
struct gn_exception {
	struct pt_regs *regs;
	unsigned long address;
	u64 esr;
	struct gn_touched *touched;
	unsigned long records;
	enum gn_ending ending;
	bool malformed;
	bool fixed;
	bool late;
	bool near;
};

/* NMI-safe. Field by field: the compiler would call memset(). */
static __always_inline void gn_exception_begin(struct gn_exception *x, struct pt_regs *regs,
					       enum gn_ending ending)
{
	x->regs = regs;
	x->address = 0;
	x->esr = 0;
	x->touched = NULL;
	x->records = 0;
	x->ending = ending;
	x->malformed = false;
	x->fixed = false;
	x->late = false;
	x->near = false;
}

extern struct gn_sync gn_sync_sea;
extern struct gn_sync gn_sync_sei;

int gn_sync_add(struct gn_sync *sync, struct gn_source *s);
void gn_sync_remove(struct gn_sync *sync, struct gn_source *s);

int gn_sync_collect(struct gn_sync *sync, struct gn_exception *x);

#endif
