// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/moved.h and bell.h: firmware moves a block twice, and there is no memory for the first
 * mapping. In the end the place that was told last is mapped.
 */
#include "weak.h"

#include "bell_kernel.h"

#include "path/bell.h"
#include "path/moved.h"

static struct gn_bell bell;
static u64 moved_to;
static int mapped, failures;

void rung(void)
{
}

static void teller(void)
{
	int pa;

	for (pa = 1; pa <= 2; pa++) {
		gn_moved_tell(&moved_to, pa);
		gn_bell_remap(&bell);
	}
}

static bool queued(void)
{
	return bell.remap.run.queued;
}

static void mapper(void)
{
	for (;;) {
		int pa;

		weak_wait(queued);
		run_begins(&bell.remap.run);
		pa = gn_moved_take(&moved_to);
		if (pa && failures-- > 0) {
			gn_moved_again(&moved_to, pa);
			gn_bell_remap(&bell);
		} else if (pa) {
			mapped = pa;
		}
		run_ends(&bell.remap.run);
	}
}

static void begin(void)
{
	memset(&bell, 0, sizeof(bell));
	moved_to = mapped = 0;
	failures = 1;
	weak_thread(teller, false);
	weak_thread(mapper, true);
}

static void end(void)
{
	weak_check(!moved_to);
	weak_check(mapped == 2);
}

int main(void)
{
	return weak_explore("moved", begin, end);
}
