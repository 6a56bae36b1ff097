// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader: an RCU reader that takes its time.
 *
 *	insmod reader.ko ms=M &
 *	echo 1 >/sys/module/reader/parameters/done
 *
 * No grace period ends before the second command, or for so many milliseconds.
 * Loading the module succeeds then. The kernel's clock bounds it, never a delay
 * loop: the loop of a CPU that started on a busy host is calibrated several
 * times too long, and RCU reports a stall.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

static uint ms;
module_param(ms, uint, 0);

static bool done;
module_param(done, bool, 0200);

static int __init reader_init(void)
{
	ktime_t end = ktime_add_ms(ktime_get(), ms);

	rcu_read_lock();
	while (!READ_ONCE(done) && ktime_before(ktime_get(), end))
		cpu_relax();
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
