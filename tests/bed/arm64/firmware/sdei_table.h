/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of an SDEI event handler and what each call does in each of them (DEN0054, event
 * handler states and the calls' preconditions). Pure: tests/unit compiles the very same table.
 */
#ifndef SDEI_TABLE_H
#define SDEI_TABLE_H

/* Error codes of DEN0054. */
#define SDEI_SUCCESS		0
#define SDEI_NOT_SUPPORTED	(-1)
#define SDEI_INVALID_PARAMETERS (-2)
#define SDEI_DENIED		(-3)
#define SDEI_PENDING		(-5)
#define SDEI_OUT_OF_RESOURCE	(-10)

enum sdei_state {
	SDEI_UNREGISTERED,	 /* no handler; zero, as memory is after reset */
	SDEI_REGISTERED,	 /* handler known, no event is delivered */
	SDEI_ENABLED,		 /* an event that is signalled is delivered */
	SDEI_RUNNING,		 /* the handler runs and stays enabled */
	SDEI_RUNNING_DISABLED,	 /* the handler runs, registered only when it completes */
	SDEI_UNREGISTER_PENDING, /* the handler runs, gone when it completes */
	SDEI_STATES
};

enum sdei_step {
	SDEI_REGISTER,
	SDEI_ENABLE,
	SDEI_DISABLE,
	SDEI_UNREGISTER,
	SDEI_ROUTING_SET,
	SDEI_DISPATCH, /* by the firmware: enter the handler */
	SDEI_CONTEXT,  /* by the handler: read the interrupted registers */
	SDEI_COMPLETE, /* by the handler: complete, or complete and resume */
	SDEI_STEPS
};

struct sdei_transition {
	unsigned char next; /* enum sdei_state; the same one when the step is refused */
	signed char result; /* what the call returns */
};

extern const struct sdei_transition sdei_table[SDEI_STATES][SDEI_STEPS];

/* SDEI_EVENT_STATUS: bit 0 registered, bit 1 enabled, bit 2 running. */
extern const unsigned char sdei_status[SDEI_STATES];

/* Takes the step if the table allows it; returns the table's result either way. */
int sdei_step(unsigned int *state, enum sdei_step step);

#endif
