/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The acknowledgement of one source: firmware may write its next record.
 */
#ifndef GN_ACK_H
#define GN_ACK_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "path/register.h"

struct gn_bank;

enum gn_ack_way {
	GN_ACK_NONE,	 /* GHESv1: there is no register, a cleared status says it all */
	GN_ACK_PLAIN,	 /* 64 bits of memory that no other source acknowledges by */
	GN_ACK_SHAPED,	 /* a register of another shape, or an I/O port */
	GN_ACK_SHARED,	 /* other sources' acknowledgements are in the same word */
	GN_ACK_WITHHELD, /* owed for now */
};

/**
 * struct gn_ack - how a source acknowledges
 * @way: enum gn_ack_way
 * @kept: the way while @way is GN_ACK_WITHHELD
 * @owed: firmware waits: it was withheld when it was to be given
 * @slot: the source's place in @bank
 * @keep: bits of the word that stay as they are
 * @set: bits of the word that are set
 * @reg: the register
 * @bank: all sources with bits in the same word
 *
 * Written in process context before anybody collects, and afterwards by the owner of
 * the source's collecting claim, who is the only one to give it.
 */
struct gn_ack {
	u8 way;
	u8 kept;
	bool owed;
	u8 slot;
	u64 keep;
	u64 set;
	struct gn_register reg;
	struct gn_bank *bank;
};

int gn_ack_map(struct gn_ack *a, const struct gn_hest_source *desc);
void gn_ack_unmap(struct gn_ack *a);
bool gn_ack_give_slowly(struct gn_ack *a);
bool gn_ack_write_owed(struct gn_ack *a);
void gn_ack_withhold(struct gn_ack *a);
void gn_ack_resume(struct gn_ack *a);

/**
 * gn_ack_give() - acknowledge a record whose block is cleared
 * @a: the acknowledgement
 * @device: the register is Device memory
 *
 * (what is read & @keep) | @set, after everything that was written before.
 *
 * Context: NMI-safe, owner of the source's collecting claim.
 * Return: true if it is given, or withheld; false: others are writing the register
 *         without end: call gn_ack_write_owed() later.
 */
static __always_inline bool gn_ack_give(struct gn_ack *a, bool device)
{
	u64 value;

	if (unlikely(a->way != GN_ACK_PLAIN))
		return a->way == GN_ACK_NONE || gn_ack_give_slowly(a);
	wmb(); /* GIVE_BACK_CLEAR */
	value = gn_window_read64(a->reg.at, device);
	gn_window_write64(a->reg.at, (value & a->keep) | a->set, device);
	return true;
}

#endif
