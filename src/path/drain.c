// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue -> sinks.
 *
 * Runs as irq_work, in hard interrupt context (a kernel thread under
 * PREEMPT_RT), on the CPU the notification came to: at once or with the next
 * tick, drain.h says when. Two CPUs may run the drain
 * of one source at once, so a claim word makes one of them the consumer; the
 * other one's call is a promise that the first looks again. The queue's order
 * is firmware's order, and so is the sinks'.
 *
 * The full check of a record is done here, not in NMI: the copy is private, so
 * it does not change any more.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include "../compat/arch.h"
#include "../compat/irq_work.h"
#include "../sinks/sink.h"
#include "collect.h"
#include "drain.h"

/* Records of one run; more of them wait for the next, so interrupts come in. */
#define RECORDS_MAX 32

/* Every sink gets every record, in this order. */
static const struct gn_sink *const sinks[] = {
	&gn_sink_trace,
	&gn_sink_memory,
	&gn_sink_listeners,
	&gn_sink_console,
};

static void keep_malformed(struct gn_source *s, const struct gn_entry *e, enum gn_verdict verdict)
{
	struct gn_malformed *m = &s->malformed;
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	m->number++;
	m->total = e->length;
	m->length = min_t(u32, e->length, sizeof(m->bytes));
	m->verdict = verdict;
	memcpy(m->bytes, e->block, m->length);
	raw_spin_unlock_irqrestore(&m->lock, flags);
}

static void deliver(struct gn_source *s, const struct gn_entry *e)
{
	struct gn_record record = {
		.source = s,
		.block = e->block,
		.length = e->length,
		.delay_ns = gn_clock_ns(gn_clock() - e->stamp),
	};
	enum gn_verdict verdict = e->verdict;
	int i;

	if (verdict == GN_GOOD)
		verdict = gn_estatus_check(e->block, e->length);
	if (verdict != GN_GOOD) {
		WRITE_ONCE(s->out.malformed[verdict], s->out.malformed[verdict] + 1);
		keep_malformed(s, e, verdict);
		gn_trace_malformed(&record, verdict);
		gn_console_malformed(&record, verdict);
		return;
	}
	gn_estatus_read(&record.head, e->block);
	for (i = 0; i < ARRAY_SIZE(sinks); i++)
		sinks[i]->deliver(&record);
	if (record.head.severity < GN_SEVERITIES)
		s->out.severity[record.head.severity]++;
	WRITE_ONCE(s->out.delivered, s->out.delivered + 1);
}

/* Returns true when records are left for another run. */
static bool drain_some(struct gn_source *s)
{
	struct gn_entry *e;
	int n;

	for (n = 0; n < RECORDS_MAX; n++) {
		e = gn_queue_peek(&s->queue);
		if (!e)
			return false;
		deliver(s, e);
		gn_queue_pop(&s->queue, e);
	}
	return true;
}

static void drain(struct gn_source *s)
{
	bool more, left;
	int seen;

	if (!gn_claim_take(&s->draining, &seen))
		return;
	do {
		more = drain_some(s);
		left = gn_claim_leave(&s->draining, &seen);
	} while (!left && !more);
	if (!left)
		gn_claim_abandon(&s->draining);
	if (more)
		gn_drain_now(s);

	if (READ_ONCE(s->closing))
		return;
	if (READ_ONCE(s->complain_empty) == 1) {
		WRITE_ONCE(s->complain_empty, 2);
		gn_console_empty(s);
	}
	if (READ_ONCE(s->moved_to))
		schedule_work(&s->remap);
	if (xchg(&s->look, 0))
		gn_collect_again(s);
}

static void drain_now(struct irq_work *work)
{
	drain(container_of(work, struct gn_source, now));
}

static void drain_soon(struct irq_work *work)
{
	drain(container_of(work, struct gn_source, soon));
}

/**
 * gn_drain_init() - prepare the drain of a source
 * @s: the source, not known to any notification yet
 */
void gn_drain_init(struct gn_source *s)
{
	init_irq_work(&s->now, drain_now);
	gn_init_irq_work_lazy(&s->soon, drain_soon);
}

/**
 * gn_drain_finish() - deliver what is left in the queue
 * @s: a source that is closing and that nothing rings any more
 *
 * Context: Process context, may sleep.
 */
void gn_drain_finish(struct gn_source *s)
{
	do {
		gn_drain_now(s);
		irq_work_sync(&s->now);
		irq_work_sync(&s->soon);
	} while (s->queue.base && gn_queue_used(&s->queue));
}
