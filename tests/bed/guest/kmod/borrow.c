// SPDX-License-Identifier: GPL-2.0-only
/*
 * borrow: a kernel thread that works with a task's memory, as vhost does.
 *
 *	insmod borrow.ko &	makes a page of its own task's; waits for go
 *	parameters/pa		the page's physical address, 0 until it is there
 *	parameters/go		1: the thread reads the page, and insmod ends
 *	parameters/result	what the thread's copy_from_user() came to: 0 or -EFAULT
 *
 * The thread lives until the module goes.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

static ulong pa;
module_param(pa, ulong, 0444);
static int go;
module_param(go, int, 0644);
static int result = 1;
module_param(result, int, 0444);

static struct task_struct *thread;
static struct mm_struct *mm;
static unsigned long address;

static int read_it(void *unused)
{
	u64 word;

	kthread_use_mm(mm);
	result = copy_from_user(&word, (void __user *)address, sizeof(word)) ? -EFAULT : 0;
	while (!kthread_should_stop())
		msleep(20);
	kthread_unuse_mm(mm);
	mmput(mm);
	return 0;
}

static int __init borrow_init(void)
{
	struct page *page;
	u64 word = 1;

	address =
		vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(address) || copy_to_user((void __user *)address, &word, sizeof(word)) ||
	    get_user_pages_fast(address, 1, 0, &page) != 1)
		return -ENOMEM;
	WRITE_ONCE(pa, PFN_PHYS(page_to_pfn(page)));
	put_page(page);
	while (!READ_ONCE(go))
		if (msleep_interruptible(10))
			return -EINTR;
	mm = get_task_mm(current);
	thread = kthread_run(read_it, NULL, "borrow");
	if (IS_ERR(thread)) {
		mmput(mm);
		return PTR_ERR(thread);
	}
	while (READ_ONCE(result) > 0)
		msleep(1);
	return 0;
}

static void __exit borrow_exit(void)
{
	kthread_stop(thread);
}

module_init(borrow_init);
module_exit(borrow_exit);

MODULE_DESCRIPTION("Reads a task's page in a kernel thread");
MODULE_LICENSE("GPL");
