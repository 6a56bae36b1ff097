// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCI and GPIO: the hardware error device (PNP0C33).
 *
 * AML handles the interrupt and notifies that device; the device's driver calls a chain
 * in an ACPI worker. The notification does not name a source, so each one is asked. The
 * in-tree driver listens on the same chain for the sources that it holds.
 *
 * Owns the list of listeners. The chain has a lock of its own, which a notification
 * holds. So there are two locks here, CHANGE outside the chain's and LISTENING inside it:
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
#include "notify/storm.h"
#include "path/source.h"

/* A source that the device rings for. */
struct listener {
	struct list_head node;
	struct gn_source *source;
	struct gn_storm *storm;
};

/* An armed SCI or GPIO source. */
struct ear {
	void *listener;
	struct gn_storm storm;
};

static LIST_HEAD(listeners);
static DEFINE_MUTEX(change);	/* serialises arming and disarming */
static DEFINE_MUTEX(listening); /* guards the list */

static int hed_ring(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct listener *l;
	bool found = false;

	mutex_lock(&listening);
	list_for_each_entry(l, &listeners, node) {
		if (!gn_ask(l->source))
			continue;
		found = true;
		gn_storm_rang(l->storm);
	}
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
 * @storm: its storm control
 *
 * Context: Process context, sleeps.
 * Return: for gn_hed_leave(), or an ERR_PTR.
 */
void *gn_hed_listen(struct gn_source *s, struct gn_storm *storm)
{
	struct listener *l = kzalloc(sizeof(*l), GFP_KERNEL);
	bool first;
	int err;

	if (!l)
		return ERR_PTR(-ENOMEM);
	l->source = s;
	l->storm = storm;
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

static int hed_on(struct gn_source *s)
{
	struct ear *ear = s->life.armed;
	void *listener = gn_hed_listen(s, &ear->storm);

	if (IS_ERR(listener))
		return PTR_ERR(listener);
	ear->listener = listener;
	return 0;
}

static int hed_off(struct gn_source *s, bool for_good)
{
	struct ear *ear = s->life.armed;

	gn_hed_leave(ear->listener);
	return 0;
}

static int hed_arm(struct gn_source *s)
{
	static const struct gn_ways ways = { .on = hed_on, .off = hed_off };
	struct ear *ear = kzalloc(sizeof(*ear), GFP_KERNEL);
	int err;

	if (!ear)
		return -ENOMEM;
	s->life.armed = ear;
	err = gn_storm_begin(&ear->storm, s, &ways);
	if (err) {
		dev_err(s->dev, "ghes_nmi: source %u: cannot listen to the error device (%d)\n",
			s->desc.id, err);
		kfree(ear);
	}
	return err;
}

static void hed_disarm(struct gn_source *s)
{
	struct ear *ear = s->life.armed;

	gn_storm_end(&ear->storm);
	kfree(ear);
}

const struct gn_notify gn_notify_hed = {
	.intree_delivers_at_once = true,
	.available = hed_available,
	.arm = hed_arm,
	.disarm = hed_disarm,
};
