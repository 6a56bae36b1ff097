// SPDX-License-Identifier: GPL-2.0-only
/* The secure PL061's pins 0 and 1 end the machine's life, or begin it anew. */
#include "fw.h"

#define GPIO_DATA(pins) (SECURE_GPIO + ((pins) << 2))
#define GPIO_DIR	(SECURE_GPIO + 0x400)
#define PIN_OFF		1
#define PIN_RESET	2

void power_off(u64 state)
{
	u32 pin = state == STATE_RESET ? PIN_RESET : PIN_OFF;

	store(&control()->ended, ticks_now());
	store(&control()->state, state);
	say("firmware: %s\n", state == STATE_RESET ? "reset" :
			      state == STATE_OFF   ? "off" :
						     "fault");
	write32(GPIO_DIR, PIN_OFF | PIN_RESET);
	write32(GPIO_DATA(pin), pin);
	for (;;)
		wfi();
}
