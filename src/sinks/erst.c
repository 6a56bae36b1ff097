// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ERST sink: a fatal record goes to firmware's own storage (ACPI 6.5, 18.5),
 * from where the next boot's pstore shows it.
 *
 * The kernel's pstore reads only records that say they are its own, of a type that
 * it knows: so this one says so, and is a "dmesg" whose first line is text and
 * whose rest is the error status block, byte for byte. pstore's user removes it as
 * any other. A block that is longer than a record of this firmware goes there in
 * parts.
 *
 * erst_write() is what pstore itself calls in a panic: it tries its lock once
 * and waits for firmware a millisecond per step at most.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/cper.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/timekeeping.h>
#include <acpi/apei.h>

#include "record/estatus.h"
#include "sinks/sink.h"

/* Whose record, and of what type, as the kernel's erst.c has it. */
#define CREATOR_PSTORE \
	GUID_INIT(0x75a574e3, 0x5052, 0x4b29, 0x8a, 0x8e, 0xbe, 0x2c, 0x64, 0x90, 0xb8, 0x9d)
#define TYPE_DMESG \
	GUID_INIT(0xc197e04e, 0xd545, 0x4a70, 0x9c, 0x17, 0xa5, 0x54, 0x94, 0x19, 0xeb, 0x12)

#define TEXT	   160u /* bytes of the first line, at most */
#define PART_LEAST 512u /* of a block; no firmware has less room */

/* Somebody else writes a record just now: he is done soon, or was interrupted by us. */
#define TRIES	 10
#define TRY_USEC 100

struct stored {
	struct cper_record_header head;
	struct cper_section_descriptor section;
	u8 data[];
} __packed;

/* Bytes @at to @at + @n of the block, as one record. */
static int store(const struct gn_record *record, struct stored *to, u32 at, u32 n)
{
	u32 text, size;
	int tries, err;

	BUILD_BUG_ON(sizeof(*to) + TEXT > GN_ERST_ROOM);
	memset(to, 0, sizeof(*to));
	text = scnprintf(to->data, TEXT,
			 "ghes_nmi: source %u: fatal error status block, bytes %u to %u of %u:\n",
			 record->out->desc->id, at, at + n, record->length);
	memcpy(to->data + text, record->block + at, n);
	size = text + n;

	memcpy(to->head.signature, CPER_SIG_RECORD, CPER_SIG_SIZE);
	to->head.revision = CPER_RECORD_REV;
	to->head.signature_end = CPER_SIG_END;
	to->head.section_count = 1;
	to->head.error_severity = CPER_SEV_FATAL;
	to->head.validation_bits = CPER_VALID_TIMESTAMP;
	to->head.timestamp = ktime_get_real_seconds();
	to->head.record_length = sizeof(*to) + size;
	to->head.creator_id = CREATOR_PSTORE;
	to->head.notification_type = CPER_NOTIFY_NMI;
	to->head.record_id = cper_next_record_id();
	to->head.flags = CPER_HW_ERROR_FLAGS_PREVERR;
	to->section.section_offset = sizeof(*to);
	to->section.section_length = size;
	to->section.revision = CPER_SEC_REV;
	to->section.flags = CPER_SEC_PRIMARY;
	to->section.section_type = TYPE_DMESG;
	to->section.section_severity = CPER_SEV_FATAL;

	for (tries = 0; tries < TRIES; tries++) {
		err = erst_write(&to->head);
		if (err != -EBUSY)
			break;
		udelay(TRY_USEC);
	}
	return err;
}
NOKPROBE_SYMBOL(store);

/**
 * gn_erst_store() - keep a fatal record beyond the reboot
 * @record: a checked record
 * @room: GN_ERST_ROOM bytes more than the record has
 *
 * Context: NMI-safe. This CPU will panic.
 */
void gn_erst_store(const struct gn_record *record, void *room)
{
	u32 part = record->length, at = 0, n;
	int err = 0;

	while (at < record->length && !err) {
		n = min(part, record->length - at);
		err = store(record, room, at, n);
		if (err == -EINVAL && !at && part > PART_LEAST) {
			part = max(part / 2, PART_LEAST); /* longer than any record may be */
			err = 0;
			continue;
		}
		at += n;
	}
	if (!err)
		pr_emerg("the fatal record of source %u is in ERST\n", record->out->desc->id);
	else if (err != -ENODEV)
		pr_emerg("the fatal record of source %u could not be stored in ERST (%d)\n",
			 record->out->desc->id, err);
}
NOKPROBE_SYMBOL(gn_erst_store);
