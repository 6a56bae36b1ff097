// SPDX-License-Identifier: GPL-2.0-only
/* src/notify/owed.c: which NMIs that find nothing are believed, for how long, and how many. */
#include "unit.h"

#include <linux/atomic.h>

static inline int atomic_inc_return(atomic_t *v)
{
	return __atomic_add_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

#include "notify/owed.c"

#define CPUS	4
#define SOURCES 3

/* Counters are about to wrap. */
static struct gn_owed owed;
static struct gn_owed_cpu cpus[CPUS];
static struct gn_owed_now now;

static int begin(void **state)
{
	int i;

	(void)state;
	owed = (struct gn_owed){ .round = { 0x7fffffff } };
	now = (struct gn_owed_now){ .collected = 0xfffffffe, .sources = SOURCES, .cpus = CPUS };
	for (i = 0; i < CPUS; i++)
		gn_owed_begin(&cpus[i], now.collected);
	return 0;
}

static void claim(int cpu)
{
	gn_owed_answer(&owed, &cpus[cpu], CPUS);
}

static bool believed(int cpu)
{
	u32 spent = gn_owed_spent(&owed), left = gn_owed_left(&owed, &cpus[cpu], &now);
	int round = owed.round.counter;
	bool is = gn_owed_spend(&owed, &cpus[cpu], &now);

	/* Whoever hears the last CPU of a round is believed anew. */
	assert_true(is ? left || owed.round.counter != round : !left);
	assert_int_equal(gn_owed_spent(&owed), spent + is);
	return is;
}

static void test_nothing_owed(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < CPUS; i++)
		assert_false(believed(i));
	now.collected++;
	claim(0);
	assert_false(believed(0));
}

/* Records and NMIs in pairs on one CPU leave nothing owed there. */
static void test_pairs(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now.collected++;
		claim(0);
		assert_int_equal(gn_owed_left(&owed, &cpus[0], &now), 0);
		assert_false(believed(0));
	}
}

/* One NMI collects three records: two more find nothing, and no third one. */
static void test_merged(void **state)
{
	(void)state;
	now.collected += 3;
	claim(0);
	assert_int_equal(gn_owed_left(&owed, &cpus[0], &now), 2);
	assert_true(believed(0));
	assert_true(believed(0));
	assert_false(believed(0));
	now.collected++;
	claim(0);
	assert_false(believed(0));
}

/* No more NMIs can be under way than this, however many merged. */
static void test_no_more_than_under_way(void **state)
{
	u32 i;

	(void)state;
	now.collected += 1000;
	assert_int_equal(gn_owed_left(&owed, &cpus[1], &now), SOURCES + GN_OWED_LATE);
	for (i = 0; i < SOURCES + GN_OWED_LATE; i++)
		assert_true(believed(1));
	assert_false(believed(1));
}

/*
 * One source: firmware has written its second and third record while the first one's NMI
 * still runs here. One NMI is latched for the second; the third one's comes after it.
 */
static void test_later_than_others(void **state)
{
	(void)state;
	now.sources = 1;
	now.collected += 3;
	assert_true(believed(1));
	assert_true(believed(1));
	assert_true(believed(1));
	assert_false(believed(1));
}

static void test_too_late(void **state)
{
	(void)state;
	now.collected++;
	now.age_ns = GN_OWED_NS;
	assert_int_equal(gn_owed_left(&owed, &cpus[0], &now), 0);
	assert_false(believed(0));
	now.age_ns--;
	assert_true(believed(0));
}

/* Found with records that were not counted yet: that takes nothing from the next. */
static void test_ahead(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		claim(0);
	assert_int_equal(gn_owed_left(&owed, &cpus[0], &now), 0);
	assert_false(believed(0));
	now.collected += 5;
	assert_false(believed(0));
	now.collected++;
	assert_true(believed(0));
}

/* Firmware that rings one CPU: a few on each other one, then none, whatever comes. */
static void test_foreign(void **state)
{
	u32 swallowed = 0, i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now.time_ns += GN_OWED_DOUBT_NS / 4;
		now.collected++;
		claim(0);
		swallowed += believed(2);
		assert_int_equal(swallowed, i < GN_OWED_DOUBTS ? i + 1 : GN_OWED_DOUBTS);
	}
	assert_int_equal(gn_owed_left(&owed, &cpus[2], &now), 0);
	/* It rings that CPU, too, from now on: then one that was late is believed. */
	claim(2);
	for (i = 0; i < GN_OWED_DOUBTS; i++) {
		now.time_ns += GN_OWED_DOUBT_NS / 4;
		now.collected++;
		assert_true(believed(2));
	}
	now.time_ns += GN_OWED_DOUBT_NS;
	now.collected++;
	assert_false(believed(2));
}

/* Many in a short time are believed, for one CPU of a busy guest may be slow. Not after it. */
static void test_burst(void **state)
{
	int i;

	(void)state;
	now.time_ns = 5;
	for (i = 0; i < 100; i++) {
		now.collected++;
		now.time_ns += !!i;
		assert_true(believed(1));
	}
	now.time_ns = 5 + GN_OWED_DOUBT_NS - 1;
	now.collected++;
	assert_true(believed(1));
	now.time_ns++;
	now.collected++;
	assert_false(believed(1));
}

/* One record: CPU 0 finds it, and the others are believed. */
static void rung_on_all(void)
{
	int cpu;

	now.time_ns += GN_OWED_DOUBT_NS;
	now.collected++;
	claim(0);
	for (cpu = 1; cpu < CPUS; cpu++)
		assert_true(believed(cpu));
}

/* Firmware that rings all: for ever. The NMIs come at once, and on some CPU always too late. */
static void test_all(void **state)
{
	int i, cpu;

	(void)state;
	for (i = 0; i < 100; i++) {
		rung_on_all();
		for (cpu = 0; cpu < CPUS; cpu++)
			assert_false(believed(cpu));
	}
}

/* All CPUs but one are no round. */
static void test_not_all(void **state)
{
	u32 swallowed = 0, i;

	(void)state;
	for (i = 0; i < 50; i++) {
		now.time_ns += GN_OWED_DOUBT_NS;
		now.collected++;
		claim(0);
		claim(1);
		swallowed += believed(2);
	}
	assert_int_equal(swallowed, GN_OWED_DOUBTS);
	/* The last CPU makes one, and the others are believed anew. */
	claim(3);
	now.collected++;
	assert_true(believed(2));
}

/* Nor are they after a round of all. */
static void test_not_all_later(void **state)
{
	u32 swallowed = 0, i;

	(void)state;
	for (i = 0; i < CPUS; i++)
		claim((int)i);
	for (i = 0; i < 50; i++) {
		now.time_ns += GN_OWED_DOUBT_NS;
		now.collected += CPUS;
		claim(0);
		claim(1);
		swallowed += believed(2);
	}
	assert_int_equal(swallowed, GN_OWED_DOUBTS);
}

/* A guest's CPUs are late for each record, all but one: that is a round as well. */
static void test_slow_guest(void **state)
{
	int i;

	(void)state;
	now.age_ns = GN_OWED_NS - 1;
	for (i = 0; i < 100; i++)
		rung_on_all();
}

/* A CPU that went offline is not waited for. */
static void test_fewer_cpus(void **state)
{
	int i;

	(void)state;
	now.cpus = 2;
	for (i = 0; i < 50; i++) {
		now.time_ns += GN_OWED_DOUBT_NS;
		now.collected++;
		gn_owed_answer(&owed, &cpus[0], 2);
		assert_true(believed(1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_owed, begin),
		cmocka_unit_test_setup(test_pairs, begin),
		cmocka_unit_test_setup(test_merged, begin),
		cmocka_unit_test_setup(test_no_more_than_under_way, begin),
		cmocka_unit_test_setup(test_later_than_others, begin),
		cmocka_unit_test_setup(test_too_late, begin),
		cmocka_unit_test_setup(test_ahead, begin),
		cmocka_unit_test_setup(test_foreign, begin),
		cmocka_unit_test_setup(test_burst, begin),
		cmocka_unit_test_setup(test_all, begin),
		cmocka_unit_test_setup(test_not_all, begin),
		cmocka_unit_test_setup(test_not_all_later, begin),
		cmocka_unit_test_setup(test_slow_guest, begin),
		cmocka_unit_test_setup(test_fewer_cpus, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
