// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/bell.h and claim.h: a caller abandons the claim, for another call has come, and
 * has the drain look. The drain of its own CPU does, or one that runs on another CPU just
 * then. Whatever the other caller had seen, a look that follows sees it.
 */
#include "weak.h"

#include "bell_kernel.h"

#include "path/bell.h"
#include "path/claim.h"

static struct gn_bell bell;
static struct gn_claim claim;
static int posted;
static bool found; /* the model's own */

void rung(void)
{
}

static void collect(void)
{
	int seen;

	if (!gn_claim_enter(&claim, &seen))
		return;
	found |= READ_ONCE(posted);
	if (gn_claim_leave(&claim, &seen))
		return;
	gn_claim_abandon(&claim);
	gn_bell_look(&bell);
}

static void drain(void)
{
	if (gn_bell_take_look(&bell))
		collect();
}

static void first(void)
{
	collect();
}

static void second(void)
{
	WRITE_ONCE(posted, 1);
	collect();
}

static bool queued(void)
{
	return bell.now.run.queued;
}

static void serve(void)
{
	for (;;) {
		weak_wait(queued);
		run_begins(&bell.now.run);
		drain();
		run_ends(&bell.now.run);
	}
}

static void begin(void)
{
	memset(&bell, 0, sizeof(bell));
	memset(&claim, 0, sizeof(claim));
	posted = 0;
	found = false;
	weak_thread(first, false);
	weak_thread(second, false);
	weak_thread(drain, false);
	weak_thread(serve, true);
}

static void end(void)
{
	weak_check(claim.calls.counter == 0);
	weak_check(found);
}

int main(void)
{
	return weak_explore("look", begin, end);
}
