// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware's SDEI state table against the rules of DEN0054, stated here a second time and in
 * another way: by what is registered, enabled and running instead of by named states.
 */
#include "unit.h"
#include "../bed/arm64/firmware/sdei_table.c"

struct event {
	bool registered;
	bool enabled;
	bool running;
};

static struct event event_of(unsigned int state)
{
	struct event e = { sdei_status[state] & 1, sdei_status[state] & 2, sdei_status[state] & 4 };

	return e;
}

/* What the specification says of a call, given what the event is; changes the event. */
static int rule(struct event *e, enum sdei_step step)
{
	switch (step) {
	case SDEI_REGISTER: /* "event is not registered and no handler is running" */
		if (e->registered || e->running)
			return SDEI_DENIED;
		e->registered = true;
		return SDEI_SUCCESS;
	case SDEI_ENABLE:
	case SDEI_DISABLE: /* "event is registered"; running or not */
		if (!e->registered)
			return SDEI_DENIED;
		e->enabled = step == SDEI_ENABLE;
		return SDEI_SUCCESS;
	case SDEI_UNREGISTER: /* a running handler makes it pending, however often it is asked */
		if (!e->registered && !e->running)
			return SDEI_DENIED;
		e->registered = false;
		e->enabled = false;
		return e->running ? SDEI_PENDING : SDEI_SUCCESS;
	case SDEI_ROUTING_SET: /* "registered, disabled and not running" */
		return e->registered && !e->enabled && !e->running ? SDEI_SUCCESS : SDEI_DENIED;
	case SDEI_DISPATCH: /* enabled, once at a time */
		if (!e->enabled || e->running)
			return SDEI_DENIED;
		e->running = true;
		return SDEI_SUCCESS;
	case SDEI_CONTEXT:
		return e->running ? SDEI_SUCCESS : SDEI_DENIED;
	case SDEI_COMPLETE:
		if (!e->running)
			return SDEI_DENIED;
		e->running = false;
		return SDEI_SUCCESS;
	default:
		fail_msg("step %d has no rule", step);
		return 0;
	}
}

TEST(test_every_transition)
{
	for (unsigned int at = 0; at < SDEI_STATES; at++)
		for (unsigned int step = 0; step < SDEI_STEPS; step++) {
			const struct sdei_transition *t = &sdei_table[at][step];
			struct event e = event_of(at), next = event_of(t->next);
			int result = rule(&e, step);

			if (t->result != result || next.registered != e.registered ||
			    next.enabled != e.enabled || next.running != e.running)
				fail_msg(
					"state %u step %u: table goes to %u with %d, wanted %d%d%d with %d",
					at, step, t->next, t->result, e.registered, e.enabled,
					e.running, result);
		}
}

/* Two states that answer SDEI_EVENT_STATUS alike would make the comparison above blind. */
TEST(test_states_are_distinct)
{
	for (unsigned int a = 0; a < SDEI_STATES; a++)
		for (unsigned int b = a + 1; b < SDEI_STATES; b++)
			assert_int_not_equal(sdei_status[a], sdei_status[b]);
}

TEST(test_every_state_is_reachable_and_left)
{
	bool reached[SDEI_STATES] = { [SDEI_UNREGISTERED] = true };

	for (unsigned int round = 0; round < SDEI_STATES; round++)
		for (unsigned int at = 0; at < SDEI_STATES; at++)
			for (unsigned int step = 0; reached[at] && step < SDEI_STEPS; step++)
				reached[sdei_table[at][step].next] = true;
	for (unsigned int at = 0; at < SDEI_STATES; at++) {
		unsigned int back = at;

		assert_true(reached[at]);
		/* back to the start: unregister, and complete when it was running */
		sdei_step(&back, SDEI_UNREGISTER);
		sdei_step(&back, SDEI_COMPLETE);
		assert_int_equal(back, SDEI_UNREGISTERED);
	}
}

TEST(test_step_moves_the_state)
{
	unsigned int at = SDEI_UNREGISTERED;

	assert_int_equal(sdei_step(&at, SDEI_ENABLE), SDEI_DENIED);
	assert_int_equal(at, SDEI_UNREGISTERED);
	assert_int_equal(sdei_step(&at, SDEI_REGISTER), SDEI_SUCCESS);
	assert_int_equal(sdei_step(&at, SDEI_ENABLE), SDEI_SUCCESS);
	assert_int_equal(sdei_step(&at, SDEI_DISPATCH), SDEI_SUCCESS);
	assert_int_equal(sdei_step(&at, SDEI_UNREGISTER), SDEI_PENDING);
	assert_int_equal(at, SDEI_UNREGISTER_PENDING);
	assert_int_equal(sdei_step(&at, SDEI_COMPLETE), SDEI_SUCCESS);
	assert_int_equal(at, SDEI_UNREGISTERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_transition),
		cmocka_unit_test(test_states_are_distinct),
		cmocka_unit_test(test_every_state_is_reachable_and_left),
		cmocka_unit_test(test_step_moves_the_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
