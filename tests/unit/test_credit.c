// SPDX-License-Identifier: GPL-2.0-only
/* src/path/credit.c: what is owed, and when it is forgotten. */
#include "unit.h"

#include "path/credit.c"

/* Two CPUs, four sources; the counter is about to wrap. */
static struct gn_credit credit;
static struct gn_debt debt;

static int begin(void **state)
{
	(void)state;
	credit = (struct gn_credit){ .gone = { .counter = 0x7ffffffe } };
	debt = (struct gn_debt){ .collected = 0xfffffffe, .each = 2, .most = 8 };
	gn_credit_begin(&credit, &debt);
	return 0;
}

static void test_pairs(void **state)
{
	(void)state;
	debt.each = 1;
	for (int i = 0; i < 5; i++) {
		debt.collected++;
		gn_credit_claimed(&credit);
		assert_int_equal(gn_credit_left(&credit, &debt), 0);
		assert_false(gn_credit_spend(&credit, &debt));
	}
	assert_int_equal(gn_credit_spent(&credit), 0);
}

static void test_owed(void **state)
{
	(void)state;
	debt.collected += 2;
	gn_credit_claimed(&credit);
	for (u32 left = 3; left; left--) {
		assert_int_equal(gn_credit_left(&credit, &debt), left);
		assert_true(gn_credit_spend(&credit, &debt));
	}
	assert_false(gn_credit_spend(&credit, &debt));
	assert_int_equal(gn_credit_spent(&credit), 3);
}

static void test_bounded(void **state)
{
	(void)state;
	debt.collected += 1000;
	assert_int_equal(gn_credit_left(&credit, &debt), debt.most);
}

static void test_forgotten(void **state)
{
	(void)state;
	debt.collected++;
	gn_credit_age(&credit, &debt); /* may have come just before */
	assert_int_equal(gn_credit_left(&credit, &debt), 2);
	debt.collected++;
	gn_credit_age(&credit, &debt);
	assert_int_equal(gn_credit_left(&credit, &debt), 2); /* the second record's */
	gn_credit_age(&credit, &debt);
	assert_int_equal(gn_credit_left(&credit, &debt), 0);
}

/* What came for records that are forgotten takes nothing from those that follow. */
static void test_no_debt(void **state)
{
	(void)state;
	debt.collected++;
	gn_credit_age(&credit, &debt);
	gn_credit_claimed(&credit);
	gn_credit_claimed(&credit);
	gn_credit_age(&credit, &debt);
	gn_credit_age(&credit, &debt);
	debt.collected++;
	assert_int_equal(gn_credit_left(&credit, &debt), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pairs, begin),
		cmocka_unit_test_setup(test_owed, begin),
		cmocka_unit_test_setup(test_bounded, begin),
		cmocka_unit_test_setup(test_forgotten, begin),
		cmocka_unit_test_setup(test_no_debt, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
