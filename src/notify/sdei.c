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
#include <linux/smp.h>

#include "compat/symbols.h"
#include "path/collect.h"
#include "path/source.h"
#include "notify/notify.h"

/* Waits for firmware to let an event go, a good millisecond each, before a complaint. */
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
 * No handler of the event runs any more when this returns, nor will one: what
 * is disabled is not dispatched, and a CPU takes no interrupt between the
 * dispatch of an event and its completion, so one that has taken this interrupt
 * has completed whatever it was handling.
 *
 * Unregistering an event that runs would end badly. Firmware answers PENDING
 * and lets the handler go when it completes; the kernel's core keeps the event
 * all the same, and every later call is denied, as there is nothing left to
 * unregister. The event number would be lost until the next boot.
 */
static void quiesce(u32 event)
{
	gn_symbols.sdei_event_disable(event);
	kick_all_cpus_sync();
}

/*
 * The handler's code and its source are freed after this, so there is no giving
 * up while firmware has the handler. An answer other than -EINPROGRESS says that
 * it has not: no event of this number can come here any more.
 */
static void unregister(struct gn_source *s)
{
	int err, tries = 0;

	while ((err = gn_symbols.sdei_event_unregister(s->desc.vector)) == -EINPROGRESS) {
		if (++tries % COMPLAIN_TRIES == 0)
			dev_err(s->dev,
				"ghes_nmi: source %u: firmware does not let SDEI event %u go: still trying\n",
				s->desc.id, s->desc.vector);
		usleep_range(1000, 2000);
	}
	if (err)
		dev_err(s->dev,
			"ghes_nmi: source %u: SDEI event %u was not unregistered (%d): nobody can use it until the next boot\n",
			s->desc.id, s->desc.vector, err);
}

static void sdei_silence(const struct gn_hest_source *desc)
{
	quiesce(desc->vector);
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
			"ghes_nmi: source %u: SDEI event %u cannot be registered (%d): %s\n",
			s->desc.id, event, err,
			err == -EBUSY ?
				"whoever had it could not let it go; it is lost until the next boot" :
				"does firmware implement it?");
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
	quiesce(s->desc.vector);
	unregister(s);
}

const struct gn_notify gn_notify_sdei = {
	.available = sdei_available,
	.silence = sdei_silence,
	.arm = sdei_arm,
	.disarm = sdei_disarm,
};
