// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices on their way between two drivers.
 *
 * Each source is released from one driver and bound to the other at once, then the next
 * one. What firmware raises in between stays in the block, un-acked, and the look that
 * follows each binding collects it. Unloading does the same in the other direction.
 *
 * Sources that keep each other's bits in one read ack register are the exception: two
 * drivers that write it would lose acknowledgements. All of them are released, then all
 * are bound.
 *
 * Owns a source's @apart and @heir between release and bind. Context: process context,
 * one exchange at a time (bind.c).
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/delay.h>
#include <linux/platform_device.h>

#include "notify/notify.h"
#include "path/source.h"
#include "source.h"
#include "takeover/devices.h"
#include "takeover/exchange.h"
#include "takeover/rest.h"

/* A source whose next record comes within so many milliseconds is under fire. */
#define SAMPLE_MS 20

/* The source of a device that another driver holds and this one takes over, else NULL. */
static struct gn_candidate *wanted(const struct gn_exchange *x, struct device *dev)
{
	struct gn_candidate *c;

	if (!gn_devices_is_ghes(dev) || !dev->driver || dev->driver == x->driver)
		return NULL;
	c = gn_devices_candidate(x->candidates, dev);
	return c && c->decision == GN_TAKE_OVER && !c->tried ? c : NULL;
}

/*
 * A source that this driver could not map stays with the driver that holds it.
 */
static int screen(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c = wanted(x, dev);
	const char *what;
	int err;

	if (!c)
		return 0;
	if (!x->takeover) {
		c->decision = GN_LEAVE;
		pr_info("source %u stays with the driver that holds it: takeover=0\n", c->desc.id);
		return 0;
	}
	err = gn_source_try(&c->desc, &what);
	if (err) {
		c->decision = GN_LEAVE;
		pr_info("source %u stays with the in-tree driver: %s cannot be mapped (%d)\n",
			c->desc.id, what, err);
	}
	return 0;
}

/* Stop the notification from ringing the driver that holds the device. */
static int silence(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c = wanted(x, dev);
	const struct gn_notify *notify;

	if (!c)
		return 0;
	notify = gn_notify_find(c->desc.notify);
	if (notify->silence)
		notify->silence(&c->desc);
	return 0;
}

static void release(struct device *dev, const struct gn_candidate *c)
{
	const struct gn_notify *notify = gn_notify_find(c->desc.notify);

	/* A silenced source rests already. The hook keeps exceptions from the other driver. */
	if (!notify->silence && !notify->hook && !notify->intree_delivers_at_once)
		gn_rest_await(&c->desc);
	device_release_driver(dev);
}

static void bind(const struct gn_exchange *x, struct device *dev, const struct gn_candidate *c)
{
	if (driver_attach(x->driver) || !dev->driver) {
		/* It cannot be bound: the driver that had it gets it back. */
		if (device_attach(dev) != 1)
			dev_warn(dev, "ghes_nmi: source %u has no driver now\n", c->desc.id);
	}
}

/* Take one device over: release and bind. */
static int take_over(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c = wanted(x, dev);

	if (c && !c->desc.ack_shared) {
		release(dev, c);
		bind(x, dev, c);
	}
	return 0;
}

/* The first half for sources that share an acknowledgement: no driver holds them now. */
static int take_over_release(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c = wanted(x, dev);

	if (c && c->desc.ack_shared) {
		release(dev, c);
		c->apart = true;
	}
	return 0;
}

static int take_over_bind(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c =
		gn_devices_is_ghes(dev) ? gn_devices_candidate(x->candidates, dev) : NULL;

	if (c && c->apart) {
		c->apart = false;
		if (!dev->driver)
			bind(x, dev, c);
	}
	return 0;
}

/* Note how many records were collected: a source with more of them later is under fire. */
static int sample(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_source *s;

	if (!gn_devices_is_ghes(dev))
		return 0;
	/* The lock keeps an administrator who unbinds the device from freeing the source. */
	device_lock(dev);
	if (dev->driver == x->driver) {
		s = dev_get_drvdata(dev);
		s->life.sampled = READ_ONCE(s->in.records);
	}
	device_unlock(dev);
	return 0;
}

/* The source of a device of ours that is to be given back, else NULL. */
static struct gn_candidate *leaving(const struct gn_exchange *x, struct device *dev)
{
	struct gn_candidate *c;

	if (!gn_devices_is_ghes(dev) || dev->driver != x->driver)
		return NULL;
	c = gn_devices_candidate(x->candidates, dev);
	return c && (x->everything || c->decision == GN_WAIT) ? c : NULL;
}

/* Withhold acknowledgements from here. The device lock keeps the source, see sample(). */
static void withhold(const struct gn_exchange *x, struct device *dev, struct gn_candidate *c)
{
	struct gn_source *s;

	device_lock(dev);
	if (dev->driver == x->driver) {
		s = dev_get_drvdata(dev);
		if (!s->life.notify->intree_delivers_at_once || c->desc.ack_shared)
			gn_rest_withhold_ack(s, &c->heir,
					     !s->life.notify->intree_delivers_at_once &&
						     READ_ONCE(s->in.records) != s->life.sampled);
	}
	device_unlock(dev);
}

static void attach_other(struct device *dev)
{
	if (device_attach(dev) < 0)
		dev_warn(dev, "ghes_nmi: no other driver takes this source back\n");
}

/* Give one device back. */
static int give_back(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c = leaving(x, dev);

	if (!c || c->desc.ack_shared)
		return 0;
	withhold(x, dev, c);
	device_release_driver(dev);
	attach_other(dev);
	gn_rest_resume_ack(&c->heir);
	return 0;
}

/*
 * Sources that share an acknowledgement go together: while the other driver holds one of
 * them, this module acknowledges none. It gives what it owes when all are released and
 * none is bound.
 */
static int give_back_withhold(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c = leaving(x, dev);

	if (c && c->desc.ack_shared)
		withhold(x, dev, c);
	return 0;
}

static int give_back_release(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c = leaving(x, dev);

	if (c && c->desc.ack_shared) {
		device_release_driver(dev);
		c->apart = true;
	}
	return 0;
}

static int give_back_resume(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c =
		gn_devices_is_ghes(dev) ? gn_devices_candidate(x->candidates, dev) : NULL;

	if (c && c->apart)
		gn_rest_resume_ack(&c->heir);
	return 0;
}

static int give_back_bind(struct device *dev, void *data)
{
	const struct gn_exchange *x = data;
	struct gn_candidate *c =
		gn_devices_is_ghes(dev) ? gn_devices_candidate(x->candidates, dev) : NULL;

	if (c && c->apart) {
		c->apart = false;
		attach_other(dev);
	}
	return 0;
}

/* Calls @fn for every device on the bus, which it may bind and unbind. */
static void each_device(const struct gn_exchange *x, int (*fn)(struct device *dev, void *data))
{
	bus_for_each_dev(&platform_bus_type, NULL, (void *)x, fn);
}

/**
 * gn_exchange_take_over() - from the drivers that have the sources to ours
 * @x: what changes hands
 *
 * Context: Process context, sleeps.
 */
void gn_exchange_take_over(const struct gn_exchange *x)
{
	each_device(x, screen);
	gn_candidates_keep_together(x->candidates);
	each_device(x, silence);
	/*
	 * The in-tree driver frees a source without waiting for its irq_work,
	 * which may still use records of it. After this no CPU runs
	 * that irq_work, and its records were delivered before the first of ours.
	 */
	gn_rest_await_irq_work();
	each_device(x, take_over_release);
	each_device(x, take_over_bind);
	each_device(x, take_over);
}

/**
 * gn_exchange_sample() - find out which of the sources to be given back are under fire
 * @x: what will change hands
 *
 * Context: Process context, sleeps.
 */
void gn_exchange_sample(const struct gn_exchange *x)
{
	each_device(x, sample);
	msleep(SAMPLE_MS);
}

/**
 * gn_exchange_give_back() - from our driver to those that bind to the sources
 * @x: what changes hands
 *
 * Context: Process context, sleeps.
 */
void gn_exchange_give_back(const struct gn_exchange *x)
{
	each_device(x, give_back_withhold);
	each_device(x, give_back_release);
	each_device(x, give_back_resume);
	each_device(x, give_back_bind);
	each_device(x, give_back);
}
