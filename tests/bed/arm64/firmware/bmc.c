// SPDX-License-Identifier: GPL-2.0-only
/*
 * Error sources. The host fills each source's spool; here the next record is published as soon as
 * the source is free, that is, as soon as the operating system has cleared the block's status and,
 * for GHESv2, written the ack. Records keep their order, and none is ever overwritten.
 */
#include "fw.h"

#define STATUS_SIZE 4

static struct {
	bool outstanding; /* a record is with the operating system */
	bool raised;	  /* its interrupt was, for that record */
	bool broken;	  /* the spool made no sense: leave it alone */
	u64 place;
	u64 next; /* not before this time */
} state[SOURCES_MAX];

static u64 next_look; /* counter value, ~0: nothing to wait for */

struct source *bmc_source(u32 source)
{
	return at(struct source, SOURCES_AT) + source;
}

u64 bmc_block(u32 source)
{
	return bmc_source(source)->place[state[source].place];
}

void bmc_init(void)
{
	next_look = ~0UL;
}

static void report(u32 kind, u32 source, u64 detail)
{
	struct source *s = bmc_source(source);
	struct report r = {
		.kind = kind,
		.source = source,
		.event = s->event,
		.cpu = read_sysreg(mpidr_el1) & 0xff,
		.seq = s->published - 1,
		.time = ticks_now(),
		.detail = detail,
	};

	ring_report(&r);
}

/* A register of so many bytes; the host has seen to it that it is aligned. */
static u64 register_read(u64 address, u64 size)
{
	switch (size) {
	case 1:
		return load(at(u8, address));
	case 2:
		return load(at(u16, address));
	case 4:
		return load(at(u32, address));
	default:
		return load(at(u64, address));
	}
}

static void register_write(u64 address, u64 size, u64 value)
{
	switch (size) {
	case 1:
		store(at(u8, address), value);
		break;
	case 2:
		store(at(u16, address), value);
		break;
	case 4:
		store(at(u32, address), value);
		break;
	default:
		store(at(u64, address), value);
	}
}

static bool acknowledged(const struct source *s)
{
	if (s->flags & SOURCE_BELL)
		return load(&s->heard);
	return (register_read(s->ack_register, s->ack_size) & s->ack_bits) == s->ack_bits;
}

static void take_ack_back(struct source *s)
{
	if (s->flags & SOURCE_BELL)
		store(&s->heard, 0);
	else if (s->ack_bits)
		register_write(s->ack_register, s->ack_size,
			       register_read(s->ack_register, s->ack_size) & ~s->ack_bits);
}

/* The operating system has written to a doorbell. */
void bmc_ring(u64 address, u64 value)
{
	for (u32 i = 0; i < control()->sources && i < SOURCES_MAX; i++) {
		struct source *s = bmc_source(i);

		if (s->flags & SOURCE_BELL && s->ack_register == address && s->ack_bits == value) {
			store(&s->heard, 1);
			s->rings++;
			return;
		}
	}
	control()->strays++;
}

/* Looked at once only: another CPU may give the source back between two looks. */
bool bmc_is_free(u32 source)
{
	struct source *s = bmc_source(source);

	if (load(&s->hold) || load(at(u32, bmc_block(source))))
		return false;
	if (s->flags & SOURCE_V2 && !acknowledged(s))
		return false;
	if (state[source].outstanding) {
		state[source].outstanding = false;
		state[source].raised = false;
		s->acked++;
		report(REPORT_ACK, source, 0);
	}
	return true;
}

void bmc_refused(u32 source)
{
	bmc_source(source)->refused++;
	report(REPORT_REFUSED, source, 0);
}

static void interrupt(const struct source *s)
{
	if (!s->interrupt)
		return;
	if (s->flags & SOURCE_PIN)
		gpio_pulse(s->interrupt - 1);
	else
		gic_pend(s->interrupt - 1);
}

/* The one place that tells notifications apart. A source without any is polled. */
void bmc_notify(u32 source, s32 cpu)
{
	struct source *s = bmc_source(source);
	struct sdei_event *event;

	if (s->notify != NOTIFY_SDEI) {
		interrupt(s);
		return;
	}
	event = sdei_find(s->event);
	if (cpu < 0 && s->cpu)
		cpu = s->cpu - 1;
	if (s->flags & SOURCE_UNKNOWN_EVENT || !event || !sdei_signal(event, cpu))
		bmc_refused(source);
}

/* The status word makes the record valid: it goes last, after the rest and the withdrawn ack. */
void bmc_publish(u32 source, const u8 *data, u64 length)
{
	struct source *s = bmc_source(source);
	u8 *block = at(u8, bmc_block(source));

	if (s->flags & SOURCE_V2)
		take_ack_back(s);
	if (length > STATUS_SIZE)
		memcpy(block + STATUS_SIZE, data + STATUS_SIZE, length - STATUS_SIZE);
	dsb();
	if (length >= STATUS_SIZE)
		store((u32 *)block, *(const u32 *)data);
	s->published++;
	state[source].outstanding = true;
	state[source].next = ticks_now() + s->gap;
	report(REPORT_PUBLISH, source, 0);
}

static void move(u32 source, u64 place)
{
	struct source *s = bmc_source(source);

	if (place >= PLACES)
		return;
	state[source].place = place;
	register_write(s->address_register, s->address_size, s->place[place]);
	report(REPORT_MOVE, source, place);
}

static const struct entry *next_entry(u32 source)
{
	struct source *s = bmc_source(source);
	u64 used = load(&s->spool_tail) - s->spool_head;
	u64 offset = s->spool_head % s->spool_size;
	const struct entry *entry = at(const struct entry, s->spool + offset);

	if (!used || state[source].broken)
		return NULL;
	if (entry->size < sizeof(*entry) || entry->size > used ||
	    entry->size > s->spool_size - offset || entry->size % ENTRY_ALIGN ||
	    entry->patches > PATCH_BYTES_MAX || entry->length > s->length ||
	    sizeof(*entry) + ((entry->length + 7) & ~7UL) + entry->patches > entry->size) {
		say("firmware: source %u: bad spool entry at %x\n", (u64)source, (u64)entry);
		state[source].broken = true;
		return NULL;
	}
	return entry;
}

/* One source; true: it wants to be looked at again in a while. */
static bool look(u32 source, s32 cpu)
{
	struct source *s = bmc_source(source);
	bool free = bmc_is_free(source);
	const struct entry *entry;

	if (!free && s->flags & SOURCE_LEVEL && state[source].raised)
		interrupt(s);
	while ((entry = next_entry(source))) {
		bool silent = entry->flags & ENTRY_SILENT;
		u64 kind = entry->kind;

		if (entry->flags & ENTRY_GATED && !s->gates)
			break;
		if (kind != ENTRY_SKIP && !free) {
			s->deferred++;
			return true;
		}
		if (kind == ENTRY_RECORD && ticks_now() < state[source].next)
			return true;
		if (entry->flags & ENTRY_GATED)
			s->gates--;
		if (kind == ENTRY_RECORD) {
			shape_load(source, entry);
			bmc_publish(source, (const u8 *)(entry + 1), entry->length);
		}
		if (kind == ENTRY_MOVE)
			move(source, entry->place);
		store(&s->spool_head, s->spool_head + entry->size);
		if (kind == ENTRY_RECORD) {
			state[source].raised = !silent;
			if (!silent)
				bmc_notify(source, cpu);
			return true;
		}
	}
	return state[source].outstanding;
}

/* Every source, whenever there is reason to think that something has changed. */
void bmc_look(void)
{
	bool again = false;

	for (u32 i = 0; i < control()->sources && i < SOURCES_MAX; i++)
		again |= look(i, -1);
	next_look = again ? ticks_now() + control()->retry : ~0UL;
}

/* A record is out without a look: there must be one that sees the source given back. */
void bmc_look_later(u32 cpu)
{
	if (next_look != ~0UL)
		return;
	next_look = ticks_now() + control()->retry;
	for (u32 other = 0; other < cpus(); other++)
		if (other != cpu && gic_takes_doorbells(other))
			gic_kick(other);
}

void bmc_look_if_due(void)
{
	if (next_look <= ticks_now())
		bmc_look();
}

/* How long the CPU that takes the doorbells may stay below. A handler is left in peace. */
u64 bmc_next_look(u32 cpu)
{
	u64 now = ticks_now();

	if (next_look == ~0UL || sdei_busy(cpu) || !gic_takes_doorbells(cpu))
		return FAR_AWAY;
	return next_look > now ? next_look - now : 0;
}

void bmc_open_gate(u32 source, s32 cpu)
{
	if (source >= control()->sources || source >= SOURCES_MAX)
		return;
	bmc_source(source)->gates++;
	if (look(source, cpu) && next_look == ~0UL)
		next_look = ticks_now() + control()->retry;
}
