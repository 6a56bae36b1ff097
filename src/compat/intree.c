// SPDX-License-Identifier: GPL-2.0-only
/*
 * The in-tree GHES driver's chains and its pool, by argument capture.
 *
 * They are static, but exported functions of that driver pass their addresses to
 * other exported functions. This file puts a kprobe on the second function and calls the
 * first one with an address of its own. The probe that sees this address beside another
 * one has found the chain or the pool. The probe is removed at once.
 *
 * A function that other CPUs execute all the time is not probed: where a probe comes or goes
 * an instruction changes under them, and QEMU's emulation of several CPUs has executed what
 * was neither the old nor the new one (Linux 7.3, a jump to address 0). Chains grow seldom. The
 * pool is looked for when the first PCIe error needs it: the in-tree driver, which frees into
 * it, has no sources then. What queues sections for the CXL driver is a static function: it is
 * called by its address.
 *
 * Owns gn_intree and the registers of GN_AER_FLYING errors. Context: process context, at
 * load and unload; what it found is read by sinks.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/static_call.h>

#include "compat/address.h"
#include "compat/intree.h"

struct gn_intree gn_intree;

static int ignore(struct notifier_block *nb, unsigned long action, void *data)
{
	return NOTIFY_DONE;
}

/* What is registered for a moment, and by which the probe knows its own call. */
static struct notifier_block ours = { .notifier_call = ignore };
static void *captured;

static int capture_chain(struct kprobe *probe, struct pt_regs *regs)
{
	if (regs_get_kernel_argument(regs, 1) == (unsigned long)&ours)
		captured = (void *)regs_get_kernel_argument(regs, 0);
	return 0;
}
NOKPROBE_SYMBOL(capture_chain);

static void register_vendor(void)
{
	if (!ghes_register_vendor_record_notifier(&ours))
		ghes_unregister_vendor_record_notifier(&ours);
}

#ifdef GN_HAS_ghes_register_report_chain
static void register_report(void)
{
	ghes_register_report_chain(&ours);
	ghes_unregister_report_chain(&ours);
}
#endif

/* The head of the chain that @call registers with by means of @function. */
static void *find_chain(const char *function, void (*call)(void))
{
	struct kprobe probe = { .symbol_name = function, .pre_handler = capture_chain };

	captured = NULL;
	if (register_kprobe(&probe))
		return NULL;
	call();
	unregister_kprobe(&probe);
	return captured;
}

#ifdef CONFIG_ACPI_APEI_PCIEAER
#ifdef GN_HAS_ghes_estatus_pool_region_free
/* Its address is in no pool of the kernel's, and the probe knows a call by it. */
static u64 nowhere;

static void no_free(void)
{
}

/*
 * To free what is not the pool's is fatal, so the probed function must not run: an
 * empty one runs instead of it, and returns to the caller.
 */
static int capture_pool(struct kprobe *probe, struct pt_regs *regs)
{
	if (regs_get_kernel_argument(regs, 1) != (unsigned long)&nowhere)
		return 0;
	captured = (void *)regs_get_kernel_argument(regs, 0);
	instruction_pointer_set(regs, (unsigned long)no_free);
	return 1;
}
NOKPROBE_SYMBOL(capture_pool);

/* A probe with a second handler is never turned into one that cannot redirect. */
static void after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(after);

/*
 * Does the probe keep the function from running? All probes may be off (debugfs:
 * kprobes/enabled). The rehearsal frees the same address in a pool that has it: if
 * the pool has room afterwards, the function ran.
 */
static bool rehearse(struct gen_pool *pool)
{
	captured = NULL;
	gen_pool_free(pool, (unsigned long)&nowhere, sizeof(nowhere));
	return captured == pool && !gen_pool_avail(pool);
}

static struct gen_pool *find_pool(void)
{
	struct kprobe probe = {
		.symbol_name = "gen_pool_free_owner",
		.pre_handler = capture_pool,
		.post_handler = after,
	};
	struct gen_pool *pool = gen_pool_create(ilog2(sizeof(nowhere)), NUMA_NO_NODE);
	struct gen_pool *found = NULL;

	if (!pool)
		return NULL;
	if (gen_pool_add(pool, (unsigned long)&nowhere, sizeof(nowhere), NUMA_NO_NODE) ||
	    !gen_pool_alloc(pool, sizeof(nowhere)) || register_kprobe(&probe))
		goto destroy;
	if (rehearse(pool)) {
		captured = NULL;
		ghes_estatus_pool_region_free((unsigned long)&nowhere, sizeof(nowhere));
		found = captured;
	}
	unregister_kprobe(&probe);
destroy:
	/* A pool is destroyed with everything in it free. */
	if (gen_pool_size(pool) > gen_pool_avail(pool))
		gen_pool_free(pool, (unsigned long)&nowhere, sizeof(nowhere));
	gen_pool_destroy(pool);
	return found;
}

/**
 * gn_intree_aer_regs() - room for the registers of one PCIe error
 * @n: which of GN_AER_FLYING
 *
 * Whoever recovers from the error frees it.
 *
 * Context: Process context, may sleep; one caller at a time.
 * Return: the room; NULL if the in-tree driver's pool has none.
 */
struct aer_capability_regs *gn_intree_aer_regs(u32 n)
{
	if (!gn_intree.pool && !gn_intree.no_pool) {
		gn_intree.pool = find_pool();
		gn_intree.no_pool = !gn_intree.pool;
	}
	return gn_intree.pool ?
		       (void *)gen_pool_alloc(gn_intree.pool, sizeof(struct aer_capability_regs)) :
		       NULL;
}
#else
static struct aer_capability_regs flying[GN_AER_FLYING];

/**
 * gn_intree_aer_regs() - room for the registers of one PCIe error
 * @n: which of GN_AER_FLYING; free again after gn_intree_flush_work()
 *
 * Context: Process context.
 * Return: the room.
 */
struct aer_capability_regs *gn_intree_aer_regs(u32 n)
{
	return &flying[n];
}
#endif
#endif

/*
 * A static function that nobody calls by pointer has no type hash (kCFI) and no landing pad
 * (BTI, IBT). On x86 a static call is a direct one, of which none of them is asked.
 */
#if defined(GN_HAS_cxl_cper_register_work) && IS_ENABLED(CONFIG_CXL_BUS) && \
	(defined(CONFIG_HAVE_STATIC_CALL) ||                                \
	 !(defined(CONFIG_CFI_CLANG) || defined(CONFIG_CFI) || defined(CONFIG_ARM64_BTI_KERNEL)))
#define GN_HAS_PROCESS
static void process_none(struct ghes *ghes, const struct acpi_hest_generic_status *block)
{
}

DEFINE_STATIC_CALL(process, process_none);

static void find_process(void)
{
	void *function = gn_address_of("ghes_do_proc");

	if (!function)
		return;
	static_call_update(process, function);
	gn_intree.process = true;
}
#endif

/**
 * gn_intree_process() - have the in-tree driver's own code see to a block
 * @block: a checked block of sections that this code only queues: CXL
 *
 * Of its source that code reads the notification alone.
 *
 * Context: Process context. Only if gn_intree_has_process().
 */
void gn_intree_process(const struct acpi_hest_generic_status *block)
{
#ifdef GN_HAS_PROCESS
	static struct acpi_hest_generic generic = { .notify.type = ACPI_HEST_NOTIFY_POLLED };
	static struct ghes source = { .generic = &generic };

	static_call(process)(&source, block);
#endif
}

#if IS_ENABLED(CONFIG_EDAC)
/* Exported; the kernel declares it in a header of drivers/edac that is not installed. */
const char *edac_get_owner(void);
#endif

/**
 * gn_intree_find() - look for what the in-tree driver keeps to itself
 *
 * Context: Process context, may sleep. Before the first record.
 */
void gn_intree_find(void)
{
	gn_intree.vendor = find_chain("blocking_notifier_chain_register", register_vendor);
#ifdef GN_HAS_ghes_register_report_chain
	gn_intree.report = find_chain("atomic_notifier_chain_register", register_report);
#endif
#ifdef GN_HAS_PROCESS
	find_process();
#endif
#if IS_ENABLED(CONFIG_EDAC)
	gn_intree.edac_owner = symbol_get(edac_get_owner);
#endif
}

/**
 * gn_intree_forget() - free what gn_intree_find() allocated
 *
 * Context: Process context, may sleep. No record is on its way any more.
 */
void gn_intree_forget(void)
{
#if IS_ENABLED(CONFIG_EDAC)
	if (gn_intree.edac_owner)
		symbol_put(edac_get_owner);
#endif
	gn_intree_flush_work();
}
