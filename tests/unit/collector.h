/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src/path/collect.c with a source whose firmware is the test: a bell that counts, memory whose accesses
 * leave letters (access.h), a machine that lives on after a fatal record.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#define IS_ENABLED(option) 1 /* ports as on x86, exceptions as on arm64 */
#include "access.h"
#include "block.h"

/* What collect.c calls besides. */
#define GN_BELL_H
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))

#define CLOCK		  4710 /* even: 0 means never */

static u64 gn_clock(void)
{
	return CLOCK;
}

static bool gn_arch_has_address(u64 pa)
{
	return !(pa >> 48);
}

struct gn_bell {
	unsigned int now;
	unsigned int soon;
	unsigned int looks;
};

#include "path/source.h"

static unsigned int fatals;

static void gn_bell_now(struct gn_bell *bell)
{
	bell->now++;
}

static void gn_bell_soon(struct gn_bell *bell)
{
	bell->soon++;
}

static void gn_bell_look(struct gn_bell *bell)
{
	bell->looks++;
}

#include "record/estatus.c"
#include "path/queue.c"
#include "record/section.c"

#include "path/ack.c"
#include "path/collect.c"
#include "path/register.c"

/* Nothing is mapped here: windows are the test's own memory. */
int gn_window_map(struct gn_window *w, u64 pa, u32 length)
{
	(void)w;
	(void)pa;
	(void)length;
	return -EINVAL;
}

void gn_window_unmap(struct gn_window *w)
{
	(void)w;
}

/* As of a machine that lives on: the CPU is in panic already. */
void gn_fatal(struct gn_source *s, const struct gn_entry *e, struct pt_regs *regs)
{
	assert_true(s && e && !regs);
	if (e->verdict == GN_GOOD && gn_estatus_check(e->block, e->length) == GN_GOOD)
		fatals++;
}

#define LENGTH	  4096u
#define QUEUE	  (4u * LENGTH)
#define KEPT	  (LENGTH + 64u)
#define HOME	  0x7000000ull
#define ELSEWHERE 0x9000000ull
#define ACK	  0x1234567800000000ull
#define PRESERVE  0xfffffffffffffff0ull
#define WRITE	  0x5ull

/* A source whose windows are the test's own memory, and what firmware sees of it. */
struct collector {
	struct gn_source source;
	u8 ring[2 * (QUEUE + KEPT)];
	u8 window[2 * LENGTH];
	u64 address; /* of the block, as firmware says */
	u64 ack;
};

static struct collector *collector_new(u32 offset, bool device, u32 queue)
{
	struct collector *c = calloc(1, sizeof(*c));
	struct gn_source *s = &c->source;

	assert_non_null(c);
	c->address = HOME + offset;
	c->ack = ACK;
	letters[0] = 0;
	fatals = 0;
	block_at = c->window + offset;
	ack_at = (u8 *)&c->ack;
	reg_at = (u8 *)&c->address;
	device_expected = device;
	while_copying = NULL;
	at_clear = NULL;
	after_status = NULL;
	after_ack = NULL;
	s->in.device = device;
	s->desc.block_length = LENGTH;
	s->in.reg = (struct gn_register){
		.at = reg_at,
		.shape = { .bytes = 8, .mask = ~0ull },
		.window.device = device,
	};
	s->in.block = (struct gn_window){ .va = c->window, .pa = HOME, .length = LENGTH };
	s->in.ack = (struct gn_ack){
		.way = GN_ACK_PLAIN,
		.reg = { .at = ack_at, .shape.bytes = 8, .window.device = device },
		.keep = PRESERVE,
		.set = WRITE,
	};
	gn_queue_init(&s->queue, c->ring, queue + gn_queue_span(LENGTH));
	gn_queue_keep(&s->queue, LENGTH);
	return c;
}

static void collector_free(struct collector *c)
{
	assert_false(gn_claim_busy(&c->source.in.claim));
	assert_int_equal(irqs_are_off, 0);
	free(c);
}

#endif
