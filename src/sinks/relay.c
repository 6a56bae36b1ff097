// SPDX-License-Identifier: GPL-2.0-only
/*
 * The relay: from the drain, which must not sleep, to consumers that do.
 *
 * One ring of bytes for all sources, entries contiguous. Drains of several sources
 * put sections into it under a raw lock, which no NMI takes. One worker on a queue
 * of its own takes them out, in order: a recovery of its own queue's work can be
 * waited for there, and real-time kernels allow their locks.
 *
 * What does not fit is not waited for: the drain counts it. The in-tree driver has
 * 64 KiB for the same.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat/cper.h"
#include "sinks/relay.h"

#define RELAY_BYTES (256u << 10)
#define RELAY_ALIGN 8u

/*
 * A block of one section follows. Its header has 20 bytes and begins 4 bytes behind
 * a multiple of 8, so that the section begins at one.
 */
struct entry {
	struct gn_outlet *out;
	u32 span; /* bytes of the ring; 0: the next entry is at the ring's start */
	u32 consumer;
	u32 pad;
	u8 block[];
};

static struct {
	raw_spinlock_t lock;
	u8 *base;
	u32 head; /* the next entry begins here */
	u32 tail; /* the oldest */
	u32 used; /* bytes, what is left out at the end included */
	struct workqueue_struct *wq;
	struct work_struct work;
	void (*deliver)(const struct gn_relayed *relayed);
} relay;

/* Room for @span bytes in a row, which are used then; NULL if there is none. */
static struct entry *reserve(u32 span)
{
	u32 over = relay.head + span > RELAY_BYTES ? RELAY_BYTES - relay.head : 0;

	if (span > RELAY_BYTES - relay.used || over > RELAY_BYTES - relay.used - span)
		return NULL;
	if (over) {
		if (over >= sizeof(struct entry))
			((struct entry *)(relay.base + relay.head))->span = 0;
		relay.head = 0;
	}
	relay.used += over + span;
	return (struct entry *)(relay.base + relay.head);
}

static void write_block(struct acpi_hest_generic_status *block, const struct gn_record *record,
			const struct gn_section *section, u32 length)
{
	block->block_status = record->head.status;
	block->raw_data_offset = 0;
	block->raw_data_length = 0;
	block->data_length = length;
	block->error_severity = record->head.severity;
	memcpy(block + 1, section->type, length);
}

/**
 * gn_relay_put() - hand a section to the worker
 * @record: its record
 * @section: the section, anywhere in the record's block
 * @consumer: who is to have it
 *
 * Context: The drain. Not NMI-safe.
 * Return: false if there is no room.
 */
bool gn_relay_put(const struct gn_record *record, const struct gn_section *section,
		  enum gn_consumer consumer)
{
	/* The header of a section begins with its type. */
	u32 length = section->body - section->type + section->length;
	u32 span = ALIGN(offsetof(struct entry, block) + GN_ESTATUS_HEADER + length, RELAY_ALIGN);
	struct entry *e = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&relay.lock, flags);
	if (relay.base && section->length < RELAY_BYTES)
		e = reserve(span);
	if (e) {
		e->out = record->out;
		e->span = span;
		e->consumer = consumer;
		write_block((void *)e->block, record, section, length);
		relay.head = relay.head + span == RELAY_BYTES ? 0 : relay.head + span;
	}
	raw_spin_unlock_irqrestore(&relay.lock, flags);
	if (e)
		queue_work(relay.wq, &relay.work);
	return e;
}

/* The oldest entry; NULL if there is none. It stays where it is until drop(). */
static struct entry *oldest(void)
{
	struct entry *e = NULL;

	raw_spin_lock_irq(&relay.lock);
	if (relay.used) {
		u32 left = RELAY_BYTES - relay.tail;

		e = (struct entry *)(relay.base + relay.tail);
		if (left < sizeof(*e) || !e->span) {
			relay.used -= left;
			relay.tail = 0;
			e = (struct entry *)relay.base;
		}
	}
	raw_spin_unlock_irq(&relay.lock);
	return e;
}

static void drop(const struct entry *e)
{
	raw_spin_lock_irq(&relay.lock);
	relay.used -= e->span;
	relay.tail = relay.tail + e->span == RELAY_BYTES ? 0 : relay.tail + e->span;
	raw_spin_unlock_irq(&relay.lock);
}

static void work(struct work_struct *unused)
{
	struct entry *e;

	while ((e = oldest())) {
		struct gn_relayed relayed = {
			.out = e->out,
			.block = e->block,
			.consumer = e->consumer,
		};

		relay.deliver(&relayed);
		drop(e);
		cond_resched();
	}
}

/**
 * gn_relay_init() - make the ring and its worker
 * @deliver: takes a section; process context, one at a time, in order
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int gn_relay_init(void (*deliver)(const struct gn_relayed *relayed))
{
	raw_spin_lock_init(&relay.lock);
	INIT_WORK(&relay.work, work);
	relay.deliver = deliver;
	relay.base = kvzalloc(RELAY_BYTES, GFP_KERNEL);
	relay.wq = alloc_ordered_workqueue("ghes_nmi", 0);
	if (relay.base && relay.wq)
		return 0;
	gn_relay_exit();
	return -ENOMEM;
}

/**
 * gn_relay_exit() - end the worker, free the ring
 *
 * Context: Process context, may sleep. Nothing is put into it any more.
 */
void gn_relay_exit(void)
{
	if (relay.wq)
		destroy_workqueue(relay.wq);
	kvfree(relay.base);
}

/**
 * gn_relay_flush() - wait until every section put into it has been delivered
 *
 * Context: Process context, may sleep.
 */
void gn_relay_flush(void)
{
	flush_work(&relay.work);
}
