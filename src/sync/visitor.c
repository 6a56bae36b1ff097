// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: visitors
 *
 * A task that took a synchronous error fails the pages that it touched itself, before
 * it goes on: then the kernel sends SIGBUS to this very task. The exception writes the
 * pages into a preallocated slot, the visitor, and hangs its task_work on the task.
 * The record goes the ordinary road: a visitor knows no record, no source
 * and no queue, and nothing waits for it.
 *
 *	state		the slot belongs to		next
 *	FREE		no context			IN_USE by an exception
 *	IN_USE		the exception, then its task	FREE: the task cannot be had
 *							DONE by gn_visitor_flush()
 *							LEFT by the task_work
 *							FREE by the task_work
 *	DONE		its task_work			FREE by the task_work
 *	LEFT		a worker			FREE by the worker
 *
 * An exception and its task are one context: the task_work runs after the exception
 * has returned. So only the two ends of a slot's time need order:
 *
 *	VISITOR_GET: atomic_cmpxchg(), fully ordered on success, pairs with
 *	VISITOR_FREE: atomic_set_release().
 *	If GET reads what FREE wrote, the last user's accesses of the slot are done
 *	before the next one writes.
 *
 *	VISITOR_LEFT: schedule_work() orders the task's writes before the worker's reads.
 *
 * Owns the slots. @task is set while the slot is IN_USE and its pages are still to be failed, and NULL at
 * any other time: gn_visitor_flush() finds its own task's slots by it, and a slot that
 * changes hands at the same time is never one of them.
 *
 * A slot that is not FREE holds a reference on the module: rmmod says "in use" and does
 * not wait. The reference is dropped by this module's own code, which is not unloaded
 * before every task has left it: gn_visitors_exit().
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat/module.h"
#include "compat/symbols.h"
#include "compat/task.h"
#include "sinks/sink.h"
#include "ghes_nmi.h"
#include "sync/visitor.h"

/* Slots per CPU: tasks that took an error there and were scheduled out since. */
#define PER_CPU 8u
/* How many an exception tries. */
#define TRIES 16u
/* A task waits so long for others that fail pages, in milliseconds. */
#define PATIENCE_MS 50u

enum state {
	FREE,
	IN_USE,
	DONE,
	LEFT,
};

/**
 * struct visitor - one slot
 * @work: has the task fail the pages before it goes on
 * @rest: has a worker fail them
 * @state: enum state, see above
 * @task: whose slot it is
 * @address: what the task touched, 0 if not known
 * @kernel: the kernel touched it, on behalf of the task
 * @touched: the pages
 * @left: those of them, a bit each, that are left to the worker
 * @pinned: and those that were pinned for it
 */
struct visitor {
	struct callback_head work;
	struct work_struct rest;
	atomic_t state;
	struct task_struct *task;
	unsigned long address;
	bool kernel;
	struct gn_touched touched;
	u32 left;
	u32 pinned;
};

static struct visitor *visitors;
static u32 n;

/* NMI-safe. */
static __always_inline struct visitor *get_slot(void)
{
	u32 i, at = raw_smp_processor_id() * PER_CPU;

	for (i = 0; i < TRIES; i++) {
		struct visitor *v = &visitors[at];

		if (likely(atomic_cmpxchg(&v->state, FREE, IN_USE) == FREE)) /* VISITOR_GET */
			return v;
		if (++at == n)
			at = 0;
	}
	return NULL;
}

/* NMI-safe. */
static void put_slot(struct visitor *v)
{
	WRITE_ONCE(v->task, NULL);
	atomic_set_release(&v->state, FREE); /* VISITOR_FREE */
	module_put(THIS_MODULE);
}
NOKPROBE_SYMBOL(put_slot);

/* The task cannot go on with what it touched, and the kernel has not signalled it. */
static void signal_task(const struct visitor *v)
{
	pr_err("task %s (%d) touched what cannot be recovered: it gets SIGBUS\n", current->comm,
	       task_pid_nr(current));
	if (v->address && gn_symbols.force_sig_mceerr)
		gn_symbols.force_sig_mceerr(BUS_MCEERR_AR, (void __user *)v->address, PAGE_SHIFT);
	else
		force_sig(SIGBUS);
}

/*
 * Runs in the task: it fails the pages, and makes sure that the task gets SIGBUS, also
 * when the record names no page or an address that is no memory: the task must not touch
 * that again. A task for which the kernel touched the page gets an error from its system
 * call and no signal; an exiting task, which has no memory any more, gets none either.
 *
 * The kernel fails one page at a time. If it is busy with another one for long (a page
 * under writeback to a device that does not answer), this one is left to a worker, and
 * the task is signalled before. The page is pinned until the worker has failed it.
 */
static void fail_own(struct visitor *v)
{
	bool signal = !v->kernel && current->mm, signalled = v->touched.n;
	u32 i;

	WRITE_ONCE(v->task, NULL);
	v->left = v->pinned = 0;
	for (i = 0; i < v->touched.n; i++) {
		unsigned long pfn = v->touched.pages[i];
		enum gn_failed failed = gn_page_fail_touched(pfn, signal, PATIENCE_MS);

		signalled &= failed == GN_FAILED;
		if (failed != GN_FAIL_LATER)
			continue;
		v->left |= BIT(i);
		v->pinned |= gn_page_pin(pfn) << i;
	}
	if (signal && !signalled)
		signal_task(v);
}

/* Runs in a worker: it fails the pages that the task left. */
static void fail_left(struct work_struct *work)
{
	struct visitor *v = container_of(work, struct visitor, rest);
	u32 i;

	for (i = 0; i < v->touched.n; i++)
		if (v->left & BIT(i))
			gn_page_fail(v->touched.pages[i], v->pinned & BIT(i));
	put_slot(v);
}

/* The task_work. */
static void before_resume(struct callback_head *work)
{
	struct visitor *v = container_of(work, struct visitor, work);

	if (atomic_read(&v->state) != DONE)
		fail_own(v);
	if (!v->left) {
		put_slot(v);
		return;
	}
	atomic_set(&v->state, LEFT);
	schedule_work(&v->rest); /* VISITOR_LEFT */
}

/*
 * NMI-safe. Does the current task pass a place where task_works run? On behalf of a task
 * the kernel touches in a system call, not in an interrupt, which has the task for no
 * reason. A kernel thread never passes one, even if it has borrowed some task's memory;
 * nor may one rely on it that the kernel made for user space and that stays in the kernel.
 */
static __always_inline bool will_resume(bool kernel)
{
	return !kernel || (in_task() && current->mm && !(current->flags & GN_STAYS_IN_KERNEL));
}

/**
 * gn_visitor_arrive() - the current task took an error, and is to fail the pages
 * @regs: the interrupted context, NULL for a guest
 * @address: what the task touched, 0 if not known
 * @kernel: the kernel touched it, not user space or a guest
 *
 * The caller fills in the pages before its exception returns. None: the task gets
 * SIGBUS without a page being failed.
 *
 * A guest's vCPU thread does not pass a place where task_works run before it enters the
 * guest again, up to Linux 5.15. A pending signal makes every hypervisor leave.
 *
 * Context: NMI-safe.
 * Return: where the pages go; NULL: this task cannot be had, or no slot is free.
 */
notrace struct gn_touched *gn_visitor_arrive(const struct pt_regs *regs, unsigned long address,
					     bool kernel)
{
	struct visitor *v;

	if (!will_resume(kernel) || !gn_module_get())
		return NULL;
	v = get_slot();
	if (unlikely(!v)) {
		module_put(THIS_MODULE);
		return NULL;
	}
	v->address = address;
	v->kernel = kernel;
	v->touched.n = 0;
	init_task_work(&v->work, before_resume);
	if (unlikely(gn_task_work_add(&v->work))) {
		put_slot(v);
		return NULL;
	}
	WRITE_ONCE(v->task, current);
	if (!regs)
		set_thread_flag(TIF_SIGPENDING);
	return &v->touched;
}
NOKPROBE_SYMBOL(gn_visitor_arrive);

int ghes_nmi_flush(void)
{
	int done = 0;
	u32 i;

	might_sleep();
	for (i = 0; i < n; i++) {
		struct visitor *v = &visitors[i];

		if (READ_ONCE(v->task) != current)
			continue;
		done++;
		fail_own(v);
		atomic_set(&v->state, DONE);
	}
	return done;
}
EXPORT_SYMBOL_GPL(ghes_nmi_flush);

/**
 * gn_visitors() - slots that are not free
 *
 * Context: Any.
 * Return: how many, a snapshot.
 */
int gn_visitors(void)
{
	int sum = 0;
	u32 i;

	for (i = 0; i < n; i++)
		sum += atomic_read(&visitors[i].state) != FREE;
	return sum;
}

/**
 * gn_visitors_init() - make the slots
 *
 * Context: Process context, before any source is bound.
 * Return: 0 or -ENOMEM.
 */
int gn_visitors_init(void)
{
	u32 i;

	n = nr_cpu_ids * PER_CPU;
	visitors = kvcalloc(n, sizeof(*visitors), GFP_KERNEL);
	if (!visitors)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		INIT_WORK(&visitors[i].rest, fail_left);
	return 0;
}

/**
 * gn_visitors_exit() - free the slots
 *
 * Context: Process context, sleeps; no slot holds a reference on the module any more.
 */
void gn_visitors_exit(void)
{
	u32 i;

	for (i = 0; i < n; i++)
		flush_work(&visitors[i].rest);
	/* The last task has dropped its reference but may still be executing here. */
	synchronize_rcu_tasks();
	kvfree(visitors);
}
