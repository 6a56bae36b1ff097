// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second stage of translation, below a kernel at EL1: every address is itself, but for poisoned
 * pages, which are taken away. An access to one comes to EL2, whose vectors do nothing but call EL3.
 *
 * The entry of a poisoned page is not valid for the hardware, and says in its other bits what
 * becomes of an access.
 */
#include "fw.h"

#define PAGE	   4096UL
#define ENTRIES	   512
#define BLOCK_SIZE (PAGE * ENTRIES)

#define LEVEL1	   STAGE2_AT
#define LEVEL2	   (STAGE2_AT + PAGE)
#define VECTORS	   (STAGE2_AT + 2 * PAGE)
#define LEVEL3	   (STAGE2_AT + 0x100000)

#define BLOCK	   1UL
#define TABLE	   3UL
#define PAGE_ENTRY 3UL
/* The first stage decides: normal memory, everything allowed, accessed. */
#define ATTRIBUTES (0xfUL << 2 | 3UL << 6 | 3UL << 8 | 1UL << 10)

/* 39 bits of address, walks start at level 1, 4 KiB, write-back, inner shareable, 40 bits out */
#define VTCR	      (1UL << 31 | 2UL << 16 | 3UL << 12 | 1UL << 10 | 1UL << 8 | 1UL << 6 | 25UL)

#define POISONED      2UL
#define RECIPE_SHIFT  2
#define TIMES_SHIFT   10
#define TRAPPED_SHIFT 30
#define COUNT_MASK    0xfffffUL

#define VECTOR_COUNT  16
#define VECTOR_SIZE   0x80
#define SMC_0	      0xd4000003U

static void flush(void)
{
	dsb();
	asm volatile("tlbi vmalls12e1is" ::: "memory");
	dsb();
	isb();
}

void stage2_cpu_init(void)
{
	write_sysreg(vtcr_el2, VTCR);
	write_sysreg(vttbr_el2, LEVEL1);
	write_sysreg(vbar_el2, VECTORS);
	isb();
	flush();
}

/* The entry of a page of RAM; NULL: its block has none, and shall not be split. */
static u64 *entry_in_ram(u64 pa, bool split)
{
	u64 n = (pa - RAM_AT) / BLOCK_SIZE;
	u64 *level2 = at(u64, LEVEL2) + n;
	u64 *level3 = at(u64, LEVEL3 + n * PAGE);

	if ((*level2 & TABLE) != TABLE) {
		if (!split)
			return NULL;
		for (u64 i = 0; i < ENTRIES; i++)
			level3[i] = (RAM_AT + n * BLOCK_SIZE + i * PAGE) | ATTRIBUTES | PAGE_ENTRY;
		*level2 = 0;
		flush();
		*level2 = (u64)level3 | TABLE;
		dsb();
	}
	return level3 + pa % BLOCK_SIZE / PAGE;
}

/* NULL: no page that could be poisoned, or none that is. */
static u64 *entry_of(u64 pa, bool split)
{
	if (control()->el != 1 || pa < RAM_AT || pa >= RAS_AT)
		return NULL;
	return entry_in_ram(pa, split);
}

void stage2_init(void)
{
	u64 *level1 = at(u64, LEVEL1);
	u64 *level2 = at(u64, LEVEL2);

	for (u64 i = 0; i < ENTRIES; i++) {
		level1[i] = i << 30 | ATTRIBUTES | BLOCK;
		level2[i] = (RAM_AT + i * BLOCK_SIZE) | ATTRIBUTES | BLOCK;
	}
	level1[RAM_AT >> 30] = LEVEL2 | TABLE;
	if (control()->bells)
		*entry_in_ram(control()->bells, true) = 0;
	for (u64 i = 0; i < VECTOR_COUNT; i++)
		write32(VECTORS + i * VECTOR_SIZE, SMC_0);
	dsb();
}

/* times: how many accesses shall trap before the page heals, 0: it never does */
bool stage2_poison(u64 pa, u64 recipe, u64 times)
{
	u64 *entry = entry_of(pa, true);

	if (!entry || recipe >= RECIPES_MAX || times > COUNT_MASK)
		return false;
	*entry = POISONED | recipe << RECIPE_SHIFT | times << TIMES_SHIFT;
	flush();
	return true;
}

static bool is_poisoned(const u64 *entry)
{
	return entry && (*entry & PAGE_ENTRY) == POISONED;
}

/* What is not valid is in no TLB: nothing to flush. */
static void heal(u64 *entry, u64 pa)
{
	*entry = (pa & ~(PAGE - 1)) | ATTRIBUTES | PAGE_ENTRY;
	dsb();
}

void stage2_heal(u64 pa)
{
	u64 *entry = entry_of(pa, false);

	if (is_poisoned(entry))
		heal(entry, pa);
}

/* How many accesses have trapped since the page was poisoned. */
u64 stage2_trapped(u64 pa)
{
	const u64 *entry = entry_of(pa, false);

	return is_poisoned(entry) ? *entry >> TRAPPED_SHIFT & COUNT_MASK : 0;
}

/* The recipe of the page's records; -1: it is not poisoned. */
s64 stage2_recipe(u64 pa)
{
	const u64 *entry = entry_of(pa, false);

	return is_poisoned(entry) ? (s64)(*entry >> RECIPE_SHIFT & 0xff) : -1;
}

/* An access has trapped. */
void stage2_count(u64 pa)
{
	u64 *entry = entry_of(pa, false);
	u64 times = *entry >> TIMES_SHIFT & COUNT_MASK;

	if ((*entry >> TRAPPED_SHIFT & COUNT_MASK) < COUNT_MASK)
		*entry += 1UL << TRAPPED_SHIFT;
	if (times == 1)
		heal(entry, pa);
	else if (times)
		*entry -= 1UL << TIMES_SHIFT;
}
