// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins of the GPIO controller (PL061) that the operating system reads as inputs. Nothing is wired to
 * them: the firmware drives one as an output, and the edge is seen when it is an input again.
 */
#include "fw.h"

#define GPIO_DATA(pins) (GPIO + ((pins) << 2))
#define GPIO_DIR	(GPIO + 0x400)

static void drive(u32 pin, bool high)
{
	u32 bit = 1U << pin;

	write32(GPIO_DIR, read32(GPIO_DIR) | bit);
	write32(GPIO_DATA(bit), high ? bit : 0);
	write32(GPIO_DIR, read32(GPIO_DIR) & ~bit);
}

void gpio_pulse(u32 pin)
{
	dsb();
	drive(pin, true);
	drive(pin, false);
}
