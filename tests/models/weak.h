/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A checker for a few threads under a weak memory model: it runs them in every order
 * that PREEMPTIONS switches away from a running thread allow, and lets every load return
 * every value that the model allows.
 *
 * The model. A location is the list of the values that were stored in it. A thread has a
 * view: per location, the oldest value that it may still load. A load moves the view to
 * what it returned. A store takes a view along: only itself if it is relaxed, all of the
 * thread's if it is a release; an acquire that loads it adds that view to its own. A full
 * barrier adds what all earlier full barriers had, and leaves its own there. A
 * read-modify-write loads the newest value. Thus loads may be satisfied early, stores may
 * become visible late, and two threads may see two stores in different orders.
 *
 * With MULTI_COPY a store also takes along what its thread has acquired: as on arm64 and
 * x86, where a value that one other CPU has seen is seen by all.
 *
 * With LATE a store may also be late: the thread goes on, and the store comes just before
 * what it is ordered with: a barrier, a release, an access to the same location, the end.
 *
 * What the model lacks: a load that is satisfied after a later store of its thread.
 * For plain data that is made up for: a plain access races, which is a failure, with
 * every other one of which the thread's view knows nothing.
 *
 * Everything is executed again from the start for each new choice (stateless search).
 */
#ifndef WEAK_H
#define WEAK_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#ifndef PREEMPTIONS
#define PREEMPTIONS 3
#endif
#ifndef LATE
#define LATE 0
#endif
#define RUNS_MAX 30000000ul
#define THREADS	 6
#define PLACES	 40
#define VALUES	 40
#define CHOICES	 4000

enum weak_order {
	RELAXED,
	ACQUIRE,
	RELEASE,
	FULL
};

struct weak_view {
	uint8_t at[PLACES];
};

struct weak_value {
	uint64_t value;
	struct weak_view view;
};

struct weak_place {
	const volatile void *address;
	uint8_t n;
	struct weak_value values[VALUES];
};

struct weak_thread {
	ucontext_t context;
	jmp_buf top, here; /* a switch by these asks nothing of the operating system */
	void (*code)(void);
	bool made, fresh, over, service;
	bool (*waits)(void);
	struct {
		volatile void *address;
		size_t size;
		uint64_t value;
		struct weak_view view;
	} late; /* the store that has not come yet */
	struct weak_view now, acquired, released;
	char stack[64 << 10];
};

static struct {
	struct weak_place places[PLACES];
	int nplaces;
	struct weak_thread threads[THREADS];
	int nthreads, running, switches;
	struct weak_view full;
	ucontext_t first;
	jmp_buf scheduler;
	struct {
		int chosen, n;
	} choices[CHOICES];
	int nchoices, at;
	unsigned long runs;
} weak;

static void weak_fail(const char *what)
{
	int i;

	printf("FAILED in run %lu: %s (thread %d; choices", weak.runs, what, weak.running);
	for (i = 0; i < weak.at; i++)
		if (weak.choices[i].n > 1)
			printf(" %d", weak.choices[i].chosen);
	printf(")\n");
	exit(1);
}

#define weak_check(what)                                   \
	do {                                               \
		if (!(what))                               \
			weak_fail(#what " does not hold"); \
	} while (0)

static int weak_choose(int n)
{
	if (n == 1)
		return 0;
	if (weak.at == CHOICES) {
		printf("too many choices\n");
		exit(2);
	}
	if (weak.at == weak.nchoices) {
		weak.choices[weak.at].chosen = 0;
		weak.choices[weak.at].n = n;
		weak.nchoices++;
	}
	return weak.choices[weak.at++].chosen;
}

static struct weak_thread *weak_me(void)
{
	return &weak.threads[weak.running];
}

/* Others may run now. Before the threads start there are none. */
static void weak_step(void)
{
	if (weak.running >= 0 && !_setjmp(weak_me()->here))
		_longjmp(weak.scheduler, 1);
}

static void weak_add(struct weak_view *to, const struct weak_view *from)
{
	int i;

	for (i = 0; i < weak.nplaces; i++)
		if (to->at[i] < from->at[i])
			to->at[i] = from->at[i];
}

static uint64_t weak_memory(const volatile void *address, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, (const void *)address, size);
	return value;
}

static int weak_place(const volatile void *address, uint64_t value)
{
	int i;

	for (i = 0; i < weak.nplaces; i++)
		if (weak.places[i].address == address)
			return i;
	if (weak.nplaces == PLACES) {
		printf("too many places\n");
		exit(2);
	}
	weak.places[weak.nplaces].address = address;
	weak.places[weak.nplaces].n = 1;
	weak.places[weak.nplaces].values[0] = (struct weak_value){ .value = value };
	return weak.nplaces++;
}

static uint64_t weak_take(int place, int which, enum weak_order order)
{
	struct weak_value *v = &weak.places[place].values[which];
	struct weak_thread *me = weak_me();

	if (me->now.at[place] < which)
		me->now.at[place] = which;
	weak_add(&me->acquired, &v->view);
	if (order == ACQUIRE)
		weak_add(&me->now, &v->view);
#ifdef MULTI_COPY
	if (order == ACQUIRE) {
		weak_add(&me->released, &v->view);
		if (me->released.at[place] < which)
			me->released.at[place] = which;
	}
#endif
	return v->value;
}

static void weak_put(int place, uint64_t value, enum weak_order order)
{
	struct weak_place *p = &weak.places[place];
	struct weak_thread *me = weak_me();

	if (p->n == VALUES) {
		printf("too many values\n");
		exit(2);
	}
	me->now.at[place] = p->n;
	p->values[p->n].value = value;
	p->values[p->n].view = order == RELEASE ? me->now : me->released;
	p->values[p->n].view.at[place] = p->n;
	p->n++;
}

/* What was late comes now. */
static void weak_catch_up(void)
{
	struct weak_thread *me = weak_me();
	volatile void *address = me->late.address;
	struct weak_value *put;
	int place;

	if (!address)
		return;
	me->late.address = NULL;
	weak_step();
	place = weak_place(address, weak_memory(address, me->late.size));
	weak_put(place, me->late.value, RELAXED);
	put = &weak.places[place].values[weak.places[place].n - 1];
	put->view = me->late.view;
	put->view.at[place] = weak.places[place].n - 1;
	memcpy((void *)address, &me->late.value, me->late.size);
}

static uint64_t weak_load(const volatile void *address, size_t size, enum weak_order order)
{
	int place, oldest;

	if (weak.running < 0)
		return weak_memory(address, size);
	if (weak_me()->late.address == address)
		weak_catch_up();
	weak_step();
	place = weak_place(address, weak_memory(address, size));
	oldest = weak_me()->now.at[place];
	/* The newest first. */
	return weak_take(place,
			 weak.places[place].n - 1 - weak_choose(weak.places[place].n - oldest),
			 order);
}

static void weak_store(volatile void *address, size_t size, uint64_t value, enum weak_order order)
{
	struct weak_thread *me = weak_me();
	int place;

	if (weak.running >= 0) {
		if (order == RELEASE || me->late.address == address)
			weak_catch_up();
		weak_step();
		place = weak_place(address, weak_memory(address, size));
		if (LATE && !me->late.address && weak_choose(2)) {
			me->late.address = address;
			me->late.size = size;
			me->late.value = value;
			me->late.view = order == RELEASE ? me->now : me->released;
			return;
		}
		weak_put(place, value, order);
	}
	memcpy((void *)address, &value, size);
}

/* smp_rmb() */
static void weak_acquire(void)
{
	if (weak.running >= 0)
		weak_add(&weak_me()->now, &weak_me()->acquired);
}

/* smp_wmb() */
static inline void weak_release(void)
{
	if (weak.running < 0)
		return;
	weak_catch_up();
	weak_me()->released = weak_me()->now;
}

/* smp_mb() */
static void weak_full(void)
{
	if (weak.running < 0)
		return;
	weak_catch_up();
	weak_acquire();
	weak_add(&weak_me()->now, &weak.full);
	weak.full = weak_me()->now;
	weak_release();
}

/* A read-modify-write of an int: to @new if @always, or if it was @old. RELAXED, RELEASE or FULL. */
static int weak_change(volatile int *address, bool always, int old, int new, bool add,
		       enum weak_order order)
{
	int place, was, which;

	if (weak.running < 0) {
		was = *address;
		if (always || was == old)
			*address = add ? was + new : new;
		return was;
	}
	if (order != RELAXED || weak_me()->late.address == address)
		weak_catch_up();
	weak_step();
	place = weak_place(address, weak_memory(address, sizeof(int)));
	which = weak.places[place].n - 1;
	was = (int)weak.places[place].values[which].value;
	if (!always && was != old) /* one that fails orders nothing */
		return (int)weak_take(place, which, RELAXED);
	if (order == FULL)
		weak_full();
	weak_take(place, which, RELAXED);
	/* What an earlier release handed on goes further with this store. */
	{
		struct weak_view handed = weak.places[place].values[which].view;

		*address = add ? was + new : new;
		weak_put(place, (uint32_t)*address, order != RELAXED ? RELEASE : RELAXED);
		weak_add(&weak.places[place].values[weak.places[place].n - 1].view, &handed);
	}
	if (order == FULL)
		weak_full();
	return was;
}

/* Plain data: who touches it must know of everybody who touched it otherwise. */
static uint64_t weak_plain_read(const volatile uint64_t *data)
{
	struct weak_thread *me = weak_me();
	int place = weak_place(data, *data), mark;

	weak_step();
	if (me->now.at[place] != weak.places[place].n - 1)
		weak_fail("a plain load races with a store");
	mark = weak_place((const volatile char *)data + 1 + weak.running % 7, 0);
	weak_put(mark, 0, RELAXED);
	return weak.places[place].values[weak.places[place].n - 1].value;
}

static void weak_plain_write(volatile uint64_t *data, uint64_t value)
{
	struct weak_thread *me = weak_me();
	int place = weak_place(data, *data), i, mark;

	weak_step();
	if (me->now.at[place] != weak.places[place].n - 1)
		weak_fail("a plain store races with a store");
	for (i = 0; i < THREADS; i++) {
		mark = weak_place((const volatile char *)data + 1 + i, 0);
		if (me->now.at[mark] != weak.places[mark].n - 1)
			weak_fail("a plain store races with a load");
	}
	weak_put(place, value, RELAXED);
	*data = value;
}

/* Nothing more of this thread until @until; what it reads is what is newest. */
static inline void weak_wait(bool (*until)(void))
{
	weak_catch_up();
	weak_me()->waits = until;
	weak_step();
	weak_me()->waits = NULL;
}

/* The bottom of a thread's stack, where each run begins anew. */
static void weak_start(void)
{
	_setjmp(weak_me()->top);
	weak_me()->code();
	weak_catch_up();
	weak_me()->over = true;
	_longjmp(weak.scheduler, 1);
}

static void weak_go_on(struct weak_thread *t)
{
	bool fresh = t->fresh;

	if (_setjmp(weak.scheduler))
		return;
	t->fresh = false;
	if (!fresh)
		_longjmp(t->here, 1);
	if (t->made)
		_longjmp(t->top, 1);
	t->made = true;
	getcontext(&t->context);
	t->context.uc_stack.ss_sp = t->stack;
	t->context.uc_stack.ss_size = sizeof(t->stack);
	t->context.uc_link = NULL;
	makecontext(&t->context, weak_start, 0);
	swapcontext(&weak.first, &t->context);
}

static inline void weak_thread(void (*code)(void), bool service)
{
	struct weak_thread *t = &weak.threads[weak.nthreads++];

	t->code = code;
	t->over = false;
	t->fresh = true;
	t->service = service;
	t->waits = NULL;
	t->late.address = NULL;
	memset(&t->now, 0, sizeof(t->now));
	memset(&t->acquired, 0, sizeof(t->acquired));
	memset(&t->released, 0, sizeof(t->released));
}

static bool weak_can_run(int i)
{
	const struct weak_thread *t = &weak.threads[i];

	return !t->over && (!t->waits || t->waits());
}

/* One run: until all threads are over that are not there to serve others. */
static void weak_run(void)
{
	int last = -1, can[THREADS], n, i, open;

	for (;;) {
		bool stay = last >= 0 && weak_can_run(last);

		n = open = 0;
		if (stay)
			can[n++] = last;
		for (i = 0; i < weak.nthreads; i++) {
			open += !weak.threads[i].over && !weak.threads[i].service;
			if (i != last && weak_can_run(i) && !(stay && weak.switches == PREEMPTIONS))
				can[n++] = i;
		}
		if (!n) {
			if (open)
				weak_fail("nobody can go on");
			return;
		}
		i = can[weak_choose(n)];
		if (stay && i != last)
			weak.switches++;
		weak.running = last = i;
		weak_go_on(&weak.threads[i]);
		weak.running = -1;
	}
}

/* All of them. @begin makes the threads, @end checks what they left. */
static inline int weak_explore(const char *name, void (*begin)(void), void (*end)(void))
{
	do {
		weak.nplaces = weak.nthreads = weak.switches = weak.at = 0;
		memset(&weak.full, 0, sizeof(weak.full));
		weak.running = -1;
		begin();
		weak_run();
		end();
		if (++weak.runs == RUNS_MAX) {
			printf("%s: not done after %lu runs\n", name, weak.runs);
			exit(2);
		}
		while (weak.nchoices && weak.choices[weak.nchoices - 1].chosen + 1 >=
						weak.choices[weak.nchoices - 1].n)
			weak.nchoices--;
		if (weak.nchoices)
			weak.choices[weak.nchoices - 1].chosen++;
	} while (weak.nchoices);
	printf("%s: holds in %lu runs\n", name, weak.runs);
	return 0;
}

#endif
