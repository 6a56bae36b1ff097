// SPDX-License-Identifier: GPL-2.0-only
/*
 * The roll of all sources, and its last reader.
 *
 * Only a CPU that is about to panic walks the roll, in NMI, without a lock. A
 * source that is being destroyed must not be freed under its eyes, nor its room
 * (last.c). Each side
 * writes before it reads:
 *
 *	the last reader			the context that destroys a source
 *	gn_roll_closed = true		the source leaves the list, or the room is another
 *	smp_mb() ROLL_CLOSE		smp_mb() ROLL_REMOVE
 *	walks the list			reads gn_roll_closed in gn_roll_wait()
 *
 * The first column is NMI-safe, the second is process context; the mutex owns the list.
 * The barriers pair: either the reader does not meet the source, or the
 * context that destroys it sees that the roll is closed, and waits for the panic.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/rculist.h>

#include "path/roll.h"
#include "path/source.h"

LIST_HEAD(gn_roll);
bool gn_roll_closed;

static DEFINE_MUTEX(lock);
static atomic_t closers;

/**
 * gn_roll_add() - a source that may have records from now on
 * @s: the source, its queue ready
 *
 * Context: Process context, may sleep.
 */
void gn_roll_add(struct gn_source *s)
{
	mutex_lock(&lock);
	list_add_tail_rcu(&s->last.roll, &gn_roll);
	mutex_unlock(&lock);
}

/**
 * gn_roll_wait() - the last reader sees what was written before
 *
 * Context: Process context, may sleep; does not return when the machine is about
 *          to panic.
 */
void gn_roll_wait(void)
{
	smp_mb(); /* ROLL_REMOVE */
	while (READ_ONCE(gn_roll_closed))
		msleep(1000);
}

/**
 * gn_roll_remove() - a source that is about to be freed
 * @s: the source, on the roll or not
 *
 * Context: Process context, may sleep; does not return when the machine is about
 *          to panic.
 */
void gn_roll_remove(struct gn_source *s)
{
	if (!s->last.roll.next)
		return;
	mutex_lock(&lock);
	list_del_rcu(&s->last.roll);
	mutex_unlock(&lock);
	gn_roll_wait();
}

/**
 * gn_roll_close() - this CPU is going to panic
 *
 * Context: NMI-safe.
 * Return: true for the first caller, who may walk the roll; false: another has
 *         been here, and is going to panic.
 */
bool gn_roll_close(void)
{
	if (atomic_xchg(&closers, 1))
		return false;
	WRITE_ONCE(gn_roll_closed, true);
	smp_mb(); /* ROLL_CLOSE */
	return true;
}
NOKPROBE_SYMBOL(gn_roll_close);
