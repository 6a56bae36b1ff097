/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ghes_nmi.ko exports to other modules.
 */
#ifndef GHES_NMI_H
#define GHES_NMI_H

#include <linux/notifier.h>
#include <linux/types.h>

/**
 * struct ghes_nmi_record - a record, as a listener gets it
 * @block: the generic error status block (ACPI 6.5, 18.3.2.7), checked: every
 *         length in it may be believed; private, valid until the listener
 *         returns
 * @length: bytes of @block
 * @source_id: source id of the HEST entry
 * @notify: notification type of the HEST entry (ACPI 6.5, table 18.14)
 * @severity: severity of the block: 0 recoverable, 1 fatal, 2 corrected,
 *            3 informational
 * @delay_ns: nanoseconds since the record was read from firmware
 */
struct ghes_nmi_record {
	const void *block;
	u32 length;
	u16 source_id;
	u8 notify;
	u32 severity;
	u64 delay_ns;
};

/**
 * ghes_nmi_register_listener() - be told of every record
 * @nb: called with action 0 and a struct ghes_nmi_record as data
 *
 * Each record comes exactly once, those of one source in firmware's order;
 * different sources may call at the same time. The return value stops nobody.
 * Fatal records do not come here: the machine panics.
 *
 * Context: Process context. @nb is called in hard interrupt context (in a
 *          kernel thread under PREEMPT_RT) and must not sleep.
 * Return: 0, or -EEXIST if @nb is registered already.
 */
int ghes_nmi_register_listener(struct notifier_block *nb);

/**
 * ghes_nmi_unregister_listener() - be told no longer
 * @nb: what was registered
 *
 * Context: Process context, may sleep. When it returns, @nb is not running.
 * Return: 0, or -ENOENT if @nb is not registered.
 */
int ghes_nmi_unregister_listener(struct notifier_block *nb);

#endif
