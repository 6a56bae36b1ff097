// SPDX-License-Identifier: GPL-2.0-only
/*
 * claimant: another module that claims aborts, as a hypervisor would for its guests.
 *
 *	insmod claimant.ko claims=N	claims N times, with room for the next record in between, then flushes
 *	insmod claimant.ko dying=1	claims once for the next task that exits, when it takes no more work
 *
 * /sys/module/claimant/parameters/said: what each claim returned; flushed: what the flush did.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#include "ghes_nmi.h"

static uint claims;
module_param(claims, uint, 0);

static bool dying;
module_param(dying, bool, 0);

static char said[512];
module_param_string(said, said, sizeof(said), 0444);

static int flushed = -1;
module_param(flushed, int, 0444);

#ifdef CONFIG_ARM64
static void claim(void)
{
	size_t at = strlen(said);
	int value;

	preempt_disable();
	value = ghes_nmi_claim_sea(NULL, 0, 0);
	preempt_enable();
	scnprintf(said + at, sizeof(said) - at, "%d ", value);
}

/* Called for a task that exits, behind the point where it runs its last task_work. */
static int on_exit(struct kprobe *probe, struct pt_regs *regs)
{
	static atomic_t once;

	if (!atomic_xchg(&once, 1))
		claim();
	return 0;
}

static struct kprobe at_exit = { .symbol_name = "do_task_dead", .pre_handler = on_exit };

static int __init claimant_init(void)
{
	if (dying)
		return register_kprobe(&at_exit);
	while (claims--) {
		claim();
		usleep_range(1000, 1100);
	}
	flushed = ghes_nmi_flush();
	return 0;
}

static void __exit claimant_exit(void)
{
	if (dying)
		unregister_kprobe(&at_exit);
}
#else
static int __init claimant_init(void)
{
	return -EOPNOTSUPP;
}

static void __exit claimant_exit(void)
{
}
#endif
module_init(claimant_init);
module_exit(claimant_exit);

MODULE_DESCRIPTION("Claims aborts from ghes_nmi");
MODULE_LICENSE("GPL");
