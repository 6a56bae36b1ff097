// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/claim.h: three callers. One owner at a time, each sees what the owners before
 * it wrote, and every caller's request is seen by a look that follows. A caller that may
 * not stay abandons the claim, and calls again later, as a drain does.
 */
#include "weak.h"

#include "path/claim.h"

static struct gn_claim claim;
static int posted[3];
static u64 guarded;	    /* plain: the owner's */
static int seen_at_last[3]; /* what the latest look saw; the model's own */
static bool later;

static void look(void)
{
	int i;

	weak_plain_write(&guarded, weak_plain_read(&guarded) + 1);
	for (i = 0; i < 3; i++)
		seen_at_last[i] = READ_ONCE(posted[i]);
}

static void call(bool abandons)
{
	int seen;

	if (!gn_claim_enter(&claim, &seen))
		return;
	do {
		look();
		if (abandons && !gn_claim_leave(&claim, &seen)) {
			gn_claim_abandon(&claim);
			later = true;
			return;
		}
	} while (!abandons && !gn_claim_leave(&claim, &seen));
}

static void first(void)
{
	WRITE_ONCE(posted[0], 1);
	call(false);
}

static void third(void)
{
	WRITE_ONCE(posted[2], 1);
	call(false);
}

static void second(void)
{
	WRITE_ONCE(posted[1], 1);
	call(ABANDONS);
	if (later) {
		later = false;
		call(false);
	}
}

static void begin(void)
{
	memset(&claim, 0, sizeof(claim));
	memset(posted, 0, sizeof(posted));
	memset(seen_at_last, 0, sizeof(seen_at_last));
	guarded = 0;
	later = false;
	weak_thread(first, false);
	weak_thread(second, false);
	weak_thread(third, false);
}

static void end(void)
{
	weak_check(claim.calls.counter == 0);
	weak_check(seen_at_last[0] && seen_at_last[1] && seen_at_last[2]);
}

int main(void)
{
	return weak_explore("claim", begin, end);
}
