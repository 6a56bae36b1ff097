// SPDX-License-Identifier: GPL-2.0-only
/* The calls of the Software Delegated Exception Interface 1.1 (DEN0054). */
#include "sdei.h"

enum {
	VERSION = 0x20,
	EVENT_REGISTER,
	EVENT_ENABLE,
	EVENT_DISABLE,
	EVENT_CONTEXT,
	EVENT_COMPLETE,
	EVENT_COMPLETE_AND_RESUME,
	EVENT_UNREGISTER,
	EVENT_STATUS,
	EVENT_GET_INFO,
	EVENT_ROUTING_SET,
	PE_MASK,
	PE_UNMASK,
	INTERRUPT_BIND,
	INTERRUPT_RELEASE,
	EVENT_SIGNAL,
	FEATURES,
	PRIVATE_RESET,
	SHARED_RESET,
};

enum {
	INFO_TYPE,
	INFO_SIGNALLED,
	INFO_PRIORITY,
	INFO_ROUTING_MODE,
	INFO_ROUTING_AFFINITY
};
enum {
	FEATURE_BIND_SLOTS,
	FEATURE_RELATIVE_MODE
};

#define VERSION_1_1    (1L << 48 | 1L << 32)
#define ROUTE_ANY      0
#define ROUTE_CPU      1
#define SOFTWARE_EVENT 0

struct sdei_event sdei_events[SDEI_EVENTS_MAX];
u32 sdei_event_count;

static void add(u64 number, bool shared, u32 priority, s32 source)
{
	struct sdei_event *event = &sdei_events[sdei_event_count];

	if (sdei_find(number) || sdei_event_count == SDEI_EVENTS_MAX) {
		say("firmware: event %u is there already\n", number);
		return;
	}
	event->number = number;
	event->shared = shared;
	event->priority = priority;
	event->source = source;
	sdei_event_count++;
}

/* Event 0 is the software event every implementation has; the others stand for error sources. */
void sdei_init(void)
{
	add(SOFTWARE_EVENT, false, SDEI_NORMAL, -1);
	for (u32 i = 0; i < control()->sources && i < SOURCES_MAX; i++) {
		struct source *s = bmc_source(i);

		if (s->notify == NOTIFY_SDEI && !(s->flags & SOURCE_UNKNOWN_EVENT))
			add(s->event, !(s->flags & SOURCE_PRIVATE),
			    s->flags & SOURCE_CRITICAL ? SDEI_CRITICAL : SDEI_NORMAL, i);
	}
}

struct sdei_event *sdei_find(u64 number)
{
	for (u32 i = 0; i < sdei_event_count; i++)
		if (sdei_events[i].number == number)
			return &sdei_events[i];
	return NULL;
}

static s64 route(struct sdei_event *event, u64 mode, u64 affinity)
{
	s32 cpu = cpu_of_affinity(affinity);

	if (mode == ROUTE_ANY) {
		event->routed = false;
		return SDEI_SUCCESS;
	}
	if (mode != ROUTE_CPU || cpu < 0)
		return SDEI_INVALID_PARAMETERS;
	event->routed = true;
	event->target = cpu;
	return SDEI_SUCCESS;
}

static s64 event_register(struct sdei_event *event, const struct frame *frame, u32 cpu)
{
	struct sdei_handler *handler = sdei_handler_of(event, cpu);
	u64 flags = frame->x[4];
	u32 state = handler->state;
	s64 result;

	if (flags > ROUTE_CPU || frame->x[2] & 3)
		return SDEI_INVALID_PARAMETERS;
	result = sdei_step(&state, SDEI_REGISTER);
	if (result == SDEI_SUCCESS && event->shared)
		result = route(event, flags, frame->x[5]);
	if (result != SDEI_SUCCESS)
		return result;
	handler->state = state;
	handler->entry = frame->x[2];
	handler->argument = frame->x[3];
	handler->el = frame->spsr >> 2 & 3;
	return SDEI_SUCCESS;
}

static s64 event_unregister(struct sdei_event *event, u32 cpu)
{
	s64 result = sdei_step(&sdei_handler_of(event, cpu)->state, SDEI_UNREGISTER);

	if (result == SDEI_SUCCESS)
		sdei_discard(event, cpu);
	return result;
}

static s64 routing_set(struct sdei_event *event, u64 mode, u64 affinity)
{
	u32 state = event->handler[0].state;

	if (!event->shared)
		return SDEI_INVALID_PARAMETERS;
	if (sdei_step(&state, SDEI_ROUTING_SET) != SDEI_SUCCESS)
		return SDEI_DENIED;
	return route(event, mode, affinity);
}

static s64 get_info(struct sdei_event *event, u64 info)
{
	switch (info) {
	case INFO_TYPE:
		return event->shared;
	case INFO_SIGNALLED:
		return event->number == SOFTWARE_EVENT;
	case INFO_PRIORITY:
		return event->priority;
	case INFO_ROUTING_MODE:
	case INFO_ROUTING_AFFINITY:
		if (!event->shared)
			return SDEI_INVALID_PARAMETERS;
		if (!(sdei_status[event->handler[0].state] & 1))
			return SDEI_DENIED;
		if (info == INFO_ROUTING_MODE)
			return event->routed ? ROUTE_CPU : ROUTE_ANY;
		return event->routed ? (s64)affinity_of(event->target) : SDEI_INVALID_PARAMETERS;
	default:
		return SDEI_INVALID_PARAMETERS;
	}
}

static s64 event_signal(u64 number, u64 affinity)
{
	s32 cpu = cpu_of_affinity(affinity);

	if (number != SOFTWARE_EVENT || cpu < 0)
		return SDEI_INVALID_PARAMETERS;
	sdei_signal(&sdei_events[0], cpu);
	return SDEI_SUCCESS;
}

/* Unregisters what is registered; a handler that runs makes the whole call unfinished. */
static s64 reset(bool shared, u32 cpu)
{
	s64 result = SDEI_SUCCESS;

	for (u32 i = 0; i < sdei_event_count; i++) {
		struct sdei_event *event = &sdei_events[i];

		if (event->shared == shared && event_unregister(event, cpu) == SDEI_PENDING)
			result = SDEI_DENIED;
	}
	if (!shared)
		sdei_mask(cpu, true);
	return result;
}

/* A CPU goes off or comes on: nothing of its private handlers survives. */
void sdei_cpu_reset(u32 cpu)
{
	memset(sdei_cpus[cpu].run, 0, sizeof(sdei_cpus[cpu].run));
	sdei_mask(cpu, true);
	for (u32 i = 0; i < sdei_event_count; i++)
		if (!sdei_events[i].shared) {
			sdei_events[i].handler[cpu].state = SDEI_UNREGISTERED;
			sdei_discard(&sdei_events[i], cpu);
		}
}

static s64 event_call(u64 function, struct frame *frame, u32 cpu)
{
	u64 *x = frame->x;
	struct sdei_event *event = sdei_find(x[1]);

	if (!event)
		return SDEI_INVALID_PARAMETERS;
	switch (function) {
	case EVENT_REGISTER:
		return event_register(event, frame, cpu);
	case EVENT_ENABLE:
		return sdei_step(&sdei_handler_of(event, cpu)->state, SDEI_ENABLE);
	case EVENT_DISABLE:
		return sdei_step(&sdei_handler_of(event, cpu)->state, SDEI_DISABLE);
	case EVENT_UNREGISTER:
		return event_unregister(event, cpu);
	case EVENT_STATUS:
		return sdei_status[sdei_handler_of(event, cpu)->state];
	case EVENT_GET_INFO:
		return get_info(event, x[2]);
	case EVENT_ROUTING_SET:
		return routing_set(event, x[2], x[3]);
	default:
		return SDEI_NOT_SUPPORTED;
	}
}

static s64 event_context(u64 reg, u32 cpu)
{
	struct sdei_run *run = sdei_cpus[cpu].run;

	run += run[SDEI_CRITICAL].event ? SDEI_CRITICAL : SDEI_NORMAL;
	if (!run->event)
		return SDEI_DENIED;
	return reg < SDEI_CONTEXT_REGS ? (s64)run->x[reg] : SDEI_INVALID_PARAMETERS;
}

bool sdei_is_complete(u64 call)
{
	u64 function = call & 0xff;

	return (u32)call >> 8 == 0xc40000 &&
	       (function == EVENT_COMPLETE || function == EVENT_COMPLETE_AND_RESUME);
}

/* Sets x0, but when a completion brought the interrupted registers back. */
void sdei_call(struct frame *frame, u32 cpu)
{
	u64 *x = frame->x;
	u64 function = x[0] & 0xff;
	bool was_unmasked = sdei_cpus[cpu].unmasked;
	s64 result;

	if (!control()->sdei) {
		x[0] = SDEI_NOT_SUPPORTED;
		return;
	}
	switch (function) {
	case VERSION:
		result = VERSION_1_1;
		break;
	case EVENT_CONTEXT:
		result = event_context(x[1], cpu);
		break;
	case EVENT_COMPLETE:
	case EVENT_COMPLETE_AND_RESUME:
		if (sdei_complete(frame, cpu, function == EVENT_COMPLETE_AND_RESUME))
			return;
		result = SDEI_DENIED;
		break;
	case PE_MASK:
		sdei_mask(cpu, true);
		result = was_unmasked; /* 1: it was this call that masked */
		break;
	case PE_UNMASK:
		sdei_mask(cpu, false);
		result = SDEI_SUCCESS;
		break;
	case INTERRUPT_BIND: /* there are no slots, as FEATURES says */
		result = SDEI_OUT_OF_RESOURCE;
		break;
	case INTERRUPT_RELEASE:
		result = SDEI_INVALID_PARAMETERS;
		break;
	case EVENT_SIGNAL:
		result = event_signal(x[1], x[2]);
		break;
	case FEATURES:
		result = x[1] <= FEATURE_RELATIVE_MODE ? 0 : SDEI_INVALID_PARAMETERS;
		break;
	case PRIVATE_RESET:
	case SHARED_RESET:
		result = reset(function == SHARED_RESET, cpu);
		break;
	default:
		result = event_call(function, frame, cpu);
	}
	x[0] = result;
}
