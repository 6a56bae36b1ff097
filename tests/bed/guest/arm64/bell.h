/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program in the guest talks to the firmware of the arm64 platform: it writes into memory that
 * the two share and rings the RTC's interrupt, which is the firmware's.
 */
#ifndef BELL_H
#define BELL_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t u64;
typedef int64_t s64;
#include "../../arm64/firmware/layout.h"
#include "../pagemap.h"

#define RTC_AT	 0x09010000
#define RTC_DR	 0x00
#define RTC_MR	 0x04
#define RTC_IMSC 0x10
#define PAGE	 ((unsigned long)getpagesize())
#define TRIES	 1000
#define PATIENCE 100000

static volatile struct control *control;
static volatile uint8_t *rtc;
static volatile struct call *calls;
static volatile struct call *my_call;

static inline volatile void *map_physical(off_t at, size_t size)
{
	static int fd = -1;
	void *p;

	if (fd < 0)
		fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	if (p == MAP_FAILED)
		die("/dev/mem");
	return p;
}

static inline void bell_open(void)
{
	control = map_physical(CONTROL_AT, PAGE);
	rtc = map_physical(RTC_AT, PAGE);
	calls = map_physical(CALLS_AT, 2 * PAGE);
	if (control->magic != CONTROL_MAGIC) {
		fprintf(stderr, "not the arm64 platform\n");
		exit(1);
	}
}

/*
 * Rings until *word is no more what it was. The RTC interrupts when its match register equals its
 * data register, which may tick meanwhile, and somebody else may ring at the same time.
 */
static inline int bell_ring(volatile u64 *word, u64 was)
{
	__sync_synchronize();
	for (int i = 0; i < TRIES; i++) {
		*(volatile uint32_t *)(rtc + RTC_IMSC) = 1;
		*(volatile uint32_t *)(rtc + RTC_MR) = *(volatile uint32_t *)(rtc + RTC_DR);
		for (int wait = 0; wait < PATIENCE; wait++)
			if (*word != was)
				return 0;
	}
	return -1;
}

static inline void call_send(u64 op)
{
	__sync_synchronize();
	my_call->op = op;
	if (bell_ring(&my_call->op, op)) {
		fprintf(stderr, "firmware does not answer\n");
		exit(1);
	}
}

/* What a process that was killed had asked for goes on, at anybody's expense, until it is cancelled. */
static inline void call_bury(volatile struct call *call)
{
	u64 owner = call->owner;

	if (!owner || !kill(owner, 0) || errno != ESRCH ||
	    !__sync_bool_compare_and_swap(&call->owner, owner, getpid()))
		return;
	my_call = call;
	if (call->op != CALL_NONE)
		call_send(CALL_CANCEL);
	call->owner = 0;
}

/* A slot of one's own; a process that has forked takes another. */
static inline void call_open(void)
{
	for (int i = 0; i < CALLS_GUEST; i++)
		call_bury(&calls[i]);
	for (int i = 0; i < CALLS_GUEST; i++)
		if (__sync_bool_compare_and_swap(&calls[i].owner, 0, getpid())) {
			my_call = &calls[i];
			return;
		}
	fprintf(stderr, "no call slot is free\n");
	exit(1);
}

static inline void call_close(void)
{
	my_call->owner = 0;
}

static inline u64 call_page(u64 op, u64 pa, u64 recipe, u64 times)
{
	my_call->pa = pa;
	my_call->recipe = recipe;
	my_call->times = times;
	call_send(op);
	return my_call->result;
}

#endif
