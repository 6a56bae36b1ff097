// SPDX-License-Identifier: GPL-2.0-only
/*
 * src/path/roll.c: a source is destroyed, and the room of last.c is exchanged, while a CPU that
 * is about to panic walks the roll. The reader does not touch what was freed; of two readers
 * one walks.
 */
#include "weak.h"

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* The guards of the headers that roll.c names. */
#define UNIT_LINUX_DELAY_H
#define UNIT_LINUX_MUTEX_H
#define UNIT_LINUX_LIST_H
#define GN_PATH_SOURCE_H

/* A list of one source at most. */
struct list_head {
	struct list_head *next;
};

#define LIST_HEAD(name)		       struct list_head name
#define list_add_tail_rcu(entry, head) smp_store_release(&(head)->next, entry)
#define list_del_rcu(entry)	       WRITE_ONCE(gn_roll.next, NULL)

struct gn_source {
	struct {
		struct list_head roll;
	} last;
};

/* One context adds and removes. */
#define DEFINE_MUTEX(name) int name __attribute__((__unused__))
#define mutex_lock(mutex)
#define mutex_unlock(mutex)

/* Whoever waits for the panic does so for ever. */
static void msleep(unsigned int ms)
{
	(void)ms;
	weak_me()->over = true;
	_longjmp(weak.scheduler, 1);
}

#include "path/roll.c"

static struct gn_source source;
static u64 memory;   /* plain: of the source */
static u64 rooms[2]; /* plain */
static u64 *room;
static int walkers;

static void destroyer(void)
{
	gn_roll_remove(&source);
	weak_plain_write(&memory, 1); /* freed */
}

static void grower(void)
{
	WRITE_ONCE(room, &rooms[1]);
	gn_roll_wait();
	weak_plain_write(&rooms[0], 1); /* freed */
}

static void reader(void)
{
	if (!gn_roll_close())
		return;
	walkers++;
	if (READ_ONCE(gn_roll.next))
		weak_check(!weak_plain_read(&memory));
	weak_check(!weak_plain_read(READ_ONCE(room)));
}

static void begin(void)
{
	memset(&source, 0, sizeof(source));
	memset(&closers, 0, sizeof(closers));
	gn_roll_closed = false;
	memory = rooms[0] = rooms[1] = 0;
	room = &rooms[0];
	walkers = 0;
	gn_roll.next = &source.last.roll;
	source.last.roll.next = &gn_roll;
	weak_thread(destroyer, false);
	weak_thread(grower, false);
	weak_thread(reader, false);
	weak_thread(reader, false);
}

static void end(void)
{
	weak_check(walkers == 1);
}

int main(void)
{
	return weak_explore("roll", begin, end);
}
