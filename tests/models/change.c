// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/sync/retry.c: an exception that finds no record while the sources change hands. It never
 * asks the driver of the change before, which may be gone.
 */
#include "weak.h"

#include "retry_kernel.h"

static void grace_period(void)
{
	weak_full();
}
#define synchronize_rcu_tasks grace_period
#include "sync/retry.c"

static struct gn_retry retry;
static struct pt_regs regs;

static int gone(struct pt_regs *r)
{
	(void)r;
	weak_fail("a driver that is gone is asked");
	return 0;
}

static int in_tree(struct pt_regs *r)
{
	(void)r;
	return 0;
}

static void changer(void)
{
	gn_retry_begin(&retry);
	gn_retry_after_give_back(&retry, in_tree);
	gn_retry_end(&retry);
}

static void exception(void)
{
	gn_retry_ask(&retry, &regs, 0, false);
}

static void begin(void)
{
	memset(&retry, 0, sizeof(retry));
	retry.other = gone;
	weak_thread(changer, false);
	weak_thread(exception, false);
	weak_thread(exception, false);
}

static void end(void)
{
	weak_check(!retry.changing && retry.other == in_tree);
}

int main(void)
{
	return weak_explore("change", begin, end);
}
