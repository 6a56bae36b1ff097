// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking sources over from the in-tree driver, and giving them back.
 *
 * This file has the driver to which the platform devices GHES.N (devices.c) are bound;
 * exchange.c moves them to it and away from it.
 *
 * Owns the list of candidates and the driver. Context: process context; @binding
 * serialises every change of hands after loading.
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
#include "takeover/exchange.h"
#include "notify/notify.h"
#include "path/collect.h"
#include "source.h"
#include "stats.h"

static struct {
	struct gn_options options;
	struct gn_candidates candidates;
	int bound;
	bool make_devices; /* the kernel made none */
	bool leaving;
} all;

static DEFINE_MUTEX(binding); /* one change of hands at a time */

static struct gn_candidate *candidate_of(struct device *dev)
{
	return gn_devices_candidate(&all.candidates, dev);
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

	if (all.leaving || !c || c->decision != GN_TAKE_OVER || c->tried)
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

/* Make the platform devices that the kernel has not made. */
static int make_devices(void)
{
	return all.make_devices ? gn_devices_make(&all.candidates) : 0;
}

/* What changes hands, and between whom. */
static struct gn_exchange exchange(bool everything)
{
	return (struct gn_exchange){
		.driver = &driver.driver,
		.candidates = &all.candidates,
		.takeover = all.options.takeover,
		.everything = everything,
	};
}

/* Change the decision about the sources of one notification, whose hook comes or goes. */
static void decide(u8 type, enum gn_decision from, enum gn_decision to)
{
	int i;

	for (i = 0; i < all.candidates.n; i++) {
		struct gn_candidate *c = &all.candidates.list[i];

		if (c->desc.notify != type || c->decision != from)
			continue;
		c->decision = to;
		c->tried = false;
		all.candidates.waiting += to == GN_WAIT ? 1 : -1;
	}
}

/**
 * gn_bind_take_over() - a hook that rings a notification is in place
 * @type: the notification type
 *
 * Takes the sources that waited for it.
 *
 * Context: Process context, may sleep.
 */
void gn_bind_take_over(u8 type)
{
	const struct gn_notify *notify = gn_notify_find(type);
	struct gn_exchange x = exchange(false);

	mutex_lock(&binding);
	decide(type, GN_WAIT, GN_TAKE_OVER);
	gn_candidates_keep_together(&all.candidates);
	if (notify->changing)
		notify->changing(true);
	make_devices();
	gn_exchange_take_over(&x);
	/* Bind the sources that no driver has, too: the kernel may not know the type. */
	if (driver_attach(&driver.driver))
		pr_warn("sources without a driver cannot be bound\n");
	if (notify->changing)
		notify->changing(false);
	mutex_unlock(&binding);
}

struct give_back {
	struct work_struct work;
	u8 type;
};

static void give_back_type(struct work_struct *work)
{
	u8 type = container_of(work, struct give_back, work)->type;
	const struct gn_notify *notify = gn_notify_find(type);
	struct gn_exchange x = exchange(false);

	mutex_lock(&binding);
	decide(type, GN_TAKE_OVER, GN_WAIT);
	gn_exchange_sample(&x);
	if (notify->changing)
		notify->changing(true);
	gn_exchange_give_back(&x);
	if (notify->after_give_back)
		notify->after_give_back();
	if (notify->changing)
		notify->changing(false);
	mutex_unlock(&binding);
}

/**
 * gn_bind_give_back() - the hook that rings a notification will go
 * @type: the notification type
 *
 * Runs in a worker, because the in-tree driver looks at the blocks when it is bound. It
 * leaves a synchronous error's record to the current task, which handles it on its way
 * back to user space. In rmmod that would come too late: the task that met the error
 * touches the page again, its next record is a duplicate, and Linux 7.3 kills the task
 * for that. A worker has no user space; the in-tree driver handles a record that it finds
 * there at once, in another worker.
 *
 * Context: Process context, sleeps.
 */
void gn_bind_give_back(u8 type)
{
	struct give_back give_back = { .type = type };

	INIT_WORK_ONSTACK(&give_back.work, give_back_type);
	queue_work(system_long_wq, &give_back.work);
	flush_work(&give_back.work);
	destroy_work_on_stack(&give_back.work);
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
	struct gn_exchange x;
	int err;

	all.options = *options;
	err = gn_candidates_make(&all.candidates, options);
	if (err)
		return err;
	all.make_devices = !gn_devices_there();
	err = make_devices();
	if (err)
		goto remove;
	err = platform_driver_register(&driver);
	if (err)
		goto remove;
	x = exchange(false);
	gn_exchange_take_over(&x);
	if (all.bound || all.candidates.waiting)
		return 0;

	err = -ENODEV;
	pr_err("no source to take: see the lines before, and sources= and takeover=\n");
	platform_driver_unregister(&driver);
remove:
	gn_devices_remove(&all.candidates);
	gn_candidates_free(&all.candidates);
	return err;
}

/**
 * gn_bind_exit() - give every source back
 *
 * Context: Process context, may sleep.
 */
void gn_bind_exit(void)
{
	struct gn_exchange x = exchange(true);

	all.leaving = true;
	gn_exchange_sample(&x);
	gn_exchange_give_back(&x);
	platform_driver_unregister(&driver);
	gn_devices_remove(&all.candidates);
	gn_candidates_free(&all.candidates);
}
