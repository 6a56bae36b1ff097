/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NMIs that are owed: their records were collected before they came. NMI handlers and
 * sysfs call it. Pure.
 */
#ifndef GN_OWED_H
#define GN_OWED_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/*
 * NMIs that a CPU may have got for records that others have collected, and that firmware
 * has written over since: one that runs and one that is latched.
 */
#define GN_OWED_LATE 2u
/* An NMI may come so long after its record was collected. */
#define GN_OWED_NS 1000000000ull
/* While nothing shows that firmware rings a CPU, so many NMIs are believed there, */
#define GN_OWED_DOUBTS 8u
/* or however many came in so short a time. */
#define GN_OWED_DOUBT_NS 3000000000ull

/**
 * struct gn_owed_cpu - one CPU's NMIs; written by that CPU's NMI handlers only
 * @answered: how many of the collected records have had their NMI here
 * @round: the last round that this CPU was heard in
 * @doubted_in: the round that @doubts counts in
 * @doubts: NMIs that were believed since firmware was last seen to ring this CPU
 * @since_ns: when the first of them was
 */
struct gn_owed_cpu {
	u32 answered;
	int round;
	int doubted_in;
	u32 doubts;
	u64 since_ns;
};

/**
 * struct gn_owed - what all CPUs know
 * @round: changes whenever all CPUs have been heard since it changed last
 * @heard: CPUs that were heard since
 * @spent: NMIs that were believed
 */
struct gn_owed {
	atomic_t round;
	atomic_t heard;
	atomic_t spent;
};

/**
 * struct gn_owed_now - what there is to be owed for
 * @collected: records of all NMI sources that were collected so far; wraps
 * @age_ns: nanoseconds since the last of them was
 * @time_ns: a clock of this CPU
 * @sources: how many sources there are: each may have one record under way
 * @cpus: CPUs that are online
 */
struct gn_owed_now {
	u32 collected;
	u64 age_ns;
	u64 time_ns;
	u32 sources;
	u32 cpus;
};

void gn_owed_begin(struct gn_owed_cpu *cpu, u32 collected);
void gn_owed_answer(struct gn_owed *owed, struct gn_owed_cpu *cpu, u32 cpus);
u32 gn_owed_left(const struct gn_owed *owed, const struct gn_owed_cpu *cpu,
		 const struct gn_owed_now *now);
bool gn_owed_spend(struct gn_owed *owed, struct gn_owed_cpu *cpu, const struct gn_owed_now *now);
u32 gn_owed_spent(const struct gn_owed *owed);

#endif
