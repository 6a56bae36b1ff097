// SPDX-License-Identifier: GPL-2.0-only
/* The queue between two threads, with memory checked. test_queue_races.c has the orders checked. */
#include "queue_stress.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
