// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel functions that are not exported.
 *
 * The pointer of a function that the kernel lacks stays NULL, and its caller reports that.
 *
 * Owns gn_symbols: written here at load, in process context, and constant afterwards.
 */
#include <linux/kernel.h>

#include "compat/address.h"
#include "compat/symbols.h"

struct gn_symbols gn_symbols;

static const struct {
	const char *name;
	void **where;
} table[] = {
	{ "sdei_event_register", (void **)&gn_symbols.sdei_event_register },
	{ "sdei_event_unregister", (void **)&gn_symbols.sdei_event_unregister },
	{ "sdei_event_enable", (void **)&gn_symbols.sdei_event_enable },
	{ "sdei_event_disable", (void **)&gn_symbols.sdei_event_disable },
	{ "cpu_logical_map", (void **)&gn_symbols.cpu_logical_map },
	{ "fixup_exception", &gn_symbols.fixup_exception },
	{ "apei_claim_sea", (void **)&gn_symbols.apei_claim_sea },
	{ "force_sig_mceerr", (void **)&gn_symbols.force_sig_mceerr },
	{ "task_work_add", (void **)&gn_symbols.task_work_add },
};

/**
 * gn_symbols_init() - look everything in the table up
 *
 * Context: Process context, may sleep.
 */
void gn_symbols_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		*table[i].where = gn_address_of(table[i].name);
}
