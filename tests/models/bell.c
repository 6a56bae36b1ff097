// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/bell.[ch]: whoever closes a bell against the runs that it rings. Each kind of
 * run is a thread that serves as the kernel does: it runs once per queueing, and its
 * queueing is fully ordered. A run rings what the drain and the new window may ring.
 */
#include "weak.h"

#include "bell_kernel.h"

#include "path/bell.c"

static struct gn_bell bell;
static bool closed;
static int rings; /* that are left: what rings in circles is cut off */

static void on_now(struct irq_work *work)
{
	(void)work;
	if (rings-- > 0)
		gn_bell_deliver(&bell);
	if (rings-- > 0)
		gn_bell_remap(&bell);
}

static void on_soon(struct irq_work *work)
{
	(void)work;
	if (rings-- > 0)
		gn_bell_now(&bell);
}

static void on_deliver(struct work_struct *work)
{
	(void)work;
	if (rings-- > 0)
		gn_bell_soon(&bell);
}

static void on_remap(struct work_struct *work)
{
	(void)work;
	if (rings-- > 0)
		gn_bell_look(&bell);
}

static bool now_queued(void)
{
	return bell.now.run.queued;
}

static bool soon_queued(void)
{
	return bell.soon.run.queued;
}

static bool deliver_queued(void)
{
	return bell.deliver.run.queued;
}

static bool remap_queued(void)
{
	return bell.remap.run.queued;
}

static void serve(struct run *run, bool (*queued)(void), void (*code)(void *work), void *work)
{
	for (;;) {
		weak_wait(queued);
		run_begins(run);
		code(work);
		run_ends(run);
	}
}

#define SERVE(kind)                                                                            \
	static void serve_##kind(void)                                                         \
	{                                                                                      \
		serve(&bell.kind.run, kind##_queued, (void (*)(void *))on_##kind, &bell.kind); \
	}
SERVE(now)
SERVE(soon)
SERVE(deliver)
SERVE(remap)

static void closer(void)
{
	gn_bell_close(&bell);
	weak_check(!bell.now.run.queued && !bell.now.run.runs);
	weak_check(!bell.soon.run.queued && !bell.soon.run.runs);
	weak_check(!bell.deliver.run.queued && !bell.deliver.run.runs);
	weak_check(!bell.remap.run.queued && !bell.remap.run.runs);
	closed = true;
}

void rung(void)
{
	weak_check(!closed);
}

static void begin(void)
{
	const struct gn_bell_runs runs = {
		.now = on_now, .soon = on_soon, .deliver = on_deliver, .remap = on_remap
	};

	memset(&bell, 0, sizeof(bell));
	closed = false;
	rings = RINGS;
	gn_bell_init(&bell, &runs);
	/* One was rung while the notification was armed. */
	FIRST.run.queued = 1;
	weak_thread(serve_now, true);
	weak_thread(serve_soon, true);
	weak_thread(serve_deliver, true);
	weak_thread(serve_remap, true);
	weak_thread(closer, false);
}

static void end(void)
{
	weak_check(closed);
}

int main(void)
{
	return weak_explore("bell", begin, end);
}
