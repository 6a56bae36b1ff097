// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking sources over from the kernel's own GHES driver, and giving them back.
 *
 * The platform devices GHES.N (devices.c) are bound to a driver of our own: each
 * one is released from the in-tree driver and bound at once, the next one only
 * then. What firmware raises in between stays in the block, un-acked, and is
 * collected by the look that follows each binding; the same way back on unload.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/delay.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "takeover/bind.h"
#include "takeover/devices.h"
#include "takeover/rest.h"
#include "notify/notify.h"
#include "path/collect.h"
#include "source.h"
#include "stats.h"

/* A source whose next record comes within so many milliseconds is under fire. */
#define MARK_MS 20

static struct {
	struct gn_options options;
	struct gn_choice choice;
	int bound;
	bool make_devices; /* the kernel made none */
	bool leaving;
} all;

static DEFINE_MUTEX(binding); /* one change of hands at a time */

static struct gn_candidate *candidate_of(struct device *dev)
{
	return gn_devices_candidate(&all.choice, dev);
}

static void unbind(void *arg)
{
	struct gn_source *s = arg;

	s->life.notify->disarm(s);
	all.bound--;
	gn_source_destroy(s);
}

static int probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct gn_candidate *c = candidate_of(dev);
	struct gn_source *s;
	int err;

	if (all.leaving || !c || c->lot != GN_TAKE || c->tried)
		return -ENODEV;
	c->tried = true;
	s = gn_source_create(dev, &c->desc, all.options.queue_kib);
	if (IS_ERR(s))
		return PTR_ERR(s);
	s->life.notify = gn_notify_find(c->desc.notify);
	dev_set_drvdata(dev, s);

	err = s->life.notify->arm(s);
	if (err) {
		gn_source_destroy(s);
		return err;
	}
	all.bound++;
	gn_collect_again(s);
	dev_info(dev,
		 "ghes_nmi: source %u taken: %s%s vector %u, block of %u bytes, queue of %u KiB\n",
		 c->desc.id, c->desc.v2 ? "GHESv2 " : "GHES ", gn_notify_name(c->desc.notify),
		 c->desc.vector, c->desc.block_length, s->queue.size >> 10);
	return devm_add_action_or_reset(dev, unbind, s);
}

static const struct platform_device_id ids[] = {
	{ .name = "GHES" },
	{},
};

static struct platform_driver driver = {
	.probe = probe,
	.id_table = ids,
	.driver = {
		.name = "ghes_nmi",
		.groups = gn_notify_groups,
		.dev_groups = gn_stats_groups,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

/* Those that the kernel has not made. */
static int make_devices(void)
{
	return all.make_devices ? gn_devices_make(&all.choice) : 0;
}

/* The source of a device that another driver holds and this one wants. */
static struct gn_candidate *held(struct device *dev)
{
	struct gn_candidate *c;

	if (!gn_devices_is_ghes(dev) || !dev->driver || dev->driver == &driver.driver)
		return NULL;
	c = candidate_of(dev);
	return c && c->lot == GN_TAKE && !c->tried ? c : NULL;
}

/* Stop the notifications of one device's present driver. */
static int quiet(struct device *dev, void *data)
{
	struct gn_candidate *c = held(dev);
	const struct gn_notify *notify;

	if (!c)
		return 0;
	if (!all.options.takeover) {
		c->lot = GN_LEAVE;
		pr_info("source %u stays with the driver that holds it: takeover=0\n", c->desc.id);
		return 0;
	}
	notify = gn_notify_find(c->desc.notify);
	if (notify->quiet)
		notify->quiet(&c->desc);
	return 0;
}

/* Take one device over: release and bind, with nothing in between. */
static int take(struct device *dev, void *data)
{
	struct gn_candidate *c = held(dev);
	const struct gn_notify *notify;

	if (!c)
		return 0;
	/* What was quieted rests already; exceptions are kept from the other driver by the hook. */
	notify = gn_notify_find(c->desc.notify);
	if (!notify->quiet && !notify->hook && !notify->settled)
		gn_handover_await_rest(&c->desc);
	device_release_driver(dev);
	if (driver_attach(&driver.driver) || !dev->driver) {
		/* Not bindable after all: whoever had it gets it back. */
		if (device_attach(dev) != 1)
			dev_warn(dev, "ghes_nmi: source %u has no driver now\n", c->desc.id);
	}
	return 0;
}

/* Remember how many records have come, to see later whether the source is under fire. */
static int mark(struct device *dev, void *data)
{
	struct gn_source *s;

	if (dev->driver != &driver.driver)
		return 0;
	s = dev_get_drvdata(dev);
	s->life.marked = READ_ONCE(s->in.records);
	return 0;
}

/* Give one device back. */
static int give(struct device *dev, void *data)
{
	struct gn_source *s;
	struct gn_ack heir = {};

	if (dev->driver != &driver.driver)
		return 0;
	s = dev_get_drvdata(dev);
	if (!s->life.notify->settled)
		gn_handover_hold(s, &heir, READ_ONCE(s->in.records) != s->life.marked);
	device_release_driver(dev);
	if (device_attach(dev) < 0)
		dev_warn(dev, "ghes_nmi: no other driver takes this source back\n");
	gn_handover_free(&heir);
	return 0;
}

/* Calls @fn for every device on the bus, which it may bind and unbind. */
static void each_device(int (*fn)(struct device *dev, void *data))
{
	bus_for_each_dev(&platform_bus_type, NULL, NULL, fn);
}

/* From the drivers that have them to ours. */
static void take_all(void)
{
	/*
	 * The in-tree driver frees a source without waiting for its irq_work,
	 * which may still hold records of it. After a grace period no CPU has
	 * one left, and its records are delivered before the first of ours.
	 */
	each_device(quiet);
	synchronize_rcu();
	each_device(take);
}

/**
 * gn_bind_take() - a hook that rings a notification is in place
 * @type: the notification type
 *
 * Takes the sources that waited for it.
 *
 * Context: Process context, may sleep.
 */
void gn_bind_take(u8 type)
{
	const struct gn_notify *notify = gn_notify_find(type);
	int i;

	mutex_lock(&binding);
	for (i = 0; i < all.choice.n; i++) {
		struct gn_candidate *c = &all.choice.list[i];

		if (c->desc.notify != type || c->lot != GN_WAIT)
			continue;
		c->lot = GN_TAKE;
		c->tried = false;
		all.choice.waiting--;
	}
	if (notify->changing)
		notify->changing(true);
	make_devices();
	take_all();
	/* And those that no driver has: the kernel may not know the type. */
	if (driver_attach(&driver.driver))
		pr_warn("sources without a driver cannot be bound\n");
	if (notify->changing)
		notify->changing(false);
	mutex_unlock(&binding);
}

/* Give one device back whose source waits for a hook. */
static int give_waiting(struct device *dev, void *data)
{
	struct gn_candidate *c;

	if (!gn_devices_is_ghes(dev) || dev->driver != &driver.driver)
		return 0;
	c = candidate_of(dev);
	return c && c->lot == GN_WAIT ? give(dev, data) : 0;
}

struct gn_give {
	struct work_struct work;
	u8 type;
};

static void give_type(struct work_struct *work)
{
	u8 type = container_of(work, struct gn_give, work)->type;
	const struct gn_notify *notify = gn_notify_find(type);
	int i;

	mutex_lock(&binding);
	for (i = 0; i < all.choice.n; i++) {
		struct gn_candidate *c = &all.choice.list[i];

		if (c->desc.notify != type || c->lot != GN_TAKE)
			continue;
		c->lot = GN_WAIT;
		all.choice.waiting++;
	}
	each_device(mark);
	msleep(MARK_MS);
	if (notify->changing)
		notify->changing(true);
	each_device(give_waiting);
	if (notify->given)
		notify->given();
	if (notify->changing)
		notify->changing(false);
	mutex_unlock(&binding);
}

/**
 * gn_bind_give() - the hook that rings a notification will go
 * @type: the notification type
 *
 * In a worker: the in-tree driver looks at the blocks when it is bound. What it
 * finds of a synchronous error it leaves to the current task, for when that goes
 * back to user space: rmmod's would come too late. The task that met the error
 * touches the page again, its record is a duplicate, and Linux 7.3 kills for that.
 * A worker has no memory of its own; its finds are handled at once, by another.
 *
 * Context: Process context, sleeps.
 */
void gn_bind_give(u8 type)
{
	struct gn_give give = { .type = type };

	INIT_WORK_ONSTACK(&give.work, give_type);
	queue_work(system_long_wq, &give.work);
	flush_work(&give.work);
	destroy_work_on_stack(&give.work);
}

/**
 * gn_bind_init() - read the HEST and take the sources
 * @options: what the user chose; the ids stay the caller's
 *
 * Context: Process context, may sleep.
 * Return: 0 if at least one source is bound, or will be when a hook is there;
 *         -ENODEV if there is none to take,
 *         -EINVAL if an id in sources= does not exist, or what failed. The
 *         reason was printed.
 */
int gn_bind_init(const struct gn_options *options)
{
	int err;

	all.options = *options;
	err = gn_choice_make(&all.choice, options);
	if (err)
		return err;
	all.make_devices = !gn_devices_there();
	err = make_devices();
	if (err)
		goto remove;
	err = platform_driver_register(&driver);
	if (err)
		goto remove;
	take_all();
	if (all.bound || all.choice.waiting)
		return 0;

	err = -ENODEV;
	pr_err("no source to take: see the lines before, and sources= and takeover=\n");
	platform_driver_unregister(&driver);
remove:
	gn_devices_remove(&all.choice);
	gn_choice_free(&all.choice);
	return err;
}

/**
 * gn_bind_exit() - give every source back
 *
 * Context: Process context, may sleep.
 */
void gn_bind_exit(void)
{
	all.leaving = true;
	each_device(mark);
	msleep(MARK_MS);
	each_device(give);
	platform_driver_unregister(&driver);
	gn_devices_remove(&all.choice);
	gn_choice_free(&all.choice);
}
