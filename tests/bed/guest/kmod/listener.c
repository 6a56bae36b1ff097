// SPDX-License-Identifier: GPL-2.0-only
/*
 * listener: another module that wants every record of ghes_nmi.
 *
 * /sys/module/listener/parameters/heard has one word per record: source id,
 * length and the first byte of its first section's data. The same words are in
 * "behind", of a listener that is called after one that says NOTIFY_STOP.
 */
#include <linux/kernel.h>
#include <linux/module.h>

#include "ghes_nmi.h"

#define DATA_AT 84 /* behind the headers of block and section */

static char heard[2048];
module_param_string(heard, heard, sizeof(heard), 0444);

static char behind[2048];
module_param_string(behind, behind, sizeof(behind), 0444);

static uint irqs_off; /* calls with interrupts off */
module_param(irqs_off, uint, 0444);

static void note(char *list, size_t size, const struct ghes_nmi_record *record)
{
	const u8 *block = record->block;
	size_t at = strlen(list);

	irqs_off += irqs_disabled();
	scnprintf(list + at, size - at, "%u:%u:%u ", record->source_id, record->length,
		  block[DATA_AT]);
}

static int listen(struct notifier_block *nb, unsigned long action, void *data)
{
	note(heard, sizeof(heard), data);
	return NOTIFY_STOP; /* stops nobody else, and not the drain */
}

static int listen_behind(struct notifier_block *nb, unsigned long action, void *data)
{
	note(behind, sizeof(behind), data);
	return NOTIFY_OK;
}

static struct notifier_block first = { .notifier_call = listen, .priority = 1 };
static struct notifier_block second = { .notifier_call = listen_behind };

static int __init listener_init(void)
{
	int err = ghes_nmi_register_listener(&first);

	if (err)
		return err;
	err = ghes_nmi_register_listener(&second);
	if (err)
		ghes_nmi_unregister_listener(&first);
	return err;
}
module_init(listener_init);

static void __exit listener_exit(void)
{
	ghes_nmi_unregister_listener(&second);
	ghes_nmi_unregister_listener(&first);
}
module_exit(listener_exit);

MODULE_DESCRIPTION("Listens to the records of ghes_nmi");
MODULE_LICENSE("GPL");
