// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions that are wanted without an access that causes them: each waits until a CPU comes by
 * that does what it shall interrupt. As long as one waits, CPUs come up to look by the timer.
 */
#include "fw.h"

#define SPSR_A	(1UL << 8)
#define HCR_TGE (1UL << 27)

static struct {
	bool armed;
	u64 left; /* how often it is still to be raised */
} waiting[CALLS_MAX];
static u32 armed;

void raise_arm(u32 slot, u64 times)
{
	if (!waiting[slot].armed)
		armed++;
	waiting[slot].armed = true;
	waiting[slot].left = times ? times : 1;
	for (u32 cpu = 0; cpu < cpus(); cpu++)
		if (cpu_online(cpu))
			gic_kick(cpu);
}

void raise_cancel(u32 slot)
{
	if (waiting[slot].armed)
		armed--;
	waiting[slot].armed = false;
}

/*
 * Which of the INTO_ contexts a CPU comes from, 0: one that is left alone. Where an SError would
 * be masked nothing is raised: the registers of an earlier exception may still be needed there.
 * A guest of KVM cannot mask what goes to EL2.
 */
static u64 context_of(const struct frame *frame, u32 cpu)
{
	u32 from = SPSR_EL(frame->spsr);
	bool host = control()->el == 1 || read_sysreg(hcr_el2) & HCR_TGE;

	if (sdei_busy(cpu))
		return INTO_HANDLER;
	if (control()->el == 2 && (from == 1 || (from == 0 && !host)))
		return INTO_GUEST;
	if (frame->spsr & SPSR_A || from > control()->el)
		return 0;
	return from ? INTO_KERNEL : INTO_EL0;
}

static bool may_go(const struct call *call)
{
	u64 source = call->gated - 1;

	return !call->gated || (source < control()->sources && bmc_source(source)->gates);
}

static void raise(struct frame *frame, u32 cpu, u32 slot, struct call *call)
{
	struct exception e = {
		.serror = call->serror,
		.recipe = call->recipe,
		.syndrome = call->syndrome,
		.va = call->va,
		.ipa = call->ipa,
		.pa = call->pa,
	};

	if (call->gated)
		bmc_source(call->gated - 1)->gates--;
	if (call->witness >= RAM_AT && call->witness < RAS_AT)
		store(&call->seen, load(at(u64, call->witness & ~7UL)));
	exception_raise(frame, cpu, &e);
	store(&call->result, call->result + 1);
	if (--waiting[slot].left == 0) {
		raise_cancel(slot);
		store(&call->op, CALL_NONE);
	}
}

/* On the way down: at most one, for then the CPU is in the kernel. */
void raise_look(struct frame *frame, u32 cpu)
{
	u64 context;

	if (!armed)
		return;
	context = context_of(frame, cpu);
	for (u32 slot = 0; slot < CALLS_MAX; slot++) {
		struct call *call = call_at(slot);

		if (!waiting[slot].armed || !(call->into & context) || !may_go(call) ||
		    (call->cpu && call->cpu - 1 != cpu) || !exception_ready(call->recipe))
			continue;
		raise(frame, cpu, slot, call);
		return;
	}
}

/* How long the CPU may stay below. */
u64 raise_next_look(u32 cpu)
{
	if (!armed || sdei_busy(cpu))
		return FAR_AWAY;
	for (u32 slot = 0; slot < CALLS_MAX; slot++)
		if (waiting[slot].armed && may_go(call_at(slot)))
			return control()->retry;
	return FAR_AWAY;
}
