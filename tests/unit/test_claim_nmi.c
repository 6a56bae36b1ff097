// SPDX-License-Identifier: GPL-2.0-only
/*
 * The claim word against NMIs at every instruction of its owner. No call may be
 * lost: a look that starts after it follows.
 * Built with -fno-sanitize=all: instructions of sanitizers would be interrupted, too.
 */
#include "step.h"

#include "path/claim.h"

/*
 * What the claim guards: each caller posts in a place of its own before it
 * calls, the owner's look takes what was posted. One owner at a time may look.
 */
static struct {
	struct gn_claim claim;
	bool posted[STEP_DEPTH];
	int found, owners, nested, looks;
} guarded;

static void look(void)
{
	int i;

	guarded.nested |= guarded.owners++;
	for (i = 0; i < STEP_DEPTH; i++) {
		if (READ_ONCE(guarded.posted[i])) {
			WRITE_ONCE(guarded.posted[i], false);
			guarded.found++;
		}
	}
	guarded.looks++;
	guarded.owners--;
}

static void call(int depth)
{
	int seen;

	WRITE_ONCE(guarded.posted[depth], true);
	if (!gn_claim_enter(&guarded.claim, &seen))
		return;
	do
		look();
	while (!gn_claim_leave(&guarded.claim, &seen));
}

/* One NMI after every instruction, and a second one after every instruction of the first. */
TEST(no_call_of_an_nmi_is_lost)
{
	u32 first, second;
	int levels;

	for (first = 0;; first++) {
		for (second = 0;; second++) {
			memset(&guarded, 0, sizeof(guarded));
			levels = step_run(call, call, first, second);
			assert_false(guarded.nested);
			assert_int_equal(guarded.found, levels);
			assert_in_range(guarded.looks, 1, levels);
			assert_int_equal(atomic_read(&guarded.claim.calls), 0);
			if (levels < 3)
				break;
		}
		if (levels < 2)
			break;
	}
	/* Something was stepped through at all. */
	assert_true(first > 20);
}

/* An owner that must not stay, and looks again later. */
static void call_and_abandon(int depth)
{
	int seen;

	WRITE_ONCE(guarded.posted[depth], true);
	assert_true(gn_claim_enter(&guarded.claim, &seen));
	look();
	gn_claim_abandon(&guarded.claim);
	call(depth);
}

TEST(a_look_after_abandoning_finds_every_call)
{
	u32 first;
	int levels;

	for (first = 0;; first++) {
		memset(&guarded, 0, sizeof(guarded));
		levels = step_run(call_and_abandon, call, first, STEP_NEVER);
		assert_false(guarded.nested);
		assert_int_equal(guarded.found, levels + 1);
		assert_int_equal(atomic_read(&guarded.claim.calls), 0);
		if (levels < 2)
			break;
	}
	assert_true(first > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_call_of_an_nmi_is_lost),
		cmocka_unit_test(a_look_after_abandoning_finds_every_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
