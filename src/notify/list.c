// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources that are asked together.
 *
 * The caller owns each list, publishes it by RCU and frees the old one after a grace
 * period. Lists are made in process context and read in NMI.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "path/source.h"
#include "notify/list.h"

/**
 * gn_sources_make() - a list to replace another with
 * @old: the list there is, NULL if there is none
 * @plus: a source to add, or NULL
 * @minus: a source to leave out, or NULL
 *
 * Context: Process context, sleeps.
 * Return: the list, for kvfree(); NULL on no memory.
 */
struct gn_sources *gn_sources_make(const struct gn_sources *old, struct gn_source *plus,
				   const struct gn_source *minus)
{
	u32 i, had = old ? old->n : 0;
	struct gn_sources *new = kvzalloc(struct_size(new, source, had + 1), GFP_KERNEL);

	if (!new)
		return NULL;
	new->retired = old ? old->retired : 0;
	for (i = 0; i < had; i++)
		if (old->source[i] != minus)
			new->source[new->n++] = old->source[i];
	if (plus)
		new->source[new->n++] = plus;
	return new;
}

/* NMI-safe. */
static u32 collected(const struct gn_source *s)
{
	return (u32)READ_ONCE(s->in.records) + (u32)atomic_read(&s->in.moves);
}
NOKPROBE_SYMBOL(collected);

/**
 * gn_sources_retire() - go on counting what a source that leaves has collected
 * @sources: the list without it
 * @s: the source
 * @counted: 0; the first call, before @sources is what is read, sets it, and the
 *           second, after a grace period, adds what came in between
 *
 * Context: One caller at a time.
 */
void gn_sources_retire(struct gn_sources *sources, const struct gn_source *s, u32 *counted)
{
	u32 now = collected(s);

	WRITE_ONCE(sources->retired, sources->retired + now - *counted);
	*counted = now;
}

/**
 * gn_sources_collected() - what notifications have been owed for so far
 * @sources: the list
 *
 * The records that all of them have collected. A move of a block counts as one:
 * its record may have to wait for a new window, and its notification does not.
 *
 * Context: NMI-safe.
 * Return: how many; wraps.
 */
u32 gn_sources_collected(const struct gn_sources *sources)
{
	u32 i, sum = READ_ONCE(sources->retired);

	for (i = 0; i < sources->n; i++)
		sum += collected(sources->source[i]);
	return sum;
}
NOKPROBE_SYMBOL(gn_sources_collected);
