// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acknowledgements by one word, with NMIs at every instruction. Built with
 * -fno-sanitize=all: the sanitizers' instructions would be stepped through, too.
 */
#include "step.h"
#include "sharers.h"

/* Two or three sources acknowledge, each inside the one before; returns how many did. */
static int interrupt(u32 first, u32 second)
{
	int levels;

	memory.words[0] = 0;
	levels = step_run(give, give, first, second);
	assert_int_equal(memory.words[0], (1u << levels) - 1);
	return levels;
}

TEST(no_acknowledgement_is_lost_to_an_nmi)
{
	u32 first, second;

	device = false;
	share(SHARERS);
	for (first = 0; interrupt(first, STEP_NEVER) == 2; first++)
		;
	assert_true(first > 20);
	for (first = 0; interrupt(first, STEP_NEVER) == 2; first += 53)
		for (second = 0; interrupt(first, second) == 3; second += 59)
			;
	unshare(SHARERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_acknowledgement_is_lost_to_an_nmi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
