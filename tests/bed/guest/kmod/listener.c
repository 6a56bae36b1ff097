// SPDX-License-Identifier: GPL-2.0-only
/*
 * listener: another module that wants every record of ghes_nmi.
 *
 * /sys/module/listener/parameters/heard has one word per record: source id,
 * length and the first byte of its first section's data.
 */
#include <linux/kernel.h>
#include <linux/module.h>

#include "ghes_nmi.h"

#define DATA_AT 84 /* behind the headers of block and section */

static char heard[2048];
module_param_string(heard, heard, sizeof(heard), 0444);

static int listen(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct ghes_nmi_record *record = data;
	const u8 *block = record->block;
	size_t at = strlen(heard);

	scnprintf(heard + at, sizeof(heard) - at, "%u:%u:%u ", record->source_id, record->length,
		  block[DATA_AT]);
	return NOTIFY_STOP; /* stops nobody else, and not the drain */
}

static struct notifier_block nb = { .notifier_call = listen };

static int __init listener_init(void)
{
	return ghes_nmi_register_listener(&nb);
}
module_init(listener_init);

static void __exit listener_exit(void)
{
	ghes_nmi_unregister_listener(&nb);
}
module_exit(listener_exit);

MODULE_DESCRIPTION("Listens to the records of ghes_nmi");
MODULE_LICENSE("GPL");
