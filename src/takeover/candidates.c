// SPDX-License-Identifier: GPL-2.0-only
/*
 * HEST -> the sources that are to be taken over: those that the user wants, and that
 * this module and this kernel can serve.
 *
 * The caller owns the list. Context: process context, one caller at a time.
 *
 *	decision	event						next
 *	GN_TAKE_OVER	its hook goes (bind.c)				GN_WAIT
 *			screening or keeping together fails		GN_LEAVE
 *	GN_WAIT		its hook comes (bind.c)				GN_TAKE_OVER
 *	GN_LEAVE	-						stays
 */
#define pr_fmt(fmt) "ghes_nmi: " fmt

#include <linux/acpi.h>
#include <linux/slab.h>

#include "takeover/candidates.h"
#include "notify/notify.h"

/* Sources of one machine; the HEST of a large one has some hundreds. */
#define SOURCES_MAX 4096

/**
 * gn_candidates_find() - a source by its id
 * @candidates: the sources
 * @id: source id of the HEST
 *
 * Return: the source, which the HEST has enabled, or NULL.
 */
struct gn_candidate *gn_candidates_find(const struct gn_candidates *candidates, u16 id)
{
	int i;

	for (i = 0; i < candidates->n; i++)
		if (candidates->list[i].desc.id == id && candidates->list[i].desc.enabled)
			return &candidates->list[i];
	return NULL;
}

/* One entry of the HEST, good or left out. */
static int add(void *arg, const struct gn_hest_source *desc, const char *why)
{
	struct gn_candidates *candidates = arg;
	struct gn_candidate *c;

	if (why && !desc->enabled && desc->block_length)
		return 0; /* firmware switched it off: no message */
	if (desc->assist) {
		pr_info("source %u is left alone: %s\n", desc->id, why);
		return 0;
	}
	if (why) {
		pr_warn(FW_BUG "HEST: source %u is left out: %s\n", desc->id, why);
		return 0;
	}
	if (gn_candidates_find(candidates, desc->id)) {
		pr_warn(FW_BUG "HEST: source %u is left out: its id is used twice\n", desc->id);
		return 0;
	}
	if (candidates->n == SOURCES_MAX) {
		pr_warn("HEST: source %u is left out: more than %u sources\n", desc->id,
			SOURCES_MAX);
		return 0;
	}
	c = krealloc(candidates->list, (candidates->n + 1) * sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	candidates->list = c;
	c[candidates->n++] = (struct gn_candidate){ .desc = *desc };
	return 0;
}

static int read_hest(struct gn_candidates *candidates)
{
	struct acpi_table_header *table;
	int err;

	if (acpi_disabled || ACPI_FAILURE(acpi_get_table(ACPI_SIG_HEST, 0, &table))) {
		pr_err("this machine has no HEST: its firmware reports no errors this way\n");
		return -ENODEV;
	}
	err = gn_hest_parse((const u8 *)table, table->length, add, candidates);
	if (err)
		pr_err("the HEST cannot be read (%d)\n", err);
	acpi_put_table(table);
	return err;
}

static bool chosen(const struct gn_options *options, u16 id)
{
	int i;

	for (i = 0; i < options->nids; i++)
		if (options->ids[i] == id)
			return true;
	return !options->nids;
}

/* Each id in sources= must exist: a slip of the finger is not "take nothing". */
static int check_ids(const struct gn_candidates *candidates, const struct gn_options *options)
{
	int i;

	for (i = 0; i < options->nids; i++)
		if (!gn_candidates_find(candidates, options->ids[i])) {
			pr_err("sources=: the HEST has no usable source %u\n", options->ids[i]);
			return -EINVAL;
		}
	return 0;
}

/* What the kernel offers now; each notification is asked once. */
static enum gn_decision decide(const struct gn_notify *notify)
{
	int err = notify->available();

	if (!err)
		return GN_TAKE_OVER;
	return err == -EAGAIN ? GN_WAIT : GN_LEAVE;
}

static void decide_all(struct gn_candidates *candidates, const struct gn_options *options)
{
	enum gn_decision decisions[GN_NOTIFY_TYPES];
	bool asked[GN_NOTIFY_TYPES] = {};
	int i;

	for (i = 0; i < candidates->n; i++) {
		struct gn_candidate *c = &candidates->list[i];
		const struct gn_notify *notify = gn_notify_find(c->desc.notify);
		const char *name = gn_notify_name(c->desc.notify);

		c->decision = GN_LEAVE;
		if (!chosen(options, c->desc.id))
			continue;
		if (!notify) {
			pr_info("source %u stays with the in-tree driver: %s notification (type %u) is not served by this module\n",
				c->desc.id, name, c->desc.notify);
			continue;
		}
		if (!asked[c->desc.notify])
			decisions[c->desc.notify] = decide(notify);
		asked[c->desc.notify] = true;
		c->decision = decisions[c->desc.notify];
		if (c->decision != GN_LEAVE && c->desc.block_said > c->desc.block_length)
			pr_warn(FW_WARN
				"source %u: a block of %u bytes cannot be meant: %u of them are used\n",
				c->desc.id, c->desc.block_said, c->desc.block_length);
		if (c->decision == GN_WAIT) {
			candidates->waiting++;
			pr_info("source %u stays where it is until %s is loaded: %s\n", c->desc.id,
				notify->hook, name);
		} else if (c->decision == GN_LEAVE) {
			pr_info("source %u stays with the in-tree driver: no %s on this kernel\n",
				c->desc.id, name);
		}
	}
}

/* The source of another driver that may undo @c's acknowledgement, NULL if there is none. */
static const struct gn_candidate *stranger(const struct gn_candidates *candidates,
					   struct gn_candidate *c)
{
	int i;

	for (i = 0; i < candidates->n; i++) {
		const struct gn_candidate *other = &candidates->list[i];

		if (other == c || !gn_hest_acks_collide(&c->desc, &other->desc))
			continue;
		c->desc.ack_shared = true;
		/* A source that no driver serves is never acknowledged. */
		if (other->decision != GN_TAKE_OVER && gn_notify_find(other->desc.notify))
			return other;
	}
	return NULL;
}

/**
 * gn_candidates_keep_together() - take over all sources that share a register, or none
 * @candidates: the sources, as far as they are chosen
 *
 * Two drivers that keep each other's bits in one read ack register lose one of two
 * acknowledgements at a time: each writes back what it has read. One driver alone writes
 * one after the other.
 *
 * Context: Process context.
 */
void gn_candidates_keep_together(struct gn_candidates *candidates)
{
	const struct gn_candidate *other;
	bool again;
	int i;

	do {
		again = false;
		for (i = 0; i < candidates->n; i++) {
			struct gn_candidate *c = &candidates->list[i];

			if (c->decision != GN_TAKE_OVER || c->tried)
				continue;
			other = stranger(candidates, c);
			if (!other)
				continue;
			pr_info("source %u stays with the in-tree driver: source %u, which stays, has its acknowledgement in the same register\n",
				c->desc.id, other->desc.id);
			c->decision = GN_LEAVE;
			again = true;
		}
	} while (again);
}

/**
 * gn_candidates_make() - read the HEST and choose
 * @candidates: empty; filled
 * @options: what the user wants
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENODEV without a HEST, -EINVAL if an id in sources= does not
 *         exist, or what failed. The reason was printed, and @candidates is freed.
 */
int gn_candidates_make(struct gn_candidates *candidates, const struct gn_options *options)
{
	int err = read_hest(candidates);

	if (!err)
		err = check_ids(candidates, options);
	if (err) {
		gn_candidates_free(candidates);
		return err;
	}
	decide_all(candidates, options);
	gn_candidates_keep_together(candidates);
	return 0;
}

/**
 * gn_candidates_free() - forget it
 * @candidates: made, or empty
 */
void gn_candidates_free(struct gn_candidates *candidates)
{
	kfree(candidates->list);
	*candidates = (struct gn_candidates){};
}
