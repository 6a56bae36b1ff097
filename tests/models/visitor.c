// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/sync/visitor.[ch] with src/path/queue.[ch]: two tasks that abort and share one slot, the
 * drain, the worker, and an unload at any time. Each page is failed once, by whoever has it; who
 * uses the slot races with nobody; nobody executes in a module that is gone; nothing hangs.
 */
#include "visitor_kernel.h"

#include "sync/visitor.c"
#include "path/queue.c"

enum thread {
	FIRST,
	SECOND,
	WORKER,
	DRAIN,
	UNLOAD,
};

#define TASKS  2
#define LENGTH 8u

struct task_struct *tasks[THREADS];
struct module the_module;

static struct task_struct task[THREADS];
static struct visitor memory[1] __attribute__((__aligned__(64)));
static struct gn_queue queue[TASKS];
static u64 ring[TASKS][16] __attribute__((__aligned__(64)));
static int rung[TASKS], failed[TASKS], expected[TASKS], told[TASKS];
static bool bound, gone, excepting[THREADS], inside[THREADS];

/* All of what is known of a slot's plain fields: that some thread uses them now. */
static volatile u64 *fields(void)
{
	return (volatile u64 *)&memory[0].touched.pages[0];
}

void init_task_work(struct callback_head *work, void (*func)(struct callback_head *work))
{
	weak_plain_write(fields(), 0);
	work->func = func;
}

int gn_task_work_add(struct callback_head *work)
{
	if (BORROWED && weak_choose(2))
		return -1;
	weak_check(!current->work);
	current->work = work;
	return 0;
}

void schedule_work(struct work_struct *work)
{
	weak_change(&work->queued, true, 0, 1, false, FULL);
}

void force_sig(int signal)
{
	weak_check(weak.running < TASKS);
	told[weak.running]++;
}

void *kvcalloc(size_t count, size_t size, int flags)
{
	memset(memory, 0, sizeof(memory));
	return memory;
}

void kvfree(void *p)
{
	weak_plain_write(fields(), 0);
	gone = true;
}

static bool nobody_inside(void)
{
	int i;

	for (i = 0; i < THREADS; i++)
		if (inside[i])
			return false;
	return true;
}

static bool no_exception(void)
{
	return !excepting[FIRST] && !excepting[SECOND];
}

/* After it, what all others did before is known. */
static void grace_period(bool (*over)(void))
{
	int i;

	weak_wait(over);
	for (i = 0; i < weak.nthreads; i++)
		weak_add(&weak_me()->now, &weak.threads[i].now);
}

void synchronize_rcu_tasks(void)
{
	grace_period(nobody_inside);
}

static bool worker_idle(void)
{
	return !memory[0].rest.queued && !inside[WORKER];
}

void flush_work(struct work_struct *work)
{
	grace_period(worker_idle);
}

static void fail(unsigned long pfn)
{
	weak_check(pfn && pfn <= TASKS);
	failed[pfn - 1]++;
}

void gn_page_fail(unsigned long pfn, bool pinned)
{
	if (weak.running == WORKER)
		weak_check(weak_plain_read(fields()) == pfn && pinned);
	fail(pfn);
}

bool gn_page_pin(unsigned long pfn)
{
	weak_plain_write(fields(), pfn); /* for all that the task writes in the slot */
	return true;
}

enum gn_failed gn_page_fail_touched(unsigned long pfn, bool signal, u32 patience_ms)
{
	weak_check(weak_plain_read(fields()) == pfn && pfn == weak.running + 1);
	if (weak_choose(2))
		return GN_FAIL_LATER;
	told[weak.running] += signal;
	fail(pfn);
	return GN_FAILED;
}

static void exception(struct pt_regs *regs)
{
	int me = weak.running;
	struct gn_touched *touched;
	struct gn_entry *e;

	if (!bound)
		return;
	excepting[me] = true;
	e = gn_queue_reserve(&queue[me], LENGTH);
	weak_check(e);
	touched = gn_visitor_arrive(regs, 0, regs && !user_mode(regs));
	e->touched = touched ? 1 : 0;
	if (touched) {
		weak_plain_write((volatile u64 *)&touched->pages[0], me + 1);
		touched->n = 1;
	}
	gn_queue_publish(&queue[me], e);
	expected[me]++;
	weak_change(&rung[me], true, 0, 1, true, FULL);
	excepting[me] = false;
}

static void resume(void)
{
	struct callback_head *work = current->work;

	if (!work)
		return;
	current->work = NULL;
	weak_check(!gone);
	inside[weak.running] = true;
	work->func(work);
	weak_step(); /* it has still to return */
	weak_check(!gone);
	inside[weak.running] = false;
}

/* It touches the page in the kernel, and flushes before it resumes. */
static void first(void)
{
	struct pt_regs regs = { .user = false };

	exception(&regs);
	if (current->work || bound) {
		inside[FIRST] = true;
		weak_check(ghes_nmi_flush() == !!current->work);
		/* Once is enough where it would be too many runs. */
		if (BORROWED)
			weak_check(ghes_nmi_flush() == 0);
		inside[FIRST] = false;
	}
	resume();
	weak_check(!told[FIRST]);
}

/* Borrowed: a kernel thread with a task's memory, which does not resume. */
static void second(void)
{
	struct pt_regs regs = { .user = !BORROWED };
	bool has;

	exception(&regs);
	has = current->work;
	if (!BORROWED)
		resume();
	weak_check(told[SECOND] == has);
}

static bool work_queued(void)
{
	return memory[0].rest.queued;
}

static void worker(void)
{
	struct work_struct *work = &memory[0].rest;

	for (;;) {
		weak_wait(work_queued);
		inside[WORKER] = true;
		weak_change(&work->queued, true, 0, 0, false, FULL);
		work->func(work);
		weak_step();
		weak_check(!gone);
		inside[WORKER] = false;
	}
}

static bool any_rung(void)
{
	return rung[FIRST] || rung[SECOND];
}

static void drain(void)
{
	struct gn_entry *e;
	int i;

	for (;;) {
		weak_wait(any_rung);
		i = rung[FIRST] ? FIRST : SECOND;
		weak_change(&rung[i], true, 0, 0, false, FULL);
		e = gn_queue_peek(&queue[i]);
		weak_check(e);
		if (!e->touched)
			gn_page_fail(i + 1, false);
		gn_queue_pop(&queue[i], e);
	}
}

static bool unused(void)
{
	return the_module.refcnt.counter == 1;
}

static void unload(void)
{
	do
		weak_wait(unused);
	while (atomic_cmpxchg(&the_module.refcnt, 1, 0) != 1);
	WRITE_ONCE(the_module.going, 1);
	bound = false;
	grace_period(no_exception);
	gn_visitors_exit();
}

static void begin(void)
{
	int i;

	memset(task, 0, sizeof(task));
	memset(ring, 0, sizeof(ring));
	memset(rung, 0, sizeof(rung));
	memset(failed, 0, sizeof(failed));
	memset(expected, 0, sizeof(expected));
	memset(told, 0, sizeof(told));
	memset(excepting, 0, sizeof(excepting));
	memset(inside, 0, sizeof(inside));
	for (i = 0; i < THREADS; i++)
		tasks[i] = &task[i];
	task[FIRST].mm = task[SECOND].mm = true;
	task[SECOND].flags = BORROWED ? GN_STAYS_IN_KERNEL : 0;
	for (i = 0; i < TASKS; i++)
		gn_queue_init(&queue[i], (u8 *)ring[i], gn_queue_bytes(LENGTH));
	the_module.refcnt.counter = 1;
	the_module.going = 0;
	bound = true;
	gone = false;
	gn_visitors_init();
	n = 1;
	weak_thread(first, false);
	weak_thread(second, false);
	weak_thread(worker, true);
	weak_thread(drain, true);
	weak_thread(unload, false);
}

static void end(void)
{
	weak_check(gone);
	weak_check(!gn_visitors());
	weak_check(failed[FIRST] == expected[FIRST]);
	weak_check(failed[SECOND] == expected[SECOND]);
}

int main(void)
{
	return weak_explore("visitor", begin, end);
}
