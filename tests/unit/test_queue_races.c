// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue between two threads, with the orders checked: a record's bytes that
 * are read before they are published, or written before they are popped, are a
 * data race. Built with -fsanitize=thread.
 */
#include "queue_stress.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
