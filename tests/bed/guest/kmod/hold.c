// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold: rings the firmware's doorbell while this CPU holds what a panic may want.
 *
 *	insmod hold.ko source=N [irqs_off=1] [ms=M] [die=1]
 *
 * Takes the console lock, with irqs_off=1 masks interrupts too, and opens the
 * gate of a source of the arm64 platform: the record comes in the middle. Goes
 * on holding for M milliseconds. With die=1 it panics then.
 */
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include "layout.h" /* of tests/bed/arm64/firmware */

#define RTC_AT	 0x09010000
#define RTC_DR	 0x00
#define RTC_MR	 0x04
#define RTC_IMSC 0x10

static uint source;
module_param(source, uint, 0);
static bool irqs_off;
module_param(irqs_off, bool, 0);

static uint ms;
module_param(ms, uint, 0);
static bool die;
module_param(die, bool, 0);

/* The RTC interrupts when its match register equals its data register, which may tick meanwhile. */
static bool ring(struct control *control, void __iomem *rtc)
{
	int tries;

	WRITE_ONCE(control->guest, GUEST_KERNEL | (1 + source));
	for (tries = 0; tries < 1000 && READ_ONCE(control->guest); tries++) {
		writel(1, rtc + RTC_IMSC);
		writel(readl(rtc + RTC_DR), rtc + RTC_MR);
		udelay(100);
	}
	return !READ_ONCE(control->guest);
}

static int __init hold_init(void)
{
	struct control *control = memremap(CONTROL_AT, PAGE_SIZE, MEMREMAP_WB);
	void __iomem *rtc = ioremap(RTC_AT, PAGE_SIZE);
	unsigned long flags = 0;
	bool heard;

	if (!control || !rtc)
		return -ENOMEM;
	console_lock();
	if (irqs_off)
		local_irq_save(flags);
	heard = ring(control, rtc);
	mdelay(ms);
	if (die)
		panic("hold");
	if (irqs_off)
		local_irq_restore(flags);
	console_unlock();
	iounmap(rtc);
	memunmap(control);
	WARN(!heard, "hold: the firmware does not hear the doorbell\n");
	return 0;
}
module_init(hold_init);

static void __exit hold_exit(void)
{
}
module_exit(hold_exit);

MODULE_DESCRIPTION("Rings the test firmware's doorbell with the console lock held");
MODULE_LICENSE("GPL");
