// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals become running handlers here, and completed handlers what they interrupted.
 * A critical event interrupts everything but a critical one; a normal event interrupts no handler.
 */
#include "sdei.h"

#define SPSR_M_EL(spsr) ((spsr) >> 2 & 3)
#define SPSR_SSBS	(1UL << 12)
#define SPSR_DAIF	(0xfUL << 6)
#define SPSR_PAN	(1UL << 22)
#define SPSR_TCO	(1UL << 25)
#define SCTLR_SPAN	(1UL << 23)
#define SCTLR_DSSBS	(1UL << 44)
#define HCR_E2H_TGE	(1UL << 34 | 1UL << 27)

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
		    handler->el < SPSR_M_EL(frame->spsr))
			continue;
		if (event->shared && event->target != cpu &&
		    (event->routed || can_run(event->target, priority)))
			continue;
		return event;
	}
	return NULL;
}

/* PSTATE as an exception to the client's exception level sets it. */
static u64 entry_pstate(u64 interrupted, u32 el)
{
	u64 sctlr = el == 2 ? read_sysreg(sctlr_el2) : read_sysreg(sctlr_el1);
	u64 pstate = SPSR_DAIF | el << 2 | 1;
	bool pan = read_sysreg(id_aa64mmfr1_el1) >> 20 & 0xf;
	bool ssbs = read_sysreg(id_aa64pfr1_el1) >> 4 & 0xf;
	bool tags = (read_sysreg(id_aa64pfr1_el1) >> 8 & 0xf) >= 1;

	if (el == 2 && (read_sysreg(hcr_el2) & HCR_E2H_TGE) != HCR_E2H_TGE)
		pan = false;
	if (pan)
		pstate |= sctlr & SCTLR_SPAN ? interrupted & SPSR_PAN : SPSR_PAN;
	if (ssbs && sctlr & SCTLR_DSSBS)
		pstate |= SPSR_SSBS;
	if (tags)
		pstate |= SPSR_TCO;
	return pstate;
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
	frame->spsr = entry_pstate(run->spsr, handler->el);
	if (event->source >= 0)
		shape_start(cpu, event->priority, event->source);
}

/* On the way down: the last thing decided is when the timer must bring the CPU up again. */
void sdei_dispatch_pending(struct frame *frame, u32 cpu)
{
	struct sdei_cpu *c = &sdei_cpus[cpu];
	struct sdei_event *event;

	do {
		frame->delay = FAR_AWAY;
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
	struct sdei_handler *handler;
	u64 resume_at = frame->x[1];

	if (!run->event)
		return false;
	report(frame, cpu, run, resume);
	handler = sdei_handler_of(run->event, cpu);
	sdei_step(&handler->state, SDEI_COMPLETE);
	if (handler->state == SDEI_UNREGISTERED)
		sdei_discard(run->event, cpu);
	run->event = NULL;

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
		frame->spsr = entry_pstate(run->spsr, handler->el);
	}
	shape_finish(cpu, priority, c->below - run->below);
	bmc_look();
	return true;
}
