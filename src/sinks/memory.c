// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory sink: a page with an uncorrected error is taken out of use.
 *
 * The kernel's memory_failure() does that, and it sleeps, so this sink runs in a
 * task. Nothing is queued on the way: the kernel's own queue before it holds 16
 * pages per CPU and drops the rest.
 *
 * A task that touched a page synchronously fails it itself: the kernel then sends its
 * signal to that very task. gn_memory_touched() tells the exception which pages those
 * are, in the order in which this sink comes to them and leaves them out.
 *
 * A record may name more than a page: bits of the address that its mask leaves
 * out are unknown, and every page they may mean is failed, up to gn_memory_range_kib.
 * A coarser mask says what the memory controller can tell, not what is lost: then it
 * is the page of the address alone, as for the in-tree driver.
 *
 * A page that is corrected too often is moved elsewhere: the one of the address, and
 * not where it would cost a huge page of hugetlbfs.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/semaphore.h>

#include "compat/cper.h"
#include "compat/memory.h"
#include "record/section.h"
#include "sinks/sink.h"

/* The kernel's queue of pages to be moved away holds 16 per CPU. */
#define SOFT_BURST 8u
#define SOFT_MS	   50u

/* Tasks that were let go on once, with their page; and for how long that is remembered. */
#define SPARED	  64u
#define SPARED_MS 10000u

/* Cache errors, by the bits of UEFI 2.9A and by the numbers before it. */
#define ARM_CACHE_BIT	  0x2
#define ARM_CACHE_OLD	  0x0

#define ERR_INFO_VALID_PA 0x10

u32 gn_memory_range_kib = GN_MEMORY_RANGE_KIB;

/* What is to become of a section's pages. */
enum fate {
	FATE_NONE,
	FATE_FAIL, /* uncorrected: lost */
	FATE_SOFT, /* corrected too often: moved elsewhere */
};

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

/* NMI-safe. @severity: the record's. */
static enum fate fate_of(u32 severity, const struct gn_section *s)
{
	if (s->severity == GN_SEV_CORRECTED && s->flags & CPER_SEC_ERROR_THRESHOLD_EXCEEDED &&
	    s->kind == GN_SECTION_MEMORY)
		return FATE_SOFT;
	if (severity == GN_SEV_RECOVERABLE && s->severity == GN_SEV_RECOVERABLE)
		return FATE_FAIL;
	return FATE_NONE;
}
NOKPROBE_SYMBOL(fate_of);

/* NMI-safe. Pages of a memory section: false if it has no address. */
static bool memory_range(const struct gn_section *s, u64 *pa, u64 *size, bool *odd)
{
	struct cper_sec_mem_err mem = {};
	u64 unit;

	memcpy(&mem, s->body, min_t(u32, s->length, sizeof(mem)));
	if (!(mem.validation_bits & CPER_MEM_VALID_PA))
		return false;
	*pa = mem.physical_addr;
	*size = PAGE_SIZE;
	*odd = false;
	if (!(mem.validation_bits & CPER_MEM_VALID_PA_MASK))
		return true;
	/* One run of ones; a mask with holes says nothing that could be used. */
	unit = mem.physical_addr_mask & -mem.physical_addr_mask;
	if (!unit || unit > max_t(u64, PAGE_SIZE, (u64)gn_memory_range_kib << 10) ||
	    (mem.physical_addr_mask + unit) & mem.physical_addr_mask)
		*odd = true;
	else
		*size = max_t(u64, unit, PAGE_SIZE);
	return true;
}
NOKPROBE_SYMBOL(memory_range);

/* NMI-safe. The physical address of an ARM error information entry that means memory. */
static bool err_info_pa(const u8 *info, u64 *pa)
{
	u8 type = info[4];

	if (type != ARM_CACHE_OLD && !(type & ARM_CACHE_BIT))
		return false;
	*pa = gn_le64(info + 24);
	return gn_le16(info + 2) & ERR_INFO_VALID_PA;
}
NOKPROBE_SYMBOL(err_info_pa);

/* What a record says of some pages; @pa lies in the one that was touched. */
struct mention {
	enum fate fate;
	u64 pa;
	u64 size;
	bool odd;
};

/* NMI-safe. Calls @fn for every range of a checked block, in its order, while it is true. */
static bool each_mention(const u8 *block, bool (*fn)(const struct mention *mention, void *data),
			 void *data)
{
	struct mention r = { .size = PAGE_SIZE };
	struct gn_section s;
	struct gn_walk walk;
	struct gn_arm arm;
	const u8 *info;
	u32 i;

	gn_walk_start(&walk, block);
	while (gn_walk_next(&walk, &s)) {
		r.fate = fate_of(gn_estatus_severity(block), &s);
		if (r.fate == FATE_NONE)
			continue;
		if (s.kind == GN_SECTION_MEMORY && memory_range(&s, &r.pa, &r.size, &r.odd) &&
		    !fn(&r, data))
			return false;
		if (s.kind != GN_SECTION_ARM || !gn_section_arm(&s, &arm))
			continue;
		r.size = PAGE_SIZE;
		r.odd = false;
		for (i = 0, info = arm.err_info; i < arm.err_infos; i++, info += info[1])
			if (err_info_pa(info, &r.pa) && !fn(&r, data))
				return false;
	}
	return true;
}
NOKPROBE_SYMBOL(each_mention);

static bool lies_in(u64 pa, unsigned long flags, unsigned long desc)
{
	return region_intersects(pa, 1, flags, desc) != REGION_DISJOINT;
}

/* Has this address a struct page whose fields are set? One of memory that is offline has not. */
static bool has_page(u64 pa)
{
	return pfn_valid(PHYS_PFN(pa)) &&
	       (lies_in(pa, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) ||
		lies_in(pa, IORESOURCE_MEM, IORES_DESC_PERSISTENT_MEMORY));
}

/*
 * May memory_failure() be asked about this address? As the in-tree driver: whatever has a
 * struct page, and what the kernel knows otherwise: SGX's memory, and a device's memory
 * since drivers can register it. Where recovery is switched off it panics of anything.
 */
static bool may_fail(u64 pa)
{
	if (pa > (u64)(phys_addr_t)-1)
		return false;
	return pfn_valid(PHYS_PFN(pa)) || arch_is_platform_page(pa) ||
	       (gn_memory_of_devices && lies_in(pa, IORESOURCE_MEM, IORES_DESC_NONE));
}

#ifdef CONFIG_MEMORY_FAILURE
/*
 * The kernel fails one page at a time, under a mutex of its own, and may wait for that
 * page's device meanwhile. Ours is taken first, because only this one can be given up.
 */
static struct semaphore failing = __SEMAPHORE_INITIALIZER(failing, 1);

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
	if (!may_fail(PFN_PHYS(pfn)))
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

/* The kernel's queue takes a few at a time; it is emptied by a worker. */
static enum gn_page soften(unsigned long pfn)
{
	static atomic_t queued;

	if (!may_fail(PFN_PHYS(pfn)))
		return GN_PAGE_NONE;
	if (has_page(PFN_PHYS(pfn)) && PageHuge(pfn_to_page(pfn)))
		return GN_PAGE_IGNORED;
	memory_failure_queue(pfn, MF_SOFT_OFFLINE);
	if ((u32)atomic_inc_return(&queued) % SOFT_BURST == 0)
		msleep(SOFT_MS);
	return GN_PAGE_SOFT;
}

/**
 * gn_memory_fail() - take a page out of use
 * @pfn: page frame number, of memory or of nothing
 * @pinned: gn_memory_pin() has pinned it
 *
 * Context: Process context, sleeps for as long as it takes.
 * Return: what became of it.
 */
enum gn_page gn_memory_fail(unsigned long pfn, bool pinned)
{
	bool before;
	int said;

	ask_kernel(pfn, pinned ? MF_COUNT_INCREASED : 0, MAX_SCHEDULE_TIMEOUT, &said, &before);
	if (said == -ENXIO)
		return GN_PAGE_NONE;
	if (before || said == -EHWPOISON)
		return GN_PAGE_BEFORE;
	return said ? GN_PAGE_IGNORED : GN_PAGE_FAILED;
}

/**
 * gn_memory_pin() - keep a page from being given to somebody else
 * @pfn: page frame number, of memory or of nothing
 *
 * Context: Process context.
 * Return: true if it was in use; gn_memory_fail() undoes it.
 */
bool gn_memory_pin(unsigned long pfn)
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
 * gn_memory_fail_touched() - take a page out of use that the current task touched
 * @pfn: page frame number, of memory or of nothing
 * @signal: the task is to get SIGBUS with BUS_MCEERR_AR, the address and the size of
 *          what is lost
 * @patience_ms: how long to wait for others that fail pages
 *
 * Context: The task, in process context, without locks.
 * Return: what became of it.
 */
enum gn_failed gn_memory_fail_touched(unsigned long pfn, bool signal, u32 patience_ms)
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
static enum gn_page soften(unsigned long pfn)
{
	return may_fail(PFN_PHYS(pfn)) ? GN_PAGE_IGNORED : GN_PAGE_NONE;
}

enum gn_page gn_memory_fail(unsigned long pfn, bool pinned)
{
	return soften(pfn);
}

bool gn_memory_pin(unsigned long pfn)
{
	return false;
}

enum gn_failed gn_memory_fail_touched(unsigned long pfn, bool signal, u32 patience_ms)
{
	return GN_NOT_FAILED;
}
#endif

static void note(u64 *count)
{
	WRITE_ONCE(*count, *count + 1);
}

/* @touched: of the pages that were touched, so many are seen to by those who did it. */
struct delivery {
	const struct gn_record *record;
	u32 touched;
};

static bool take_out(const struct mention *mention, void *data)
{
	struct delivery *d = data;
	struct gn_outlet *out = d->record->out;
	unsigned long touched = PHYS_PFN(mention->pa),
		      pfn = PHYS_PFN(mention->pa & ~(mention->size - 1));
	bool seen_to = mention->fate == FATE_FAIL && d->touched, bad = mention->odd;
	u32 i, n = mention->size >> PAGE_SHIFT;
	enum gn_page page;

	d->touched -= seen_to;
	if (mention->fate == FATE_SOFT) {
		n = 1;
		pfn = touched;
	}
	for (i = 0; i < n; i++, pfn++) {
		if (seen_to && pfn == touched)
			page = may_fail(PFN_PHYS(pfn)) ? GN_PAGE_LEFT : GN_PAGE_NONE;
		else if (mention->fate == FATE_SOFT)
			page = soften(pfn);
		else
			page = gn_memory_fail(pfn, false);
		note(&out->pages[page]);
		bad |= page == GN_PAGE_NONE;
	}
	if (bad)
		note(&out->bad_page);
	return true;
}

static void memory_deliver(const struct gn_record *record)
{
	struct delivery d = { .record = record, .touched = record->touched };

	each_mention(record->block, take_out, &d);
}

const struct gn_sink gn_sink_memory = {
	.deliver = memory_deliver,
	.in_task = true,
};

static bool any(const struct mention *mention, void *data)
{
	return false;
}

/**
 * gn_memory_wanted() - does this record need the memory sink, and so a task
 * @record: a checked record
 *
 * Context: The drain.
 * Return: true if it names a page that is to be taken out of use.
 */
bool gn_memory_wanted(const struct gn_record *record)
{
	return !each_mention(record->block, any, NULL);
}

struct taking {
	struct gn_touched *to;
	u32 n;
};

/* NMI-safe. False when there is no room for the page. */
static bool take_touched(const struct mention *mention, void *data)
{
	struct taking *t = data;
	unsigned long pfn = PHYS_PFN(mention->pa);
	u32 i;

	if (mention->fate != FATE_FAIL)
		return true;
	for (i = 0; i < t->to->n && t->to->pages[i] != pfn; i++)
		;
	if (i == GN_TOUCHED)
		return false;
	t->to->pages[i] = pfn;
	t->to->n = max(t->to->n, i + 1);
	t->n++;
	return true;
}
NOKPROBE_SYMBOL(take_touched);

/**
 * gn_memory_touched() - the pages that whoever met this error has touched
 * @block: a checked block
 * @to: the pages are added here
 *
 * Whether an address is memory at all is not looked at.
 *
 * Context: NMI-safe.
 * Return: how many mentions of pages were taken, in the block's order: those are left
 *         out by the sink when this is the record's @touched.
 */
u32 gn_memory_touched(const u8 *block, struct gn_touched *to)
{
	struct taking t = { .to = to };

	each_mention(block, take_touched, &t);
	return t.n;
}
NOKPROBE_SYMBOL(gn_memory_touched);
