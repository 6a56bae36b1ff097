// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals become running handlers here, and completed handlers what they interrupted.
 * A critical event interrupts everything but a critical one; a normal event interrupts no handler.
 */
#include "sdei.h"

struct sdei_cpu sdei_cpus[CPUS_MAX];
static u32 pending; /* signals not dispatched yet, all events and CPUs together */

static bool can_run(u32 cpu, u32 priority)
{
	struct sdei_cpu *c = &sdei_cpus[cpu];

	return cpu_online(cpu) && c->unmasked && !c->run[SDEI_CRITICAL].event &&
	       (priority == SDEI_CRITICAL || !c->run[SDEI_NORMAL].event);
}

static u32 this_cpu(void)
{
	return read_sysreg(mpidr_el1) & 0xff;
}

/* A CPU that can run it now: the wish first, else each in turn, so that CPUs share the work. */
static void choose_target(struct sdei_event *event, s32 wish)
{
	if (event->routed)
		return;
	if (wish >= 0 && can_run(wish, event->priority)) {
		event->target = wish;
		return;
	}
	for (u32 i = 0; i < cpus(); i++) {
		event->target = (event->target + 1) % cpus();
		if (can_run(event->target, event->priority))
			return;
	}
}

static s32 choose_private(struct sdei_event *event)
{
	for (u32 i = 1; i <= cpus(); i++) {
		u32 cpu = (event->target + i) % cpus();

		if (sdei_status[event->handler[cpu].state] & 2)
			return cpu;
	}
	return -1;
}

/*
 * Makes the event pending, if there is a handler registered to take it some day (the software
 * event is kept for one, as an interrupt would be). cpu: where a private event goes, and where a
 * shared one goes if it can; -1: any.
 */
bool sdei_signal(struct sdei_event *event, s32 cpu)
{
	struct sdei_handler *handler;

	if (!event->shared && cpu < 0)
		cpu = choose_private(event);
	if (!event->shared && cpu < 0)
		return false;
	handler = sdei_handler_of(event, cpu);
	if (!(sdei_status[handler->state] & 1) && !control()->sticky && event->source >= 0)
		return false;
	if (!handler->pending)
		pending++;
	handler->pending = true;
	if (event->shared)
		choose_target(event, cpu);
	else
		event->target = cpu;
	if (event->target != this_cpu())
		gic_kick(event->target);
	return true;
}

/* The handler is gone: whatever was pending for it goes to another CPU, or is refused. */
void sdei_discard(struct sdei_event *event, u32 cpu)
{
	struct sdei_handler *handler = sdei_handler_of(event, cpu);

	if (!handler->pending || control()->sticky)
		return;
	handler->pending = false;
	pending--;
	if (event->source >= 0 && !sdei_signal(event, -1))
		bmc_refused(event->source);
}

/* A CPU that takes no events any more leaves them to the others. */
void sdei_mask(u32 cpu, bool mask)
{
	sdei_cpus[cpu].unmasked = !mask;
	if (!mask || !pending)
		return;
	for (u32 i = 0; i < sdei_event_count; i++) {
		struct sdei_event *event = &sdei_events[i];

		if (event->shared && event->handler[0].pending && event->target == cpu)
			sdei_signal(event, -1);
	}
}

bool sdei_busy(u32 cpu)
{
	return sdei_cpus[cpu].run[SDEI_NORMAL].event || sdei_cpus[cpu].run[SDEI_CRITICAL].event;
}

static struct sdei_event *next_pending(const struct frame *frame, u32 cpu, u32 priority)
{
	if (!pending || !can_run(cpu, priority))
		return NULL;
	for (u32 i = 0; i < sdei_event_count; i++) {
		struct sdei_event *event = &sdei_events[i];
		struct sdei_handler *handler = sdei_handler_of(event, cpu);

		if (!handler->pending || event->priority != priority ||
		    sdei_table[handler->state][SDEI_DISPATCH].result ||
		    handler->el < SPSR_EL(frame->spsr))
			continue;
		if (event->shared && event->target != cpu &&
		    (event->routed || can_run(event->target, priority)))
			continue;
		return event;
	}
	return NULL;
}

static void dispatch(struct frame *frame, u32 cpu, struct sdei_event *event)
{
	struct sdei_handler *handler = sdei_handler_of(event, cpu);
	struct sdei_run *run = &sdei_cpus[cpu].run[event->priority];

	sdei_step(&handler->state, SDEI_DISPATCH);
	handler->pending = false;
	pending--;

	run->event = event;
	memcpy(run->x, frame->x, sizeof(run->x));
	run->elr = frame->elr;
	run->spsr = frame->spsr;
	run->fresh = true;
	run->below = sdei_cpus[cpu].below;
	run->seq = event->source < 0 ? 0 : bmc_source(event->source)->published - 1;

	frame->x[0] = event->number;
	frame->x[1] = handler->argument;
	frame->x[2] = frame->elr;
	frame->x[3] = frame->spsr;
	frame->elr = handler->entry;
	frame->spsr = exception_pstate(run->spsr, handler->el);
	if (event->source >= 0)
		shape_start(cpu, event->priority, event->source);
}

/* On the way down: the last thing decided is when the timer must bring the CPU up again. */
void sdei_dispatch_pending(struct frame *frame, u32 cpu)
{
	struct sdei_cpu *c = &sdei_cpus[cpu];
	struct sdei_event *event;

	do {
		frame->delay = shape_run(cpu, SHAPE_EXCEPTION, c->below - c->exception);
		for (u32 priority = 0; priority < SDEI_PRIORITIES; priority++) {
			struct sdei_run *run = &c->run[priority];
			u64 delay;

			if (!run->event)
				continue;
			delay = shape_run(cpu, priority, c->below - run->below);
			if (delay < frame->delay)
				frame->delay = delay;
		}
		event = next_pending(frame, cpu, SDEI_CRITICAL);
		if (!event)
			event = next_pending(frame, cpu, SDEI_NORMAL);
		if (event)
			dispatch(frame, cpu, event);
	} while (event);
}

/* On the way up: the time since the CPU last went down was spent below. */
void sdei_account(struct frame *frame, u32 cpu)
{
	struct sdei_cpu *c = &sdei_cpus[cpu];

	for (u32 priority = 0; priority < SDEI_PRIORITIES; priority++)
		if (c->run[priority].fresh) {
			c->run[priority].fresh = false;
			c->run[priority].start = frame->left;
		}
	c->below += frame->entered - frame->left;
}

/* Time in what an exception started counts from now. */
void sdei_mark_exception(u32 cpu)
{
	sdei_cpus[cpu].exception = sdei_cpus[cpu].below;
}

static void report(const struct frame *frame, u32 cpu, const struct sdei_run *run, bool resume)
{
	const struct sdei_event *event = run->event;
	bool nested = event->priority == SDEI_CRITICAL && sdei_cpus[cpu].run[SDEI_NORMAL].event;
	struct report r = {
		.kind = REPORT_EVENT,
		.source = event->source,
		.event = event->number,
		.cpu = cpu,
		.seq = run->seq,
		.time = run->start,
		.ticks = frame->entered - run->start,
		.lower_ticks = sdei_cpus[cpu].below - run->below,
		.flags = (event->priority == SDEI_CRITICAL ? REPORT_CRITICAL : 0) |
			 (event->shared ? 0 : REPORT_PRIVATE) | (resume ? REPORT_RESUME : 0) |
			 (nested ? REPORT_NESTED : 0),
		.pc = run->elr,
		.pstate = run->spsr,
	};

	ring_report(&r);
}

/* false: nothing runs that could complete */
bool sdei_complete(struct frame *frame, u32 cpu, bool resume)
{
	struct sdei_cpu *c = &sdei_cpus[cpu];
	u32 priority = c->run[SDEI_CRITICAL].event ? SDEI_CRITICAL : SDEI_NORMAL;
	struct sdei_run *run = &c->run[priority];
	struct sdei_event *event = run->event;
	struct sdei_handler *handler;
	u64 resume_at = frame->x[1];

	if (!event)
		return false;
	report(frame, cpu, run, resume);
	handler = sdei_handler_of(event, cpu);
	sdei_step(&handler->state, SDEI_COMPLETE);
	if (handler->state == SDEI_UNREGISTERED)
		sdei_discard(event, cpu);
	run->event = NULL;
	/* Signalled while it ran: the CPU that was chosen then has looked in vain, and may not come again. */
	if (handler->pending)
		sdei_signal(event, cpu);

	memcpy(frame->x, run->x, sizeof(run->x));
	frame->elr = run->elr;
	frame->spsr = run->spsr;
	if (resume) {
		/* as if the exception had been taken from the interrupted context to resume_at */
		if (handler->el == 2) {
			write_sysreg(elr_el2, run->elr);
			write_sysreg(spsr_el2, run->spsr);
		} else {
			write_sysreg(elr_el1, run->elr);
			write_sysreg(spsr_el1, run->spsr);
		}
		frame->elr = resume_at;
		frame->spsr = exception_pstate(run->spsr, handler->el);
	}
	shape_finish(cpu, priority, c->below - run->below);
	bmc_look();
	return true;
}
