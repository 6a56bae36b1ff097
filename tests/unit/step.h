/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An NMI at a chosen instruction. The CPU's trap flag raises SIGTRAP after every
 * instruction; the handler runs where an NMI handler would: between any two
 * instructions of what it interrupts, which goes on only after it. On x86-64
 * hosts only.
 */
#ifndef STEP_H
#define STEP_H

#include "unit.h"

#include <signal.h>

/* An NMI may itself be interrupted, by one that comes at an instruction of it. */
#define STEP_DEPTH 3
#define STEP_NEVER 0xffffffffu

#ifdef __x86_64__

static struct {
	void (*nmi)(int depth); /* what interrupts: 1 the interrupted code, 2 the first NMI... */
	u32 at[STEP_DEPTH];	/* after which instruction of each level it comes */
	u32 count[STEP_DEPTH];	/* instructions of each level so far */
	int depth;
} step;

/* The trap flag is bit 8. The red zone below the stack pointer is left alone. */
static __always_inline void step_trap(bool on)
{
	if (on)
		asm volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
			     "lea 128(%%rsp), %%rsp" ::
				     : "memory", "cc");
	else
		asm volatile(
			"lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\t"
			"lea 128(%%rsp), %%rsp" ::
				: "memory", "cc");
}

/* Runs @code so that an NMI may come at one of its instructions. */
static __attribute__((__noinline__)) void step_through(void (*code)(int depth), int depth)
{
	step.count[depth] = 0;
	step.depth = depth;
	step_trap(true);
	code(depth);
	step_trap(false);
}

static void step_on_trap(int signal)
{
	int depth = step.depth;

	(void)signal;
	if (step.count[depth]++ != step.at[depth])
		return;
	/* The kernel has cleared the flag for this handler; it is back after it. */
	if (depth + 1 < STEP_DEPTH)
		step_through(step.nmi, depth + 1);
	step.depth = depth;
}

/*
 * Runs @code once, with @nmi after its instruction number @first and another one
 * after the NMI's instruction number @second.
 *
 * Return: the levels that were reached: 1 when @code has fewer instructions, 2
 * when the NMI has fewer, 3 when both came.
 */
static inline int step_run(void (*code)(int depth), void (*nmi)(int depth), u32 first, u32 second)
{
	struct sigaction action = { .sa_handler = step_on_trap, .sa_flags = SA_NODEFER };

	assert_int_equal(sigaction(SIGTRAP, &action, NULL), 0);
	memset(&step, 0, sizeof(step));
	step.nmi = nmi;
	step.at[0] = first;
	step.at[1] = second;
	step.at[2] = STEP_NEVER;
	step_through(code, 0);
	return step.count[0] <= first ? 1 : step.count[1] <= second ? 2 : 3;
}

#else

static inline int step_run(void (*code)(int depth) __attribute__((__unused__)),
			   void (*nmi)(int depth) __attribute__((__unused__)),
			   u32 first __attribute__((__unused__)),
			   u32 second __attribute__((__unused__)))
{
	print_message("needs an x86-64 host: its trap flag stops after every instruction\n");
	skip();
	return 1;
}

#endif

#endif
