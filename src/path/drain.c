// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue -> sinks.
 *
 * Runs as irq_work, in hard interrupt context (in a worker under PREEMPT_RT), on
 * the CPU the notification came to: at once or with the next tick, bell.h says
 * when. A notification that is no NMI runs it itself. Two CPUs may run the drain
 * of one source at once, so a claim word makes one of them the consumer; the
 * other one's call is a promise that the first looks again. The queue's order
 * is firmware's order, and so is the sinks'.
 *
 * The full check of a record is done here, not in NMI: the copy is private, so
 * it does not change any more.
 *
 * One thing is not for interrupt context: a page that is to be taken out of use. The
 * drain leaves its record, and what is behind that in the queue, to a kernel worker
 * that runs the drain. That worker may sleep while it owns the draining claim: every
 * other caller leaves at once.
 *
 * Owns struct gn_outlet and the consumer end of the queue, by the source's draining claim.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/delay.h>

#include "compat/arch.h"
#include "sinks/relay.h"
#include "sinks/sink.h"
#include "path/clock.h"
#include "path/collect.h"
#include "path/drain.h"
#include "path/moved.h"
#include "path/roll.h"
#include "path/source.h"

/* Records of one run; more of them wait for the next, so interrupts come in. */
#define RECORDS_MAX 32

/*
 * Every sink gets every record, in this order. A task that uses a lost page has its signal
 * before the log is written, which takes longer than all else. A record is in the queue
 * until all sinks had it: should the machine panic meanwhile, it is in the log all the same.
 */
static const struct gn_sink *const sinks[] = {
	&gn_sink_trace, &gn_sink_listeners, &gn_sink_intree, &gn_sink_memory, &gn_sink_console,
};

/* What a run came to. */
enum run {
	RUN_EMPTY, /* nothing is left */
	RUN_MORE,  /* there is more, for another run */
	RUN_LEFT,  /* what is next is for a drain in a task */
};

static void reject(const struct gn_record *record, const struct gn_entry *e,
		   enum gn_verdict verdict)
{
	struct gn_outlet *out = record->out;

	gn_received_malformed(&out->malformed[verdict]);
	gn_keep(&out->kept, e->block, e->length, verdict);
	gn_trace_malformed(record, verdict);
	gn_console_malformed(record, verdict);
}

/*
 * What is to be counted of a record's sections; the last of those that every sink
 * has as bytes only is kept.
 */
static void note_sections(const struct gn_record *record)
{
	struct gn_outlet *out = record->out;
	struct gn_section section;
	struct gn_walk walk;
	u32 n;

	gn_walk_start(&walk, record->block);
	for (n = 0; gn_walk_next(&walk, &section); n++) {
		u64 *count = &out->odd[section.oddity];

		if (section.oddity == GN_SOUND)
			continue;
		WRITE_ONCE(*count, *count + 1);
		gn_keep(&out->kept_section, section.type,
			(u32)(section.body - section.type) + section.length, section.oddity);
	}
	if (min(n, 1023u) != gn_estatus_entries(&record->head))
		WRITE_ONCE(out->entries_wrong, out->entries_wrong + 1);
	if (gn_estatus_multiple(&record->head))
		WRITE_ONCE(out->multiple, out->multiple + 1);
}

/*
 * In a task too, every sink that does not want to sleep runs as in an interrupt. Under
 * PREEMPT_RT all of them run in a task, with interrupts on: a listener may use locks
 * that sleep there.
 */
static void deliver(const struct gn_record *record)
{
	struct gn_outlet *out = record->out;
	unsigned long flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(sinks); i++) {
		if (sinks[i]->in_task) {
			if (record->in_task)
				sinks[i]->deliver(record);
			continue;
		}
		if (!IS_ENABLED(CONFIG_PREEMPT_RT))
			local_irq_save(flags);
		sinks[i]->deliver(record);
		if (!IS_ENABLED(CONFIG_PREEMPT_RT))
			local_irq_restore(flags);
	}
	note_sections(record);
	if (record->head.severity < GN_SEVERITIES)
		out->severity[record->head.severity]++;
	WRITE_ONCE(out->delivered, out->delivered + 1);
}

/* The next record; @in_task: this context may sleep. */
static enum run drain_one(struct gn_source *s, bool in_task)
{
	struct gn_entry *e = gn_queue_peek(&s->queue);
	struct gn_record record = { .out = &s->out, .in_task = in_task };
	enum gn_verdict verdict;

	if (!e)
		return RUN_EMPTY;
	if (gn_roll_is_closed())
		return RUN_LEFT;
	record.block = e->block;
	record.length = e->length;
	record.touched = e->touched;
	record.delay_ns = gn_clock_ns(gn_clock_between(e->stamp, gn_clock()));
	verdict = e->verdict == GN_GOOD ? gn_estatus_check(e->block, e->length) : e->verdict;
	if (verdict != GN_GOOD) {
		reject(&record, e, verdict);
	} else {
		gn_estatus_read(&record.head, e->block);
		if (!in_task && gn_memory_wanted(&record)) {
			gn_bell_deliver(&s->bell);
			return RUN_LEFT;
		}
		deliver(&record);
	}
	gn_queue_pop(&s->queue, e);
	return RUN_MORE;
}

static enum run drain_some(struct gn_source *s, bool in_task)
{
	enum run run = RUN_MORE;
	int n;

	for (n = 0; n < RECORDS_MAX && run == RUN_MORE; n++)
		run = drain_one(s, in_task);
	return run;
}

/* What else the bell rang for: a complaint, a new window, a look. */
static void see_to_the_rest(struct gn_source *s)
{
	unsigned long flags;
	bool written;

	if (gn_bell_closing(&s->bell))
		return;
	if (READ_ONCE(s->in.complain_empty) == 1) {
		WRITE_ONCE(s->in.complain_empty, 2);
		gn_console_empty(&s->out);
	}
	if (gn_moved_told(&s->in.moved_to))
		gn_bell_remap(&s->bell);
	if (gn_bell_take_look(&s->bell)) {
		/* What another CPU could not acknowledge is written here, with interrupts off. */
		local_irq_save(flags);
		written = gn_ack_write_owed(&s->in.ack);
		local_irq_restore(flags);
		if (!written)
			gn_bell_look(&s->bell);
		gn_collect_again(s);
	}
}

/**
 * gn_drain_here() - deliver what is queued, as far as that needs no task
 * @s: the source
 *
 * Context: Interrupts off, or an interrupt. Does not sleep.
 */
void gn_drain_here(struct gn_source *s)
{
	enum run run;
	bool left;
	int seen;

	if (!gn_claim_enter(&s->draining, &seen))
		return;
	do {
		run = drain_some(s, false);
		left = gn_claim_leave(&s->draining, &seen);
	} while (!left && run == RUN_EMPTY);
	if (!left)
		gn_claim_abandon(&s->draining);
	/* The worker does the rest. The queue is still full, so a look would take nothing. */
	if (run == RUN_LEFT)
		return;
	if (run == RUN_MORE)
		gn_bell_now(&s->bell);
	see_to_the_rest(s);
}

/**
 * gn_drain_in_task() - deliver all that is queued, here and now
 * @s: the source
 *
 * Context: Process context, sleeps. Waits for a drain that is under way.
 */
void gn_drain_in_task(struct gn_source *s)
{
	enum run run;
	int seen;

	mutex_lock(&s->delivering);
	do {
		/* The owner runs in an interrupt, or with interrupts off: it leaves soon. */
		while (!gn_claim_enter(&s->draining, &seen))
			usleep_range(20, 50);
		do {
			do {
				run = drain_some(s, true);
				cond_resched();
			} while (run == RUN_MORE);
		} while (!gn_claim_leave(&s->draining, &seen));
		see_to_the_rest(s);
	} while (gn_queue_peek(&s->queue) && !gn_roll_is_closed());
	mutex_unlock(&s->delivering);
}

static void drain_in_worker(struct work_struct *work)
{
	gn_drain_in_task(container_of(work, struct gn_source, bell.deliver));
}

/*
 * Under PREEMPT_RT a thread per CPU would run what is not hard, and stay behind any
 * task of higher priority: one busy CPU would keep the source's drain from all others.
 * There the interrupt only wakes a worker, which runs on whatever CPU there is.
 */
static void drain_now(struct irq_work *work)
{
	struct gn_source *s = container_of(work, struct gn_source, bell.now);

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		gn_bell_deliver(&s->bell);
	else
		gn_drain_here(s);
}

static void drain_soon(struct irq_work *work)
{
	gn_drain_here(container_of(work, struct gn_source, bell.soon));
}

/**
 * gn_drain_init() - prepare the drain of a source
 * @s: the source, not known to any notification yet
 * @remap: maps a block that moved
 */
void gn_drain_init(struct gn_source *s, void (*remap)(struct work_struct *work))
{
	const struct gn_bell_runs runs = {
		.now = drain_now,
		.soon = drain_soon,
		.deliver = drain_in_worker,
		.remap = remap,
	};

	gn_bell_init(&s->bell, &runs);
	mutex_init(&s->delivering);
}

/**
 * gn_drain_finish() - deliver what is left in the queue, for the last time
 * @s: a source whose notification is disarmed
 *
 * When it returns no run of its bell is under way, nor ever will be.
 *
 * Context: Process context, may sleep.
 */
void gn_drain_finish(struct gn_source *s)
{
	gn_bell_close(&s->bell);
	gn_drain_in_task(s);
	gn_relay_flush();
}
