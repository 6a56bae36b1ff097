/* SPDX-License-Identifier: GPL-2.0-only */
/* Events and the CPUs they run on, shared by sdei_call.c and sdei_dispatch.c. */
#ifndef SDEI_H
#define SDEI_H

#include "fw.h"
#include "sdei_table.h"

#define SDEI_EVENTS_MAX	  (SOURCES_MAX + 1)
#define SDEI_CONTEXT_REGS 18

enum sdei_priority {
	SDEI_NORMAL,
	SDEI_CRITICAL,
	SDEI_PRIORITIES
};

struct sdei_handler {
	u32 state;    /* enum sdei_state */
	bool pending; /* signalled, not dispatched yet */
	u64 entry;
	u64 argument;
	u32 el; /* of the client: where it runs */
};

struct sdei_event {
	u64 number;
	bool shared;
	u32 priority;
	s32 source;  /* error source it stands for, -1: none */
	bool routed; /* shared: to target only; else target is a wish */
	u32 target;
	struct sdei_handler handler[CPUS_MAX]; /* shared: [0] alone */
};

/* What a running handler interrupted. */
struct sdei_run {
	struct sdei_event *event; /* NULL: nothing runs at this priority */
	u64 x[SDEI_CONTEXT_REGS];
	u64 elr;
	u64 spsr;
	bool fresh; /* start and below are not known before the next trap */
	u64 start;  /* counter when the handler was entered */
	u64 below;  /* sdei_cpu.below at that time */
	u64 seq;
};

struct sdei_cpu {
	bool unmasked; /* zero: masked, as a CPU is after reset */
	u64 below;     /* ticks spent below EL3 so far */
	u64 exception; /* the same when the last exception was raised */
	struct sdei_run run[SDEI_PRIORITIES];
};

extern struct sdei_event sdei_events[SDEI_EVENTS_MAX];
extern u32 sdei_event_count;
extern struct sdei_cpu sdei_cpus[CPUS_MAX];

static inline struct sdei_handler *sdei_handler_of(struct sdei_event *event, u32 cpu)
{
	return &event->handler[event->shared ? 0 : cpu];
}

/* sdei_dispatch.c */
bool sdei_complete(struct frame *frame, u32 cpu, bool resume);
void sdei_discard(struct sdei_event *event, u32 cpu);
void sdei_mask(u32 cpu, bool mask);

#endif
