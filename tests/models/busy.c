// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/claim.h: an NMI finds the block of its record empty. The owner who has taken the
 * record is still there, or the NMI sees what it has counted: either explains the NMI.
 * Without GIVE_BACK_COPY (path/take.h), which stands before the block is cleared, too.
 */
#include "weak.h"

#include "path/claim.h"

static struct gn_claim claim;
static int status, records, noted;

static void owner(void)
{
	int seen;

	if (!gn_claim_enter(&claim, &seen))
		return;
	WRITE_ONCE(records, 1);
	WRITE_ONCE(status, 0);
	WRITE_ONCE(noted, 1);
	weak_check(gn_claim_leave(&claim, &seen));
}

static void nmi(void)
{
	if (READ_ONCE(status) || gn_claim_busy(&claim))
		return;
	weak_check(READ_ONCE(records) == 1);
	weak_check(READ_ONCE(noted) == 1);
}

static void begin(void)
{
	memset(&claim, 0, sizeof(claim));
	status = 1;
	records = noted = 0;
	weak_thread(owner, false);
	weak_thread(nmi, false);
}

static void end(void)
{
}

int main(void)
{
	return weak_explore("busy", begin, end);
}
