// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86 non-maskable interrupts.
 *
 * An NMI does not say who raised it, so every handler is asked at every NMI,
 * perf's thousands per second included. What an idle source costs there is one
 * load of a pointer and one of the status word behind it.
 *
 * The flat table is never changed, only replaced: NMI handlers run as RCU
 * readers, so when synchronize_rcu_expedited() returns nobody reads the old one.
 * Expedited, for a machine may have a thousand sources to bind.
 *
 * What the quick scan cannot see is a block that firmware moved by rewriting
 * the address register. The slow look reads the registers too. It runs where no
 * idle NMI pays for it: when nobody claimed an NMI (NMI_UNKNOWN), and once a
 * second, for what merged with an NMI that somebody did claim.
 *
 * DOC: the credit
 *
 * Records and NMIs do not come in pairs. One scan may collect the records of
 * several sources; the NMIs that firmware sent for the others then find
 * nothing, here or on another CPU, and the kernel would report each as unknown.
 * So a scan that collects a record leaves credit for the NMIs that may still be
 * under way for it: one per record and online CPU (firmware may ring them all),
 * less the one being handled. An NMI that nobody claims takes one off.
 *
 * A foreign unknown NMI (a watchdog card, a button) must not be lost to this:
 * credit never exceeds one per source and CPU, and all of it expires
 * CREDIT_MS after the last record was collected.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/nmi.h>

#include "../compat/arch.h"
#include "../path/collect.h"
#include "../path/drain.h"
#include "../source.h"
#include "notify.h"

/* How long an NMI may be under way after its record was collected. */
#define CREDIT_MS	   1000u
#define SLOW_LOOK_INTERVAL HZ
/* Status words looked at between two branches. */
#define STRIDE 4u

/**
 * struct table - what a scan reads
 * @n: sources
 * @padded: @n rounded up to STRIDE; the rest points to a word that stays 0
 * @source: the sources, in the order of @status
 * @status: address of each source's status word
 */
struct table {
	u32 n;
	u32 padded;
	struct gn_source **source;
	const u32 *status[];
};

static const u32 no_status;
static struct table __rcu *table;
static DEFINE_MUTEX(tables); /* serialises changes; never taken in NMI */

static atomic_t credit;
static u64 credit_until; /* gn_clock() */
static u64 credit_ticks;
static atomic_t swallowed;

/* NMI-safe. @records were collected on this NMI. */
static __always_inline void earn(u32 records, u32 sources)
{
	int cpus = num_online_cpus();
	int most = sources * cpus;
	int more = records * cpus - 1;

	if (!more)
		return;
	if (unlikely(atomic_add_return(more, &credit) > most))
		atomic_set(&credit, most);
	WRITE_ONCE(credit_until, gn_clock() + credit_ticks);
}

/* NMI-safe. */
static bool spend(void)
{
	if (gn_clock() > READ_ONCE(credit_until)) {
		atomic_set(&credit, 0);
		return false;
	}
	if (atomic_dec_if_positive(&credit) < 0)
		return false;
	atomic_inc(&swallowed);
	return true;
}
NOKPROBE_SYMBOL(spend);

/* NMI-safe. The sources of one stride; returns how many had a record. */
static __always_inline u32 ring_stride(struct table *t, u32 first, struct pt_regs *regs,
				       u32 *collected)
{
	u32 i, handled = 0;

	for (i = first; i < first + STRIDE; i++) {
		if (!READ_ONCE(*t->status[i]))
			continue;
		handled++;
		if (gn_collect(t->source[i], regs) == GN_COLLECTED)
			++*collected;
	}
	return handled;
}

/* NMI-safe. Every NMI comes here. The name is what nmi:nmi_handler shows. */
static notrace int ghes_nmi_ring(unsigned int type, struct pt_regs *regs)
{
	struct table *t = rcu_dereference_raw(table);
	u32 i, handled = 0, collected = 0;

	for (i = 0; i < t->padded; i += STRIDE) {
		const u32 *const *s = &t->status[i];

		if (unlikely(READ_ONCE(*s[0]) | READ_ONCE(*s[1]) | READ_ONCE(*s[2]) |
			     READ_ONCE(*s[3])))
			handled += ring_stride(t, i, regs, &collected);
	}
	if (unlikely(collected))
		earn(collected, t->n);
	return handled;
}
NOKPROBE_SYMBOL(ghes_nmi_ring);

/*
 * NMI-safe. Looks at every source by its address register. A block at another
 * place than the table's is collected if it is mapped, and mapped anew; its
 * record may have to wait for that. Returns how many sources explain an NMI.
 */
static u32 slow_look(struct table *t)
{
	u32 i, explained = 0;

	for (i = 0; i < t->n; i++) {
		struct gn_source *s = t->source[i];
		u64 pa = gn_window_read64(s->reg.va, s->reg.device);
		u64 mapped = READ_ONCE(s->block.pa);
		bool moved = pa && pa != mapped && pa != READ_ONCE(s->refused);

		if (pa == mapped && !READ_ONCE(*t->status[i]))
			continue;
		if (gn_collect_again(s) == GN_COLLECTED || (moved && pa != s->moved_seen))
			explained++;
		if (moved) {
			WRITE_ONCE(s->moved_seen, pa);
			WRITE_ONCE(s->moved_to, pa);
			gn_drain_now(s);
		}
	}
	return explained;
}
NOKPROBE_SYMBOL(slow_look);

/* NMI-safe. Nobody claimed this NMI. */
static int ghes_nmi_unknown(unsigned int type, struct pt_regs *regs)
{
	struct table *t = rcu_dereference_raw(table);
	u32 explained = slow_look(t);

	if (explained) {
		earn(explained, t->n);
		return explained;
	}
	return spend() ? NMI_HANDLED : NMI_DONE;
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

static struct table *table_alloc(u32 n)
{
	u32 padded = round_up(n, STRIDE);
	struct table *t = kvzalloc(struct_size(t, status, padded), GFP_KERNEL);

	if (!t)
		return NULL;
	t->source = kvcalloc(padded, sizeof(*t->source), GFP_KERNEL);
	if (!t->source) {
		kvfree(t);
		return NULL;
	}
	t->n = n;
	t->padded = padded;
	return t;
}

static void table_free(struct table *t)
{
	if (t)
		kvfree(t->source);
	kvfree(t);
}

/* The sources of @old, with @plus and without @minus; NULL on no memory. */
static struct table *table_make(const struct table *old, struct gn_source *plus,
				struct gn_source *minus)
{
	u32 i, n = 0, had = old ? old->n : 0;
	struct table *t = table_alloc(had + (plus ? 1 : 0) - (minus ? 1 : 0));

	if (!t)
		return NULL;
	for (i = 0; i < had; i++)
		if (old->source[i] != minus)
			t->source[n++] = old->source[i];
	if (plus)
		t->source[n++] = plus;
	for (i = 0; i < t->padded; i++)
		t->status[i] = i < n && t->source[i]->block.va ? t->source[i]->block.va :
								 &no_status;
	return t;
}

static struct table *table_now(void)
{
	return rcu_dereference_protected(table, lockdep_is_held(&tables));
}

static int start(void)
{
	int err = register_nmi_handler(NMI_LOCAL, ghes_nmi_ring, 0, "ghes_nmi");

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
	credit_ticks = (u64)tsc_khz * CREDIT_MS;
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
		err = start();
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

	mutex_lock(&tables);
	old = table_now();
	if (old->n > 1) {
		/* The kernel does not fail small allocations; wait if it did. */
		while (!(new = table_make(old, NULL, s)))
			schedule_timeout_uninterruptible(HZ);
	} else {
		stop();
	}
	rcu_assign_pointer(table, new);
	synchronize_rcu_expedited();
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

	mutex_lock(&tables);
	old = table_now();
	if (!old)
		goto out; /* disarmed meanwhile */
	new = table_make(old, NULL, NULL);
	if (new) {
		rcu_assign_pointer(table, new);
	} else {
		for (i = 0; i < old->n; i++)
			if (old->source[i] == s)
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
	int now = gn_clock() > READ_ONCE(credit_until) ? 0 : atomic_read(&credit);

	return sysfs_emit(buf, "%d\n", now);
}
static DRIVER_ATTR_RO(nmi_credit);

static ssize_t nmi_swallowed_show(struct device_driver *driver, char *buf)
{
	return sysfs_emit(buf, "%u\n", atomic_read(&swallowed));
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
