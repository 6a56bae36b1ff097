// SPDX-License-Identifier: GPL-2.0-only
/*
 * The claim word between three threads, with the orders checked: what one owner
 * wrote the next one sees, and what a caller saw before its call the owner sees
 * in the look that follows. Built with -fsanitize=thread.
 */
#include "unit.h"

#include <pthread.h>
#include <sched.h>

#include "path/claim.h"

#define CALLERS 3
#define CALLS	100000

static struct {
	struct gn_claim claim;
	int posted[CALLERS]; /* each caller raises its own before it calls */
	int seen[CALLERS];   /* as of the latest look, for the callers to read */
	int busy, lost, gate, through;

	/* Guarded by the claim and plain: two owners at once are a data race. */
	int looked[CALLERS];
	u32 looks;
} shared;

static void look(void)
{
	int i;

	for (i = 0; i < CALLERS; i++) {
		shared.looked[i] = READ_ONCE(shared.posted[i]);
		WRITE_ONCE(shared.seen[i], shared.looked[i]);
	}
	/* Let the others call while somebody looks, on one CPU, too. */
	if (++shared.looks % 8 == 0)
		sched_yield();
}

/* Puts off what others called for while it looked, or looks again at once. */
static void call(int me, bool abandon)
{
	int seen;

	WRITE_ONCE(shared.posted[me], shared.posted[me] + 1);
	while (gn_claim_enter(&shared.claim, &seen)) {
		do
			look();
		while (!abandon && !gn_claim_leave(&shared.claim, &seen));
		if (!abandon || gn_claim_leave(&shared.claim, &seen))
			return;
		gn_claim_abandon(&shared.claim);
		/* Somebody else may look before the later look comes. */
		sched_yield();
	}
	__atomic_add_fetch(&shared.busy, 1, __ATOMIC_RELAXED);
}

/* All callers leave together; the last one to come opens the gate. */
static void meet(int round)
{
	if (__atomic_add_fetch(&shared.through, 1, __ATOMIC_RELAXED) == CALLERS * round)
		WRITE_ONCE(shared.gate, round);
	while (READ_ONCE(shared.gate) < round)
		sched_yield();
}

static void *stays(void *arg)
{
	int n;

	meet(1);
	for (n = 0; n < CALLS; n++)
		call((int)(intptr_t)arg, false);
	return NULL;
}

static void *abandons(void *arg)
{
	int n;

	meet(1);
	for (n = 0; n < CALLS; n++)
		call((int)(intptr_t)arg, true);
	return NULL;
}

/* One call each, and then everybody asks: was there a look after mine? */
static void *meets(void *arg)
{
	int me = (int)(intptr_t)arg, round;

	for (round = 1; round <= CALLS / 10; round++) {
		call(me, round % 2);
		meet(2 * round - 1);
		if (READ_ONCE(shared.seen[me]) != round)
			__atomic_add_fetch(&shared.lost, 1, __ATOMIC_RELAXED);
		meet(2 * round);
	}
	return NULL;
}

static void run(void *(*code)(void *arg))
{
	pthread_t threads[CALLERS];
	intptr_t i;

	memset(&shared, 0, sizeof(shared));
	for (i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, code, (void *)i), 0);
	for (i = 0; i < CALLERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_read(&shared.claim.calls), 0);
	/* There were callers that found the claim taken. */
	assert_true(shared.busy > 0);
}

TEST(every_call_is_followed_by_a_look)
{
	int i;

	run(stays);
	for (i = 0; i < CALLERS; i++)
		assert_int_equal(shared.looked[i], CALLS);
	run(abandons);
	for (i = 0; i < CALLERS; i++)
		assert_int_equal(shared.looked[i], CALLS);
}

TEST(no_call_is_lost_when_all_call_at_once)
{
	run(meets);
	assert_int_equal(shared.lost, 0);
}

/* Nothing but the claim orders @block, which the caller writes and the owner reads. */
static struct {
	struct gn_claim claim;
	int taken, called, block;
} handed;

static void *hands_over(void *arg)
{
	int round, seen;

	(void)arg;
	for (round = 1; round <= CALLS / 10; round++) {
		while (smp_load_acquire(&handed.taken) != round)
			sched_yield();
		handed.block = round;
		if (gn_claim_enter(&handed.claim, &seen))
			break; /* the other one waits for ever */
		WRITE_ONCE(handed.called, round);
	}
	return NULL;
}

TEST(owner_sees_what_the_caller_saw)
{
	pthread_t thread;
	int round, seen;

	assert_int_equal(pthread_create(&thread, NULL, hands_over, NULL), 0);
	for (round = 1; round <= CALLS / 10; round++) {
		assert_true(gn_claim_enter(&handed.claim, &seen));
		smp_store_release(&handed.taken, round);
		while (READ_ONCE(handed.called) != round)
			sched_yield();
		assert_false(gn_claim_leave(&handed.claim, &seen));
		assert_int_equal(handed.block, round);
		assert_true(gn_claim_leave(&handed.claim, &seen));
	}
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_followed_by_a_look),
		cmocka_unit_test(no_call_is_lost_when_all_call_at_once),
		cmocka_unit_test(owner_sees_what_the_caller_saw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
