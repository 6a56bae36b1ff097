// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory sink: a page with an uncorrected error is taken out of use.
 *
 * The kernel's memory_failure() does that, and it sleeps, so this sink runs in a
 * task. Nothing is queued on the way: the kernel's own queue before it holds 16
 * pages per CPU and drops the rest.
 *
 * Who touched the page synchronously fails it itself, last of all, from
 * gn_memory_accessed(): the kernel then sends its signal to that very task.
 *
 * A record may name more than a page: bits of the address that its mask leaves
 * out are unknown, and every page they may mean is failed.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>

#include "compat/cper.h"
#include "compat/symbols.h"
#include "record/section.h"
#include "sinks/sink.h"

/* The largest range that is believed. */
#define RANGE_MAX (1ull << 30)

/* Pages of a corrected error that are moved away; and how fast. */
#define SOFT_MAX   512u
#define SOFT_BURST 8u
#define SOFT_MS	   50u

/* Cache errors, by the bits of UEFI 2.9A and by the numbers before it. */
#define ARM_CACHE_BIT	  0x2
#define ARM_CACHE_OLD	  0x0

#define ERR_INFO_VALID_PA 0x10

/* What is to become of a section's pages. */
enum fate {
	FATE_NONE,
	FATE_FAIL, /* uncorrected: gone */
	FATE_SOFT, /* corrected too often: moved elsewhere */
};

static enum fate fate_of(const struct gn_record *record, const struct gn_section *s)
{
	if (s->severity == GN_SEV_CORRECTED && s->flags & CPER_SEC_ERROR_THRESHOLD_EXCEEDED &&
	    s->kind == GN_SECTION_MEMORY)
		return FATE_SOFT;
	if (record->head.severity == GN_SEV_RECOVERABLE && s->severity == GN_SEV_RECOVERABLE)
		return FATE_FAIL;
	return FATE_NONE;
}

/* Pages of a memory section: false if it has no address. */
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
	if (!unit || unit > RANGE_MAX || (mem.physical_addr_mask + unit) & mem.physical_addr_mask)
		*odd = true;
	else
		*size = max_t(u64, unit, PAGE_SIZE);
	return true;
}

/* The physical address of an ARM error information entry that means memory. */
static bool err_info_pa(const u8 *info, u64 *pa)
{
	u8 type = info[4];

	if (type != ARM_CACHE_OLD && !(type & ARM_CACHE_BIT))
		return false;
	*pa = gn_le64(info + 24);
	return gn_le16(info + 2) & ERR_INFO_VALID_PA;
}

/* Is there memory at this address, the kernel's or a persistent device's? */
static bool is_memory(u64 pa)
{
	if (pa > (u64)(phys_addr_t)-1 || !pfn_valid(PHYS_PFN(pa)))
		return false;
	return region_intersects(pa, 1, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
		       REGION_DISJOINT ||
	       region_intersects(pa, 1, IORESOURCE_MEM, IORES_DESC_PERSISTENT_MEMORY) !=
		       REGION_DISJOINT;
}

#ifdef CONFIG_MEMORY_FAILURE
static void fail(unsigned long pfn)
{
	memory_failure(pfn, 0);
	cond_resched();
}

/* The kernel's queue takes a few at a time; it is emptied by a worker. */
static void soften(unsigned long pfn, u32 n)
{
	memory_failure_queue(pfn, MF_SOFT_OFFLINE);
	if (n % SOFT_BURST == SOFT_BURST - 1)
		msleep(SOFT_MS);
}

/*
 * What memory_failure() said, and whether the page was taken out of use @before
 * (by another task that touched it, for one). True if the task need not be told
 * by us. For such a page, kernels that look who accessed it have sent the signal,
 * or found no such page in the task; older ones say 0 and have done nothing.
 */
static bool told(int said, bool before)
{
	if (before)
		return said == -EHWPOISON || said == -EFAULT;
	return !said || said == -EHWPOISON || said == -EOPNOTSUPP;
}
#else
static void fail(unsigned long pfn)
{
}

static void soften(unsigned long pfn, u32 n)
{
}
#endif

static void note_bad(const struct gn_record *record)
{
	u64 *bad = &record->out->bad_page;

	WRITE_ONCE(*bad, *bad + 1);
}

/* The page that was touched is its accessor's; true if it is in good hands. */
static bool leave_to_accessor(struct gn_accessor *a, unsigned long pfn)
{
	u32 i;

	if (!a)
		return false;
	a->lost = false;
	for (i = 0; i < a->n; i++)
		if (a->pages[i] == pfn)
			return true;
	if (a->n == GN_ACCESSED)
		return false;
	a->pages[a->n++] = pfn;
	return true;
}

static void take_out(const struct gn_record *record, enum fate fate, u64 pa, u64 size)
{
	unsigned long touched = PHYS_PFN(pa), pfn = PHYS_PFN(pa & ~(size - 1));
	u32 i, n = size >> PAGE_SHIFT;
	bool missing = false;

	if (fate == FATE_SOFT && n > SOFT_MAX) {
		n = 1;
		pfn = touched;
	}
	for (i = 0; i < n; i++, pfn++) {
		if (!is_memory(PFN_PHYS(pfn)))
			missing = true;
		else if (fate == FATE_SOFT)
			soften(pfn, i);
		else if (pfn != touched || !leave_to_accessor(record->accessor, pfn))
			fail(pfn);
	}
	if (missing)
		note_bad(record);
}

static void fail_arm(const struct gn_record *record, const struct gn_section *s)
{
	struct gn_arm arm;
	const u8 *info;
	u32 i;
	u64 pa;

	if (!gn_section_arm(s, &arm))
		return;
	for (i = 0, info = arm.err_info; i < arm.err_infos; i++, info += info[1])
		if (err_info_pa(info, &pa))
			take_out(record, FATE_FAIL, pa, PAGE_SIZE);
}

static void memory_deliver(const struct gn_record *record)
{
	struct gn_section s;
	struct gn_walk walk;
	u64 pa, size;
	bool odd;

	if (record->accessor && record->head.severity == GN_SEV_RECOVERABLE && !record->accessor->n)
		record->accessor->lost = true;
	gn_walk_start(&walk, record->block);
	while (gn_walk_next(&walk, &s)) {
		enum fate fate = fate_of(record, &s);

		if (fate == FATE_NONE)
			continue;
		if (s.kind == GN_SECTION_ARM) {
			fail_arm(record, &s);
		} else if (s.kind == GN_SECTION_MEMORY && memory_range(&s, &pa, &size, &odd)) {
			if (odd)
				note_bad(record);
			take_out(record, fate, pa, size);
		}
	}
}

const struct gn_sink gn_sink_memory = {
	.deliver = memory_deliver,
	.in_task = true,
};

/**
 * gn_memory_wanted() - does this record need the memory sink, and so a task
 * @record: a checked record
 *
 * Context: The drain.
 * Return: true if a section may name a page that is to be taken out of use.
 */
bool gn_memory_wanted(const struct gn_record *record)
{
	struct gn_section s;
	struct gn_walk walk;

	gn_walk_start(&walk, record->block);
	while (gn_walk_next(&walk, &s)) {
		if ((s.kind == GN_SECTION_MEMORY || s.kind == GN_SECTION_ARM) &&
		    fate_of(record, &s) != FATE_NONE)
			return true;
	}
	return false;
}

/* The task cannot go on, and nobody has told it. */
static void tell(unsigned long address)
{
#ifdef CONFIG_ARM64
	if (address && gn_symbols.force_sig_mceerr) {
		gn_symbols.force_sig_mceerr(BUS_MCEERR_AR, (void __user *)address, PAGE_SHIFT);
		return;
	}
#endif
	force_sig(SIGBUS);
}

/**
 * gn_memory_accessed() - the current task touched these pages
 * @accessor: the pages
 * @address: where it touched, 0 if not known
 * @kernel: the kernel touched them, on its behalf
 *
 * Each page is failed on behalf of the current task, which thereby gets SIGBUS
 * with BUS_MCEERR_AR, the address and the size of what is lost. Where the kernel
 * cannot take the page out of use, or the record named none, the signal comes
 * from here: a task that went on would only touch it again.
 *
 * A task for which the kernel touched them has an error from its system call and
 * needs no signal; but the pages are out of use before it can give them away.
 *
 * Context: The task, in process context, without locks.
 */
void gn_memory_accessed(const struct gn_accessor *accessor, unsigned long address, bool kernel)
{
	bool lost = accessor->lost;
	u32 i;

#ifdef CONFIG_MEMORY_FAILURE
	for (i = 0; i < accessor->n; i++) {
		bool before = PageHWPoison(pfn_to_page(accessor->pages[i]));
		/* Killed meanwhile, it has no memory any more, and wants no signal. */
		int flags = current->mm && !kernel ? MF_ACTION_REQUIRED : 0;

		if (!told(memory_failure(accessor->pages[i], flags), before))
			lost = true;
	}
#else
	lost |= accessor->n;
#endif
	if (lost && !kernel) {
		pr_err("task %s (%d) touched what cannot be recovered: it gets SIGBUS\n",
		       current->comm, task_pid_nr(current));
		tell(address);
	}
}
