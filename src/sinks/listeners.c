// SPDX-License-Identifier: GPL-2.0-only
/*
 * The listeners' sink: other modules that want every record.
 */
#include <linux/export.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>

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

	struct notifier_block *nb;

	/*
	 * The kernel's call of a chain ends with the first listener that returns
	 * NOTIFY_STOP: the others would lose the record. One that unregisters waits for
	 * this reader.
	 */
	rcu_read_lock();
	for (nb = rcu_dereference(listeners.head); nb; nb = rcu_dereference(nb->next))
		nb->notifier_call(nb, 0, &data);
	rcu_read_unlock();
}

const struct gn_sink gn_sink_listeners = {
	.deliver = listeners_deliver,
};
