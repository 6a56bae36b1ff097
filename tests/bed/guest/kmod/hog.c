// SPDX-License-Identifier: GPL-2.0-only
/*
 * hog: a thread that leaves its CPU to nobody, from loading to removing.
 *
 *	insmod hog.ko cpu=N		at real-time priority
 *	insmod hog.ko cpu=N before=NAME	at the lowest real-time priority; the thread NAME of the
 *					same CPU has none meanwhile
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

static uint cpu;
module_param(cpu, uint, 0);
static char *before;
module_param(before, charp, 0);

static struct task_struct *task, *after;

static struct task_struct *find(const char *name)
{
	struct task_struct *p, *found = NULL;

	rcu_read_lock();
	for_each_process(p) if (!strcmp(p->comm, name)) found = p;
	rcu_read_unlock();
	return found; /* a kernel thread of a CPU stays */
}

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
	if (before) {
		after = find(before);
		if (!after) {
			kthread_stop(task);
			return -ESRCH;
		}
		sched_set_normal(after, MAX_NICE);
		sched_set_fifo_low(task);
	} else {
		sched_set_fifo(task);
	}
	wake_up_process(task);
	return 0;
}
module_init(hog_init);

static void __exit hog_exit(void)
{
	kthread_stop(task);
	if (after)
		sched_set_fifo_low(after);
}
module_exit(hog_exit);

MODULE_DESCRIPTION("Keeps a CPU busy at real-time priority");
MODULE_LICENSE("GPL");
