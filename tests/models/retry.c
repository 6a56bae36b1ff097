// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/sync/retry.[ch] and path/claim.h: two exceptions, each with a record in one of two
 * sources. One may take both. The other, which finds none, learns that its record may be
 * somewhere else.
 */
#include "weak.h"

#include "retry_kernel.h"

#include "path/claim.h"
#include "sync/retry.c"

#define SOURCES 2

static struct gn_retry retry;
static struct gn_claim claims[SOURCES];
static int records[SOURCES];

void synchronize_rcu_tasks(void)
{
}

/* Looks at one source as path/collect.c does; true if another context looks at it. */
static bool look(int i, int *found)
{
	int seen;

	if (!gn_claim_enter(&claims[i], &seen))
		return true;
	do {
		if (READ_ONCE(records[i])) {
			WRITE_ONCE(records[i], 0);
			(*found)++;
		}
	} while (!gn_claim_leave(&claims[i], &seen));
	return false;
}

static void exception(void)
{
	int found = 0, i;
	bool busy = false;

	gn_retry_enter(&retry);
	for (i = 0; i < SOURCES; i++)
		busy |= look(i, &found);
	if (found > 1)
		gn_retry_surplus(&retry);
	gn_retry_leave(&retry);
	weak_check(found || busy || gn_retry_near(&retry));
}

static void begin(void)
{
	int i;

	memset(&retry, 0, sizeof(retry));
	memset(claims, 0, sizeof(claims));
	for (i = 0; i < SOURCES; i++)
		records[i] = 1;
	weak_thread(exception, false);
	weak_thread(exception, false);
}

static void end(void)
{
	weak_check(!records[0] && !records[1] && !retry.asking.counter);
}

int main(void)
{
	return weak_explore("retry", begin, end);
}
