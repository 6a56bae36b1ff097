// SPDX-License-Identifier: GPL-2.0-only
/* The claim word, one call after the other. */
#include "unit.h"

#include "path/claim.h"

TEST(first_caller_owns_it)
{
	struct gn_claim claim = {};
	int seen = 0;

	assert_true(gn_claim_enter(&claim, &seen));
	assert_true(gn_claim_leave(&claim, &seen));
	assert_int_equal(atomic_read(&claim.calls), 0);
	assert_true(gn_claim_enter(&claim, &seen));
	assert_true(gn_claim_leave(&claim, &seen));
}

TEST(others_make_the_owner_look_again)
{
	struct gn_claim claim = {};
	int seen, other, calls, i;

	for (calls = 1; calls < 10; calls++) {
		assert_true(gn_claim_enter(&claim, &seen));
		for (i = 0; i < calls; i++)
			assert_false(gn_claim_enter(&claim, &other));
		/* However many called: one more look serves them all. */
		assert_false(gn_claim_leave(&claim, &seen));
		assert_true(gn_claim_leave(&claim, &seen));
	}
}

TEST(each_look_may_be_called_for_again)
{
	struct gn_claim claim = {};
	int seen, other, i;

	assert_true(gn_claim_enter(&claim, &seen));
	for (i = 0; i < 1000; i++) {
		assert_false(gn_claim_enter(&claim, &other));
		assert_false(gn_claim_leave(&claim, &seen));
	}
	assert_true(gn_claim_leave(&claim, &seen));
}

TEST(abandoned_claim_is_free)
{
	struct gn_claim claim = {};
	int seen, other;

	assert_true(gn_claim_enter(&claim, &seen));
	assert_false(gn_claim_enter(&claim, &other));
	gn_claim_abandon(&claim);
	assert_true(gn_claim_enter(&claim, &other));
	assert_true(gn_claim_leave(&claim, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_caller_owns_it),
		cmocka_unit_test(others_make_the_owner_look_again),
		cmocka_unit_test(each_look_may_be_called_for_again),
		cmocka_unit_test(abandoned_claim_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
