/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a visitor asks of the kernel, as the kernel promises it. Nobody gets a reference on a
 * module that is being unloaded; a task_work runs once, in its task; work that is queued runs
 * once; a grace period of RCU-tasks waits for every task and worker that executes in the module.
 */
#ifndef VISITOR_KERNEL_H
#define VISITOR_KERNEL_H

#include "weak.h"

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* The guards of the headers that visitor.c names. */
#define UNIT_LINUX_SLAB_H
#define UNIT_LINUX_WORKQUEUE_H
#define GN_SYMBOLS_H
#define GN_COMPAT_TASK_H
#define GN_SINK_H
#define GHES_NMI_H

#define CONFIG_ARM64		1
#define CONFIG_MODULE_UNLOAD	1

#define BIT(n)			(1u << (n))
#define ENOMEM			12
#define GFP_KERNEL		0
#define PAGE_SHIFT		12
#define SIGBUS			7
#define BUS_MCEERR_AR		4
#define TIF_SIGPENDING		0
#define EXPORT_SYMBOL_GPL(name) _Static_assert(sizeof(&(name)), "a function")
#define __user
#define pr_err(...)		      ((void)0)
#define might_sleep()		      ((void)0)
#define set_thread_flag(flag)	      ((void)0)
#define task_pid_nr(task)	      0
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))

/* One CPU that has one slot: exceptions contend for it. */
#define nr_cpu_ids	       1u
#define raw_smp_processor_id() 0u

struct callback_head {
	void (*func)(struct callback_head *work);
};

struct work_struct {
	void (*func)(struct work_struct *work);
	int queued;
};

struct pt_regs {
	bool user;
};

struct task_struct {
	bool mm;
	unsigned int flags;
	const char *comm;
	struct callback_head *work;
};

#define GN_STAYS_IN_KERNEL 1u
#define user_mode(regs)	   ((regs)->user)
#define in_task()	   true

extern struct task_struct *tasks[THREADS];
#define current (tasks[weak.running])

struct module {
	atomic_t refcnt;
	int going;
};
extern struct module the_module;
#define THIS_MODULE	    (&the_module)
#define module_is_live(m)   (!READ_ONCE((m)->going))
#define atomic_inc_not_zero model_inc_not_zero

static inline bool model_inc_not_zero(atomic_t *v)
{
	int was = 1, seen;

	while ((seen = atomic_cmpxchg(v, was, was + 1)) != was) {
		if (!seen)
			return false;
		was = seen;
	}
	return true;
}

/* Fully ordered. */
static inline void module_put(struct module *m)
{
	weak_change(&m->refcnt.counter, true, 0, -1, true, FULL);
}

static struct {
	void (*force_sig_mceerr)(int code, void *address, short lsb);
} gn_symbols;
void force_sig(int signal);

void init_task_work(struct callback_head *work, void (*func)(struct callback_head *work));
int gn_task_work_add(struct callback_head *work);

#define INIT_WORK(work, f) ((work)->func = (f))
void schedule_work(struct work_struct *work);
void flush_work(struct work_struct *work);
void synchronize_rcu_tasks(void);
void *kvcalloc(size_t n, size_t size, int flags);
void kvfree(void *p);

/* The memory sink. */
struct gn_touched {
	unsigned long pages[4];
	u32 n;
};

enum gn_failed {
	GN_FAILED,
	GN_NOT_FAILED,
	GN_FAIL_LATER,
};

void gn_page_fail(unsigned long pfn, bool pinned);
bool gn_page_pin(unsigned long pfn);
enum gn_failed gn_page_fail_touched(unsigned long pfn, bool signal, u32 patience_ms);

#endif
