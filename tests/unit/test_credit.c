// SPDX-License-Identifier: GPL-2.0-only
/* src/path/credit.c: what is owed, and when it is forgotten. */
#include "unit.h"

#include "notify/credit.c"

/* Two CPUs, four sources; the counter is about to wrap. */
static struct gn_credit credit;
static struct gn_debt debt;
static u32 collected;
static void (*meanwhile)(void); /* what another CPU does before the records are counted */

u32 gn_sources_collected(const struct gn_sources *sources)
{
	void (*other)(void) = meanwhile;

	assert_ptr_equal(sources, debt.sources);
	meanwhile = NULL;
	if (other)
		other();
	return collected;
}

static int begin(void **state)
{
	(void)state;
	credit = (struct gn_credit){ .gone = { .counter = 0x7ffffffe } };
	debt = (struct gn_debt){ .sources = (void *)&debt, .each = 2, .most = 8 };
	collected = 0xfffffffe;
	meanwhile = NULL;
	gn_credit_begin(&credit, &debt);
	return 0;
}

static void test_pairs(void **state)
{
	(void)state;
	debt.each = 1;
	for (int i = 0; i < 5; i++) {
		collected++;
		gn_credit_claimed(&credit);
		assert_int_equal(gn_credit_left(&credit, &debt), 0);
		assert_false(gn_credit_spend(&credit, &debt));
	}
	assert_int_equal(gn_credit_spent(&credit), 0);
}

static void test_owed(void **state)
{
	(void)state;
	collected += 2;
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
	collected += 1000;
	assert_int_equal(gn_credit_left(&credit, &debt), debt.most);
}

static void test_forgotten(void **state)
{
	(void)state;
	collected++;
	gn_credit_age(&credit, &debt); /* may have come just before */
	assert_int_equal(gn_credit_left(&credit, &debt), 2);
	collected++;
	gn_credit_age(&credit, &debt);
	assert_int_equal(gn_credit_left(&credit, &debt), 2); /* the second record's */
	gn_credit_age(&credit, &debt);
	assert_int_equal(gn_credit_left(&credit, &debt), 0);
}

/* What came for records that are forgotten takes nothing from those that follow. */
static void test_no_debt(void **state)
{
	(void)state;
	collected++;
	gn_credit_age(&credit, &debt);
	gn_credit_claimed(&credit);
	gn_credit_claimed(&credit);
	gn_credit_age(&credit, &debt);
	gn_credit_age(&credit, &debt);
	collected++;
	assert_int_equal(gn_credit_left(&credit, &debt), 2);
}

/* Collected, not gone yet, while time is taken: it goes later, and takes nothing from others. */
static void test_asking(void **state)
{
	(void)state;
	debt.each = 1;
	gn_credit_enter(&credit);
	collected++;
	gn_credit_age(&credit, &debt);
	gn_credit_claimed(&credit);
	gn_credit_leave(&credit);
	collected++;
	gn_credit_age(&credit, &debt);
	assert_int_equal(gn_credit_left(&credit, &debt), 1);
	assert_true(gn_credit_spend(&credit, &debt));
	assert_false(gn_credit_spend(&credit, &debt));
}

/* A whole exception: its own record, and gone. */
static void another(void)
{
	gn_credit_enter(&credit);
	collected++;
	gn_credit_claimed(&credit);
	gn_credit_leave(&credit);
}

static void another_twice(void)
{
	another();
	another();
}

/* One is owed, and stays owed whatever others with records of their own do meanwhile. */
static void test_others(void **state)
{
	(void)state;
	debt.each = 1;
	for (int i = 0; i < 3; i++) {
		collected++;
		meanwhile = another_twice;
		assert_int_equal(gn_credit_left(&credit, &debt), 3);
		meanwhile = another;
		assert_true(gn_credit_spend(&credit, &debt));
		assert_int_equal(gn_credit_left(&credit, &debt), 0);
	}
	for (int i = 0; i < 3; i++) {
		meanwhile = another_twice;
		gn_credit_age(&credit, &debt);
		assert_int_equal(gn_credit_left(&credit, &debt), 0);
		collected++;
		assert_true(gn_credit_spend(&credit, &debt));
	}
}

/* A foreign one was believed in the place of one with a record: no third one pays for it. */
static void test_never_below(void **state)
{
	(void)state;
	debt.each = 1;
	collected++;
	assert_true(gn_credit_spend(&credit, &debt));
	gn_credit_claim(&credit, &debt);
	assert_int_equal(gn_credit_left(&credit, &debt), 0);
	collected += 2;
	gn_credit_claim(&credit, &debt);
	assert_int_equal(gn_credit_left(&credit, &debt), 1);
	assert_true(gn_credit_spend(&credit, &debt));
	assert_false(gn_credit_spend(&credit, &debt));
	assert_int_equal(gn_credit_spent(&credit), 2);
}

static u32 rivals;

static void rival(void)
{
	meanwhile = rival;
	collected++;
	rivals++;
	gn_credit_claimed(&credit);
}

/* Bounded, and whoever is always too late is believed. */
static void test_too_late(void **state)
{
	(void)state;
	debt.each = 1;
	rivals = 0;
	collected++;
	meanwhile = rival;
	assert_true(gn_credit_spend(&credit, &debt));
	assert_int_equal(rivals, TRIES);
	meanwhile = NULL;
	assert_int_equal(gn_credit_left(&credit, &debt), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pairs, begin),
		cmocka_unit_test_setup(test_owed, begin),
		cmocka_unit_test_setup(test_bounded, begin),
		cmocka_unit_test_setup(test_forgotten, begin),
		cmocka_unit_test_setup(test_no_debt, begin),
		cmocka_unit_test_setup(test_asking, begin),
		cmocka_unit_test_setup(test_others, begin),
		cmocka_unit_test_setup(test_never_below, begin),
		cmocka_unit_test_setup(test_too_late, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
