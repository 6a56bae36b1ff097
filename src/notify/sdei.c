// SPDX-License-Identifier: GPL-2.0-only
/*
 * Software Delegated Exceptions (Arm DEN0054): firmware calls into the kernel
 * whatever it was doing, all of DAIF masked included. An event of critical
 * priority may come while one of normal priority is being handled.
 *
 * The kernel's own SDEI core enters NMI context, keeps a private stack per
 * priority and re-registers private events when a CPU comes online. The event's
 * argument is the source, so finding it costs nothing.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/arm_sdei.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/printk.h>

#include "../compat/symbols.h"
#include "../path/collect.h"
#include "../source.h"
#include "notify.h"

/* Tries to unregister an event, a good millisecond each, before a complaint. */
#define COMPLAIN_TRIES 5000

/* NMI-safe. */
static int sdei_ring(u32 event, struct pt_regs *regs, void *arg)
{
	gn_collect(arg, regs);
	return 0;
}
NOKPROBE_SYMBOL(sdei_ring);

static int sdei_available(void)
{
	if (gn_symbols.sdei_event_register && gn_symbols.sdei_event_unregister &&
	    gn_symbols.sdei_event_enable && gn_symbols.sdei_event_disable)
		return 0;
	pr_err("this kernel has no SDEI (CONFIG_ARM_SDE_INTERFACE): SDEI sources stay where they are\n");
	return -EOPNOTSUPP;
}

/*
 * The kernel's core answers -EINPROGRESS while the handler runs somewhere. The
 * handler's code and its source are freed after this, so there is no giving up.
 */
static void unregister(struct gn_source *s)
{
	int err, tries = 0;

	while ((err = gn_symbols.sdei_event_unregister(s->desc.vector))) {
		if (++tries % COMPLAIN_TRIES == 0)
			dev_err(s->dev,
				"ghes_nmi: source %u: firmware does not let SDEI event %u go (%d): still trying\n",
				s->desc.id, s->desc.vector, err);
		usleep_range(1000, 2000);
	}
}

static void sdei_quiet(const struct gn_hest_source *desc)
{
	gn_symbols.sdei_event_disable(desc->vector);
}

static int sdei_arm(struct gn_source *s)
{
	u32 event = s->desc.vector;
	int err;

	if (!event) {
		dev_err(s->dev,
			FW_BUG
			"ghes_nmi: source %u: SDEI event 0 belongs to the kernel, not to a source\n",
			s->desc.id);
		return -EINVAL;
	}
	err = gn_symbols.sdei_event_register(event, sdei_ring, s);
	if (err) {
		dev_err(s->dev,
			"ghes_nmi: source %u: SDEI event %u cannot be registered (%d): does firmware implement it?\n",
			s->desc.id, event, err);
		return err;
	}
	err = gn_symbols.sdei_event_enable(event);
	if (err) {
		dev_err(s->dev, "ghes_nmi: source %u: SDEI event %u cannot be enabled (%d)\n",
			s->desc.id, event, err);
		unregister(s);
	}
	return err;
}

static void sdei_disarm(struct gn_source *s)
{
	gn_symbols.sdei_event_disable(s->desc.vector);
	unregister(s);
}

const struct gn_notify gn_notify_sdei = {
	.available = sdei_available,
	.quiet = sdei_quiet,
	.arm = sdei_arm,
	.disarm = sdei_disarm,
};
