// SPDX-License-Identifier: GPL-2.0-only
/*
 * One page of memory, and how it is taken out of use.
 *
 * The kernel's memory_failure() does that, and it sleeps. Nothing is queued on the way:
 * the kernel's own queue before it holds 16 pages per CPU and drops the rest.
 *
 * A page that is only moved elsewhere goes through that queue. One of hugetlbfs is left
 * alone, because that would cost the huge page.
 *
 * Owns @failing, the list of spared tasks behind it, and the workers. Context: process
 * context, but for gn_page_name(), which is for any.
 */
#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat/memory.h"
#include "sinks/sink.h"

/* The kernel's queue of pages to be moved away holds 16 per CPU. */
#define SOFT_BURST 8u
#define SOFT_MS	   50u

/* Tasks that were let go on once, with their page; and for how long that is remembered. */
#define SPARED	  64u
#define SPARED_MS 10000u

/**
 * gn_page_name() - what became of a page, in words
 * @page: the outcome
 *
 * Return: a constant string, one word.
 */
const char *gn_page_name(enum gn_page page)
{
	static const char *const names[GN_PAGES] = {
		[GN_PAGE_FAILED] = "failed",	 [GN_PAGE_SOFT] = "soft_offlined",
		[GN_PAGE_LEFT] = "left_to_task", [GN_PAGE_BEFORE] = "poisoned_before",
		[GN_PAGE_IGNORED] = "ignored",	 [GN_PAGE_NONE] = "no_memory",
	};

	return names[page];
}

static bool lies_in(u64 pa, unsigned long flags, unsigned long desc)
{
	return region_intersects(pa, 1, flags, desc) != REGION_DISJOINT;
}

/**
 * gn_page_known() - may memory_failure() be asked about a page
 * @pfn: page frame number, of memory or of nothing
 *
 * As the in-tree driver does: whatever has a struct page, and what the kernel knows
 * otherwise, which is SGX's memory and, since drivers can register it, a device's. Where
 * recovery is switched off memory_failure() panics of anything.
 *
 * Context: Process context.
 */
bool gn_page_known(unsigned long pfn)
{
	u64 pa = PFN_PHYS(pfn);

	if (pa > (u64)(phys_addr_t)-1)
		return false;
	return pfn_valid(pfn) || arch_is_platform_page(pa) ||
	       (gn_memory_of_devices && lies_in(pa, IORESOURCE_MEM, IORES_DESC_NONE));
}

#ifdef CONFIG_MEMORY_FAILURE
/* Has this address a struct page whose fields are set? One of memory that is offline has not. */
static bool has_page(u64 pa)
{
	return pfn_valid(PHYS_PFN(pa)) &&
	       (lies_in(pa, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) ||
		lies_in(pa, IORESOURCE_MEM, IORES_DESC_PERSISTENT_MEMORY) ||
		lies_in(pa, IORESOURCE_MEM, IORES_DESC_PERSISTENT_MEMORY_LEGACY) ||
		lies_in(pa, IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED));
}

/*
 * The kernel fails one page at a time, under a mutex of its own, and may wait for that
 * page's device meanwhile. Ours is taken first, because only this one can be given up.
 */
static struct semaphore failing = __SEMAPHORE_INITIALIZER(failing, 1);

/* A page that a drain has left to a worker. */
struct parted {
	struct work_struct work;
	unsigned long pfn;
};

static struct workqueue_struct *workers;

/* Guarded by @failing. */
static struct {
	u64 start;
	pid_t pid;
	unsigned long pfn;
	unsigned long when;
} spared[SPARED];
static u32 next_spared;

/*
 * The current task touched a page that was out of use before. Where the kernel could take
 * the page from the task's memory, the task finds another one when it touches the address
 * again, or the signal that waits for it there: it goes on. Where the kernel could not (a
 * driver's mapping of a page that is not in its hands) the task meets the error again,
 * and comes here a second time. True at the first.
 */
static bool spare_once(unsigned long pfn)
{
	u64 start = current->start_boottime;
	u32 i;

	for (i = 0; i < SPARED; i++) {
		if (spared[i].start != start || spared[i].pid != current->pid ||
		    spared[i].pfn != pfn)
			continue;
		spared[i].start = 0;
		return false;
	}
	i = next_spared % SPARED;
	/* More tasks than can be remembered: then rather a signal too many than a loop. */
	if (spared[i].start && time_before(jiffies, spared[i].when + msecs_to_jiffies(SPARED_MS)))
		return false;
	spared[i].start = start;
	spared[i].pid = current->pid;
	spared[i].pfn = pfn;
	spared[i].when = jiffies;
	next_spared++;
	return true;
}

/* memory_failure() of a page, its answer in @said. False: others are at it for too long. */
static bool ask_kernel(unsigned long pfn, int flags, long patience, int *said, bool *before)
{
	*before = false;
	*said = -ENXIO;
	if (!gn_page_known(pfn))
		return true;
	if (down_timeout(&failing, patience))
		return false;
	*before = has_page(PFN_PHYS(pfn)) && PageHWPoison(pfn_to_page(pfn));
	*said = memory_failure(pfn, flags);
	/*
	 * Of such a page the kernel says that it has sent the signal, or, by -EFAULT or 0, that
	 * the task has no such page; before 5.13 it says 0 whatever is the matter.
	 */
	if (*before && flags & MF_ACTION_REQUIRED && (!*said || *said == -EFAULT))
		*said = spare_once(pfn) ? -EHWPOISON : -EBUSY;
	up(&failing);
	cond_resched();
	return true;
}

/**
 * gn_page_soft_offline() - have the kernel move a page elsewhere
 * @pfn: page frame number, of memory or of nothing
 *
 * The kernel's queue takes a few pages at a time; a worker empties it.
 *
 * Context: Process context, sleeps.
 * Return: what became of it.
 */
enum gn_page gn_page_soft_offline(unsigned long pfn)
{
	static atomic_t queued;

	if (!gn_page_known(pfn))
		return GN_PAGE_NONE;
	if (has_page(PFN_PHYS(pfn)) && PageHuge(pfn_to_page(pfn)))
		return GN_PAGE_IGNORED;
	memory_failure_queue(pfn, MF_SOFT_OFFLINE);
	if ((u32)atomic_inc_return(&queued) % SOFT_BURST == 0)
		msleep(SOFT_MS);
	return GN_PAGE_SOFT;
}

/* Fails a page; what became of it is in @page. False: others are at it for too long. */
static bool fail(unsigned long pfn, int flags, long patience, enum gn_page *page)
{
	bool before;
	int said;

	if (!ask_kernel(pfn, flags, patience, &said, &before))
		return false;
	if (said == -ENXIO)
		*page = GN_PAGE_NONE;
	else if (before || said == -EHWPOISON)
		*page = GN_PAGE_BEFORE;
	else
		*page = said ? GN_PAGE_IGNORED : GN_PAGE_FAILED;
	return true;
}

/**
 * gn_page_fail() - take a page out of use
 * @pfn: page frame number, of memory or of nothing
 * @pinned: gn_page_pin() has pinned it
 *
 * Context: Process context, sleeps for as long as it takes.
 * Return: what became of it.
 */
enum gn_page gn_page_fail(unsigned long pfn, bool pinned)
{
	enum gn_page page = GN_PAGE_NONE;

	fail(pfn, pinned ? MF_COUNT_INCREASED : 0, MAX_SCHEDULE_TIMEOUT, &page);
	return page;
}

static void fail_parted(struct work_struct *work)
{
	struct parted *p = container_of(work, struct parted, work);

	gn_page_fail(p->pfn, false);
	kfree(p);
	module_put(THIS_MODULE);
}

/**
 * gn_page_fail_soon() - take a page out of use, and do not wait long for others
 * @pfn: page frame number, of memory or of nothing
 * @patience_ms: how long to wait for others that fail pages; set to 0 when that was too
 *               short, so that a range waits once
 *
 * A source's drain must not stand still because the device of somebody's page does not
 * answer: a worker gets the page then, and the module stays loaded until it is done.
 *
 * Context: Process context, sleeps.
 * Return: what became of it; GN_PAGE_LEFT: the worker has it.
 */
enum gn_page gn_page_fail_soon(unsigned long pfn, u32 *patience_ms)
{
	struct parted *p;
	enum gn_page page;

	if (fail(pfn, 0, msecs_to_jiffies(*patience_ms), &page))
		return page;
	*patience_ms = 0;
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return gn_page_fail(pfn, false);
	__module_get(THIS_MODULE);
	p->pfn = pfn;
	INIT_WORK(&p->work, fail_parted);
	queue_work(workers, &p->work);
	return GN_PAGE_LEFT;
}

/**
 * gn_pages_init() - make the workers
 *
 * Context: Process context, before the first record.
 * Return: 0 or -ENOMEM.
 */
int gn_pages_init(void)
{
	workers = alloc_workqueue("ghes_nmi_pages", WQ_UNBOUND, 0);
	return workers ? 0 : -ENOMEM;
}

/**
 * gn_pages_exit() - end the workers
 *
 * Context: Process context, sleeps until they have failed every page.
 */
void gn_pages_exit(void)
{
	destroy_workqueue(workers);
}

/**
 * gn_page_pin() - keep a page from being given to somebody else
 * @pfn: page frame number, of memory or of nothing
 *
 * Context: Process context.
 * Return: true if it was in use; gn_page_fail() undoes it.
 */
bool gn_page_pin(unsigned long pfn)
{
	struct page *page;

	if (!has_page(PFN_PHYS(pfn)))
		return false;
	page = compound_head(pfn_to_page(pfn));
	if (!get_page_unless_zero(page))
		return false;
	if (compound_head(pfn_to_page(pfn)) == page)
		return true;
	put_page(page);
	return false;
}

/**
 * gn_page_fail_touched() - take a page out of use that the current task touched
 * @pfn: page frame number, of memory or of nothing
 * @signal: the task is to get SIGBUS with BUS_MCEERR_AR, the address and the size of
 *          what is lost
 * @patience_ms: how long to wait for others that fail pages
 *
 * Context: The task, in process context, without locks.
 * Return: what became of it.
 */
enum gn_failed gn_page_fail_touched(unsigned long pfn, bool signal, u32 patience_ms)
{
	bool before;
	int said;

	if (!ask_kernel(pfn, signal ? MF_ACTION_REQUIRED : 0, msecs_to_jiffies(patience_ms), &said,
			&before))
		return GN_FAIL_LATER;
	/* -EOPNOTSUPP: an administrator filters pages out, to test other ones. */
	return !said || said == -EHWPOISON || said == -EOPNOTSUPP ? GN_FAILED : GN_NOT_FAILED;
}
#else
enum gn_page gn_page_soft_offline(unsigned long pfn)
{
	return gn_page_known(pfn) ? GN_PAGE_IGNORED : GN_PAGE_NONE;
}

enum gn_page gn_page_fail(unsigned long pfn, bool pinned)
{
	return gn_page_soft_offline(pfn);
}

enum gn_page gn_page_fail_soon(unsigned long pfn, u32 *patience_ms)
{
	return gn_page_soft_offline(pfn);
}

int gn_pages_init(void)
{
	return 0;
}

void gn_pages_exit(void)
{
}

bool gn_page_pin(unsigned long pfn)
{
	return false;
}

enum gn_failed gn_page_fail_touched(unsigned long pfn, bool signal, u32 patience_ms)
{
	return GN_NOT_FAILED;
}
#endif
