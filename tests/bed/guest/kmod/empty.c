// SPDX-License-Identifier: GPL-2.0-only
/*
 * empty: an SDEI event whose handler does nothing.
 *
 *	insmod empty.ko event=N
 *
 * What a notification costs with it is the kernel's own way in and out, which no
 * driver can save. The functions are not exported; their addresses come from a
 * kprobe that is gone before it could fire. Nothing where there is no SDEI.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

#ifdef CONFIG_ARM_SDE_INTERFACE
#include <linux/arm_sdei.h>

static uint event;
module_param(event, uint, 0);

static int (*register_event)(u32 event, sdei_event_callback *callback, void *arg);
static int (*change_event)(u32 event);

static int nothing(u32 number, struct pt_regs *regs, void *arg)
{
	return 0;
}

static void *find(const char *name)
{
	struct kprobe probe = { .symbol_name = name };
	void *address;

	if (register_kprobe(&probe))
		return NULL;
	address = probe.addr;
	unregister_kprobe(&probe);
	return address;
}

static int __init empty_init(void)
{
	int err;

	register_event = find("sdei_event_register");
	change_event = find("sdei_event_enable");
	if (!register_event || !change_event)
		return -EOPNOTSUPP;
	err = register_event(event, nothing, NULL);
	return err ? err : change_event(event);
}

static void __exit empty_exit(void)
{
	change_event = find("sdei_event_disable");
	if (change_event)
		change_event(event);
	change_event = find("sdei_event_unregister");
	if (change_event)
		change_event(event);
}
module_exit(empty_exit);
#else
static int __init empty_init(void)
{
	return -EOPNOTSUPP;
}
#endif
module_init(empty_init);

MODULE_DESCRIPTION("An SDEI event whose handler does nothing");
MODULE_LICENSE("GPL");
