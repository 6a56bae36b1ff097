// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: acknowledgements
 *
 * Everything that the module writes into a read ack register is written here. What it
 * writes is (register & preserve) | write, at the register's place in the word that one
 * access reads; bits of the word that are not the register's stay as they are.
 *
 * Several sources may acknowledge by one word. Where each writes the whole word whatever
 * it holds (preserve 0), that is a doorbell, and nothing needs to be done: no write
 * depends on another. Where bits are preserved, two of them at a time would lose one:
 *
 *	CPU 0	reads 0
 *	CPU 1	reads 0, writes 2
 *	CPU 0	writes 1: firmware never sees the 2
 *
 * So these sources have a bank: a slot each and one claim. A source marks its slot and
 * enters the claim. The owner of the claim writes for all marked slots, and does another
 * round when the claim was entered again; no other context writes the word, and none
 * waits. An NMI that interrupts the owner marks its slot and leaves.
 *
 *	MARK	atomic_set() before CLAIM_CALL: the owner who reads that call sees the mark
 *	UNMARK	atomic_xchg(): one owner writes for one mark
 *
 * Other writers, firmware among them, may change the word between the read and the write.
 * In Normal memory a compare-and-exchange notices. An owner that has looked or tried too
 * often leaves with marks behind, because hostile firmware could keep it there for ever; the
 * drain writes them.
 *
 * While a source changes hands its acknowledgement can be withheld: then it is owed, and
 * gn_ack_resume() gives it.
 *
 * Owns the banks. Context: giving is NMI-safe, mapping and joining a bank are not.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "path/ack.h"
#include "path/claim.h"

/* Rounds in a row, and tries to write a word that others write too. */
#define ROUNDS_MAX 8
#define TRIES_MAX  8

/* Sources that can share one word: a bit each. */
#define SLOTS 64u
/* Bytes of the widest access. */
#define WORD 8u

/**
 * struct slot - a source's place in a bank
 * @marked: it is to be acknowledged
 * @used: by a source; the rest is that source's, and changes under the mutex while
 *        nothing is marked
 * @keep: bits of the word that stay as they are
 * @set: bits of the word that are set
 * @reg: the register
 */
struct slot {
	atomic_t marked;
	bool used;
	u64 keep;
	u64 set;
	struct gn_register reg;
};

/**
 * struct gn_bank - sources whose acknowledgements are in one word
 * @node: in the list of banks
 * @word: its address, divided by the bytes of the widest access
 * @port: of I/O ports
 * @users: how many
 * @slots_used: beyond so many slots none is used; it only grows
 * @claim: its owner writes the word
 * @slots: the sources
 */
struct gn_bank {
	struct list_head node;
	u64 word;
	bool port;
	u32 users;
	u32 slots_used;
	struct gn_claim claim;
	struct slot slots[SLOTS];
};

static LIST_HEAD(banks);
static DEFINE_MUTEX(banking);

/* NMI-safe. */
static bool replace(const struct gn_register *r, u64 old, u64 new)
{
	if (r->shape.port || r->window.device || r->shape.bytes < 4) {
		gn_register_write(r, new);
		return true;
	}
	if (r->shape.bytes == 4)
		return cmpxchg((u32 *)r->at, (u32)old, (u32) new) == (u32)old;
	return cmpxchg((u64 *)r->at, old, new) == old;
}
NOKPROBE_SYMBOL(replace);

/*
 * NMI-safe. Nobody else of this module writes the word. False: others write it without
 * end; to write over them would acknowledge what firmware has just taken back.
 */
static bool update(const struct gn_register *r, u64 keep, u64 set)
{
	int tries;

	for (tries = 0; tries < TRIES_MAX; tries++) {
		u64 value = gn_register_read(r);

		if (replace(r, value, (value & keep) | set))
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(update);

/* NMI-safe, owner of the bank's claim. False: what is still marked could not be written. */
static bool write_marked(struct gn_bank *bank)
{
	u32 i, n = READ_ONCE(bank->slots_used);
	bool all = true;

	for (i = 0; i < n; i++) {
		struct slot *slot = &bank->slots[i];

		if (!atomic_read(&slot->marked) || !atomic_xchg(&slot->marked, 0)) /* UNMARK */
			continue;
		if (!update(&slot->reg, slot->keep, slot->set)) {
			atomic_set(&slot->marked, 1);
			all = false;
		}
	}
	return all;
}
NOKPROBE_SYMBOL(write_marked);

/**
 * gn_ack_write_owed() - write what other sources have left to write
 * @a: an acknowledgement that gn_ack_give() could not give, or any other
 *
 * Context: NMI-safe.
 * Return: false: still not all.
 */
bool gn_ack_write_owed(struct gn_ack *a)
{
	int seen, rounds = ROUNDS_MAX;
	bool all;

	if (!a->bank || !gn_claim_enter(&a->bank->claim, &seen))
		return true;
	do {
		if (!rounds--) {
			gn_claim_abandon(&a->bank->claim);
			return false;
		}
		all = write_marked(a->bank);
	} while (!gn_claim_leave(&a->bank->claim, &seen));
	return all;
}
NOKPROBE_SYMBOL(gn_ack_write_owed);

/**
 * gn_ack_give_slowly() - gn_ack_give() of what is not the common register
 * @a: the acknowledgement
 *
 * Context: NMI-safe, owner of the source's collecting claim.
 * Return: as gn_ack_give().
 */
bool gn_ack_give_slowly(struct gn_ack *a)
{
	u64 value;

	if (a->way == GN_ACK_WITHHELD) {
		a->owed = true;
		return true;
	}
	wmb(); /* GIVE_BACK_CLEAR */
	if (a->way == GN_ACK_SHARED) {
		atomic_set(&a->bank->slots[a->slot].marked, 1); /* MARK */
		return gn_ack_write_owed(a);
	}
	value = gn_register_read(&a->reg);
	gn_register_write(&a->reg, (value & a->keep) | a->set);
	return true;
}
NOKPROBE_SYMBOL(gn_ack_give_slowly);

/**
 * gn_ack_withhold() - from now on an acknowledgement is owed, not given
 * @a: the acknowledgement
 *
 * Context: Owner of the source's collecting claim.
 */
void gn_ack_withhold(struct gn_ack *a)
{
	if (a->way == GN_ACK_NONE || a->way == GN_ACK_WITHHELD)
		return;
	a->kept = a->way;
	a->way = GN_ACK_WITHHELD;
}

/**
 * gn_ack_resume() - the opposite: give what is owed
 * @a: the acknowledgement, withheld or not
 *
 * Context: As gn_ack_withhold(); or the source is disarmed.
 */
void gn_ack_resume(struct gn_ack *a)
{
	if (a->way != GN_ACK_WITHHELD)
		return;
	a->way = a->kept;
	if (a->owed)
		while (!gn_ack_give(a, a->reg.window.device))
			cpu_relax();
	a->owed = false;
}

/* Context: under the mutex. The bank of a word; made if there is none, NULL on no memory. */
static struct gn_bank *bank_of(const struct gn_hest_register *shape)
{
	u64 word = shape->address / WORD;
	struct gn_bank *bank;

	list_for_each_entry(bank, &banks, node)
		if (bank->word == word && bank->port == shape->port)
			return bank;
	bank = kzalloc(sizeof(*bank), GFP_KERNEL);
	if (!bank)
		return NULL;
	bank->word = word;
	bank->port = shape->port;
	list_add(&bank->node, &banks);
	return bank;
}

/* Context: under the mutex. */
static void drop_empty(struct gn_bank *bank)
{
	if (bank->users)
		return;
	list_del(&bank->node);
	kfree(bank);
}

static int join(struct gn_ack *a)
{
	struct gn_bank *bank;
	int err = -ENOMEM;
	u32 i;

	mutex_lock(&banking);
	bank = bank_of(&a->reg.shape);
	if (!bank)
		goto out;
	err = -ENOSPC;
	for (i = 0; i < SLOTS && bank->slots[i].used; i++)
		;
	if (i < SLOTS) {
		bank->slots[i] = (struct slot){
			.used = true,
			.keep = a->keep,
			.set = a->set,
			.reg = a->reg,
		};
		bank->users++;
		if (i >= bank->slots_used)
			WRITE_ONCE(bank->slots_used, i + 1);
		a->slot = i;
		a->bank = bank;
		err = 0;
	}
	drop_empty(bank);
out:
	mutex_unlock(&banking);
	return err;
}

/* Owns the claim, so that no other CPU writes for this source after its slot is free. */
static void leave(struct gn_ack *a)
{
	struct gn_bank *bank = a->bank;
	int seen;

	mutex_lock(&banking);
	while (!gn_claim_enter(&bank->claim, &seen))
		usleep_range(10, 50);
	do {
		while (!write_marked(bank))
			usleep_range(10, 50);
		bank->slots[a->slot].used = false;
	} while (!gn_claim_leave(&bank->claim, &seen));
	bank->users--;
	drop_empty(bank);
	mutex_unlock(&banking);
}

/**
 * gn_ack_map() - make a source's acknowledgement ready
 * @a: filled
 * @desc: the source; one without a register acknowledges nothing
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOSPC: too many sources share the register; or what
 *         gn_register_map() returns.
 */
int gn_ack_map(struct gn_ack *a, const struct gn_hest_source *desc)
{
	const struct gn_hest_register *shape = &desc->ack;
	int err;

	*a = (struct gn_ack){};
	if (!desc->v2)
		return 0;
	a->keep = ~((~desc->ack_preserve & shape->mask) << shape->shift);
	a->set = (desc->ack_write & shape->mask) << shape->shift;
	err = gn_register_map(&a->reg, shape);
	if (err)
		return err;
	a->way = gn_register_is_plain(&a->reg) ? GN_ACK_PLAIN : GN_ACK_SHAPED;
	if (!desc->ack_shared)
		return 0;
	err = join(a);
	if (!err)
		a->way = GN_ACK_SHARED;
	else
		gn_ack_unmap(a);
	return err;
}

/**
 * gn_ack_unmap() - undo gn_ack_map()
 * @a: the acknowledgement; no context gives it any more. What is owed stays owed
 *
 * Context: Process context, may sleep.
 */
void gn_ack_unmap(struct gn_ack *a)
{
	if (a->bank)
		leave(a);
	gn_register_unmap(&a->reg);
	*a = (struct gn_ack){};
}
