// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every path of a notification through src/path/collect.c and take.h, and the
 * order of its accesses to firmware's memory: what has a status is cleared and
 * acknowledged, or left as it is because it will be taken later.
 */
#include "collector.h"

static void longer(u8 *copy)
{
	put32(copy + 12, 100);
}

static void withdrawn(u8 *copy)
{
	put32(copy, 0);
}

static void less_severe(u8 *copy)
{
	put32(copy + 16, GN_SEV_CORRECTED);
}

/* Bits of how a path is made. */
enum {
	EMPTY = 1 << 0, /* the status is 0 */
	FATAL = 1 << 1,
	UNDEFINED = 1 << 2,   /* severity 99 */
	NO_SECTION = 1 << 3,  /* data_length 63 */
	LONG = 1 << 4,	      /* data_length of a byte more than the block has */
	RAW = 1 << 5,	      /* raw data inside the sections */
	BAD_SECTION = 1 << 6, /* its length leaves the block */
	FULL = 1 << 7,	      /* no room in the queue */
	V1 = 1 << 8,	      /* no read ack register */
	NARROW = 1 << 9,      /* a read ack register of 32 bits */
	INSIDE = 1 << 10,     /* the block is at 64 bytes behind the window's start */
	TO_THE_END = 1 << 11, /* as long as the block may be */
	NONE = 1 << 12,	      /* data_length 0 */
	ODD = 1 << 13,	      /* a memory section of 32 bytes */
	HELD = 1 << 14,	      /* the acknowledgement is held back */
	RECOVERABLE = 1 << 15,
	NEXT = 1 << 16,	      /* the first severity that is not defined */
	LAST_PLACE = 1 << 17, /* a header is all that fits behind the window's start */
};

#define TAKEN "RSdPPPCm"
#define ACKED "wrA"

static const struct path {
	const char *name;
	unsigned int how;
	void (*while_copying)(u8 *copy);
	u64 address; /* of the block; 0: where it is */
	enum gn_outcome outcome;
	enum gn_verdict verdict; /* of the record in the queue */
	const char *letters;
	unsigned int fatals;
} paths[] = {
	{ "a record", 0, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "32-bit ack", NARROW, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "no ack", V1, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K", 0 },
	{ "held ack", HELD, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K", 0 },
	{ "nothing, held", EMPTY | HELD, NULL, 0, GN_NOTHING, 0, "RS", 0 },
	{ "full, held", FULL | HELD, NULL, 0, GN_LEFT, 0, "RSdPPPSdPPPV", 0 },
	{ "a fatal one", FATAL, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 1 },
	{ "a fatal one, inside", FATAL | INSIDE, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED,
	  1 },
	{ "a recoverable one", RECOVERABLE, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "a severity too much", NEXT, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 1 },
	{ "in the last place", NONE | LAST_PLACE, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED,
	  0 },
	{ "undefined severity", UNDEFINED, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 1 },
	{ "the longest", TO_THE_END, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "moved inside", INSIDE, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "nothing", EMPTY, NULL, 0, GN_NOTHING, 0, "RS", 0 },
	{ "nothing, v1", EMPTY | V1, NULL, 0, GN_NOTHING, 0, "RS", 0 },
	{ "nothing, full", EMPTY | FULL, NULL, 0, GN_NOTHING, 0, "RS", 0 },

	{ "no section", NO_SECTION, NULL, 0, GN_COLLECTED, GN_NO_DATA, TAKEN "K" ACKED, 0 },
	{ "no section at all", NONE, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "none, fatal", NONE | FATAL, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 1 },
	{ "odd section", ODD, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "odd section, fatal", ODD | FATAL, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 1 },
	{ "too long", LONG, NULL, 0, GN_COLLECTED, GN_TOO_LONG, TAKEN "K" ACKED, 0 },
	{ "too long, v1", LONG | V1, NULL, 0, GN_COLLECTED, GN_TOO_LONG, TAKEN "K", 0 },
	{ "too long, 32-bit ack", LONG | NARROW, NULL, 0, GN_COLLECTED, GN_TOO_LONG,
	  TAKEN "K" ACKED, 0 },
	{ "too long, fatal", LONG | FATAL, NULL, 0, GN_COLLECTED, GN_TOO_LONG, TAKEN "K" ACKED, 0 },
	{ "too long, inside", LONG | INSIDE, NULL, 0, GN_COLLECTED, GN_TOO_LONG, TAKEN "K" ACKED,
	  0 },
	{ "raw data inside", RAW, NULL, 0, GN_COLLECTED, GN_RAW_RANGE, TAKEN "K" ACKED, 0 },
	{ "bad section", BAD_SECTION, NULL, 0, GN_COLLECTED, GN_GOOD, TAKEN "K" ACKED, 0 },
	{ "bad section, fatal", BAD_SECTION | FATAL, NULL, 0, GN_COLLECTED, GN_GOOD,
	  TAKEN "K" ACKED, 0 },
	{ "length changes", 0, longer, 0, GN_COLLECTED, GN_CHANGED, TAKEN "K" ACKED, 0 },
	{ "length changes, fatal", FATAL, longer, 0, GN_COLLECTED, GN_CHANGED, TAKEN "K" ACKED, 0 },
	{ "withdrawn", 0, withdrawn, 0, GN_COLLECTED, GN_CHANGED, TAKEN "K" ACKED, 0 },
	{ "withdrawn, v1", V1, withdrawn, 0, GN_COLLECTED, GN_CHANGED, TAKEN "K", 0 },

	/* Left, for a look to come. */
	{ "full", FULL, NULL, 0, GN_LEFT, 0, "RSdPPPSdPPPV", 0 },
	{ "full, malformed", FULL | LONG, NULL, 0, GN_LEFT, 0, "RSdPPPSdPPP", 0 },
	{ "full, malformed, fatal", FULL | LONG | FATAL, NULL, 0, GN_LEFT, 0, "RSdPPPSdPPP", 0 },
	{ "full, fatal, bad section", FULL | FATAL | BAD_SECTION, NULL, 0, GN_LEFT, 0,
	  "RSdPPPSdPPPVC", 0 },
	{ "full, fatal, changes", FULL | FATAL, longer, 0, GN_LEFT, 0, "RSdPPPSdPPPVC", 0 },
	{ "full, no more fatal", FULL | FATAL, less_severe, 0, GN_LEFT, 0, "RSdPPPSdPPPVC", 0 },
	{ "elsewhere", 0, NULL, ELSEWHERE, GN_LEFT, 0, "R", 0 },
	{ "just before", 0, NULL, HOME - 4, GN_LEFT, 0, "R", 0 },
	{ "no header fits", 0, NULL, HOME + LENGTH - 16, GN_LEFT, 0, "R", 0 },
	{ "odd", 0, NULL, HOME + 2, GN_LEFT, 0, "R", 0 },
	{ "reaches beyond", INSIDE | TO_THE_END, NULL, 0, GN_LEFT, 0, "RSdPPP", 0 },
	{ "no address", 0, NULL, ~0ull, GN_NOTHING, 0, "R", 0 },

	/* Not left: it would wait for ever. */
	{ "full, fatal", FULL | FATAL, NULL, 0, GN_COLLECTED, 0, "RSdPPPSdPPPVCmK" ACKED, 1 },
	{ "full, fatal, inside", FULL | FATAL | INSIDE, NULL, 0, GN_COLLECTED, 0,
	  "RSdPPPSdPPPVCmK" ACKED, 1 },
	{ "full, fatal, v1", FULL | FATAL | V1, NULL, 0, GN_COLLECTED, 0, "RSdPPPSdPPPVCmK", 1 },
	{ "full, fatal, odd section", FULL | FATAL | ODD, NULL, 0, GN_COLLECTED, 0,
	  "RSdPPPSdPPPVCmK" ACKED, 1 },
	{ "full, fatal, no section", FULL | FATAL | NONE, NULL, 0, GN_COLLECTED, 0,
	  "RSdPPPSdPPPVCmK" ACKED, 1 },
	{ "full, undefined severity", FULL | UNDEFINED, NULL, 0, GN_COLLECTED, 0,
	  "RSdPPPSdPPPVCmK" ACKED, 1 },
};

/* The block as the path wants it. */
static void write_block(const struct path *p, u8 *at)
{
	u32 room = LENGTH - GN_ESTATUS_HEADER - 64;
	struct block b;
	u8 *section;

	block_start(&b);
	section = add_section(&b, p->how & ODD ? MEMORY : VENDOR, 0x201,
			      p->how & TO_THE_END ? room : 32);
	if (p->how & EMPTY)
		put32(b.bytes, 0);
	if (p->how & FATAL)
		put32(b.bytes + 16, GN_SEV_FATAL);
	if (p->how & UNDEFINED)
		put32(b.bytes + 16, 99);
	if (p->how & NEXT)
		put32(b.bytes + 16, GN_SEVERITIES);
	if (p->how & RECOVERABLE)
		put32(b.bytes + 16, GN_SEV_RECOVERABLE);
	if (p->how & NONE)
		put32(b.bytes + 12, 0);
	if (p->how & NO_SECTION)
		put32(b.bytes + 12, 63);
	if (p->how & LONG)
		put32(b.bytes + 12, LENGTH - GN_ESTATUS_HEADER + 1);
	if (p->how & RAW) {
		put32(b.bytes + 4, 20);
		put32(b.bytes + 8, 4);
	}
	if (p->how & BAD_SECTION)
		put32(section + 24, 33);
	memcpy(at, b.bytes, b.size < LENGTH ? b.size : LENGTH);
}

enum way {
	RUNG,
	FOR_SOMEBODY,
	IN_NMI,
	AGAIN,
	WAYS
};

static unsigned int met;

/* Marks the record before anybody else can see it. */
static enum gn_ring meet(void *asker, struct gn_source *s, struct gn_entry *e)
{
	assert_ptr_equal(asker, &met);
	assert_null(gn_queue_peek(&s->queue));
	assert_true(gn_claim_busy(&s->in.claim));
	assert_int_equal(e->touched, 0);
	e->touched = 3;
	met++;
	return GN_RING_SOON;
}

static enum gn_outcome notify(struct gn_source *s, enum way way)
{
	enum gn_outcome outcome;
	unsigned long flags;

	switch (way) {
	case RUNG:
		return gn_collect(s, NULL);
	case FOR_SOMEBODY:
		return gn_collect_for(s, NULL, meet, &met);
	case IN_NMI:
		raw_local_irq_save(flags);
		outcome = gn_collect_in_nmi(s, NULL);
		raw_local_irq_restore(flags);
		return outcome;
	default:
		return gn_collect_again(s);
	}
}

static const struct gn_source *looked_at;
static bool goes_to_queue;

/* Firmware gives the record up now: it has its next owner, or the machine panics from here. */
static void is_kept(void)
{
	assert_int_equal(gn_queue_used(&looked_at->queue) != 0, goes_to_queue);
	assert_int_equal(looked_at->in.records, goes_to_queue);
}

static void follow(const struct path *p, enum way way, bool device)
{
	u32 offset = p->how & INSIDE ? 64 : p->how & LAST_PLACE ? LENGTH - GN_BLOCK_MIN : 0;
	struct collector *c = collector_new(offset, device, p->how & FULL ? 48 : QUEUE);
	struct gn_source *s = &c->source;
	/* A fatal record in a full queue has nobody who asked: the machine panics. */
	bool asked = way == FOR_SOMEBODY && !(p->how & FULL);
	static u8 untouched[2 * LENGTH];
	const struct gn_entry *e;
	bool now;
	u64 left;

	if (p->address)
		c->address = ~p->address ? p->address : 0;
	met = 0;
	while_copying = p->while_copying;
	looked_at = s;
	goes_to_queue = !p->fatals && !(p->how & (FATAL | UNDEFINED | NEXT | FULL));
	at_clear = is_kept;
	write_block(p, block_at);
	memcpy(untouched, c->window, sizeof(untouched));
	if (p->how & V1)
		s->in.ack = (struct gn_ack){};
	if (p->how & HELD)
		s->in.ack.way = GN_ACK_WITHHELD;
	if (p->how & NARROW) {
		s->in.ack.way = GN_ACK_SHAPED;
		s->in.ack.reg.shape.bytes = 4;
	}

	assert_int_equal(notify(s, way), p->outcome);
	assert_string_equal(letters, p->letters);
	assert_int_equal(fatals, p->fatals);
	assert_int_equal(s->in.empty, way == RUNG && p->outcome == GN_NOTHING);
	assert_int_equal(s->in.complain_empty, s->in.empty);

	/* What firmware finds. */
	if (p->outcome == GN_COLLECTED)
		put32(untouched + offset, 0);
	assert_memory_equal(c->window, untouched, sizeof(untouched));
	left = (ACK & PRESERVE) | WRITE;
	assert_true(c->ack == (strchr(letters, 'A') ? left : ACK));
	assert_int_equal(s->in.ack.owed, p->outcome == GN_COLLECTED && p->how & HELD);

	/* What the drain finds. */
	e = gn_queue_peek(&s->queue);
	if (p->outcome == GN_COLLECTED) {
		assert_non_null(e);
		assert_int_equal(e->verdict, p->verdict);
		assert_int_equal(e->touched, asked ? 3 : 0);
		assert_int_equal(met, asked);
		assert_int_equal(s->in.unasked, way == AGAIN || way == IN_NMI ? CLOCK | 1 : 0);
		assert_int_equal(s->in.records, 1);
		now = p->how & RECOVERABLE && !asked;
		assert_int_equal(s->bell.now, now);
		assert_int_equal(s->bell.soon, !now);
	} else {
		assert_null(e);
		assert_int_equal(s->in.records, 0);
		assert_int_equal(s->in.deferred, p->outcome == GN_LEFT && p->how & FULL);
		assert_int_equal(s->bell.looks, p->outcome == GN_LEFT && p->how & FULL);
	}
	/* Left because of its place: for process context to map. */
	assert_true(s->in.moved_to == (p->outcome == GN_LEFT && !(p->how & FULL) ? c->address : 0));
	collector_free(c);
}

TEST(every_path_ends_cleared_and_acked_or_waits)
{
	size_t n = sizeof(paths) / sizeof(paths[0]), i;
	int way, device;

	for (i = 0; i < n; i++)
		for (way = 0; way < WAYS; way++)
			for (device = 0; device < 2; device++) {
				print_message("# %s, way %d, %s memory\n", paths[i].name, way,
					      device ? "Device" : "Normal");
				follow(&paths[i], way, device);
			}
}

/* Not again, and not for ever: an address that was refused. */
TEST(refused_address_is_counted)
{
	struct collector *c = collector_new(0, false, QUEUE);
	struct gn_source *s = &c->source;

	c->address = ELSEWHERE;
	s->in.refused = ELSEWHERE;
	assert_int_equal(gn_collect(s, NULL), GN_BEYOND);
	assert_string_equal(letters, "R");
	assert_int_equal(s->in.addresses, 1);
	assert_true(!s->in.moved_to);
	assert_int_equal(s->bell.now, 0);
	/* One that this machine cannot have is known at once; process context has to say so. */
	c->address = 1ull << 52;
	assert_int_equal(gn_collect(s, NULL), GN_BEYOND);
	assert_int_equal(s->in.addresses, 2);
	assert_true(s->in.moved_to == c->address);
	assert_int_equal(s->bell.now, 1);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_ends_cleared_and_acked_or_waits),
		cmocka_unit_test(refused_address_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
