// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: how a bell ends
 *
 * When the notification of a source is disarmed, only runs of its bell ring the bell:
 * a drain rings for more records, for a task, for a new window; a new window rings for
 * a look. So gn_bell_close() sets @closing and waits for all four kinds of runs, twice.
 *
 *	CLOSE: closing = true; smp_mb(); wait for a run of this kind
 *	ring:  queue the run (fully ordered); the run reads closing, rings or not
 *
 * A run that is queued after the first wait for its kind is ordered behind CLOSE, and
 * rings nothing. One that was queued before is over when that wait returns, and may
 * have rung another kind that was waited for already: the second wait is for that one,
 * which was queued after the first and rings nothing. So nothing is queued or runs
 * when both are over.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <asm/barrier.h>

#include "compat/irq_work.h"
#include "path/bell.h"

struct workqueue_struct *gn_bell_workers;

/**
 * gn_bell_setup() - make the workers of all bells
 *
 * Context: Process context, before any bell is made.
 * Return: 0 or -ENOMEM.
 */
int gn_bell_setup(void)
{
	gn_bell_workers = alloc_workqueue("ghes_nmi", WQ_UNBOUND, 0);
	return gn_bell_workers ? 0 : -ENOMEM;
}

/**
 * gn_bell_teardown() - undo gn_bell_setup()
 *
 * Context: Process context, when all bells are closed.
 */
void gn_bell_teardown(void)
{
	destroy_workqueue(gn_bell_workers);
}

/**
 * gn_bell_init() - prepare the bell of a source
 * @bell: the bell, not known to any notification yet
 * @runs: what it rings
 */
void gn_bell_init(struct gn_bell *bell, const struct gn_bell_runs *runs)
{
	gn_init_irq_work_hard(&bell->now, runs->now);
	gn_init_irq_work_lazy(&bell->soon, runs->soon);
	INIT_WORK(&bell->deliver, runs->deliver);
	INIT_WORK(&bell->remap, runs->remap);
}

/**
 * gn_bell_close() - ring nothing any more
 * @bell: the bell of a source whose notification is disarmed
 *
 * When it returns nothing that the bell rings is queued or runs, nor ever will be.
 *
 * Context: Process context, sleeps.
 */
void gn_bell_close(struct gn_bell *bell)
{
	int turn;

	WRITE_ONCE(bell->closing, true);
	smp_mb(); /* CLOSE */
	for (turn = 0; turn < 2; turn++) {
		irq_work_sync(&bell->now);
		irq_work_sync(&bell->soon);
		flush_work(&bell->deliver);
		flush_work(&bell->remap);
	}
}
