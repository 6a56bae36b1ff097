// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: EXTERNAL and GSIV.
 *
 * Both name a global system interrupt. On x86 the kernel maps any of them. On arm64
 * it knows those that a device asked for; another one is mapped here, as an edge:
 * the HEST does not say which it is, and a line that is held high has an edge too.
 *
 * The in-tree driver serves GSIV sources by the hardware error device alone: a
 * generic event device (ACPI0013) takes the interrupt and AML notifies the error
 * device. So a GSIV source listens to that, and has the line itself where nobody
 * else wants it for himself.
 *
 * Lines are shared: the handler claims an interrupt when its source had a record.
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
#include "path/source.h"

/**
 * struct wire - what rings for one source
 * @irq: the interrupt, 0 if there is none
 * @registered: the interrupt was mapped here
 * @listener: of the hardware error device, NULL if it does not ring
 */
struct wire {
	unsigned int irq;
	bool registered;
	void *listener;
};

static irqreturn_t irq_ring(int irq, void *data)
{
	return gn_ask(data) ? IRQ_HANDLED : IRQ_NONE;
}

/* The interrupt of a line; mapped here if nobody has mapped it. */
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
		err = request_irq(w->irq, irq_ring, IRQF_SHARED | flags, "ghes_nmi", s);
	if (err) {
		if (w->registered)
			acpi_unregister_gsi(s->desc.vector);
		w->irq = 0;
		w->registered = false;
	}
	return err;
}

static void cut(struct gn_source *s, struct wire *w)
{
	if (w->irq)
		free_irq(w->irq, s);
	if (w->registered)
		acpi_unregister_gsi(s->desc.vector);
	if (w->listener)
		gn_hed_leave(w->listener);
}

static int irq_available(void)
{
	return 0;
}

static int external_arm(struct gn_source *s)
{
	struct wire *w = kzalloc(sizeof(*w), GFP_KERNEL);
	int err = w ? connect(s, w, 0) : -ENOMEM;

	if (err) {
		dev_err(s->dev, "ghes_nmi: source %u: interrupt %u cannot be had (%d)\n",
			s->desc.id, s->desc.vector, err);
		kfree(w);
		return err;
	}
	s->life.armed = w;
	return 0;
}

/*
 * A line that an event device has is not to be shared with it: that is no error, and
 * IRQF_PROBE_SHARED says so.
 */
static int gsiv_arm(struct gn_source *s)
{
	struct wire *w = kzalloc(sizeof(*w), GFP_KERNEL);
	int err = w ? 0 : -ENOMEM;

	if (w && gn_hed_there()) {
		w->listener = gn_hed_listen(s);
		err = PTR_ERR_OR_ZERO(w->listener);
	}
	if (!err) {
		err = connect(s, w, IRQF_PROBE_SHARED);
		if (w->listener)
			err = 0;
	}
	if (err) {
		dev_err(s->dev,
			"ghes_nmi: source %u: nothing rings for it: no error device (PNP0C33), and interrupt %u cannot be had (%d)\n",
			s->desc.id, s->desc.vector, err);
		kfree(w);
		return err;
	}
	s->life.armed = w;
	return 0;
}

static void irq_disarm(struct gn_source *s)
{
	cut(s, s->life.armed);
	kfree(s->life.armed);
}

const struct gn_notify gn_notify_external = {
	.settled = true,
	.available = irq_available,
	.arm = external_arm,
	.disarm = irq_disarm,
};

const struct gn_notify gn_notify_gsiv = {
	.settled = true,
	.available = irq_available,
	.arm = gsiv_arm,
	.disarm = irq_disarm,
};
