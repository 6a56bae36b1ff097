// SPDX-License-Identifier: GPL-2.0-only
/*
 * Software Delegated Exceptions (Arm DEN0054): firmware calls the kernel at any
 * instruction, also with all of DAIF masked. An event of critical priority may interrupt
 * the handler of one of normal priority.
 *
 * The kernel's SDEI core enters NMI context, keeps a private stack per priority and
 * re-registers private events when a CPU comes online. The event's argument is the
 * source.
 *
 * Owns nothing but the registration of each event. Context: sdei_ring() is NMI-like,
 * everything else runs in process context.
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

/* Tries to unregister an event, a good millisecond apart, before a complaint. */
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
 * On return no handler of the event runs, nor will one: firmware does not dispatch a
 * disabled event, and a CPU takes no interrupt between the dispatch of an event and its
 * completion. So a CPU that took this interrupt has completed its handler.
 *
 * An event must not be unregistered while it runs: firmware answers PENDING and drops
 * the handler when it completes, but the kernel's core keeps the event, and firmware
 * denies every later call, because it has nothing left to unregister. The event number
 * would be lost until the next boot.
 */
static void quiesce(u32 event)
{
	gn_symbols.sdei_event_disable(event);
	kick_all_cpus_sync();
}

/*
 * The handler's code and its source are freed after this, so this loop ends only when
 * firmware does not have the handler any more: any answer but -EINPROGRESS says so.
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
				"the driver that had it could not unregister it; it is lost until the next boot" :
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
