// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host wants to happen inside a handler: another source's gate opens, bytes of the block
 * change, each at a number of ticks after dispatch. Time spent at EL3 does not count, so one tick
 * is one instruction of the operating system under -icount shift=0.
 */
#include "fw.h"

struct shape {
	u64 inner; /* 1 + source */
	u64 offset;
	u64 patches; /* bytes */
	u8 patch[PATCH_BYTES_MAX] __attribute__((aligned(8)));
};

/* What waits for the source's next dispatch, and what is going on in a running handler. */
static struct shape waiting[SOURCES_MAX];
static struct running {
	u32 source;
	u64 patched; /* bytes of patches done with */
	struct shape shape;
} running[CPUS_MAX][SHAPES];

void shape_load(u32 source, const struct entry *entry)
{
	struct shape *s = &waiting[source];

	s->inner = entry->inner <= control()->sources ? entry->inner : 0;
	s->offset = entry->offset;
	s->patches = entry->patches <= PATCH_BYTES_MAX ? entry->patches : 0;
	memcpy(s->patch, (u8 *)(entry + 1) + ((entry->length + 7) & ~7UL), s->patches);
}

void shape_start(u32 cpu, u32 priority, u32 source)
{
	struct running *r = &running[cpu][priority];
	struct shape *s = &waiting[source];

	r->source = source;
	r->patched = 0;
	r->shape.inner = s->inner;
	r->shape.offset = s->offset;
	r->shape.patches = s->patches;
	memcpy(r->shape.patch, s->patch, s->patches);
	s->inner = 0;
	s->patches = 0;
}

/* An exception's end is not seen: what is to happen does so at its time, whatever runs then. */
void shape_exception(u32 cpu, u32 source, u64 inner, u64 offset)
{
	struct running *r = &running[cpu][SHAPE_EXCEPTION];

	r->source = source;
	r->shape.inner = inner <= control()->sources ? inner : 0;
	r->shape.offset = offset;
}

static void report(u32 kind, u32 cpu, u32 source, u64 tick, u64 detail, bool late)
{
	struct report r = {
		.kind = kind,
		.source = source,
		.cpu = cpu,
		.seq = bmc_source(source)->published - 1,
		.time = ticks_now(),
		.lower_ticks = tick,
		.flags = late ? REPORT_LATE : 0,
		.detail = detail,
	};

	ring_report(&r);
}

static const struct patch *next_patch(const struct running *r)
{
	const struct patch *p = (const void *)(r->shape.patch + r->patched);
	u64 left = r->shape.patches - r->patched;

	if (left < sizeof(*p) || p->length > left - sizeof(*p))
		return NULL;
	return p;
}

static void patch(struct running *r, u32 cpu, u64 tick, const struct patch *p, bool late)
{
	struct source *s = bmc_source(r->source);

	r->patched += sizeof(*p) + ((p->length + 7) & ~7UL);
	if (p->offset > s->length || p->length > s->length - p->offset)
		return;
	if (!late)
		memcpy((u8 *)bmc_block(r->source) + p->offset, p + 1, p->length);
	report(REPORT_PATCH, cpu, r->source, tick, p->offset, late);
}

static void nest(struct running *r, u32 cpu, u64 tick, bool late)
{
	u32 inner = r->shape.inner - 1;

	r->shape.inner = 0;
	report(REPORT_NEST, cpu, inner, tick, r->source, late);
	bmc_open_gate(inner, cpu);
}

/* Does what is due at this tick after dispatch; returns how many ticks remain to the next thing. */
u64 shape_run(u32 cpu, u32 priority, u64 tick)
{
	struct running *r = &running[cpu][priority];
	const struct patch *p;
	u64 delay = FAR_AWAY;

	while ((p = next_patch(r)) && p->tick <= tick)
		patch(r, cpu, tick, p, false);
	if (p)
		delay = p->tick - tick;
	if (r->shape.inner && r->shape.offset <= tick)
		nest(r, cpu, tick, false);
	if (r->shape.inner && r->shape.offset - tick < delay)
		delay = r->shape.offset - tick;
	return delay;
}

/* The handler was faster: the gate opens now, the block is left alone. */
void shape_finish(u32 cpu, u32 priority, u64 tick)
{
	struct running *r = &running[cpu][priority];
	const struct patch *p;

	while ((p = next_patch(r)))
		patch(r, cpu, tick, p, true);
	r->shape.patches = 0;
	if (r->shape.inner)
		nest(r, cpu, tick, true);
}
