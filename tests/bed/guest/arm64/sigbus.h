/* SPDX-License-Identifier: GPL-2.0-only */
/* A handler for SIGBUS, on a stack of its own, that keeps what it saw. */
#ifndef SIGBUS_H
#define SIGBUS_H

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include "bell.h"

#define SIGNALS_MAX 1000

static struct {
	volatile int signals, code, lsb; /* of the last one */
	volatile u64 addr;
	volatile bool own_task; /* it came to the task that called sigbus_forget() */
	volatile u64 witness;	/* what *sigbus_witness was then */
	volatile u64 at;	/* when, by the counter that firmware reads */
} seen;
static pid_t sigbus_task;
static volatile u64 *sigbus_witness;
static void (*sigbus_resume)(ucontext_t *uc);

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	u64 now;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(now)::"memory");
	(void)signal;
	seen.at = now;
	if (++seen.signals > SIGNALS_MAX)
		_exit(3);
	seen.code = info->si_code;
	seen.addr = (uintptr_t)info->si_addr;
	seen.lsb = info->si_addr_lsb;
	seen.own_task = syscall(SYS_gettid) == sigbus_task;
	if (sigbus_witness)
		seen.witness = *sigbus_witness;
	if (sigbus_resume)
		sigbus_resume(context);
}

static inline void sigbus_forget(void)
{
	memset((void *)&seen, 0, sizeof(seen));
	sigbus_task = syscall(SYS_gettid);
}

static inline void sigbus_handle(volatile u64 *witness, void (*resume)(ucontext_t *))
{
	static char stack[1 << 16];
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_sigbus,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigbus_witness = witness;
	sigbus_resume = resume;
	if (sigaltstack(&alternative, NULL) || sigaction(SIGBUS, &action, NULL))
		die("sigaction");
}

/* As it should come for a touch of va. */
static inline bool sigbus_right(u64 va)
{
	u64 mask = seen.lsb ? ~((1UL << seen.lsb) - 1) : ~0UL;

	return seen.signals == 1 && seen.code == BUS_MCEERR_AR && seen.lsb >= 12 &&
	       (seen.addr & mask) == (va & mask) && seen.own_task;
}

#endif
