// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/notify/owed.c: NMIs of two CPUs have records at the same time. A round of hearing ends
 * when both were heard in it, and never without: else foreign NMIs would be believed for ever.
 */
#include "weak.h"

#include <linux/atomic.h>

#include "notify/owed.c"

#define CPUS 2

static struct gn_owed owed;
static struct gn_owed_cpu cpus[CPUS];

static void one(void)
{
	gn_owed_answer(&owed, &cpus[0], CPUS);
}

static void other(void)
{
	gn_owed_answer(&owed, &cpus[1], CPUS);
	gn_owed_answer(&owed, &cpus[1], CPUS);
	gn_owed_answer(&owed, &cpus[1], CPUS);
}

static void begin(void)
{
	memset(&owed, 0, sizeof(owed));
	gn_owed_begin(&cpus[0], 0);
	gn_owed_begin(&cpus[1], 0);
	weak_thread(one, false);
	weak_thread(other, false);
}

static void end(void)
{
	/* One CPU was heard once. */
	weak_check(owed.round.counter == 1);
	weak_check(owed.heard.counter <= 1);
}

int main(void)
{
	return weak_explore("owed", begin, end);
}
