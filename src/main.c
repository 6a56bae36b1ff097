// SPDX-License-Identifier: GPL-2.0-only
/*
 * ghes_nmi: firmware-first hardware errors, without a lock in NMI.
 *
 *	firmware
 *	   |  rings: SDEI, SEA, NMI, ...	notify/		NMI-like
 *	   v
 *	path/collect.c	enter the claim, peek, copy, clear, ack	"
 *	   v
 *	path/queue.c	one ring per source			"
 *	   v
 *	path/drain.c	check, then every sink		irq_work
 *	   v
 *	sinks/		trace, memory, listeners, console	"
 *
 * A fatal record leaves the road after collect: path/fatal.c. The pages of a
 * synchronous error are failed by the task that took it: sync/visitor.c.
 *
 * takeover/ takes the sources over from the in-tree driver and gives them back;
 * source.c makes and frees what one source needs; record/hest.c and record/estatus.c
 * check the bytes of firmware; stats.c shows the counters.
 *
 * Owns the parameters and the order of loading. Context: process context.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/module.h>

#include "takeover/bind.h"
#include "notify/storm.h"
#include "compat/panic.h"
#include "compat/symbols.h"
#include "path/bell.h"
#include "sinks/sink.h"
#include "path/fatal.h"
#include "path/last.h"
#include "sinks/intree.h"
#include "sync/hook.h"
#include "sync/visitor.h"

static ushort sources[64];
static int nsources;
module_param_array(sources, ushort, &nsources, 0444);
MODULE_PARM_DESC(sources, "take only the sources with these ids (default: all that can be served)");

static bool takeover = true;
module_param(takeover, bool, 0444);
MODULE_PARM_DESC(takeover, "take sources that another driver holds (default: 1)");

static uint queue_kib;
module_param(queue_kib, uint, 0444);
MODULE_PARM_DESC(
	queue_kib,
	"size of each source's queue in KiB; at least one record of the largest legal size is held (default: 64)");

static uint storm_rate = 10000;
module_param(storm_rate, uint, 0444);
MODULE_PARM_DESC(
	storm_rate,
	"records in a second after which an interrupt source is polled until it is calm; 0: never (default: 10000)");

static uint range_kib = GN_MEMORY_RANGE_KIB;
module_param(range_kib, uint, 0444);
MODULE_PARM_DESC(
	range_kib,
	"the largest range of memory, in KiB, that is taken out of use for one error; of a coarser address the page alone (default: 2048)");

static char *fatal_timeout = ""; /* not NULL: sysfs shows that as a word */
module_param(fatal_timeout, charp, 0444);
MODULE_PARM_DESC(
	fatal_timeout,
	"seconds from the panic of a fatal record to the reboot, as of the kernel parameter panic (default: the machine's own; 30 instead of 0 where the kernel's own driver does that)");

static int __init gn_init(void)
{
	struct gn_options options = {
		.ids = sources,
		.nids = nsources,
		.takeover = takeover,
		.queue_kib = queue_kib,
	};

	int err;

	gn_storm_rate = storm_rate;
	gn_memory_range_kib = range_kib;
	err = gn_fatal_init(fatal_timeout);
	if (err)
		return err;
	gn_symbols_init();
	gn_panic_init();
	err = gn_bell_setup();
	if (err)
		return err;
	err = gn_pages_init();
	if (err)
		goto teardown;
	err = gn_visitors_init();
	if (err)
		goto exit_pages;
	err = gn_intree_init();
	if (err)
		goto exit_visitors;
	gn_last_init();
	err = gn_bind_init(&options);
	if (err)
		goto exit_last;
	gn_hook_init(gn_bind_take_over, gn_bind_give_back);
	gn_trace_init();
	return 0;

exit_last:
	gn_last_exit();
	gn_intree_exit();
exit_visitors:
	gn_visitors_exit();
exit_pages:
	gn_pages_exit();
teardown:
	gn_bell_teardown();
	return err;
}

static void __exit gn_exit(void)
{
	gn_hook_exit();
	gn_bind_exit();
	gn_last_exit();
	gn_intree_exit();
	gn_visitors_exit();
	gn_pages_exit();
	gn_bell_teardown();
}

module_init(gn_init);
module_exit(gn_exit);

MODULE_DESCRIPTION("Firmware-first hardware errors (ACPI GHES) without locks in NMI");
MODULE_AUTHOR("The ghes_nmi authors");
MODULE_VERSION(GN_VERSION);
MODULE_LICENSE("GPL v2");
#ifdef CONFIG_ARM64
MODULE_SOFTDEP("post: ghes_nmi_mm ghes_nmi_kvm");
#endif
