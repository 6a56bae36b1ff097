// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storm control: a source that rings more often than storm_rate says is polled until
 * it is calm.
 *
 * A record stays in its block until it is taken, and firmware has no second block: so
 * a source that is polled at a bounded rate raises records at a bounded rate, and loses
 * none. The interrupt is freed for that time, so that a line that stays high until the
 * record is taken does not keep a CPU busy.
 *
 *	RINGING		more records in a second than storm_rate	-> POLLING
 *	POLLING		half of the looks in a second found nothing	-> RINGING
 *	either		disarm						-> ENDED
 *
 * From POLLING to RINGING the interrupt is on before the poller stops; a look follows
 * each change.
 *
 * Sources with an NMI-like notification have no storm control: an NMI that no handler
 * claims is a crash, and firmware raises an SDEI event or an abort whether or not the
 * kernel polls.
 *
 * Owns struct gn_storm. Context: gn_storm_rang() where the notification rings, the poller
 * in softirq, changes of state in a worker under @lock.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/device.h>
#include <linux/jiffies.h>

#include "notify/ask.h"
#include "notify/storm.h"
#include "path/source.h"

/* Milliseconds between two looks at a source that is polled for its storm. */
#define POLL_MS 20

uint gn_storm_rate;

static bool second_is_over(struct gn_storm *storm)
{
	unsigned long now = jiffies;

	if (time_before(now, READ_ONCE(storm->since) + HZ))
		return false;
	WRITE_ONCE(storm->since, now);
	return true;
}

/**
 * gn_storm_rang() - the notification rang, and the source was asked
 * @storm: its storm control
 *
 * Two CPUs may count at a time: then a second is a little longer or shorter.
 *
 * Context: Any in which the notification rings.
 */
void gn_storm_rang(struct gn_storm *storm)
{
	u64 records = READ_ONCE(storm->source->in.records);
	u32 rate = gn_storm_rate;

	if (second_is_over(storm))
		WRITE_ONCE(storm->records, records);
	else if (rate && records - READ_ONCE(storm->records) > rate && READ_ONCE(storm->allowed) &&
		 READ_ONCE(storm->state) == GN_STORM_RINGING) {
		WRITE_ONCE(storm->wanted, GN_STORM_POLLING);
		queue_work(system_unbound_wq, &storm->change);
	}
}

/* Softirq: the poller has looked. */
static void looked(struct gn_poller *p, bool found)
{
	struct gn_storm *storm = container_of(p, struct gn_storm, poller);

	storm->looks++;
	storm->finds += found;
	if (!second_is_over(storm))
		return;
	if (storm->finds * 2 <= storm->looks) {
		WRITE_ONCE(storm->wanted, GN_STORM_RINGING);
		queue_work(system_unbound_wq, &storm->change);
	}
	storm->looks = 0;
	storm->finds = 0;
}

static void to_polling(struct gn_storm *storm)
{
	struct gn_source *s = storm->source;
	int err = storm->ways->off(s, false);

	if (err) {
		WRITE_ONCE(storm->allowed, false);
		WRITE_ONCE(storm->wanted, GN_STORM_RINGING);
		dev_warn(
			s->dev,
			"ghes_nmi: source %u: more than %u records in a second; its interrupt cannot be switched off (%d): others use it\n",
			s->desc.id, gn_storm_rate, err);
		return;
	}
	WRITE_ONCE(s->life.storms, s->life.storms + 1);
	if (!storm->said)
		dev_warn(
			s->dev,
			"ghes_nmi: source %u: more than %u records in a second: it is polled while that lasts; said once\n",
			s->desc.id, gn_storm_rate);
	storm->said = true;
	WRITE_ONCE(storm->state, GN_STORM_POLLING);
	storm->looks = 0;
	storm->finds = 0;
	gn_poller_start(&storm->poller, s, POLL_MS);
}

static void to_ringing(struct gn_storm *storm)
{
	struct gn_source *s = storm->source;

	if (storm->ways->on(s))
		return; /* the poller goes on, and asks for this again */
	gn_poller_stop(&storm->poller);
	WRITE_ONCE(storm->records, READ_ONCE(s->in.records));
	WRITE_ONCE(storm->since, jiffies);
	WRITE_ONCE(storm->state, GN_STORM_RINGING);
	gn_ask(s); /* a record that came before the notification was on */
}

/* It may be queued again while it runs: the second run finds the state changed and does nothing. */
static void change(struct work_struct *work)
{
	struct gn_storm *storm = container_of(work, struct gn_storm, change);
	int wanted;

	mutex_lock(&storm->lock);
	wanted = READ_ONCE(storm->wanted);
	if (storm->state == GN_STORM_RINGING && wanted == GN_STORM_POLLING)
		to_polling(storm);
	else if (storm->state == GN_STORM_POLLING && wanted == GN_STORM_RINGING)
		to_ringing(storm);
	mutex_unlock(&storm->lock);
}

/**
 * gn_storm_begin() - arm a notification that may be switched off
 * @storm: zeroed
 * @s: the source
 * @ways: how it is switched
 *
 * Context: Process context, sleeps.
 * Return: what switching it on returns.
 */
int gn_storm_begin(struct gn_storm *storm, struct gn_source *s, const struct gn_ways *ways)
{
	storm->source = s;
	storm->ways = ways;
	storm->allowed = true;
	storm->since = jiffies;
	storm->records = s->in.records;
	storm->poller.looked = looked;
	mutex_init(&storm->lock);
	INIT_WORK(&storm->change, change);
	return ways->on(s);
}

/**
 * gn_storm_end() - disarm the notification, or stop the poller
 * @storm: what gn_storm_begin() began
 *
 * Context: Process context, sleeps. On return neither interrupt nor poller looks at the source.
 */
void gn_storm_end(struct gn_storm *storm)
{
	int state;

	mutex_lock(&storm->lock);
	state = storm->state;
	WRITE_ONCE(storm->state, GN_STORM_ENDED);
	mutex_unlock(&storm->lock);
	if (state == GN_STORM_POLLING)
		gn_poller_stop(&storm->poller);
	else
		storm->ways->off(storm->source, true);
	cancel_work_sync(&storm->change);
}
