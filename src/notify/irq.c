// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: EXTERNAL and GSIV.
 *
 * Both name a global system interrupt. On x86 the kernel maps any of them. On arm64 the
 * kernel has mapped those that a device asked for; this file maps another one, as an
 * edge: the HEST does not say which it is, and a line that stays high has an edge too.
 *
 * The in-tree driver serves GSIV sources by the hardware error device alone: a generic
 * event device (ACPI0013) handles the interrupt and AML notifies the error device. So a
 * GSIV source listens to that device, and also has the line itself, unless another driver
 * has it exclusively.
 *
 * Lines are shared: the handler returns IRQ_HANDLED when its source had a record. Storm
 * control never frees a line that other devices use: they would handle all its interrupts.
 *
 * Owns struct wire of each source. Context: process context; the handler in an interrupt.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/slab.h>

#include "notify/ask.h"
#include "notify/hed.h"
#include "notify/notify.h"
#include "notify/storm.h"
#include "path/source.h"

/**
 * struct wire - what rings for one source
 * @irq: the interrupt, 0 if there is none
 * @registered: the interrupt was mapped here
 * @listener: of the hardware error device, NULL if it does not ring
 * @storm: storm control
 */
struct wire {
	unsigned int irq;
	bool registered;
	void *listener;
	struct gn_storm storm;
};

static irqreturn_t irq_ring(int irq, void *data)
{
	struct wire *w = data;

	if (!gn_ask(w->storm.source))
		return IRQ_NONE;
	gn_storm_rang(&w->storm);
	return IRQ_HANDLED;
}

static irqreturn_t irq_alone(int irq, void *data)
{
	return IRQ_HANDLED;
}

/* The interrupt of a line; mapped here if the kernel has not mapped it. */
static int map(u32 gsi, struct wire *w)
{
	int irq, err = acpi_gsi_to_irq(gsi, &w->irq);

	if (!err || IS_ENABLED(CONFIG_X86))
		return err;
	irq = acpi_register_gsi(NULL, gsi, ACPI_EDGE_SENSITIVE, ACPI_ACTIVE_HIGH);
	if (irq <= 0)
		return irq ? irq : -EINVAL;
	w->irq = irq;
	w->registered = true;
	return 0;
}

static int connect(struct gn_source *s, struct wire *w, unsigned long flags)
{
	int err = map(s->desc.vector, w);

	if (!err)
		err = request_irq(w->irq, irq_ring, IRQF_SHARED | flags, "ghes_nmi", w);
	if (err) {
		if (w->registered)
			acpi_unregister_gsi(s->desc.vector);
		w->irq = 0;
		w->registered = false;
	}
	return err;
}

/* Has the line, which this source has just left, no other handler? */
static bool is_alone(struct wire *w)
{
	if (request_irq(w->irq, irq_alone, IRQF_PROBE_SHARED, "ghes_nmi", w))
		return false;
	free_irq(w->irq, w);
	return true;
}

static int irq_off(struct gn_source *s, bool for_good)
{
	struct wire *w = s->life.armed;

	if (w->irq) {
		free_irq(w->irq, w);
		if (!for_good && !is_alone(w) &&
		    !request_irq(w->irq, irq_ring, IRQF_SHARED, "ghes_nmi", w))
			return -EBUSY;
	}
	if (w->registered)
		acpi_unregister_gsi(s->desc.vector);
	w->irq = 0;
	w->registered = false;
	if (w->listener)
		gn_hed_leave(w->listener);
	w->listener = NULL;
	return 0;
}

static int external_on(struct gn_source *s)
{
	return connect(s, s->life.armed, 0);
}

/*
 * An event device does not share its line. IRQF_PROBE_SHARED: the kernel must not report
 * that as an error.
 */
static int gsiv_on(struct gn_source *s)
{
	struct wire *w = s->life.armed;
	void *listener = NULL;
	int err;

	if (gn_hed_there())
		listener = gn_hed_listen(s, &w->storm);
	if (IS_ERR(listener))
		return PTR_ERR(listener);
	w->listener = listener;
	err = connect(s, w, IRQF_PROBE_SHARED);
	return listener ? 0 : err;
}

static int arm(struct gn_source *s, const struct gn_ways *ways)
{
	struct wire *w = kzalloc(sizeof(*w), GFP_KERNEL);
	int err;

	if (!w)
		return -ENOMEM;
	s->life.armed = w;
	err = gn_storm_begin(&w->storm, s, ways);
	if (err) {
		dev_err(s->dev, "ghes_nmi: source %u: interrupt %u cannot be had (%d)%s\n",
			s->desc.id, s->desc.vector, err,
			gn_hed_there() ? "" : ", and there is no error device (PNP0C33)");
		kfree(w);
	}
	return err;
}

static int irq_available(void)
{
	return 0;
}

static int external_arm(struct gn_source *s)
{
	static const struct gn_ways ways = { .on = external_on, .off = irq_off };

	return arm(s, &ways);
}

static int gsiv_arm(struct gn_source *s)
{
	static const struct gn_ways ways = { .on = gsiv_on, .off = irq_off };

	return arm(s, &ways);
}

static void irq_disarm(struct gn_source *s)
{
	struct wire *w = s->life.armed;

	gn_storm_end(&w->storm);
	kfree(w);
}

const struct gn_notify gn_notify_external = {
	.intree_delivers_at_once = true,
	.available = irq_available,
	.arm = external_arm,
	.disarm = irq_disarm,
};

const struct gn_notify gn_notify_gsiv = {
	.intree_delivers_at_once = true,
	.available = irq_available,
	.arm = gsiv_arm,
	.disarm = irq_disarm,
};
