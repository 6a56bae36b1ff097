// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a source: windows and queue at bind, the block that moves, the
 * end at unbind. Owns struct gn_life. Context: process context.
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "notify/notify.h"
#include "path/collect.h"
#include "path/drain.h"
#include "path/last.h"
#include "path/moved.h"
#include "path/roll.h"
#include "source.h"

/* The in-tree driver has 64 KiB for each source, and shares them among all. */
#define QUEUE_DEFAULT (64u << 10)
#define QUEUE_LARGEST (64u << 20)

/* The in-tree driver uses so much of a block at most. */
#define BLOCK_USUAL (64u << 10)

/* Milliseconds until memory that could not be had is asked for again. */
#define AGAIN_MS 1000

/*
 * The queue's pages, mapped twice in a row (queue.c says why): as many as was asked
 * for, or as two records of the largest size need, one of them fatal.
 */
static int queue_create(struct gn_source *s, u32 queue_kib)
{
	u32 least = gn_queue_bytes(s->desc.block_length) + gn_queue_span(s->desc.block_length);
	u32 size = queue_kib ? min(queue_kib, QUEUE_LARGEST >> 10) << 10 : QUEUE_DEFAULT;
	u32 i, n = PAGE_ALIGN(max(size, least)) >> PAGE_SHIFT;
	void *base;

	s->life.pages = kvcalloc(2 * n, sizeof(*s->life.pages), GFP_KERNEL);
	if (!s->life.pages)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		s->life.pages[i] = page;
		s->life.pages[n + i] = page;
		s->life.npages = i + 1;
	}
	base = vmap(s->life.pages, 2 * n, VM_MAP, PAGE_KERNEL);
	if (!base)
		return -ENOMEM;
	gn_queue_init(&s->queue, base, n << PAGE_SHIFT);
	gn_queue_keep(&s->queue, s->desc.block_length);
	return 0;
}

static void queue_destroy(struct gn_source *s)
{
	u32 i;

	vunmap(s->queue.base);
	for (i = 0; i < s->life.npages; i++)
		__free_page(s->life.pages[i]);
	kvfree(s->life.pages);
}

/**
 * gn_source_own() - keep everybody from collecting, for a moment
 * @s: the source
 * @owned: for gn_source_disown()
 *
 * A notification that comes in that time finds the claim owned and leaves, even if its
 * record is fatal. So interrupts are off until gn_source_disown(): nothing but
 * what this CPU must do first delays the look that follows.
 *
 * Context: Process context, sleeps before it owns; a second at most.
 * Return: true if the source is the caller's, who must not sleep then.
 */
bool gn_source_own(struct gn_source *s, struct gn_owned *owned)
{
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		local_irq_save(owned->flags);
		if (gn_claim_enter(&s->in.claim, &owned->seen))
			return true;
		local_irq_restore(owned->flags);
		usleep_range(500, 1000);
	}
	return false;
}

/**
 * gn_source_disown() - let others collect again, and look for what they left
 * @s: the source
 * @owned: from gn_source_own()
 *
 * Context: As gn_source_own() left it; interrupts are as before afterwards.
 */
void gn_source_disown(struct gn_source *s, struct gn_owned *owned)
{
	if (!gn_claim_leave(&s->in.claim, &owned->seen))
		gn_claim_abandon(&s->in.claim);
	gn_bell_look(&s->bell);
	local_irq_restore(owned->flags);
}

/*
 * Firmware may say that a block is longer than the memory it has for it. Of one that
 * is too long for anybody else, too, the length that others use is tried.
 */
static int map_block(const struct gn_hest_source *desc, struct gn_window *block, u64 pa)
{
	int err = gn_window_map(block, pa, desc->block_length);

	if (err == -EINVAL && desc->block_length > BLOCK_USUAL)
		err = gn_window_map(block, pa, BLOCK_USUAL);
	return err;
}

/* The fast path reads 64-bit words of Normal memory. */
static void tell_device(struct gn_source *s)
{
	s->in.device = !gn_register_is_plain(&s->in.reg) || s->in.reg.window.device ||
		       s->in.block.device || s->in.ack.reg.window.device;
}

/*
 * There was no memory for a mapping: that passes. No other notification may come, so
 * the same is tried again, unless firmware has thought of another place.
 */
static void later(struct gn_source *s, u64 pa)
{
	int tries;

	for (tries = 0; tries < AGAIN_MS / 10 && !gn_bell_closing(&s->bell); tries++)
		msleep(10);
	gn_moved_again(&s->in.moved_to, pa);
	gn_bell_remap(&s->bell);
}

/*
 * Process context: firmware wrote an address outside the mapped window. The
 * record stays with firmware, un-acked, until the new window is in place, and
 * the look that follows collects it.
 */
static void remap(struct work_struct *work)
{
	struct gn_source *s = container_of(work, struct gn_source, bell.remap);
	u64 pa = gn_moved_take(&s->in.moved_to);
	struct gn_window fresh, old;
	struct gn_owned owned;
	int err;

	if (!pa)
		return;
	err = map_block(&s->desc, &fresh, pa);
	if (err == -ENOMEM) {
		later(s, pa);
		return;
	}
	if (err) {
		WRITE_ONCE(s->in.refused, pa);
		/* Firmware may think of a new one any number of times. */
		dev_warn_ratelimited(
			s->dev,
			FW_BUG
			"ghes_nmi: source %u: error status block address %#llx cannot be mapped (%d); its records stay with firmware\n",
			s->desc.id, pa, err);
		return;
	}
	if (!gn_source_own(s, &owned)) {
		gn_window_unmap(&fresh);
		gn_bell_look(&s->bell);
		return;
	}
	old = s->in.block;
	s->in.block = fresh;
	tell_device(s);
	gn_source_disown(s, &owned);
	/* Whoever collects uses the new window from here; who only peeks, after this. */
	if (s->life.notify && s->life.notify->moved)
		s->life.notify->moved(s);
	gn_window_unmap(&old);
	gn_bell_look(&s->bell);
}

/**
 * gn_source_try() - can a source be served now
 * @desc: the source
 * @what: set to what is wrong
 *
 * Context: Process context, may sleep.
 * Return: 0, or why its memory cannot be mapped. A block whose address is 0 can: firmware
 *         has still to say where it is.
 */
int gn_source_try(const struct gn_hest_source *desc, const char **what)
{
	struct gn_window block = {};
	struct gn_register reg;
	struct gn_ack ack = {};
	int err;
	u64 pa;

	*what = "the error status address register";
	err = gn_register_map(&reg, &desc->status);
	if (err)
		return err;
	*what = "the error status block";
	pa = gn_register_value(&reg);
	if (pa)
		err = map_block(desc, &block, pa);
	if (!err) {
		*what = "the read ack register";
		err = gn_ack_map(&ack, desc);
	}
	gn_ack_unmap(&ack);
	gn_window_unmap(&block);
	gn_register_unmap(&reg);
	return err;
}

/**
 * gn_source_create() - windows, queue and counters of a source
 * @dev: the device GHES.N, for messages
 * @desc: the source, as the HEST describes it
 * @queue_kib: size of the queue, 0 for the default; at least one record of the
 *             largest legal size is held whatever it says
 *
 * No notification is armed yet. A block address that is 0 or cannot be mapped
 * now is no error: firmware may still write a better one.
 *
 * Context: Process context, may sleep.
 * Return: the source or an ERR_PTR; the reason was printed.
 */
struct gn_source *gn_source_create(struct device *dev, const struct gn_hest_source *desc,
				   u32 queue_kib)
{
	struct gn_source *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	const char *what = "memory";
	int err = -ENOMEM;
	u64 pa;

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->dev = dev;
	s->desc = *desc;
	s->out.desc = &s->desc;
	s->out.dev = dev;
	gn_drain_init(s, remap);

	err = gn_outlet_init(&s->out);
	if (err)
		goto fail;
	err = queue_create(s, queue_kib);
	if (err)
		goto fail;
	err = gn_last_make_room(desc->block_length);
	if (err)
		goto fail;
	what = "the error status address register";
	err = gn_register_map(&s->in.reg, &desc->status);
	if (err)
		goto fail;
	what = "the read ack register";
	err = gn_ack_map(&s->in.ack, desc);
	if (err)
		goto fail;
	pa = gn_register_value(&s->in.reg);
	if (pa && map_block(desc, &s->in.block, pa)) {
		s->in.refused = pa;
		dev_warn(
			dev,
			FW_BUG
			"ghes_nmi: source %u: error status block address %#llx cannot be mapped; waiting for another\n",
			desc->id, pa);
	}
	tell_device(s);
	gn_roll_add(s);
	return s;

fail:
	dev_err(dev, "ghes_nmi: source %u: cannot get %s (%d)\n", desc->id, what, err);
	gn_source_destroy(s);
	return ERR_PTR(err);
}

/**
 * gn_source_destroy() - deliver what is queued, free everything
 * @s: a source whose notification is disarmed: nothing rings any more
 *
 * A record that is still in the block stays with firmware, un-acked, for the
 * next driver.
 *
 * Context: Process context, may sleep.
 */
void gn_source_destroy(struct gn_source *s)
{
	gn_drain_finish(s);
	if (s->life.notify)
		dev_info(
			s->dev,
			"ghes_nmi: source %u given back: %llu records received, %llu delivered, %llu malformed\n",
			s->desc.id, gn_source_received(s), s->out.delivered,
			gn_outlet_malformed(&s->out));
	gn_roll_remove(s);
	gn_window_unmap(&s->in.block);
	if (s->life.heir)
		*s->life.heir = s->in.ack;
	else
		gn_ack_unmap(&s->in.ack);
	gn_register_unmap(&s->in.reg);
	queue_destroy(s);
	gn_outlet_free(&s->out);
	kvfree(s);
}
