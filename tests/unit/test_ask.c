// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/notify/ask.c: whoever asks in an interrupt or in a task owns the collecting claim, and drains, with interrupts
 * off, and has them back afterwards.
 */
#include "unit.h"

#include <linux/irqflags.h>

/* ask.c only hands its source on. */
#define GN_PATH_SOURCE_H
struct gn_source {
	enum {
		NOTHING_THERE,
		SOMETHING_THERE
	} has;
};

/* A callback has what the others need. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "../../src/notify/ask.c"

static unsigned int looks, drains;

enum gn_outcome gn_collect_for(struct gn_source *s, struct pt_regs *regs, gn_meet_fn *meet,
			       void *asker)
{
	(void)regs;
	assert_true(irqs_are_off);
	assert_int_equal(meet(asker, s, NULL), GN_RING_NOT);
	looks++;
	return s->has == SOMETHING_THERE ? GN_COLLECTED : GN_NOTHING;
}

void gn_drain_here(struct gn_source *s)
{
	(void)s;
	assert_true(irqs_are_off);
	drains++;
}

static void ask(bool off)
{
	struct gn_source nothing = { NOTHING_THERE }, something = { SOMETHING_THERE };

	looks = drains = 0;
	irqs_are_off = off;
	assert_false(gn_ask(&nothing));
	assert_int_equal(irqs_are_off, off);
	assert_int_equal(drains, 0);
	assert_true(gn_ask(&something));
	assert_int_equal(irqs_are_off, off);
	assert_int_equal(looks, 2);
	assert_int_equal(drains, 1);
}

TEST(test_interrupts_are_off_in_a_task)
{
	ask(false);
}

TEST(test_interrupts_stay_off_in_an_interrupt)
{
	ask(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupts_are_off_in_a_task),
		cmocka_unit_test(test_interrupts_stay_off_in_an_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
