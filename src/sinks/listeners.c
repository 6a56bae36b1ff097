// SPDX-License-Identifier: GPL-2.0-only
/*
 * The listeners' sink: other modules that want every record.
 */
#include <linux/export.h>
#include <linux/notifier.h>

#include "ghes_nmi.h"
#include "sinks/sink.h"

static ATOMIC_NOTIFIER_HEAD(listeners);

int ghes_nmi_register_listener(struct notifier_block *nb)
{
	return atomic_notifier_chain_register(&listeners, nb);
}
EXPORT_SYMBOL_GPL(ghes_nmi_register_listener);

int ghes_nmi_unregister_listener(struct notifier_block *nb)
{
	return atomic_notifier_chain_unregister(&listeners, nb);
}
EXPORT_SYMBOL_GPL(ghes_nmi_unregister_listener);

static void listeners_deliver(const struct gn_record *record)
{
	struct ghes_nmi_record data = {
		.block = record->block,
		.length = record->length,
		.source_id = record->out->desc->id,
		.notify = record->out->desc->notify,
		.severity = record->head.severity,
		.delay_ns = record->delay_ns,
	};

	atomic_notifier_call_chain(&listeners, 0, &data);
}

const struct gn_sink gn_sink_listeners = {
	.deliver = listeners_deliver,
};
