// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks: one module's hooks come while another one's go.
 *
 *	insmod hooks.ko
 *	parameters/looks	how often ghes_nmi has asked whether the hook that came is active
 *
 * The one that came is added just when ghes_nmi stops its periodic look, if it does that when the
 * last hook goes.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "ghes_nmi.h"

static int looks;
module_param(looks, int, 0444);

#ifdef CONFIG_ARM64
static bool active(const struct ghes_nmi_hook *hook);
static struct ghes_nmi_hook goes = { .symbol = "goes", .active = active };
static struct ghes_nmi_hook comes = { .symbol = "comes", .active = active };
static struct task_struct *remover;
static bool added;

static bool active(const struct ghes_nmi_hook *hook)
{
	looks += hook == &comes;
	return true;
}

static void add(void)
{
	added = true;
	ghes_nmi_add_hooks(&comes, 1);
}

/* In place of cancel_delayed_work_sync(), in its caller's context. */
static bool add_and_cancel(struct delayed_work *work)
{
	remover = NULL;
	add();
	return cancel_delayed_work_sync(work);
}

static int on_cancel(struct kprobe *probe, struct pt_regs *at)
{
	if (READ_ONCE(remover) != current)
		return 0;
	at->pc = (u64)add_and_cancel;
	return 1;
}

static struct kprobe cancel = {
	.symbol_name = "cancel_delayed_work_sync",
	.pre_handler = on_cancel,
};

static int __init hooks_init(void)
{
	int err = register_kprobe(&cancel);

	if (err)
		return err;
	ghes_nmi_add_hooks(&goes, 1);
	WRITE_ONCE(remover, current);
	ghes_nmi_remove_hooks(&goes, 1);
	WRITE_ONCE(remover, NULL);
	if (!added)
		add();
	unregister_kprobe(&cancel);
	return 0;
}

static void __exit hooks_exit(void)
{
	ghes_nmi_remove_hooks(&comes, 1);
}
#else
static int __init hooks_init(void)
{
	return -EOPNOTSUPP;
}

static void __exit hooks_exit(void)
{
}
#endif
module_init(hooks_init);
module_exit(hooks_exit);

MODULE_DESCRIPTION("Hooks that come and go at the same time");
MODULE_LICENSE("GPL");
