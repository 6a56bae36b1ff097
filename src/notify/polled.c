// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources that never ring: a timer looks at each of them.
 *
 * The timer is not deferrable, as the in-tree driver's is not: an idle machine delivers
 * its records in time. The timers of one interval expire together, so seven hundred idle
 * sources wake the machine once per interval.
 *
 * For an interval of 0 the in-tree driver never looks again; this file looks once a
 * second. An interval above a minute is cut to a minute, so that no record waits for
 * days.
 *
 * Owns the timer of each poller. Context: looks in softirq; start and stop in process
 * context.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "notify/ask.h"
#include "notify/notify.h"
#include "notify/polled.h"
#include "path/source.h"

#define POLL_MS_DEFAULT 1000u
#define POLL_MS_LEAST	10u
#define POLL_MS_MOST	60000u

/* The next jiffy at which all timers of this interval expire. */
static unsigned long next(const struct gn_poller *p)
{
	unsigned long now = jiffies;

	return now + p->interval - now % p->interval;
}

static void poll(struct timer_list *timer)
{
	struct gn_poller *p = container_of(timer, struct gn_poller, timer);

	bool found = gn_ask(p->source);

	if (p->looked)
		p->looked(p, found);
	if (!READ_ONCE(p->ended))
		mod_timer(&p->timer, next(p));
}

/**
 * gn_poller_start() - look at a source from now on
 * @p: the poller; zeroed, or stopped
 * @s: the source
 * @ms: every so many milliseconds
 *
 * Context: Process context.
 */
void gn_poller_start(struct gn_poller *p, struct gn_source *s, u32 ms)
{
	p->source = s;
	p->interval = max(msecs_to_jiffies(ms), 1ul);
	p->ended = false;
	timer_setup(&p->timer, poll, 0);
	mod_timer(&p->timer, next(p));
}

/**
 * gn_poller_stop() - look no more
 * @p: a poller that was started
 *
 * Context: Process context, sleeps. On return no look is under way.
 */
void gn_poller_stop(struct gn_poller *p)
{
	WRITE_ONCE(p->ended, true);
	timer_delete_sync(&p->timer);
}

/* The interval in the HEST, within the bounds above. */
static u32 interval_of(const struct gn_source *s)
{
	u32 said = s->desc.poll_ms;
	u32 ms = said ? clamp(said, POLL_MS_LEAST, POLL_MS_MOST) : POLL_MS_DEFAULT;

	if (ms != said)
		dev_warn(
			s->dev,
			FW_WARN
			"ghes_nmi: source %u: a poll interval of %u ms makes no sense: it is polled every %u ms\n",
			s->desc.id, said, ms);
	return ms;
}

static int polled_available(void)
{
	return 0;
}

static int polled_arm(struct gn_source *s)
{
	struct gn_poller *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	s->life.armed = p;
	gn_poller_start(p, s, interval_of(s));
	return 0;
}

static void polled_disarm(struct gn_source *s)
{
	gn_poller_stop(s->life.armed);
	kfree(s->life.armed);
}

const struct gn_notify gn_notify_polled = {
	.intree_delivers_at_once = true,
	.available = polled_available,
	.arm = polled_arm,
	.disarm = polled_disarm,
};
