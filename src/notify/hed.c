// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCI and GPIO: the hardware error device (PNP0C33).
 *
 * AML runs for the interrupt, whichever it is, and notifies that device; its
 * driver calls a chain in a task of ACPI's. The notification does not say whose
 * it is, so every source is asked. The in-tree driver listens on the same chain
 * for the sources that it holds.
 *
 * Two locks, for the chain has one of its own, which a notification holds: CHANGE
 * is taken before it and LISTENING inside it.
 *
 *	arm, disarm	CHANGE, the chain (write)
 *	arm, disarm	CHANGE, LISTENING
 *	notification	the chain (read), LISTENING
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <acpi/hed.h>

#include "notify/ask.h"
#include "notify/hed.h"
#include "notify/notify.h"
#include "path/source.h"

/* A source that the device rings for. */
struct listener {
	struct list_head node;
	struct gn_source *source;
};

static LIST_HEAD(listeners);
static DEFINE_MUTEX(change);	/* serialises arming and disarming */
static DEFINE_MUTEX(listening); /* guards the list */

static int hed_ring(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct listener *l;
	bool found = false;

	mutex_lock(&listening);
	list_for_each_entry(l, &listeners, node)
		found |= gn_ask(l->source);
	mutex_unlock(&listening);
	return found ? NOTIFY_OK : NOTIFY_DONE;
}

static struct notifier_block block = { .notifier_call = hed_ring };

/**
 * gn_hed_there() - is there a device that can ring
 *
 * Context: Process context.
 */
bool gn_hed_there(void)
{
	return acpi_dev_present("PNP0C33", NULL, -1);
}

/**
 * gn_hed_listen() - have the hardware error device ring for a source
 * @s: the source
 *
 * Context: Process context, sleeps.
 * Return: for gn_hed_leave(), or an ERR_PTR.
 */
void *gn_hed_listen(struct gn_source *s)
{
	struct listener *l = kzalloc(sizeof(*l), GFP_KERNEL);
	bool first;
	int err;

	if (!l)
		return ERR_PTR(-ENOMEM);
	l->source = s;
	mutex_lock(&change);
	mutex_lock(&listening);
	first = list_empty(&listeners);
	list_add_tail(&l->node, &listeners);
	mutex_unlock(&listening);
	err = first ? register_acpi_hed_notifier(&block) : 0;
	if (err) {
		list_del(&l->node);
		kfree(l);
		l = ERR_PTR(err);
	}
	mutex_unlock(&change);
	return l;
}

/**
 * gn_hed_leave() - the opposite
 * @listener: what gn_hed_listen() returned
 *
 * Context: Process context, sleeps. On return no notification asks the source.
 */
void gn_hed_leave(void *listener)
{
	struct listener *l = listener;
	bool last;

	mutex_lock(&change);
	mutex_lock(&listening);
	list_del(&l->node);
	last = list_empty(&listeners);
	mutex_unlock(&listening);
	if (last)
		unregister_acpi_hed_notifier(&block);
	mutex_unlock(&change);
	kfree(l);
}

static int hed_available(void)
{
	if (gn_hed_there())
		return 0;
	pr_info("this machine has no hardware error device (PNP0C33), which would ring\n");
	return -ENODEV;
}

static int hed_arm(struct gn_source *s)
{
	void *listener = gn_hed_listen(s);

	if (IS_ERR(listener)) {
		dev_err(s->dev, "ghes_nmi: source %u: cannot listen to the error device (%ld)\n",
			s->desc.id, PTR_ERR(listener));
		return PTR_ERR(listener);
	}
	s->life.armed = listener;
	return 0;
}

static void hed_disarm(struct gn_source *s)
{
	gn_hed_leave(s->life.armed);
}

const struct gn_notify gn_notify_hed = {
	.settled = true,
	.available = hed_available,
	.arm = hed_arm,
	.disarm = hed_disarm,
};
