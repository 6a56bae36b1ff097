// SPDX-License-Identifier: GPL-2.0-only
/* The two rings between host and firmware: commands come in, reports go out. */
#include "fw.h"

void ring_commands(void)
{
	struct control *c = control();

	c->doorbells++;
	for (u32 i = 0; i < COMMANDS_MAX && c->command_head != load(&c->command_tail); i++) {
		struct command *command =
			at(struct command, COMMANDS_AT) + c->command_head % COMMANDS_MAX;
		struct sdei_event *event;
		s32 target = command->cpu ? (s32)command->cpu - 1 : -1;

		switch (command->op) {
		case COMMAND_NOTIFY:
			if (command->source < c->sources)
				bmc_notify(command->source, -1);
			break;
		case COMMAND_SIGNAL:
			event = sdei_find(command->event);
			if (!event || target >= (s32)cpus() || !sdei_signal(event, target))
				say("firmware: no handler for event %u\n", command->event);
			break;
		case COMMAND_GATE:
			bmc_open_gate(command->source, -1);
			break;
		case COMMAND_LOOK: /* the doorbell alone does that */
			break;
		}
		store(&c->command_head, c->command_head + 1);
	}
}

/* A host that does not read loses the newest reports, and is told how many. */
void ring_report(const struct report *report)
{
	struct control *c = control();

	if (c->report_tail - load(&c->report_head) >= REPORTS_MAX) {
		c->report_lost++;
		return;
	}
	memcpy(at(struct report, REPORTS_AT) + c->report_tail % REPORTS_MAX, report,
	       sizeof(*report));
	store(&c->report_tail, c->report_tail + 1);
}
