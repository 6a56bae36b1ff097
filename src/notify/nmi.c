// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86 non-maskable interrupts.
 *
 * An NMI does not say who raised it, so the kernel calls every handler at every NMI,
 * perf's thousands per second included. An idle source costs one load of a pointer and
 * one load of the status word behind it.
 *
 * The flat table is never changed, only replaced: NMI handlers run as RCU readers, so
 * when synchronize_rcu_expedited() returns no handler reads the old table. Expedited,
 * because a machine may have a thousand sources to bind.
 *
 * The quick scan cannot see a block that firmware moved by rewriting the address
 * register. The slow look reads the registers too. It runs where it costs no idle NMI
 * anything: when no handler claimed an NMI (NMI_UNKNOWN), and once a second, for records
 * whose NMI merged with one that another handler claimed.
 *
 * One NMI may be for several records, and a record may be collected before its
 * NMI comes: owed.c keeps such NMIs from being reported as unknown.
 *
 * Owns the table (changed in process context under @tables, read in NMI) and each CPU's
 * owed NMIs (written in that CPU's NMI handlers).
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/nmi.h>

#include "compat/arch.h"
#include "path/clock.h"
#include "path/collect.h"
#include "path/drain.h"
#include "notify/list.h"
#include "path/moved.h"
#include "path/source.h"
#include "notify/notify.h"
#include "notify/owed.h"

#define SLOW_LOOK_INTERVAL HZ
/* Status words looked at between two branches. */
#define STRIDE 4u

/**
 * struct table - what a scan reads
 * @padded: number of sources rounded up to STRIDE; the rest points to a word that stays 0
 * @all: the sources, in the order of @status
 * @status: address of each source's status word
 */
struct table {
	u32 padded;
	struct gn_sources *all;
	const u32 *status[];
};

static const u32 no_status;
static struct table __rcu *table;
static DEFINE_MUTEX(tables); /* serialises changes; never taken in NMI */

static struct gn_owed owed;
static DEFINE_PER_CPU(struct gn_owed_cpu, owed_here);

/* NMI-safe. What NMIs without a record may be owed for. */
static struct gn_owed_now owed_now(const struct table *t)
{
	u64 clock = gn_clock(), age = ~0ull;
	u32 i;

	for (i = 0; i < t->all->n; i++) {
		u64 stamp = READ_ONCE(t->all->source[i]->in.stamp);

		if (stamp)
			age = min(age, gn_clock_between(stamp, clock));
	}
	return (struct gn_owed_now){
		.collected = gn_sources_collected(t->all),
		.age_ns = age == ~0ull ? age : gn_clock_ns(age),
		.time_ns = gn_clock_ns(clock),
		.sources = t->all->n,
		.cpus = num_online_cpus(),
	};
}
NOKPROBE_SYMBOL(owed_now);

/*
 * NMI-safe. The sources of one stride; returns how many had a record. Another CPU that
 * was rung for the same record may be faster: to find nothing is no error.
 */
static __always_inline u32 ring_stride(struct table *t, u32 first, struct pt_regs *regs)
{
	u32 i, handled = 0;

	for (i = first; i < first + STRIDE; i++) {
		if (!READ_ONCE(*t->status[i]))
			continue;
		handled++;
		gn_collect_in_nmi(t->all->source[i], regs);
	}
	return handled;
}

/* NMI-safe. Every NMI comes here. The name is what nmi:nmi_handler shows. */
static notrace int ghes_nmi_ring(unsigned int type, struct pt_regs *regs)
{
	struct table *t = rcu_dereference_raw(table);
	u32 i, handled = 0;

	for (i = 0; i < t->padded; i += STRIDE) {
		const u32 *const *s = &t->status[i];

		if (unlikely(READ_ONCE(*s[0]) | READ_ONCE(*s[1]) | READ_ONCE(*s[2]) |
			     READ_ONCE(*s[3])))
			handled += ring_stride(t, i, regs);
	}
	if (unlikely(handled))
		gn_owed_answer(&owed, this_cpu_ptr(&owed_here), num_online_cpus());
	return handled;
}
NOKPROBE_SYMBOL(ghes_nmi_ring);

/*
 * NMI-safe. Looks at every source by its address register. A block at another
 * place than the table's is collected if it is mapped, and mapped anew; its
 * record may have to wait for that, but an NMI for it may come now: a move
 * counts as a record. Returns how many sources explain an NMI: a source that
 * another context is just collecting does, for its record may be the one that
 * the NMI is about.
 */
static u32 slow_look(struct table *t)
{
	u32 i, explained = 0;

	for (i = 0; i < t->all->n; i++) {
		struct gn_source *s = t->all->source[i];
		u64 pa = gn_register_value(&s->in.reg);
		u64 mapped = READ_ONCE(s->in.block.pa);
		/* Not while a new window waits for a new table, or has found no memory for one. */
		bool peekable = t->status[i] == READ_ONCE(s->in.block.va);
		bool moved = pa && pa != mapped && pa != READ_ONCE(s->in.refused);
		enum gn_outcome outcome;

		if (peekable && pa == mapped && !READ_ONCE(*t->status[i])) {
			explained += gn_claim_busy(&s->in.claim);
			continue;
		}
		outcome = gn_collect_again(s);
		if (outcome == GN_COLLECTED || outcome == GN_BUSY)
			explained++;
		if (moved) {
			if (xchg(&s->in.moved_seen, pa) != pa) {
				WRITE_ONCE(s->in.stamp, gn_clock());
				atomic_inc(&s->in.moves);
			}
			gn_moved_tell(&s->in.moved_to, pa);
			gn_bell_now(&s->bell);
		}
	}
	return explained;
}
NOKPROBE_SYMBOL(slow_look);

/* NMI-safe. No handler claimed this NMI: Linux's word, path/claim.h has nothing to do with it. */
static int ghes_nmi_unknown(unsigned int type, struct pt_regs *regs)
{
	struct table *t = rcu_dereference_raw(table);
	struct gn_owed_cpu *here = this_cpu_ptr(&owed_here);
	u32 explained = slow_look(t);
	struct gn_owed_now now;

	if (explained) {
		gn_owed_answer(&owed, here, num_online_cpus());
		return explained;
	}
	now = owed_now(t);
	return gn_owed_spend(&owed, here, &now);
}
NOKPROBE_SYMBOL(ghes_nmi_unknown);

static void periodic(struct work_struct *work);
static DECLARE_DELAYED_WORK(period, periodic);

static void periodic(struct work_struct *work)
{
	struct table *t;

	rcu_read_lock();
	t = rcu_dereference(table);
	if (t)
		slow_look(t);
	rcu_read_unlock();
	schedule_delayed_work(&period, SLOW_LOOK_INTERVAL);
}

static void table_free(struct table *t)
{
	if (t)
		kvfree(t->all);
	kvfree(t);
}

/* The sources of @old, with @plus and without @minus; NULL on no memory. */
static struct table *table_make(const struct table *old, struct gn_source *plus,
				struct gn_source *minus)
{
	struct gn_sources *all = gn_sources_make(old ? old->all : NULL, plus, minus);
	u32 i, padded = all ? round_up(all->n, STRIDE) : 0;
	struct table *t = all ? kvzalloc(struct_size(t, status, padded), GFP_KERNEL) : NULL;

	if (!t) {
		kvfree(all);
		return NULL;
	}
	t->padded = padded;
	t->all = all;
	for (i = 0; i < padded; i++)
		t->status[i] = i < all->n && all->source[i]->in.block.va ?
				       all->source[i]->in.block.va :
				       &no_status;
	return t;
}

static struct table *table_now(void)
{
	return rcu_dereference_protected(table, lockdep_is_held(&tables));
}

static int start(const struct table *first)
{
	u32 collected = gn_sources_collected(first->all);
	int err, cpu;

	for_each_possible_cpu(cpu)
		gn_owed_begin(per_cpu_ptr(&owed_here, cpu), collected);
	err = register_nmi_handler(NMI_LOCAL, ghes_nmi_ring, 0, "ghes_nmi");
	if (err)
		return err;
	err = register_nmi_handler(NMI_UNKNOWN, ghes_nmi_unknown, 0, "ghes_nmi_unknown");
	if (err) {
		unregister_nmi_handler(NMI_LOCAL, "ghes_nmi");
		return err;
	}
	schedule_delayed_work(&period, SLOW_LOOK_INTERVAL);
	return 0;
}

/* Waits until no handler runs any more. */
static void stop(void)
{
	cancel_delayed_work_sync(&period);
	unregister_nmi_handler(NMI_UNKNOWN, "ghes_nmi_unknown");
	unregister_nmi_handler(NMI_LOCAL, "ghes_nmi");
}

static int nmi_available(void)
{
	return 0;
}

static int nmi_arm(struct gn_source *s)
{
	struct table *old, *new;
	int err = 0;

	mutex_lock(&tables);
	old = table_now();
	new = table_make(old, s, NULL);
	if (!new) {
		err = -ENOMEM;
		goto out;
	}
	rcu_assign_pointer(table, new);
	if (!old)
		err = start(new);
	if (err) {
		rcu_assign_pointer(table, old);
		old = new;
	}
	synchronize_rcu_expedited();
	table_free(old);
out:
	mutex_unlock(&tables);
	if (err)
		dev_err(s->dev, "ghes_nmi: source %u: cannot handle its NMIs (%d)\n", s->desc.id,
			err);
	return err;
}

static void nmi_disarm(struct gn_source *s)
{
	struct table *old, *new = NULL;
	u32 counted = 0;

	mutex_lock(&tables);
	old = table_now();
	if (old->all->n > 1) {
		/* The kernel does not fail small allocations; wait if it did. */
		while (!(new = table_make(old, NULL, s)))
			schedule_timeout_uninterruptible(HZ);
		gn_sources_retire(new->all, s, &counted);
	} else {
		stop();
	}
	rcu_assign_pointer(table, new);
	synchronize_rcu_expedited();
	if (new)
		gn_sources_retire(new->all, s, &counted);
	table_free(old);
	mutex_unlock(&tables);
}

/*
 * The block's window was replaced. On no memory the old status word must not be
 * read any more: the source then has none, and lives on slow looks.
 */
static void nmi_moved(struct gn_source *s)
{
	struct table *old, *new;
	u32 i;

	WRITE_ONCE(s->in.moved_seen, 0); /* firmware may move it back, and here again */
	mutex_lock(&tables);
	old = table_now();
	if (!old)
		goto out; /* the source was disarmed */
	new = table_make(old, NULL, NULL);
	if (new) {
		rcu_assign_pointer(table, new);
	} else {
		for (i = 0; i < old->all->n; i++)
			if (old->all->source[i] == s)
				WRITE_ONCE(old->status[i], &no_status);
		old = NULL;
	}
	synchronize_rcu_expedited();
	table_free(old);
out:
	mutex_unlock(&tables);
}

static ssize_t nmi_credit_show(struct device_driver *driver, char *buf)
{
	struct gn_owed_now now;
	struct table *t;
	u32 left = 0;
	int cpu;

	rcu_read_lock();
	t = rcu_dereference(table);
	if (t) {
		now = owed_now(t);
		for_each_online_cpu(cpu)
			left += gn_owed_left(&owed, per_cpu_ptr(&owed_here, cpu), &now);
	}
	rcu_read_unlock();
	return sysfs_emit(buf, "%u\n", left);
}
static DRIVER_ATTR_RO(nmi_credit);

static ssize_t nmi_swallowed_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%u\n", gn_owed_spent(&owed));
}
static DRIVER_ATTR_RO(nmi_swallowed);

static struct attribute *attrs[] = {
	&driver_attr_nmi_credit.attr,
	&driver_attr_nmi_swallowed.attr,
	NULL,
};

const struct attribute_group gn_nmi_group = {
	.attrs = attrs,
};

const struct gn_notify gn_notify_nmi = {
	.available = nmi_available,
	.arm = nmi_arm,
	.disarm = nmi_disarm,
	.moved = nmi_moved,
};
