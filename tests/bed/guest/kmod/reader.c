// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader: an RCU reader that takes its time.
 *
 *	insmod reader.ko ms=M
 *
 * No grace period ends for so many milliseconds. Loading it succeeds when it is over.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

static uint ms;
module_param(ms, uint, 0);

static int __init reader_init(void)
{
	rcu_read_lock();
	mdelay(ms);
	rcu_read_unlock();
	return 0;
}
module_init(reader_init);

static void __exit reader_exit(void)
{
}
module_exit(reader_exit);

MODULE_DESCRIPTION("Holds up RCU's grace periods");
MODULE_LICENSE("GPL");
