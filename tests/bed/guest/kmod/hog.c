// SPDX-License-Identifier: GPL-2.0-only
/*
 * hog: a real-time thread that leaves its CPU to nobody, from loading to removing.
 *
 *	insmod hog.ko cpu=N
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

static uint cpu;
module_param(cpu, uint, 0);

static struct task_struct *task;

static int hog(void *unused)
{
	while (!kthread_should_stop())
		cpu_relax();
	return 0;
}

static int __init hog_init(void)
{
	task = kthread_create(hog, NULL, "hog");
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, cpu);
	sched_set_fifo(task);
	wake_up_process(task);
	return 0;
}
module_init(hog_init);

static void __exit hog_exit(void)
{
	kthread_stop(task);
}
module_exit(hog_exit);

MODULE_DESCRIPTION("Keeps a CPU busy at real-time priority");
MODULE_LICENSE("GPL");
