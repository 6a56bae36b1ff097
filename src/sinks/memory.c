// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory sink: which pages a record names, and what is to become of them.
 *
 * A page with an uncorrected error is taken out of use (pages.c), which sleeps, so this
 * sink runs in a task. A task that touched a page synchronously fails it itself: the
 * kernel then sends its signal to that very task. gn_memory_touched() tells the exception
 * which pages those are, in the order in which this sink comes to them and leaves them out.
 *
 * A record may name more than a page: bits of the address that its mask leaves
 * out are unknown, and every page they may mean is failed, up to gn_memory_range_kib.
 * A coarser mask says what the memory controller can tell, not what is lost: then it
 * is the page of the address alone, as for the in-tree driver.
 *
 * A page that is corrected too often is moved elsewhere: the one of the address.
 *
 * Owns the counters of pages in struct gn_outlet. Context: the drain in a task; what an
 * exception asks is NMI-safe.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pfn.h>

#include "compat/cper.h"
#include "record/section.h"
#include "sinks/sink.h"

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

static void note(u64 *count)
{
	WRITE_ONCE(*count, *count + 1);
}

/* The drain waits so long for others that fail pages. */
#define PATIENCE_MS 2000u

/*
 * @touched: of the pages that were touched, so many are seen to by those who did it
 * @patience_ms: how long the drain still waits
 */
struct delivery {
	const struct gn_record *record;
	u32 touched;
	u32 patience_ms;
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
			page = gn_page_known(pfn) ? GN_PAGE_LEFT : GN_PAGE_NONE;
		else if (mention->fate == FATE_SOFT)
			page = gn_page_soft_offline(pfn);
		else
			page = gn_page_fail_soon(pfn, &d->patience_ms);
		note(&out->pages[page]);
		bad |= page == GN_PAGE_NONE;
	}
	if (bad)
		note(&out->bad_page);
	return true;
}

static void memory_deliver(const struct gn_record *record)
{
	struct delivery d = {
		.record = record,
		.touched = record->touched,
		.patience_ms = PATIENCE_MS,
	};

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
