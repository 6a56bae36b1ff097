// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: NMIs that are owed
 *
 * Records and NMIs do not come in pairs. One NMI may collect the records of several
 * sources; the NMIs that firmware sent for the others then find nothing, on this CPU or
 * on another one. The drain that makes room, the look after binding and the slow look
 * collect records whose NMI is still to come. And firmware may ring all CPUs for one
 * record. The kernel reports an NMI that no handler claims as unknown, and may panic.
 *
 * So each CPU is owed one NMI per collected record, minus one per NMI that found a record
 * on that CPU; and no more than can be under way, because NMIs merge. An NMI that finds
 * nothing is believed while one is owed to its CPU and the last record was collected no
 * longer than GN_OWED_NS ago.
 *
 * This rule must not hide a foreign NMI (a watchdog card's, a button's) for ever.
 * Firmware that rings one CPU does not ring the others: on those, GN_OWED_DOUBTS NMIs are
 * believed, or the NMIs of GN_OWED_DOUBT_NS, and no more. Two events show that firmware
 * rings a CPU, and each restarts that count: an NMI of this CPU finds a record; or a round
 * ends: every CPU has had an NMI that found a record, or that was owed, since the last
 * round ended. (The CPUs of a guest do not run all the time: an NMI may come to one of
 * them long after the record.)
 *
 * What this rule cannot do. Within a second of a record, and as often as the count
 * allows, a foreign NMI counts as a late one on a CPU that firmware does not ring. On a
 * CPU that firmware does ring, a foreign NMI counts as a late one if one is owed: after
 * NMIs merged, or with firmware that rings CPUs in turn. Foreign NMIs that follow records
 * within GN_OWED_NS, on every CPU that firmware does not ring, look like firmware that
 * rings all CPUs. And when foreign NMIs have used up a CPU's count, and firmware rings all
 * CPUs only after that, that CPU may report the first NMI as unknown.
 *
 * Owns struct gn_owed and each CPU's part. Each CPU writes its own part in its NMI handler,
 * which no other NMI of that CPU interrupts. @heard and @round may miss a CPU when two are
 * heard at the same time: then the round is a record longer. It never ends early: who sees a
 * new round counts from nothing.
 *
 *	HEARD: smp_mb__before_atomic(), pairs with atomic_inc_return(). On x86 it is no
 *	instruction.
 *
 * gn_claim_busy() orders the caller's look at the sources before its count of their records.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <asm/barrier.h>

#include "notify/owed.h"

/* NMI-safe. Firmware rings this CPU in this round. */
static void hear(struct gn_owed *owed, struct gn_owed_cpu *cpu, u32 cpus)
{
	int round = atomic_read(&owed->round);

	if (cpu->round == round)
		return;
	cpu->round = round;
	if ((u32)atomic_inc_return(&owed->heard) >= cpus) {
		atomic_set(&owed->heard, 0);
		smp_mb__before_atomic(); /* HEARD */
		atomic_inc(&owed->round);
	}
}
NOKPROBE_SYMBOL(hear);

/**
 * gn_owed_begin() - nothing is owed to a CPU
 * @cpu: the CPU's part
 * @collected: records collected so far
 *
 * Context: No NMI handler of the module runs.
 */
void gn_owed_begin(struct gn_owed_cpu *cpu, u32 collected)
{
	*cpu = (struct gn_owed_cpu){ .answered = collected, .round = -1 };
}

/**
 * gn_owed_answer() - an NMI of this CPU had a record
 * @owed: what all CPUs know
 * @cpu: this CPU's part
 * @cpus: CPUs that are online
 *
 * Context: NMI handler.
 */
void gn_owed_answer(struct gn_owed *owed, struct gn_owed_cpu *cpu, u32 cpus)
{
	WRITE_ONCE(cpu->answered, cpu->answered + 1);
	WRITE_ONCE(cpu->doubts, 0);
	hear(owed, cpu, cpus);
}
NOKPROBE_SYMBOL(gn_owed_answer);

/* NMI-safe. How many of the records have not had their NMI on a CPU. */
static u32 unanswered(const struct gn_owed_cpu *cpu, const struct gn_owed_now *now)
{
	s32 left = (s32)(now->collected - READ_ONCE(cpu->answered));
	u32 most = now->sources + GN_OWED_LATE;

	if (now->age_ns >= GN_OWED_NS || left <= 0)
		return 0;
	return (u32)left < most ? (u32)left : most;
}
NOKPROBE_SYMBOL(unanswered);

/* NMI-safe. How many NMIs were believed since firmware was last seen to ring this CPU. */
static u32 doubts(const struct gn_owed *owed, const struct gn_owed_cpu *cpu)
{
	return READ_ONCE(cpu->doubted_in) == atomic_read(&owed->round) ? READ_ONCE(cpu->doubts) : 0;
}
NOKPROBE_SYMBOL(doubts);

/* NMI-safe. Is another one believed after so many? */
static bool believes(const struct gn_owed_cpu *cpu, const struct gn_owed_now *now, u32 before)
{
	return before < GN_OWED_DOUBTS || now->time_ns - cpu->since_ns < GN_OWED_DOUBT_NS;
}
NOKPROBE_SYMBOL(believes);

/**
 * gn_owed_left() - how many NMIs without a record would be believed on a CPU
 * @owed: what all CPUs know
 * @cpu: the CPU's part
 * @now: what there is to be owed for
 *
 * Context: Any. A snapshot, if another CPU asks.
 * Return: 0 to the number of sources and GN_OWED_LATE.
 */
u32 gn_owed_left(const struct gn_owed *owed, const struct gn_owed_cpu *cpu,
		 const struct gn_owed_now *now)
{
	return believes(cpu, now, doubts(owed, cpu)) ? unanswered(cpu, now) : 0;
}
NOKPROBE_SYMBOL(gn_owed_left);

/**
 * gn_owed_spend() - an NMI of this CPU finds nothing: is it one that is owed?
 * @owed: what all CPUs know
 * @cpu: this CPU's part
 * @now: what there is to be owed for
 *
 * Context: NMI handler.
 * Return: true if it is; one less is owed then.
 */
bool gn_owed_spend(struct gn_owed *owed, struct gn_owed_cpu *cpu, const struct gn_owed_now *now)
{
	u32 left = unanswered(cpu, now), before;

	if (!left)
		return false;
	hear(owed, cpu, now->cpus);
	before = doubts(owed, cpu);
	if (!before)
		cpu->since_ns = now->time_ns;
	if (!believes(cpu, now, before))
		return false;
	WRITE_ONCE(cpu->doubted_in, atomic_read(&owed->round));
	WRITE_ONCE(cpu->doubts, before + 1);
	WRITE_ONCE(cpu->answered, now->collected - left + 1);
	atomic_inc(&owed->spent);
	return true;
}
NOKPROBE_SYMBOL(gn_owed_spend);

/**
 * gn_owed_spent() - NMIs that found nothing and were believed
 * @owed: what all CPUs know
 *
 * Context: Any.
 * Return: how many since the module was loaded.
 */
u32 gn_owed_spent(const struct gn_owed *owed)
{
	return (u32)atomic_read(&owed->spent);
}
