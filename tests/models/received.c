// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/sinks/received.h: the one who collects, the drain and a reader. Every record is malformed.
 */
#include "weak.h"

#include "sinks/received.h"

#define RECORDS 2

static u64 collected, malformed[2];
static int published; /* as the queue does it */

static void collect(void)
{
	int i;

	for (i = 1; i <= RECORDS; i++) {
		WRITE_ONCE(collected, i);
		smp_store_release(&published, i);
	}
}

static bool another(void)
{
	return published;
}

static void drain(void)
{
	int i, n;

	weak_wait(another);
	n = smp_load_acquire(&published);
	for (i = 0; i < n; i++)
		gn_received_malformed(&malformed[i]);
}

static void read(void)
{
	u64 n = gn_received(&collected, malformed, 2);

	weak_check(n <= RECORDS);
}

static void begin(void)
{
	collected = malformed[0] = malformed[1] = 0;
	published = 0;
	weak_thread(collect, false);
	weak_thread(drain, false);
	weak_thread(read, false);
}

static void end(void)
{
	weak_check(gn_received(&collected, malformed, 2) <= RECORDS);
}

int main(void)
{
	return weak_explore("received", begin, end);
}
