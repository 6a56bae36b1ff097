// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks by which other modules bring exceptions here.
 *
 * A source whose exceptions no hook brings here must stay with the in-tree driver. So
 * this file has it taken over when the hook that rings its notification is in place, and
 * given back before the hook goes.
 *
 * An administrator can switch hooks off (kprobes, by debugfs kprobes/enabled). There is no
 * callback for that, so a worker checks each hook once in PERIOD, and has the sources
 * given back until the hook is on again.
 *
 * Owns the list of hooks, under @lock. Context: process context.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/device.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include "record/hest.h"
#include "sync/sync.h"
#include "sync/visitor.h"
#include "ghes_nmi.h"
#include "notify/notify.h"
#include "sync/hook.h"

#define PERIOD HZ

static LIST_HEAD(hooks);
static DEFINE_MUTEX(lock); /* of the list, and of taking over and giving back */
static u32 served;	   /* notification types that are rung now, a bit each */
static void (*take_over_sources)(u8 type);
static void (*give_back_sources)(u8 type);

/**
 * gn_hook_serves() - does a hook ring this notification
 * @type: enum gn_notify_type
 *
 * Context: Any.
 */
bool gn_hook_serves(u8 type)
{
	return READ_ONCE(served) & BIT(type);
}

/* Give back and take over what changed. Under the lock. */
static void update(void)
{
	struct ghes_nmi_hook *hook;
	u32 now = 0, was = served;
	u8 type;

	list_for_each_entry(hook, &hooks, list)
		if (!hook->off)
			now |= hook->rings;
	for (type = 0; type < GN_NOTIFY_TYPES; type++)
		if (was & ~now & BIT(type) && give_back_sources)
			give_back_sources(type);
	WRITE_ONCE(served, now);
	for (type = 0; type < GN_NOTIFY_TYPES; type++)
		if (now & ~was & BIT(type) && take_over_sources)
			take_over_sources(type);
}

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(period, look);

static void look(struct work_struct *work)
{
	struct ghes_nmi_hook *hook;

	mutex_lock(&lock);
	list_for_each_entry(hook, &hooks, list) {
		bool off = !hook->active(hook);

		if (off == hook->off)
			continue;
		hook->off = off;
		if (off)
			pr_warn("the hook on %s was switched off: its errors go the kernel's own way until it is on again (see /sys/kernel/debug/kprobes/enabled)\n",
				hook->symbol);
		else
			pr_info("the hook on %s is on again\n", hook->symbol);
	}
	update();
	if (!list_empty(&hooks))
		schedule_delayed_work(&period, PERIOD);
	mutex_unlock(&lock);
}

void ghes_nmi_add_hooks(struct ghes_nmi_hook *hook, int n)
{
	int i;

	mutex_lock(&lock);
	schedule_delayed_work(&period, PERIOD);
	for (i = 0; i < n; i++) {
		hook[i].off = false;
		list_add_tail(&hook[i].list, &hooks);
	}
	update();
	mutex_unlock(&lock);
}
EXPORT_SYMBOL_GPL(ghes_nmi_add_hooks);

void ghes_nmi_remove_hooks(struct ghes_nmi_hook *hook, int n)
{
	int i;

	mutex_lock(&lock);
	for (i = 0; i < n; i++)
		list_del(&hook[i].list);
	update();
	mutex_unlock(&lock);
}
EXPORT_SYMBOL_GPL(ghes_nmi_remove_hooks);

/**
 * gn_hook_init() - which functions take sources over and give them back
 * @take_over: a hook rings this notification type now
 * @give_back: it soon will not any more
 *
 * Context: Process context. Both may sleep.
 */
void gn_hook_init(void (*take_over)(u8 type), void (*give_back)(u8 type))
{
	mutex_lock(&lock);
	take_over_sources = take_over;
	give_back_sources = give_back;
	mutex_unlock(&lock);
}

/**
 * gn_hook_exit() - the opposite
 *
 * Context: Process context, sleeps. The modules with the hooks are unloaded already.
 */
void gn_hook_exit(void)
{
	gn_hook_init(NULL, NULL);
	cancel_delayed_work_sync(&period);
}

static ssize_t hooks_show(struct device_driver *driver, char *buf)
{
	struct ghes_nmi_hook *hook;
	int at = 0;

	mutex_lock(&lock);
	list_for_each_entry(hook, &hooks, list)
		at += sysfs_emit_at(buf, at, "%s %s\n", hook->symbol,
				    hook->active(hook) ? "active" : "off");
	mutex_unlock(&lock);
	return at;
}
static DRIVER_ATTR_RO(hooks);

/* One line per synchronous notification. */
static ssize_t sync_counts(char *buf, int sea, int sei)
{
	return sysfs_emit(buf, "sea %d\nsei %d\n", sea, sei);
}

static ssize_t sync_late_show(struct device_driver *driver, char *buf)
{
	return sync_counts(buf, atomic_read(&gn_sync_sea.late), atomic_read(&gn_sync_sei.late));
}
static DRIVER_ATTR_RO(sync_late);

static ssize_t sync_unclaimed_show(struct device_driver *driver, char *buf)
{
	return sync_counts(buf, atomic_read(&gn_sync_sea.unclaimed),
			   atomic_read(&gn_sync_sei.unclaimed));
}
static DRIVER_ATTR_RO(sync_unclaimed);

static ssize_t sync_retried_show(struct device_driver *driver, char *buf)
{
	return sync_counts(buf, atomic_read(&gn_sync_sea.retry.count), 0);
}
static DRIVER_ATTR_RO(sync_retried);

static ssize_t sync_waiting_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%d\n", gn_visitors());
}
static DRIVER_ATTR_RO(sync_waiting);

static struct attribute *attrs[] = {
	&driver_attr_hooks.attr,	&driver_attr_sync_late.attr,
	&driver_attr_sync_retried.attr, &driver_attr_sync_unclaimed.attr,
	&driver_attr_sync_waiting.attr, NULL,
};

const struct attribute_group gn_hook_group = {
	.attrs = attrs,
};
